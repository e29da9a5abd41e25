//! What a node is like, in words: for stories.

use std::fmt::Write as _;

use stormglass_machine::NodeId;
use stormglass_raft::{Log, Role};

use super::host::Node;
use super::store::Command;

/// Of a log with more changes of terms than these, the last ones are told.
const MOST_RUNS: usize = 4;

/// The term and the vote, who leads, the log by its terms, and up to where it is agreed.
pub fn describe(raft: &Node) -> String {
    let mut told = format!("term {}, {}", raft.current_term(), vote(raft));
    match (raft.role(), raft.current_leader()) {
        (Role::Leader, _) => told.push_str(&leads(raft)),
        (Role::Candidate | Role::PreCandidate, _) => {
            let _ = write!(told, ", has the votes of {}", listed(raft.votes()));
        }
        (Role::Follower, Some(leader)) => {
            let _ = write!(told, ", follows node {leader}");
        }
        (Role::Follower, None) => {}
    }
    let _ = write!(told, ", {}, committed up to {}", log(raft.log()), raft.commit_index());
    if raft.last_applied() != raft.commit_index() {
        let _ = write!(told, ", applied up to {}", raft.last_applied());
    }
    if let Some((index, bytes)) = raft.incoming_snapshot() {
        let _ = write!(told, ", has {bytes} bytes of a snapshot up to {index}");
    }
    let configuration = raft.configuration();
    let _ = write!(told, ", voters {}", listed(configuration.voters()));
    for (name, nodes) in [
        ("outgoing", configuration.outgoing()),
        ("learners", configuration.learners()),
        ("joining", configuration.joining()),
    ] {
        if !nodes.is_empty() {
            let _ = write!(told, ", {name} {}", listed(nodes));
        }
    }
    told
}

/// What a node with many groups is like: how many it leads, and those in which anybody has asked for
/// something. In the others is nothing but what each leader begins with.
pub fn describe_groups<'a>(groups: impl Iterator<Item = (u64, &'a Node)>) -> String {
    let (mut all, mut led, mut busy) = (0, 0, String::new());
    for (group, raft) in groups {
        all += 1;
        led += u32::from(raft.role() == Role::Leader);
        if raft.log().last_index() > 1 {
            let _ = write!(busy, ", group {group} ({}, {})", raft.role().name(), describe(raft));
        }
    }
    format!("leads {led} of {all} groups{busy}")
}

/// Nodes by their numbers.
fn listed(nodes: &[NodeId]) -> String {
    let numbers: Vec<_> = nodes.iter().map(|node| node.0).collect();
    format!("{numbers:?}")
}

fn vote(raft: &Node) -> String {
    match raft.voted_for() {
        Some(node) if node == raft.id() => "votes for itself".to_owned(),
        Some(node) => format!("votes for node {node}"),
        None => "has no vote".to_owned(),
    }
}

/// Up to where a leader knows the logs of its followers.
fn leads(raft: &Node) -> String {
    let leadership = raft.leadership();
    let matched = leadership.followers().map(|node| {
        let index = leadership.match_index(node).unwrap_or_default();
        format!("{node} to {index}")
    });
    format!(", knows the logs of [{}]", matched.collect::<Vec<_>>().join(", "))
}

/// A log by the terms of its entries: `log [1-3 of term 1, 4 of term 3]`.
fn log(log: &Log<Command>) -> String {
    let mut runs: Vec<(u64, u64, u64)> = Vec::new();
    for (index, entry) in (log.first_index()..).zip(log.entries()) {
        match runs.last_mut().filter(|(_, _, term)| *term == entry.term) {
            Some((_, last, _)) => *last = index,
            None => runs.push((index, index, entry.term)),
        }
    }
    let more = runs.len().saturating_sub(MOST_RUNS);
    let told = runs[more..].iter().map(|(first, last, term)| match first == last {
        true => format!("{first} of term {term}"),
        false => format!("{first}-{last} of term {term}"),
    });
    let told = told.collect::<Vec<_>>().join(", ");
    match (log.base(), more) {
        (0, 0) => format!("log [{told}]"),
        (base, 0) => format!("log after {base} [{told}]"),
        _ => format!("log [… {told}]"),
    }
}
