//! Everything that was ever appended, by whom and when: where each stored entry must come from,
//! and why two different entries have the same number.

use stormglass_machine::{NodeId, Time};
use stormglass_replica::{Entry, Role};

/// Why a number was given out twice. Replication never makes an entry up, so logs can only differ
/// at such numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ForkCause {
    /// Two leaders led at the same time, and both appended.
    Overlap,
    /// A node was elected although another that was up held more.
    ShortLeader,
    /// Nobody who was up when the leader was elected held what another had appended before.
    Reuse,
    /// A node appended although it did not lead.
    NotLeading,
    /// A node forgot the tail of a log that it had swept empty.
    ForgottenTail,
}

impl ForkCause {
    /// Each.
    pub const ALL: [ForkCause; 5] = [
        ForkCause::Overlap,
        ForkCause::ShortLeader,
        ForkCause::Reuse,
        ForkCause::NotLeading,
        ForkCause::ForgottenTail,
    ];

    /// The name under which forks of this cause are counted.
    pub fn fact(self) -> &'static str {
        match self {
            ForkCause::Overlap => "forks: two leaders at once",
            ForkCause::ShortLeader => "forks: a shorter log was elected",
            ForkCause::Reuse => "forks: what nobody up had was given out again",
            ForkCause::NotLeading => "forks: appended without leading",
            ForkCause::ForgottenTail => "forks: tail of an empty log forgotten",
        }
    }
}

/// One append.
#[derive(Clone, Copy, Debug)]
pub struct Appended {
    pub seq: u64,
    pub digest: u64,
    pub node: NodeId,
    pub at: Time,
    pub leading: bool,
    pub acknowledged: bool,
    next: Option<u32>,
}

/// A time during which a node led, or held on to what it was, without a break.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stint {
    /// When it began.
    pub since: Time,
    /// The tail with which it began.
    pub tail: u64,
    /// The longest log of the other nodes that were up then.
    pub longest_other: u64,
}

/// Every append of a run.
#[derive(Clone, Debug, Default)]
pub struct History {
    appended: Vec<Appended>,
    /// The latest append of each number.
    latest: Vec<Option<u32>>,
    pub forks: [u64; 5],
    pub unexplained: Option<String>,
    causes: Vec<(u64, ForkCause)>,
}

impl History {
    /// Notes an append, and attributes the fork if it is one.
    pub fn append(&mut self, entry: &Entry, node: NodeId, role: Role, now: Time, act: Act) {
        let digest = digest(entry);
        let index = entry.seq as usize;
        if self.latest.len() <= index {
            self.latest.resize(index + 1, None);
        }
        let earlier = self.of(entry.seq).next().copied();
        if let Some(earlier) = earlier {
            self.fork(entry.seq, node, role, earlier, act);
        }
        let next = self.latest[index].replace(self.appended.len() as u32);
        let leading = role == Role::Leader;
        let (seq, at, acknowledged) = (entry.seq, now, false);
        self.appended.push(Appended { seq, digest, node, at, leading, acknowledged, next });
    }

    fn fork(&mut self, seq: u64, node: NodeId, role: Role, earlier: Appended, act: Act) {
        let cause = if role != Role::Leader || !earlier.leading {
            ForkCause::NotLeading
        } else if act.forgot_tail {
            ForkCause::ForgottenTail
        } else if earlier.node != node && (earlier.at >= act.stint.since || act.other_leads) {
            ForkCause::Overlap
        } else if act.stint.longest_other > seq {
            ForkCause::ShortLeader
        } else if act.stint.tail <= seq {
            ForkCause::Reuse
        } else {
            if self.unexplained.is_none() {
                self.unexplained = Some(format!(
                    "node {node} gives out {seq} again, which node {} has, though it was past it",
                    earlier.node
                ));
            }
            return;
        };
        self.forks[cause as usize] += 1;
        self.causes.push((seq, cause));
    }

    /// The caller was told that its append has this number.
    pub fn acknowledge(&mut self, seq: u64, node: NodeId) {
        let mut place = self.latest.get(seq as usize).copied().flatten();
        while let Some(index) = place {
            let append = &mut self.appended[index as usize];
            if append.node == node {
                append.acknowledged = true;
                return;
            }
            place = append.next;
        }
    }

    /// All appends of this number, the latest first.
    pub fn of(&self, seq: u64) -> impl Iterator<Item = &Appended> {
        let mut place = self.latest.get(seq as usize).copied().flatten();
        std::iter::from_fn(move || {
            let append = &self.appended[place? as usize];
            place = append.next;
            Some(append)
        })
    }

    /// Every append, oldest first.
    pub fn all(&self) -> &[Appended] {
        &self.appended
    }

    /// Was this entry appended under its number?
    pub fn knows(&self, entry: &Entry) -> bool {
        let digest = digest(entry);
        self.of(entry.seq).any(|append| append.digest == digest)
    }

    /// Why this number was given out twice, if it was.
    pub fn cause_of(&self, seq: u64) -> Option<ForkCause> {
        self.causes.iter().find(|(forked, _)| *forked == seq).map(|(_, cause)| *cause)
    }

    /// Was any number given out twice?
    pub fn is_forked(&self) -> bool {
        !self.causes.is_empty() || self.unexplained.is_some()
    }
}

/// Under which circumstances a node appends.
#[derive(Clone, Copy, Debug)]
pub struct Act {
    /// Its leadership.
    pub stint: Stint,
    /// Another node leads as well.
    pub other_leads: bool,
    /// It has come up with an empty log that once was not.
    pub forgot_tail: bool,
}

/// FNV-1a over the number, the stamp and the payload.
pub fn digest(entry: &Entry) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut mix = |word: u64| hash = (hash ^ word).wrapping_mul(0x0100_0000_01b3);
    mix(entry.seq);
    mix(entry.stamp.epoch);
    mix(u64::from(entry.stamp.leader.0));
    for byte in &entry.bytes {
        mix(u64::from(*byte));
    }
    hash
}
