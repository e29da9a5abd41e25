//! The follower's side of replication: taking entries from the leader.

use stormglass_machine::NodeId;

use crate::{
    AppendEntries, AppendEntriesResponse, AppendOutcome, Bug, Entries, LogIndex, Message,
    Observation, Record, StateMachine, Step,
};

impl<S: StateMachine> Step<'_, '_, S> {
    pub(crate) fn append_entries(&mut self, from: NodeId, request: &AppendEntries<S::Command>) {
        self.hear_leader(from);
        let outcome = match self.conflict_with(request) {
            Some(conflict) => conflict,
            None => AppendOutcome::Success { match_index: self.take_entries(request) },
        };
        let matched = match outcome {
            AppendOutcome::Success { match_index } => match_index,
            _ => 0,
        };
        if matches!(outcome, AppendOutcome::Conflict { .. })
            && request.prev_log_index < self.log.base()
            && self.has(Bug::CompactedIsConflict)
        {
            self.replace_from(self.log.first_index(), &self.log.none());
        }
        let response = AppendEntriesResponse { term: self.term, round: request.round, outcome };
        self.promise(from, Message::AppendEntriesResponse(response));
        self.commit_to(request.leader_commit.min(matched));
    }

    /// Where this log has something else, or nothing, before the entries. What is compacted away
    /// is committed, and therefore the same as the leader's.
    fn conflict_with(&self, request: &AppendEntries<S::Command>) -> Option<AppendOutcome> {
        let prev_log_index = request.prev_log_index;
        let compacted = prev_log_index < self.log.base();
        let conflict_term = self.log.term_at(prev_log_index);
        let meets = conflict_term == Some(request.prev_log_term)
            || self.has(Bug::PreviousTermZero) && request.prev_log_term == 0;
        if meets || compacted && !self.has(Bug::CompactedIsConflict) {
            return None;
        }
        let conflict_index = match conflict_term {
            Some(_) => self.log.first_of_term(prev_log_index),
            None => self.log.last_index() + 1,
        };
        Some(AppendOutcome::Conflict { prev_log_index, conflict_term, conflict_index })
    }

    /// Appends what is new. Only a real difference cuts the log: a message that comes late or
    /// twice must not undo what came after it. Returns the last index that the message is about.
    fn take_entries(&mut self, request: &AppendEntries<S::Command>) -> LogIndex {
        let last = request.prev_log_index + request.entries.len() as u64;
        let first = request.prev_log_index + 1;
        for (index, entry) in (first..).zip(request.entries.iter()) {
            let present = self.log.term_at(index);
            let known = index <= self.log.base() || present == Some(entry.term);
            if known || present.is_some() && self.has(Bug::NeverTruncates) {
                continue;
            }
            let skipped = (index - first) as usize;
            let fresh: Entries<S::Command> = match skipped {
                0 => request.entries.clone(),
                _ => Entries::from(&request.entries[skipped..]),
            };
            self.replace_from(index, &fresh);
            break;
        }
        if self.has(Bug::MatchIsLastIndex) { self.log.last_index() } else { last }
    }

    /// From `first` on the log continues with these entries.
    fn replace_from(&mut self, first: LogIndex, entries: &Entries<S::Command>) {
        if first <= self.log.last_index() {
            self.insist(first > self.commit_index, "a committed entry would be overwritten");
            self.log.truncate_after(first - 1);
            self.durable_index = self.durable_index.min(first - 1);
            if !self.has(Bug::NoRollback) {
                self.memberships.truncate_after(first - 1);
            }
            self.observe(Observation::LogTruncated { after: first - 1 });
        }
        self.extend_log(first, entries);
    }

    /// Puts entries at the end of the log, which is at `first`, and hands them to the disk.
    pub(crate) fn extend_log(&mut self, first: LogIndex, entries: &Entries<S::Command>) {
        self.log.append(entries);
        self.memberships.append(first, entries);
        self.write(Record::Append { first, entries: entries.clone() });
        let last = self.log.last_index();
        self.observe(Observation::LogAppended { first, last });
    }
}
