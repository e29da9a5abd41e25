//! Elections: terms, votes, and who may ask for them.

use core::time::Duration;

use stormglass_machine::NodeId;

use crate::{
    AppendEntriesResponse, AppendOutcome, Bug, LogIndex, Message, MessageOf, Observation,
    PreVoteRequest, PreVoteResponse, Record, RequestVote, RequestVoteResponse, Role, StateMachine,
    Step, Term, Timer,
};

/// Rounds are numbered from one.
const NO_ROUND: u64 = 0;

impl<S: StateMachine> Step<'_, '_, S> {
    /// Follows a later term, or answers an earlier one. Returns whether the message is still to
    /// be handled.
    pub(crate) fn take_term(&mut self, from: NodeId, message: &MessageOf<S>) -> bool {
        let term = message.term();
        if matches!(message, Message::PreVoteRequest(_)) || term == self.term {
            return true;
        }
        if term < self.term {
            return self.answer_earlier_term(from, message);
        }
        self.observe(Observation::HigherTermDiscovered { term });
        match message {
            Message::RequestVote(request) if self.keeps_promise(from, request.transfer) => {
                self.answer_vote(from, false);
                false
            }
            Message::PreVoteResponse(_) if self.has(Bug::PreVoteTermIgnored) => false,
            _ => {
                self.become_follower(term);
                let drops = self.has(Bug::HigherTermUnanswered);
                !(drops && matches!(message, Message::AppendEntries(_)))
            }
        }
    }

    /// Tells a node of an earlier term about this one, if it has asked anything. The round it has
    /// asked about is not repeated: should it lead again by now, in this term, it would take the
    /// answer for one to the round of the same number.
    fn answer_earlier_term(&mut self, from: NodeId, message: &MessageOf<S>) -> bool {
        match message {
            Message::AppendEntries(request) if self.has(Bug::TermFalls) => {
                self.set_ballot(request.term, None);
                true
            }
            Message::AppendEntries(_) | Message::InstallSnapshot(_) => {
                if self.has(Bug::StaleLeaderResetsTimer) {
                    self.arm_election_timer();
                }
                let (term, round, outcome) = (self.term, NO_ROUND, AppendOutcome::Stale);
                let response = AppendEntriesResponse { term, round, outcome };
                self.promise(from, Message::AppendEntriesResponse(response));
                false
            }
            Message::RequestVote(_) => {
                self.answer_vote(from, false);
                false
            }
            // Who would vote need not know of this term, nor who reads. An index that was right to
            // read at stays so.
            Message::PreVoteResponse(_)
            | Message::ReadIndexRequest(_)
            | Message::ReadIndexResponse(_) => true,
            Message::RequestVoteResponse(_) => self.has(Bug::OldGrants),
            _ => false,
        }
    }

    pub(crate) fn set_ballot(&mut self, term: Term, voted_for: Option<NodeId>) {
        if self.has(Bug::VoteClearedFirst) && term > self.term {
            self.env.persist(Record::Ballot { term: self.term, voted_for: None });
        }
        (self.term, self.voted_for) = (term, voted_for);
        self.write(Record::Ballot { term, voted_for });
        if let Some(candidate) = voted_for {
            self.observe(Observation::VotedFor { candidate, term });
        }
    }

    pub(crate) fn change_role(&mut self, new: Role) {
        let (old, term) = (self.role, self.term);
        if new != old {
            self.role = new;
            self.observe(Observation::RoleChanged { old, new, term });
        }
    }

    pub(crate) fn arm_election_timer(&mut self) {
        let shortest = self.options.election_timeout_min();
        let same = self.has(Bug::SameTimeout);
        let longest = if same { shortest } else { self.options.election_timeout_max() };
        let longer = self.env.dice().within(0..=(longest - shortest).as_nanos() as u64);
        self.set_timer(Timer::Election, shortest + Duration::from_nanos(longer));
    }

    /// Becomes a follower of whoever turns out to lead the term, which is not an earlier one.
    pub(crate) fn become_follower(&mut self, term: Term) {
        let (old_term, led) = (self.term, self.role == Role::Leader);
        if term > self.term {
            self.set_ballot(term, None);
        }
        self.leader = None;
        self.change_role(Role::Follower);
        if led {
            self.observe(Observation::LeaderLost { old_term, new_term: term });
            self.leave_leadership(old_term);
            self.arm_election_timer();
        }
    }

    /// The leader of this term has spoken.
    pub(crate) fn hear_leader(&mut self, from: NodeId) {
        self.insist(self.role != Role::Leader, "the term has two leaders");
        if self.role != Role::Follower {
            self.become_follower(self.term);
            if self.has(Bug::VoteClearedInTerm) {
                self.set_ballot(self.term, None);
            }
        }
        self.leader = Some(from);
        self.promised_at = Some(self.env.now());
        self.arm_election_timer();
    }

    /// Whether this node votes for nobody else since it has heard a leader a moment ago: leases
    /// rest on it, and it keeps nodes that hear badly from disturbing those that hear well. The
    /// leader itself is free to stand again, and to name a successor.
    fn keeps_promise(&self, candidate: NodeId, transfer: bool) -> bool {
        !transfer && !self.has(Bug::VotesInsideLease) && self.hears_leader(candidate)
    }

    fn hears_leader(&self, candidate: NodeId) -> bool {
        let shortest = self.options.election_timeout_min();
        let recent = self.promised_at.is_some_and(|at| self.env.now() < at + shortest);
        let stands_again = self.leader == Some(candidate) && !self.has(Bug::FormerLeaderRefused);
        self.role == Role::Leader || recent && !stands_again
    }

    /// Whether a log that ends so lacks nothing of this one that may be committed.
    fn is_up_to_date(&self, last_log_term: Term, last_log_index: LogIndex) -> bool {
        (last_log_term, last_log_index) >= (self.log.last_term(), self.log.last_index())
    }

    /// Whether the node may stand for election: if it has a vote, or may still have one because
    /// the change that took it is not known to be committed. It may be the only one that can win.
    fn may_campaign(&self) -> bool {
        let (index, configuration) = self.configuration_entry();
        let before = self.memberships.at(index.saturating_sub(1));
        configuration.is_voter(self.id())
            || *index > self.commit_index && before.1.is_voter(self.id())
    }

    pub(crate) fn election_timeout(&mut self) {
        if self.role == Role::Leader {
            return;
        }
        let term = self.term;
        self.observe(Observation::ElectionTimeout { term });
        if !self.may_campaign() {
            self.arm_election_timer();
        } else if self.options.pre_vote {
            self.start_pre_vote();
        } else {
            self.start_election(false);
        }
    }

    /// Asks the others without changing anything that outlives the question.
    fn start_pre_vote(&mut self) {
        let election_term = self.term + 1;
        self.leader = None;
        self.change_role(Role::PreCandidate);
        self.observe(Observation::PreVoteStarted { election_term });
        self.arm_election_timer();
        let (last_log_index, last_log_term) = self.log.end();
        let request = PreVoteRequest { term: election_term, last_log_index, last_log_term };
        self.ask_voters(&Message::PreVoteRequest(request));
        self.count_vote(self.id());
    }

    /// Begins a term and asks for votes; `transfer` if the leader has asked for it.
    pub(crate) fn start_election(&mut self, transfer: bool) {
        let term = self.term + 1;
        self.leader = None;
        self.set_ballot(term, Some(self.id()));
        self.change_role(Role::Candidate);
        self.observe(Observation::ElectionStarted { term });
        self.arm_election_timer();
        let (last_log_index, last_log_term) = self.log.end();
        let request = RequestVote { term, last_log_index, last_log_term, transfer };
        self.ask_voters(&Message::RequestVote(request));
        self.count_vote(self.id());
    }

    fn ask_voters(&mut self, request: &MessageOf<S>) {
        self.votes.clear();
        let configuration = self.configuration_entry().1.clone();
        for node in configuration.members() {
            if node != self.id() && configuration.is_voter(node) {
                self.promise(node, request.clone());
            }
        }
        self.settle();
    }

    pub(crate) fn pre_vote_request(&mut self, from: NodeId, request: &PreVoteRequest) {
        let (candidate, election_term) = (from, request.term);
        self.observe(Observation::PreVoteRequested { candidate, election_term });
        let hears = self.hears_leader(from) && !self.has(Bug::PreVoteIgnoresLeader);
        let granted = election_term > self.term
            && !hears
            && self.is_up_to_date(request.last_log_term, request.last_log_index);
        self.observe(Observation::PreVoteGranted { candidate, granted, election_term });
        let response = PreVoteResponse { term: self.term, election_term, vote_granted: granted };
        self.promise(from, Message::PreVoteResponse(response));
    }

    pub(crate) fn pre_vote_response(&mut self, from: NodeId, response: &PreVoteResponse) {
        let current = response.election_term == self.term + 1;
        if self.role == Role::PreCandidate && current && response.vote_granted {
            self.count_vote(from);
        }
    }

    pub(crate) fn request_vote(&mut self, from: NodeId, request: &RequestVote) {
        let (candidate, term) = (from, request.term);
        self.observe(Observation::VoteRequested { candidate, term });
        let free = self.voted_for.is_none_or(|node| node == from) || self.has(Bug::VotesTwice);
        let unaware = self.has(Bug::LearnerNeverVotes) && !self.configuration().is_voter(self.id());
        let granted = free
            && !unaware
            && !self.keeps_promise(from, request.transfer)
            && self.is_up_to_date(request.last_log_term, request.last_log_index);
        if granted {
            if self.voted_for != Some(from) {
                self.set_ballot(self.term, Some(from));
            }
            if self.role == Role::PreCandidate {
                self.change_role(Role::Follower);
            }
            self.arm_election_timer();
        }
        self.answer_vote(from, granted);
    }

    fn answer_vote(&mut self, candidate: NodeId, granted: bool) {
        let term = self.term;
        self.observe(Observation::VoteGranted { candidate, granted, term });
        let response = RequestVoteResponse { term, vote_granted: granted };
        let message = Message::RequestVoteResponse(response);
        if !granted || !self.has(Bug::VoteNotDurable) {
            self.settle();
        }
        self.send(candidate, message);
    }

    pub(crate) fn request_vote_response(&mut self, from: NodeId, response: &RequestVoteResponse) {
        if self.role == Role::Candidate && response.vote_granted {
            self.count_vote(from);
        }
    }

    /// A vote for this node in the election, or in what would be one.
    fn count_vote(&mut self, from: NodeId) {
        let twice = self.has(Bug::DuplicateGrants);
        if twice || !self.votes.contains(&from) {
            self.votes.push(from);
        }
        let won = match twice {
            true => self.votes.len() > self.configuration().voters().len() / 2,
            false => self.has_quorum(|node| self.votes.contains(&node)),
        };
        if won && self.role == Role::PreCandidate {
            let election_term = self.term + 1;
            self.observe(Observation::PreVoteSucceeded { election_term });
            self.start_election(false);
        } else if won {
            self.become_leader();
        }
    }
}
