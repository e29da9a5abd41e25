use stormglass_machine::Kind;

/// The timers of a node.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Timer {
    /// Announce participation again to those who have not been heard.
    RetryParticipation,
    /// Announce readiness again to those who have not been counted.
    RetryReady,
    /// The node's own part is finished when this ends.
    CollectionWindow,
    /// Time is up.
    Deadline,
}

impl Kind for Timer {
    fn kind(&self) -> &'static str {
        match self {
            Timer::RetryParticipation => "RetryParticipation",
            Timer::RetryReady => "RetryReady",
            Timer::CollectionWindow => "CollectionWindow",
            Timer::Deadline => "Deadline",
        }
    }
}
