//! What a node is in its group.

/// What a node is in its group.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Role {
    /// Takes entries from the leader of its term.
    Follower,
    /// Asks whether it would win an election, without beginning a term.
    PreCandidate,
    /// Stands for election.
    Candidate,
    /// Has won the election of its term.
    Leader,
}

impl Role {
    /// The name.
    pub const fn name(self) -> &'static str {
        name_of!(self, Role: Follower PreCandidate Candidate Leader)
    }
}
