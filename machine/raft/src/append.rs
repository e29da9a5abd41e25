//! The follower's side of replication: taking entries from the leader.

use stormglass_machine::NodeId;

use crate::{
    AppendEntries, AppendEntriesResponse, AppendOutcome, Bug, Entries, Entry, LogIndex, Message,
    Observation, Record, StateMachine, Step,
};

impl<S: StateMachine> Step<'_, '_, S> {
    pub(crate) fn append_entries(&mut self, from: NodeId, request: &AppendEntries<S::Command>) {
        self.hear_leader(from);
        let outcome = match self.conflict_with(request) {
            Some(conflict) => conflict,
            None => AppendOutcome::Success { match_index: self.take_entries(request) },
        };
        let matched = outcome.match_index().unwrap_or(0);
        let drops = request.prev_log_index < self.log.base() && self.has(Bug::CompactedIsConflict);
        if drops && outcome.match_index().is_none() {
            self.replace_from(self.log.first_index(), &self.log.none());
        }
        let response = AppendEntriesResponse { term: self.term, round: request.round, outcome };
        self.promise(from, Message::AppendEntriesResponse(response));
        self.commit_to(request.leader_commit.min(matched));
    }

    /// Where this log has something else, or nothing, before the entries. What is compacted away
    /// is committed, and therefore the same as the leader's.
    fn conflict_with(&self, request: &AppendEntries<S::Command>) -> Option<AppendOutcome> {
        let AppendEntries { prev_log_index, prev_log_term, .. } = *request;
        let compacted = prev_log_index < self.log.base();
        let meets = self.log.term_at(prev_log_index) == Some(prev_log_term)
            || self.has(Bug::PreviousTermZero) && prev_log_term == 0
            || self.log.term_at(prev_log_index.wrapping_sub(1)) == Some(prev_log_term)
                && self.has(Bug::IndexAmbiguous);
        if meets || compacted && !self.has(Bug::CompactedIsConflict) {
            return None;
        }
        let hint_index = self.log.last_up_to_term(prev_log_index, prev_log_term);
        let hint_term = self.log.term_at(hint_index).unwrap_or(0);
        Some(AppendOutcome::Conflict { prev_log_index, hint_index, hint_term })
    }

    /// Appends what is new. Only a real difference cuts the log: a message that comes late or
    /// twice must not undo what came after it. Returns the last index that the message is about.
    fn take_entries(&mut self, request: &AppendEntries<S::Command>) -> LogIndex {
        let (first, base) = (request.prev_log_index + 1, self.log.base());
        let never_truncates = self.has(Bug::NeverTruncates);
        let is_new = |(index, entry): &(LogIndex, &Entry<_>)| {
            let present = self.log.term_at(*index);
            let differs = present != Some(entry.term) && !(present.is_some() && never_truncates);
            *index > base && (differs || self.has(Bug::OverwritesNeedlessly))
        };
        if let Some((index, _)) = (first..).zip(request.entries.iter()).find(is_new) {
            let fresh = match (index - first) as usize {
                0 => request.entries.clone(),
                skipped => Entries::from(&request.entries[skipped..]),
            };
            self.replace_from(index, &fresh);
        }
        let last = first - 1 + request.entries.len() as u64;
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
