//! What makes reads safe: rounds that a quorum has answered, and leases.

use stormglass_machine::NodeId;
use stormglass_raft::{Role, Term};

use crate::raft::findings::Judge;
use crate::raft::group::{Group, Step, quorum};

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

/// A round is confirmed by a quorum of those who have answered it.
fn a_quorum_has_answered(group: &mut Group, step: &Step<'_>, confirmed: u64) {
    let witness = group.of(step.node);
    let answered =
        |node: NodeId| node == step.node || witness.answered[node.index()] >= confirmed;
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
        node != step.node
            && witness.lease.is_some_and(|(_, end)| (step.clocks)(node) < end)
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
    let holder = holder.map(|(node, _)| node);
    group.ensure(holder.is_none(), Judge::LeaseExclusive, "a commit meanwhile", |_| {
        format!("term {term} commits at {}, and node {holder:?} holds an earlier lease", step.now)
    });
}
