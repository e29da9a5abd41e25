//! What is said of a log is so: the entry before an append, its entries, the commit index, and the
//! pieces of a snapshot.

use stormglass_machine::NodeId;
use stormglass_raft::{AppendEntries, InstallSnapshot, Message, Role};

use crate::raft::findings::Judge;
use crate::raft::group::Group;
use crate::raft::host::{Node, Said};
use crate::raft::store::{Answer, Command};

/// A message is going to be sent. The log is as it will be then.
pub fn truth(group: &mut Group, node: NodeId, raft: &Node, to: NodeId, message: &Said) {
    group.ensure(to != node, Judge::MessageTruth, "to itself", |_| {
        format!("node {node} sends itself {message:?}")
    });
    match message {
        Message::AppendEntries(request) => append(group, node, raft, request),
        Message::InstallSnapshot(request) => piece(group, node, request),
        _ => {}
    }
}

fn append(group: &mut Group, node: NodeId, raft: &Node, request: &AppendEntries<Command>) {
    let log = &group.of(node).memory;
    let before = request.prev_log_index;
    let meets = log.at(before) == Some(request.prev_log_term);
    let same = request
        .entries
        .iter()
        .zip(before + 1..)
        .all(|(entry, index)| log.at(index) == Some(entry.term));
    group.ensure(meets, Judge::MessageTruth, "what comes before", |group| {
        let term = group.of(node).memory.at(before);
        let said = request.prev_log_term;
        format!("node {node} says that term {said} stands at {before}, and it is {term:?}")
    });
    group.ensure(same, Judge::MessageTruth, "entries", |_| {
        format!("node {node} sends entries behind {before} that its log does not have")
    });
    let commit = raft.commit_index();
    let leads = raft.role() == Role::Leader;
    let committed = request.leader_commit <= commit || !leads;
    group.ensure(committed, Judge::MessageTruth, "commit index", |_| {
        format!(
            "node {node} says that {} is committed; it knows of {commit}",
            request.leader_commit
        )
    });
}

fn piece(group: &mut Group, node: NodeId, request: &InstallSnapshot<Answer>) {
    let index = request.metadata.last_included_index;
    let (from, length) = (request.offset as usize, request.data.len());
    let whole = group.snapshots.get(&index);
    let part = whole.map(|bytes| bytes.get(from..from + length));
    let same = part.is_none_or(|part| part == Some(&request.data));
    group.ensure(same, Judge::MessageTruth, "a piece", |_| {
        format!("node {node} sends {length} bytes at {from} that the snapshot at {index} has not")
    });
}
