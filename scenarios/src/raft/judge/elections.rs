//! Who is elected, by whom, and whether anybody should have stood at all.

use stormglass_machine::{NodeId, Time};
use stormglass_raft::{LogIndex, Message, Role};

use crate::raft::findings::Judge;
use crate::raft::group::{Group, Step, quorum};
use crate::raft::host::{Node, Said};
use crate::raft::properties::LAST_ELECTION;

/// A node has made a step.
pub fn stepped(group: &mut Group, step: &Step<'_>) {
    let (before, after) = (step.before.role, step.raft.role());
    let by_pre_votes = step.heard.pre_vote && !step.heard.other;
    if by_pre_votes {
        pre_vote_is_pure(group, step);
    }
    if before == Role::PreCandidate
        && by_pre_votes
        && matches!(after, Role::Candidate | Role::Leader)
    {
        pre_votes_were_granted(group, step);
    }
    if step.heard.vote && before == Role::Candidate && after != Role::PreCandidate {
        votes_were_granted(group, step);
    }
    if step.was_elected() {
        group.tally.elections += 1;
        elected_by_a_quorum(group, step);
        one_leader(group, step);
        long_after_the_faults(group, step);
        has_everything(group, step.node, step.raft.current_term());
        let clock = step.clock();
        let witness = group.of_mut(step.node);
        witness.answered.fill(0);
        witness.matched.fill(0);
        witness.heard_at.fill(clock);
        witness.justified = 0;
        witness.tickets.clear();
    }
}

/// Handling a pre-vote changes neither the term nor the vote, except that a node learns of a later
/// term, or has won and stands for election.
fn pre_vote_is_pure(group: &mut Group, step: &Step<'_>) {
    let (before, raft) = (&step.before, step.raft);
    let same = (before.term, before.vote) == (raft.current_term(), raft.voted_for());
    let learns = step.heard.pre_vote_response
        && raft.current_term() == step.heard.pre_vote_term
        && raft.voted_for().is_none();
    let stands = step.heard.pre_vote_response
        && raft.current_term() == before.term + 1
        && raft.voted_for() == Some(step.node);
    group.ensure(same || learns || stands, Judge::PreVotePure, "", |_| {
        format!("node {} went from term {} to {}", step.node, before.term, raft.current_term())
    });
}

/// A ballot is about to be written.
pub fn ballot(group: &mut Group, node: NodeId, raft: &Node) {
    let heard = group.of(node).heard;
    let asked = heard.pre_vote && !heard.pre_vote_response && !heard.other;
    group.ensure(!asked, Judge::PreVotePure, "on disk", |_| {
        format!("node {node} writes its vote in term {}, only being asked", raft.current_term())
    });
}

/// Who begins a term has the pre-votes of a quorum, each once.
fn pre_votes_were_granted(group: &mut Group, step: &Step<'_>) {
    let witness = group.of(step.node);
    let grants = witness.pre_granted;
    let current = grants.term == step.raft.current_term();
    let granted = |node| node == step.node || current && grants.has(node);
    let (_, configuration) = witness.configurations.at(step.before.configuration);
    let enough = quorum(configuration, granted);
    let (judge, cause) = match current && grants.repeated {
        true => (Judge::Electorate, "pre-votes"),
        false => (Judge::ElectionSafety, "without the pre-votes of a quorum"),
    };
    group.ensure(enough, judge, cause, |group| {
        let configuration = group.of(step.node).configuration();
        format!("node {} stands with the pre-votes {grants:?} of {configuration:?}", step.node)
    });
}

/// Every vote that is counted was given in this term, and each node has one.
fn votes_were_granted(group: &mut Group, step: &Step<'_>) {
    let grants = group.of(step.node).granted;
    let votes = step.raft.votes();
    let mut counted = 0;
    let honest = votes.iter().all(|node| {
        let again = counted & 1 << node.0 != 0;
        counted |= 1_u32 << node.0;
        let granted = grants.term == step.raft.current_term() && grants.has(*node);
        !again && (granted || *node == step.node)
    });
    group.ensure(honest, Judge::Electorate, "votes", |_| {
        format!("node {} counts the votes {votes:?}, and {grants:?} were given", step.node)
    });
}

fn elected_by_a_quorum(group: &mut Group, step: &Step<'_>) {
    let witness = group.of(step.node);
    let grants = witness.granted;
    let current = grants.term == step.raft.current_term();
    let granted = |node: NodeId| node == step.node || current && grants.has(node);
    let (_, configuration) = witness.configurations.at(step.before.configuration);
    let elected = quorum(configuration, granted);
    group.ensure(elected, Judge::ElectionSafety, "without a quorum", |group| {
        let (votes, configuration) = (step.raft.votes(), group.of(step.node).configuration());
        format!("node {} leads by the votes {votes:?} of {configuration:?}", step.node)
    });
}

/// Once the faults are over and a leader is heard, nobody else is elected.
fn long_after_the_faults(group: &mut Group, step: &Step<'_>) {
    let asked = group.of(step.node).asked_to_stand == step.raft.current_term();
    let late = step.calm.is_some_and(|calm| calm > LAST_ELECTION) && !asked;
    group.ensure(!late, Judge::StableLeader, "an election long after the faults", |_| {
        format!("node {} is elected at {}, long after the faults", step.node, step.now)
    });
}

fn one_leader(group: &mut Group, step: &Step<'_>) {
    let (node, term) = (step.node, step.raft.current_term());
    if group.leaders.len() <= term as usize {
        group.leaders.resize(term as usize + 1, None);
    }
    let first = *group.leaders[term as usize].get_or_insert(node);
    group.ensure(first == node, Judge::ElectionSafety, "two leaders", |_| {
        format!("nodes {first} and {node} lead term {term}")
    });
}

/// The log of a leader has what is committed, unless it has compacted it away.
pub fn has_everything(group: &mut Group, node: NodeId, term: u64) {
    let log = &group.of(node).memory;
    let lacks = |index: &LogIndex| {
        let fact = group.history.fact(*index);
        fact.is_some_and(|fact| fact.by < term && log.at(*index) != Some(fact.term))
    };
    let forgotten = group.history.forgotten();
    let missing = match log.last() < forgotten {
        true => Some(forgotten),
        false => (log.base().max(forgotten + 1)..=group.history.last()).find(lacks),
    };
    group.ensure(missing.is_none(), Judge::LeaderCompleteness, "", |_| {
        format!("node {node} leads term {term} without what is committed at {missing:?}")
    });
}

/// A node that has heard a leader a moment ago would vote for nobody else.
pub fn would_depose(
    group: &mut Group,
    node: NodeId,
    raft: &Node,
    to: NodeId,
    message: &Said,
    clock: Time,
) {
    let Message::PreVoteResponse(response) = message else { return };
    if !response.vote_granted {
        return;
    }
    let shortest = raft.options().election_timeout_min();
    let hears = match group.of(node).led_by {
        Some((at, leader)) => leader != to && clock < at + shortest,
        None => false,
    };
    group.ensure(!hears, Judge::StableLeader, "", |group| {
        let led_by = group.of(node).led_by;
        format!("node {node} would vote for {to}, and has heard its leader: {led_by:?}")
    });
}

/// Whoever has no reason to refuse a pre-vote gives it.
pub fn would_vote(
    group: &mut Group,
    node: NodeId,
    raft: &Node,
    to: NodeId,
    message: &Said,
    clock: Time,
) {
    let Message::PreVoteResponse(response) = message else { return };
    let witness = group.of(node);
    let Some((term, last)) = witness.heard.pre_vote_request.filter(|_| !response.vote_granted)
    else {
        return;
    };
    let shortest = raft.options().election_timeout_min();
    let silent = witness.led_by.is_none_or(|(at, _)| clock >= at + shortest);
    let free = raft.role() != Role::Leader && (silent || raft.current_leader() == Some(to));
    let own = (witness.memory.at(witness.memory.last()).unwrap_or(0), witness.memory.last());
    let refuses = free && term > raft.current_term() && last >= own;
    group.ensure(!refuses, Judge::VoteGiven, "", |_| {
        format!("node {node} refuses {to} its pre-vote for term {term}, without a reason")
    });
}
