//! Leadership is handed to a voter that has everything, nothing is proposed meanwhile, and it ends.

use std::time::Duration;

use stormglass_machine::NodeId;
use stormglass_raft::{Message, Role};

use crate::raft::findings::Judge;
use crate::raft::group::{Group, Step};
use crate::raft::host::Said;

/// A leader is going to ask another node to stand.
pub fn hands_over(group: &mut Group, node: NodeId, to: NodeId, message: &Said) {
    let Message::TimeoutNow { term } = message else { return };
    group.tally.transfers += 1;
    let log = &group.of(node).memory;
    let (last, last_term) = (log.last(), log.at(log.last()).unwrap_or(0));
    let target = &group.of(to).disk;
    let has_all = target.log.holds(last, last_term) || target.term > *term;
    group.ensure(has_all, Judge::Transfer, "to one that lacks entries", |group| {
        let has = group.of(to).disk.log.last();
        format!("node {node} hands its log of {last} entries over to {to}, which has {has}")
    });
    let votes = group.of(node).configuration().is_voter(to);
    group.ensure(votes, Judge::Transfer, "to one without a vote", |_| {
        format!("node {node} asks {to} to stand, which has no vote")
    });
}

/// A node has made a step.
pub fn stepped(group: &mut Group, step: &Step<'_>) {
    let raft = step.raft;
    let under_way = raft.role() == Role::Leader && raft.leadership().transfer_target().is_some();
    let goes_on = under_way && step.before.in_transfer && step.before.term == raft.current_term();
    if goes_on && step.heard.command.is_some() {
        let (before, after) = (step.before.last, raft.log().last_index());
        group.ensure(before == after, Judge::Transfer, "proposals go on", |_| {
            format!("node {} takes a command while it hands over its leadership", step.node)
        });
    }
    if !under_way {
        group.of_mut(step.node).transfer_since = None;
        return;
    }
    let since = &mut group.of_mut(step.node).transfer_since;
    if !goes_on {
        *since = Some(step.now);
    }
    let since = since.unwrap_or(step.now);
    let bound = raft.options().election_timeout_max() * 3 / 2;
    let late = |calm: Duration| calm > bound && step.now > since + bound;
    group.ensure(!step.calm.is_some_and(late), Judge::TransferInTime, "", |_| {
        format!("node {} has been handing over its leadership since {since}", step.node)
    });
}
