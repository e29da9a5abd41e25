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
}

impl From<bool> for Verdict {
    fn from(fails: bool) -> Verdict {
        if fails { Verdict::Fails } else { Verdict::Passes }
    }
}
