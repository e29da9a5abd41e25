//! The weaknesses that `net-mesh` 0.23.0 is known to have, as far as these worlds meet them. Each
//! is recognised by its cause: the state that cannot be left, or the condition that brings it
//! about. Nothing is excused because it happens often.

use std::fmt;

/// A known weakness.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Defect {
    /// Every replica that is left believes in nobody, and so never stands.
    NoBelief,
    /// A replica believes in a node that does not lead any more and is still heard of.
    DemotedBelief,
    /// Logs differ for ever where two leaders wrote at once, or a leader's entries were lost.
    Splice,
    /// A node with a shorter log led unopposed.
    ShortLeader,
    /// A replica is below what the leader holds and cannot skip, or creeps entry by entry.
    CannotSkip,
    /// A candidate that has nobody to elect stays one.
    StuckCandidate,
    /// A log on disk that was swept empty starts again at zero.
    ForgottenTail,
    /// Anyone appends, leading or not.
    AnyoneAppends,
    /// A tag that could not be announced or withdrawn stays wrong.
    StaleTag,
}

impl fmt::Display for Defect {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Defect::NoBelief => "O1: who believes in nobody never stands for election",
            Defect::DemotedBelief => "O2: a leader that leads no more is believed in",
            Defect::Splice => "O4: histories are spliced in silence",
            Defect::ShortLeader => "O5: a shorter log leads unopposed",
            Defect::CannotSkip => "O7: a replica cannot reach what the leader still holds",
            Defect::StuckCandidate => "O8: a candidate without anyone to elect stays one",
            Defect::ForgottenTail => "O9: an empty log on disk starts again at zero",
            Defect::AnyoneAppends => "O10: a node appends without leading",
            Defect::StaleTag => "O11: a failed call to the tag sink is never tried again",
        })
    }
}
