//! What a node waits for.

use stormglass_machine::Kind;

/// Names a timer of a group.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Timer {
    /// No leader has been heard for too long. Set on every node that does not lead.
    Election,
    /// A leader's next round is due.
    Heartbeat,
    /// Proposals have waited long enough for company.
    Batch,
    /// A transfer of leadership has taken too long.
    Transfer,
    /// A read that was passed on to the leader has taken too long.
    Read,
}

impl Kind for Timer {
    fn kind(&self) -> &'static str {
        name_of!(self, Timer: Election Heartbeat Batch Transfer Read)
    }
}
