//! What is committed, in the order of the log, and what becomes of it: the one account that every
//! node must agree with.

use std::collections::BTreeMap;
use std::sync::Arc;

use stormglass_raft::{
    ClientError, ClientId, Configuration, LogIndex, Payload, Stamp, StateMachine as _, Term,
    UNACKNOWLEDGED_MAX,
};

use super::disk::Configurations;
use super::store::{Answer, Command, Store, Summary};

/// A committed entry, and what follows from it.
#[derive(Clone, Debug)]
pub struct Fact {
    /// Its term.
    pub term: Term,
    /// The term in which it was committed.
    pub by: Term,
    /// What it says.
    pub payload: Payload<Command>,
    /// What whoever asked for it is to be told.
    pub reply: Reply,
    /// What the store is like after it.
    pub summary: Summary,
}

/// What whoever asked for an entry is to be told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reply {
    /// Nobody has asked.
    Nobody,
    /// Where the command was applied, and with which answer.
    Applied(LogIndex, Answer),
    /// The session is open.
    Registered,
    /// Nothing was applied.
    Refused(ClientError),
}

/// Everything that is committed, but for a beginning that is forgotten in very long runs.
#[derive(Clone, Debug)]
pub struct History {
    forgotten: LogIndex,
    facts: Vec<Fact>,
    store: Store,
    clients: Clients,
    configurations: Configurations,
}

impl History {
    /// Nothing yet, in a group that begins so.
    pub fn new(first: Arc<Configuration>, session_limit: usize) -> Self {
        History {
            forgotten: 0,
            facts: Vec::new(),
            store: Store::default(),
            clients: Clients { limit: session_limit, open: BTreeMap::new() },
            configurations: Configurations::new(first),
        }
    }

    /// The last index that is committed.
    pub fn last(&self) -> LogIndex {
        self.forgotten + self.facts.len() as u64
    }

    /// Up to where it is forgotten what was committed.
    pub fn forgotten(&self) -> LogIndex {
        self.forgotten
    }

    /// Forgets what was committed up to here.
    pub fn forget(&mut self, upto: LogIndex) {
        self.facts.drain(..(upto - self.forgotten) as usize);
        self.forgotten = upto;
    }

    /// What is committed at an index, unless it is forgotten.
    pub fn fact(&self, index: LogIndex) -> Option<&Fact> {
        self.facts.get(index.checked_sub(self.forgotten + 1)? as usize)
    }

    /// The term of what is committed at an index; zero before the first.
    pub fn term(&self, index: LogIndex) -> Option<Term> {
        if index == 0 { Some(0) } else { self.fact(index).map(|fact| fact.term) }
    }

    /// What the store is like after an index.
    pub fn summary(&self, index: LogIndex) -> Option<Summary> {
        match index {
            0 => Some(Summary::default()),
            _ => self.fact(index).map(|fact| fact.summary),
        }
    }

    /// The committed configurations.
    pub fn configurations(&self) -> &Configurations {
        &self.configurations
    }

    /// The store after everything.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The next entry is committed, by the leader of a term.
    pub fn commit(&mut self, by: Term, term: Term, payload: Payload<Command>) {
        let index = self.last() + 1;
        let reply = match &payload {
            Payload::Noop => Reply::Nobody,
            Payload::Command { command, session: None } => {
                Reply::Applied(index, self.store.apply(command))
            }
            Payload::Command { command, session: Some(stamp) } => {
                self.clients.command(*stamp, index, || self.store.apply(command))
            }
            Payload::Register(client) => {
                self.clients.register(*client, index);
                Reply::Registered
            }
            Payload::Configuration(configuration) => {
                self.configurations.push(index, configuration.clone());
                Reply::Nobody
            }
        };
        self.facts.push(Fact { term, by, payload, reply, summary: self.store.summary() });
    }
}

/// The sessions of the clients.
#[derive(Clone, Debug)]
struct Clients {
    limit: usize,
    open: BTreeMap<ClientId, Session>,
}

#[derive(Clone, Debug)]
struct Session {
    last_active: LogIndex,
    acknowledged: u64,
    answers: BTreeMap<u64, (LogIndex, Answer)>,
}

impl Clients {
    /// Whoever has been idle longest makes room.
    fn register(&mut self, client: ClientId, index: LogIndex) {
        if !self.open.contains_key(&client) && self.open.len() >= self.limit {
            let idle = self.open.iter().min_by_key(|(_, session)| session.last_active);
            if let Some(client) = idle.map(|(client, _)| *client) {
                self.open.remove(&client);
            }
        }
        let fresh = || Session { last_active: 0, acknowledged: 0, answers: BTreeMap::new() };
        self.open.entry(client).or_insert_with(fresh).last_active = index;
    }

    fn command(&mut self, stamp: Stamp, index: LogIndex, apply: impl FnOnce() -> Answer) -> Reply {
        let Some(session) = self.open.get_mut(&stamp.client) else {
            return Reply::Refused(ClientError::SessionExpired);
        };
        session.last_active = index;
        session.acknowledged = session.acknowledged.max(stamp.acknowledged);
        let acknowledged = session.acknowledged;
        session.answers.retain(|sequence, _| *sequence > acknowledged);
        if stamp.sequence <= acknowledged {
            return Reply::Refused(ClientError::SequenceStale);
        }
        if let Some((first, answer)) = session.answers.get(&stamp.sequence) {
            return Reply::Applied(*first, answer.clone());
        }
        if session.answers.len() >= UNACKNOWLEDGED_MAX {
            return Reply::Refused(ClientError::SequenceTooFarAhead);
        }
        let answer = apply();
        session.answers.insert(stamp.sequence, (index, answer.clone()));
        Reply::Applied(index, answer)
    }
}
