//! What the state machines have applied: in order, once, and everywhere the same.

use crate::raft::findings::Judge;
use crate::raft::group::{Group, Step};

/// A node has made a step.
pub fn stepped(group: &mut Group, step: &Step<'_>) {
    bounds(group, step);
    let applied = step.raft.last_applied();
    group.ensure(applied >= step.before.applied || step.heard.start, Judge::ApplyOrder, "", |_| {
        format!("node {} went from {} back to {applied}", step.node, step.before.applied)
    });
    if group.of(step.node).verified != Some(applied) {
        same_state(group, step);
    }
}

/// Compacted before snapshot before applied before committed before appended.
fn bounds(group: &mut Group, step: &Step<'_>) {
    let raft = step.raft;
    let snapshot = raft.snapshot().map_or(0, |one| one.metadata.last_included_index);
    let chain = [
        raft.log().base(),
        snapshot,
        raft.last_applied(),
        raft.commit_index(),
        raft.log().last_index(),
    ];
    group.ensure(chain.is_sorted(), Judge::Bounds, "out of order", |_| {
        format!("node {} has {chain:?}: base, snapshot, applied, committed, last", step.node)
    });
    let fell = raft.commit_index() < step.before.commit && !step.heard.start;
    group.ensure(!fell, Judge::Bounds, "the commit index falls", |_| {
        let (before, after) = (step.before.commit, raft.commit_index());
        format!("node {} had committed {before}, and now {after}", step.node)
    });
}

/// The state is the one that all have at this index.
fn same_state(group: &mut Group, step: &Step<'_>) {
    let index = step.raft.last_applied();
    let Some(expected) = group.history.summary(index) else { return };
    group.of_mut(step.node).verified = Some(index);
    let found = step.raft.state_machine().summary();
    group.ensure(found.applied <= expected.applied, Judge::ExactlyOnce, "", |_| {
        format!("node {} has applied too much at {index}: {found:?}, {expected:?}", step.node)
    });
    group.ensure(found == expected, Judge::StateMachineSafety, "another state", |_| {
        format!("node {} has at {index} {found:?}, and it is {expected:?}", step.node)
    });
}
