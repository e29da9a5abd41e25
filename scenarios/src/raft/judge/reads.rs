//! What makes reads safe: rounds that a quorum has answered, and leases.

use stormglass_machine::{NodeId, RequestId, Time};
use stormglass_raft::{Message, Response, Role, Term};

use crate::raft::findings::Judge;
use crate::raft::group::{Group, Step, quorum};
use crate::raft::host::{Node, Said, Told};

/// A node has made a step.
pub fn stepped(group: &mut Group, step: &Step<'_>) {
    let confirmed = step.raft.leadership().confirmed_round();
    if step.raft.role() == Role::Leader && confirmed != step.before.confirmed {
        a_quorum_has_answered(group, step, confirmed);
    }
    let term = step.raft.current_term();
    let lease = step.raft.lease_expires_at().map(|end| (term, end));
    group.of_mut(step.node).lease = lease;
    if lease.is_some_and(|(_, end)| step.clock() < end) {
        nobody_else_has_one(group, step);
    }
    if let Some(term) = group.committed_in.take() {
        no_earlier_lease(group, step, term);
    }
}

/// A leader answers a read: it holds a lease, or a round that began after the read was asked is
/// confirmed.
fn may_answer(raft: &Node, round: u64, clock: Time) -> bool {
    raft.leadership().confirmed_round() > round || raft.lease_is_valid(clock)
}

/// A client is going to be answered.
pub fn served(
    group: &mut Group,
    node: NodeId,
    raft: &Node,
    id: RequestId,
    response: &Told,
    clock: Time,
) {
    if !matches!(response, Response::Read { .. }) || raft.role() != Role::Leader {
        return;
    }
    let pending = group.of(node).pending.iter().find(|pending| pending.id == id);
    let Some(round) = pending.and_then(|pending| pending.round) else { return };
    group.ensure(may_answer(raft, round, clock), Judge::FreshRead, "unconfirmed", |_| {
        let confirmed = raft.leadership().confirmed_round();
        format!("node {node} answers a read asked in round {round}; confirmed is {confirmed}")
    });
}

/// A follower is going to be told from which index on it may answer.
pub fn allowed(
    group: &mut Group,
    node: NodeId,
    raft: &Node,
    to: NodeId,
    message: &Said,
    clock: Time,
) {
    let Message::ReadIndexResponse(response) = message else { return };
    if response.read_index.is_none() || raft.role() != Role::Leader {
        return;
    }
    let tickets = &group.of(node).tickets;
    let asked = tickets.iter().find(|one| (one.0, one.1) == (to, response.ticket));
    let Some((_, _, round)) = asked.copied() else { return };
    group.ensure(may_answer(raft, round, clock), Judge::FreshRead, "unconfirmed", |_| {
        let confirmed = raft.leadership().confirmed_round();
        format!(
            "node {node} lets {to} answer what it asked in round {round}; confirmed is {confirmed}"
        )
    });
}

/// A round is confirmed by a quorum of those who have answered it.
fn a_quorum_has_answered(group: &mut Group, step: &Step<'_>, confirmed: u64) {
    let witness = group.of(step.node);
    let answered = |node: NodeId| node == step.node || witness.answered[node.index()] >= confirmed;
    let in_force = |index| {
        let (_, configuration) = witness.configurations.at(index);
        quorum(configuration, answered)
    };
    let enough = in_force(u64::MAX) || in_force(step.before.configuration);
    group.ensure(enough, Judge::Electorate, "rounds", |group| {
        let witness = group.of(step.node);
        let (answered, configuration) = (witness.answered, witness.configuration());
        format!(
            "node {} takes round {confirmed} for confirmed: {answered:?} of {configuration:?}",
            step.node
        )
    });
}

/// Who holds a lease, by a clock of its own, holds the only one.
fn nobody_else_has_one(group: &mut Group, step: &Step<'_>) {
    let other = (0..).zip(&group.witnesses).find(|(node, witness)| {
        let node = NodeId(*node);
        node != step.node && witness.lease.is_some_and(|(_, end)| (step.clocks)(node) < end)
    });
    let other = other.map(|(node, _)| node);
    group.ensure(other.is_none(), Judge::LeaseExclusive, "two leases", |_| {
        format!("nodes {} and {other:?} hold leases at {}", step.node, step.now)
    });
}

/// Nothing is committed in a later term while a lease of an earlier one is in force.
fn no_earlier_lease(group: &mut Group, step: &Step<'_>, term: Term) {
    let holder = (0..).zip(&group.witnesses).find(|(node, witness)| {
        witness.lease.is_some_and(|(of, end)| of < term && (step.clocks)(NodeId(*node)) < end)
    });
    let holder = holder.map(|(node, witness)| (node, witness.lease));
    group.ensure(holder.is_none(), Judge::LeaseExclusive, "a commit meanwhile", |_| {
        format!("term {term} commits at {}, and there is an earlier lease: {holder:?}", step.now)
    });
}
