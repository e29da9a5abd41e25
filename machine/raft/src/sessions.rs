//! Client sessions: each command is applied once, however often it is asked for.
//!
//! Part of the replicated state: changed by committed entries only, carried by snapshots, and
//! therefore equal on all nodes at equal indices (Ongaro 2014, section 6.3).

use alloc::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{ClientError, LogIndex};

/// Names a client.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct ClientId(pub u64);

/// Which of a client's commands this is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Stamp {
    /// The client.
    pub client: ClientId,
    /// The number of the command, from 1. Asking for it again repeats the number.
    pub sequence: u64,
    /// The client has the answers to all commands up to this one, and will not repeat them.
    pub acknowledged: u64,
}

/// How many commands of one client may be without an acknowledged answer.
pub const UNACKNOWLEDGED_MAX: usize = 64;

/// The open sessions.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Sessions<R> {
    open: BTreeMap<ClientId, Session<R>>,
}

/// One open session.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Session<R> {
    last_active: LogIndex,
    acknowledged: u64,
    /// Where each command was applied, and what the answer was.
    answers: BTreeMap<u64, (LogIndex, R)>,
}

/// What to do with a command of a session.
pub(crate) enum Admission<R> {
    /// Apply it.
    New,
    /// It has been applied, there and with this answer.
    Known(LogIndex, R),
    /// Do not apply it.
    Refused(ClientError),
}

impl<R> Default for Sessions<R> {
    fn default() -> Self {
        Sessions { open: BTreeMap::new() }
    }
}

impl<R: Clone> Sessions<R> {
    /// The session of a client.
    pub fn get(&self, client: ClientId) -> Option<&Session<R>> {
        self.open.get(&client)
    }

    /// Opens a session, at the cost of the one that was idle longest if there are too many.
    pub(crate) fn register(&mut self, client: ClientId, index: LogIndex, limit: usize) {
        if let Some(session) = self.open.get_mut(&client) {
            session.last_active = index;
            return;
        }
        if self.open.len() >= limit {
            let idle = self.open.iter().min_by_key(|(_, session)| session.last_active);
            let idle = *idle.expect("the limit is at least one").0;
            self.open.remove(&idle);
        }
        let fresh = Session { last_active: index, acknowledged: 0, answers: BTreeMap::new() };
        self.open.insert(client, fresh);
    }

    /// Whether to apply a command that is committed at `index`.
    pub(crate) fn admit(&mut self, stamp: Stamp, index: LogIndex) -> Admission<R> {
        let Some(session) = self.open.get_mut(&stamp.client) else {
            return Admission::Refused(ClientError::SessionExpired);
        };
        session.last_active = index;
        if stamp.acknowledged > session.acknowledged {
            session.acknowledged = stamp.acknowledged;
            session.answers.retain(|sequence, _| *sequence > stamp.acknowledged);
        }
        if stamp.sequence <= session.acknowledged {
            Admission::Refused(ClientError::SequenceStale)
        } else if let Some((applied_at, response)) = session.answers.get(&stamp.sequence) {
            Admission::Known(*applied_at, response.clone())
        } else if session.answers.len() >= UNACKNOWLEDGED_MAX {
            Admission::Refused(ClientError::SequenceTooFarAhead)
        } else {
            Admission::New
        }
    }

    /// Keeps the answer to a command that was admitted and applied.
    pub(crate) fn remember(&mut self, stamp: Stamp, index: LogIndex, response: R) {
        if let Some(session) = self.open.get_mut(&stamp.client) {
            session.answers.insert(stamp.sequence, (index, response));
        }
    }
}

impl<R> Session<R> {
    /// Where a command of this session was applied, and what the answer was, unless it is
    /// acknowledged or was never applied.
    pub fn answer(&self, sequence: u64) -> Option<&(LogIndex, R)> {
        self.answers.get(&sequence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(sequence: u64, acknowledged: u64) -> Stamp {
        Stamp { client: ClientId(1), sequence, acknowledged }
    }

    #[test]
    fn a_repeated_command_gets_its_first_answer_until_it_is_acknowledged() {
        let mut sessions = Sessions::<u8>::default();
        let unknown = sessions.admit(stamp(1, 0), 1);
        assert!(matches!(unknown, Admission::Refused(ClientError::SessionExpired)));
        sessions.register(ClientId(1), 2, 8);
        assert!(matches!(sessions.admit(stamp(2, 0), 3), Admission::New));
        sessions.remember(stamp(2, 0), 3, 7);
        assert!(matches!(sessions.admit(stamp(1, 0), 4), Admission::New), "commands may overtake");
        sessions.register(ClientId(1), 5, 8);
        assert!(matches!(sessions.admit(stamp(2, 0), 6), Admission::Known(3, 7)));
        assert!(matches!(sessions.admit(stamp(3, 2), 7), Admission::New));
        let stale = sessions.admit(stamp(2, 0), 8);
        assert!(matches!(stale, Admission::Refused(ClientError::SequenceStale)));
    }

    #[test]
    fn the_session_that_was_idle_longest_makes_room() {
        let mut sessions = Sessions::<u8>::default();
        sessions.register(ClientId(1), 1, 2);
        sessions.register(ClientId(2), 2, 2);
        sessions.register(ClientId(1), 3, 2);
        sessions.register(ClientId(3), 4, 2);
        let open = [1, 2, 3].map(|client| sessions.get(ClientId(client)).is_some());
        assert_eq!(open, [true, false, true]);
    }

    #[test]
    fn a_client_that_acknowledges_nothing_is_bounded() {
        let mut sessions = Sessions::<u8>::default();
        sessions.register(ClientId(1), 1, 1);
        for sequence in 1..=UNACKNOWLEDGED_MAX as u64 {
            assert!(matches!(sessions.admit(stamp(sequence, 0), 2), Admission::New));
            sessions.remember(stamp(sequence, 0), 2, 0);
        }
        let next = UNACKNOWLEDGED_MAX as u64 + 1;
        let refused = sessions.admit(stamp(next, 0), 3);
        assert!(matches!(refused, Admission::Refused(ClientError::SequenceTooFarAhead)));
        assert!(matches!(sessions.admit(stamp(next, 1), 4), Admission::New));
    }
}
