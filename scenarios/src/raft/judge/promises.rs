//! What a message promises is on its sender's disk when it leaves, and a vote is given once.

use stormglass_machine::NodeId;
use stormglass_raft::{AppendOutcome, LogIndex, Message, Term};

use crate::raft::findings::Judge;
use crate::raft::group::Group;
use crate::raft::host::Said;

/// A message leaves.
pub fn sent(group: &mut Group, node: NodeId, to: NodeId, message: &Said) {
    let term = message.term();
    match message {
        Message::PreVoteRequest(_) => return,
        Message::RequestVote(_) => vote(group, node, term, node),
        Message::RequestVoteResponse(response) if response.vote_granted => {
            vote(group, node, term, to);
        }
        Message::AppendEntriesResponse(response) => {
            if let AppendOutcome::Success { match_index } = response.outcome {
                has(group, node, match_index, "entries");
            }
        }
        Message::InstallSnapshotResponse(response) if response.done => {
            has(group, node, response.last_included_index, "a snapshot");
        }
        _ => {}
    }
    let durable = group.of(node).disk.term;
    group.ensure(term <= durable, Judge::PromiseOnDisk, "a term", |_| {
        format!("node {node} speaks of term {term}, and its disk is in term {durable}")
    });
}

/// A vote is on the disk, and no other was given in its term.
fn vote(group: &mut Group, node: NodeId, term: Term, candidate: NodeId) {
    let disk = &group.of(node).disk;
    let durable = (disk.term, disk.vote) == (term, Some(candidate));
    group.ensure(durable, Judge::PromiseOnDisk, "a vote", |group| {
        let disk = &group.of(node).disk;
        format!(
            "node {node} votes for {candidate} in term {term}, and its disk has {:?} in term {}",
            disk.vote, disk.term
        )
    });
    let votes = &mut group.of_mut(node).votes;
    if votes.len() <= term as usize {
        votes.resize(term as usize + 1, None);
    }
    let first = *votes[term as usize].get_or_insert(candidate);
    group.ensure(first == candidate, Judge::OneVote, "", |_| {
        format!("in term {term} node {node} votes for {first}, and then for {candidate}")
    });
}

fn has(group: &mut Group, node: NodeId, index: LogIndex, what: &'static str) {
    let last = group.of(node).disk.log.last();
    group.ensure(last >= index, Judge::PromiseOnDisk, what, |_| {
        format!(
            "node {node} says that it has everything up to {index}, and its disk ends at {last}"
        )
    });
}
