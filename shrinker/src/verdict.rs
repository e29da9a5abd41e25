//! What the test says about a list.

/// What the test says about a list.
///
/// A test that returns a `bool` is understood, too: `true` means that the list fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The failure is gone, or is another one.
    Passes,
    /// The list fails as the initial one does.
    Fails,
    /// The list fails, and only the items at these indices played a part in it. Ascending.
    ///
    /// For a test that notices which items were looked at before the failure. The others are then
    /// tried for removal at once, at the cost of one attempt: the claim is checked, not believed.
    FailsUsing(Vec<usize>),
    /// The same, and the failure costs so much: a list that costs less is better than one of as
    /// many items that costs more, whatever their values. All else costs nothing.
    FailsAt {
        /// How much, say how long it takes until it fails.
        cost: u64,
        /// The items that played a part, by their indices. Ascending.
        used: Vec<usize>,
    },
}

impl Verdict {
    /// What the failure costs, and the items that played a part, if the list fails.
    pub(crate) fn into_failure(self) -> Option<(u64, Option<Vec<usize>>)> {
        match self {
            Verdict::Passes => None,
            Verdict::Fails => Some((0, None)),
            Verdict::FailsUsing(used) => Some((0, Some(used))),
            Verdict::FailsAt { cost, used } => Some((cost, Some(used))),
        }
    }
}

impl From<bool> for Verdict {
    fn from(fails: bool) -> Verdict {
        if fails { Verdict::Fails } else { Verdict::Passes }
    }
}
