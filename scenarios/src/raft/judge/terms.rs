//! Terms never fall, neither in memory nor across a restart.

use stormglass_machine::NodeId;
use stormglass_raft::Term;

use crate::raft::findings::Judge;
use crate::raft::group::{Group, Step};
use crate::raft::host::Node;

/// A node is up again. Everything that it has told others was durable.
pub fn restarted(group: &mut Group, node: NodeId, raft: &Node) {
    let disk = group.of(node).disk.term;
    let term = raft.current_term();
    group.ensure(term >= disk, Judge::TermMonotone, "across a restart", |_| {
        format!("node {node} comes back in term {term}, and its disk is in term {disk}")
    });
}

/// A node has made a step.
pub fn stepped(group: &mut Group, step: &Step<'_>) {
    let (before, after) = (step.before.term, step.raft.current_term());
    group.ensure(after >= before || step.heard.start, Judge::TermMonotone, "in a step", |_| {
        format!("node {} went from term {before} to {after}", step.node)
    });
    let told = step.heard.later_term;
    group.ensure(after >= told, Judge::LaterTermFollowed, "", |_| {
        format!("node {} was told of term {told}, and stays in {after}", step.node)
    });
}

/// A ballot has become durable on a disk, which has not followed it yet.
pub fn durable(group: &mut Group, node: NodeId, term: Term, vote: Option<NodeId>) {
    let (before, given) = (group.of(node).disk.term, group.of(node).disk.vote);
    group.ensure(term >= before, Judge::TermMonotone, "on disk", |_| {
        format!("the disk of node {node} goes from term {before} to {term}")
    });
    let taken_back = term == before && given.is_some() && vote != given;
    group.ensure(!taken_back, Judge::OneVote, "taken back", |_| {
        format!("the vote of node {node} for {given:?} in term {term} becomes {vote:?} on disk")
    });
}
