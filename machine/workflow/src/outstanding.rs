//! The tracked actions that are not finished: what is under way, what waits, what was answered.

use alloc::collections::BTreeMap;
use core::time::Duration;

use stormglass_machine::Time;

use crate::{Config, TrackedAction, TrackedActionTypes};

/// Where an action stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
    /// It is sent at this time, or when there is room for it.
    Waiting(Time),
    /// It was sent; if no answer has come by then, it is asked for again.
    UnderWay(Time),
    /// An answer has come and is not committed yet.
    Answered,
}

#[derive(Clone, Debug)]
struct Entry<A> {
    action: A,
    phase: Phase,
    /// How often it was sent without having come to an end.
    tries: u32,
}

/// The tracked actions of a worker that are not finished.
#[derive(Debug)]
pub struct Outstanding<T: TrackedActionTypes> {
    all: BTreeMap<T::Id, Entry<T::Action>>,
    under_way: usize,
}

impl<T: TrackedActionTypes> Default for Outstanding<T> {
    fn default() -> Self {
        Outstanding { all: BTreeMap::new(), under_way: 0 }
    }
}

impl<T: TrackedActionTypes> Outstanding<T> {
    /// All of them, by id.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&T::Id, &T::Action, Phase)> {
        self.all.iter().map(|(id, entry)| (id, &entry.action, entry.phase))
    }

    /// True if this one is not finished.
    pub fn contains(&self, id: &T::Id) -> bool {
        self.all.contains_key(id)
    }

    /// An action was asked for by a commit, or by a restart. If it was just answered, the answer was
    /// that there is none yet: then it waits longer each time.
    pub(crate) fn emit(&mut self, tracked: TrackedAction<T>, now: Time, config: &Config) {
        let (id, action) = tracked.into_parts();
        let before = self.remove(&id);
        let tries = match before {
            Some(Entry { phase: Phase::Answered, tries, .. }) => tries + 1,
            _ => 0,
        };
        let due = match tries {
            0 => now,
            _ => now + config.backoff(config.answer_timeout, tries - 1),
        };
        self.all.insert(id, Entry { action, phase: Phase::Waiting(due), tries });
    }

    /// An answer has come.
    pub(crate) fn answered(&mut self, id: &T::Id) {
        self.enter(id, Phase::Answered);
    }

    /// The answer is committed.
    pub(crate) fn finish(&mut self, id: &T::Id) {
        self.remove(id);
    }

    /// The answer was refused: there must be another.
    pub(crate) fn reopen(&mut self, id: &T::Id, now: Time, config: &Config) {
        if let Some(entry) = self.all.get(id)
            && entry.phase == Phase::Answered
        {
            let due = now + config.backoff(config.answer_timeout, entry.tries);
            self.enter(id, Phase::UnderWay(due));
        }
    }

    /// The next that is due and has room, sent as of now.
    pub(crate) fn next_to_send(
        &mut self,
        now: Time,
        config: &Config,
    ) -> Option<(T::Id, T::Action)> {
        if self.under_way >= config.window {
            return None;
        }
        let due = |entry: &Entry<_>| matches!(entry.phase, Phase::Waiting(due) if due <= now);
        let (id, entry) = self.all.iter().find(|(_, entry)| due(entry))?;
        let (id, action, tries) = (id.clone(), entry.action.clone(), entry.tries);
        let deadline = now + config.backoff(config.answer_timeout, tries);
        self.enter(&id, Phase::UnderWay(deadline));
        Some((id, action))
    }

    /// True if the answer of some action is overdue.
    pub(crate) fn has_overdue(&self, now: Time) -> bool {
        self.all.values().any(|entry| is_overdue(entry, now))
    }

    /// An action whose answer is overdue is asked for again, as a restart would.
    pub(crate) fn ask_again(&mut self, tracked: TrackedAction<T>, now: Time) {
        let (id, action) = tracked.into_parts();
        let Some(entry) = self.all.get_mut(&id).filter(|entry| is_overdue(entry, now)) else {
            return;
        };
        entry.action = action;
        entry.tries += 1;
        self.enter(&id, Phase::Waiting(now));
    }

    /// What is still overdue after everything was asked for again is finished, says the state.
    pub(crate) fn drop_overdue(&mut self, now: Time) {
        let before = self.all.len();
        self.all.retain(|_, entry| !is_overdue(entry, now));
        self.under_way -= before - self.all.len();
    }

    /// How long until something is due or overdue.
    pub(crate) fn next_due(&self, now: Time, config: &Config) -> Option<Duration> {
        let has_room = self.under_way < config.window;
        let due = self.all.values().filter_map(|entry| match entry.phase {
            Phase::Waiting(due) if has_room => Some(due),
            Phase::UnderWay(deadline) => Some(deadline),
            Phase::Waiting(_) | Phase::Answered => None,
        });
        Some(due.min()?.since(now))
    }

    fn enter(&mut self, id: &T::Id, phase: Phase) {
        let Some(entry) = self.all.get_mut(id) else { return };
        self.under_way -= usize::from(matches!(entry.phase, Phase::UnderWay(_)));
        self.under_way += usize::from(matches!(phase, Phase::UnderWay(_)));
        entry.phase = phase;
    }

    fn remove(&mut self, id: &T::Id) -> Option<Entry<T::Action>> {
        let entry = self.all.remove(id)?;
        self.under_way -= usize::from(matches!(entry.phase, Phase::UnderWay(_)));
        Some(entry)
    }
}

fn is_overdue<A>(entry: &Entry<A>, now: Time) -> bool {
    matches!(entry.phase, Phase::UnderWay(deadline) if deadline <= now)
}
