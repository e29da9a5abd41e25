use alloc::vec::Vec;

use super::{ClusterView, Outcome};

/// One accepted command, as an observer sees it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Transition {
    previous_view: ClusterView,
    outputs: Vec<Outcome>,
    new_view: ClusterView,
}

impl Transition {
    /// From one view to the next, with these outcomes.
    pub fn new(
        previous_view: ClusterView,
        outputs: Vec<Outcome>,
        new_view: ClusterView,
    ) -> Transition {
        Transition { previous_view, outputs, new_view }
    }

    /// How things stood before.
    pub fn previous_view(&self) -> &ClusterView {
        &self.previous_view
    }

    /// What came of the command, in order.
    pub fn outputs(&self) -> &[Outcome] {
        &self.outputs
    }

    /// How things stand now.
    pub fn new_view(&self) -> &ClusterView {
        &self.new_view
    }
}
