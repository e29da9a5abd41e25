use super::{Conclusion, PeerId};

/// What came of an accepted command.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Outcome {
    /// A member takes part that had not been seen before.
    ParticipationAccepted {
        /// The member.
        peer_id: PeerId,
    },
    /// A member is ready that had not been counted before.
    ReadyAccepted {
        /// The member.
        peer_id: PeerId,
    },
    /// The member's participation is known already.
    DuplicateParticipationIgnored {
        /// The member.
        peer_id: PeerId,
    },
    /// The member's readiness is counted already.
    DuplicateReadyIgnored {
        /// The member.
        peer_id: PeerId,
    },
    /// The peer is not a member; nothing is counted.
    NonMemberIgnored {
        /// The peer.
        peer_id: PeerId,
    },
    /// This node's own part is finished.
    LocalParticipationCompleted,
    /// The caller should tell every peer that this node is ready.
    BroadcastLocalReady,
    /// It is over. Always the last outcome.
    Concluded {
        /// How it ended.
        mode: Conclusion,
    },
}
