//! What is committed, and whether it may be.

use stormglass_machine::NodeId;
use stormglass_raft::{Configuration, LogIndex, Payload, Role, Term};

use super::elections;
use crate::raft::findings::Judge;
use crate::raft::group::{Group, Step, quorum};
use crate::raft::host::Node;

/// After a step: everything that the node takes for committed is looked at.
pub fn stepped(group: &mut Group, step: &Step<'_>) {
    up_to(group, step.node, step.raft, step.raft.commit_index());
}

/// The term in which a node acts as a leader in the step under way.
fn led(group: &Group, node: NodeId, raft: &Node) -> Option<Term> {
    let witness = group.of(node);
    let was = witness.seen.role == Role::Leader && !witness.heard.leader;
    match raft.role() {
        Role::Leader => Some(raft.current_term()),
        _ if was => Some(witness.seen.term),
        _ => None,
    }
}

/// A node takes everything up to here for committed.
pub fn up_to(group: &mut Group, node: NodeId, raft: &Node, upto: LogIndex) {
    if upto <= group.of(node).compared {
        return;
    }
    let led = led(group, node, raft);
    compare(group, node, upto, led.is_some());
    if let Some(term) = led {
        justify(group, node, term, upto);
    }
}

/// What a node takes for committed is what others do; what is news is a leader's claim.
fn compare(group: &mut Group, node: NodeId, upto: LogIndex, leads: bool) {
    for index in group.of(node).compared + 1..=upto {
        let witness = group.of_mut(node);
        witness.compared = index;
        let Some(term) = witness.memory.at(index) else { continue };
        match group.history.term(index) {
            Some(known) => {
                group.ensure(known == term, Judge::StateMachineSafety, "another entry", |_| {
                    format!("node {node} commits term {term} at {index}, others term {known}")
                });
            }
            None if index <= group.history.forgotten() => {}
            None if leads => {
                let (first, terms) = &mut group.of_mut(node).claim;
                if terms.is_empty() {
                    *first = index;
                }
                terms.push(term);
            }
            None => {
                group.ensure(false, Judge::CommitJustified, "by a follower", |_| {
                    format!("node {node} takes {index} for committed, and no leader does")
                });
            }
        }
    }
}

/// A leader is about to propose another configuration: what it has committed before is justified
/// by the one in force, unless that takes the next one.
pub fn before_configuration(group: &mut Group, node: NodeId, raft: &Node, last: LogIndex) {
    let upto = last.min(raft.commit_index());
    let Some(term) = led(group, node, raft) else { return };
    let configuration = group.of(node).configuration().clone();
    let witness = group.of(node);
    // How much it was is not known: as much as the one in force justifies, and that one at least.
    let least = witness.configurations.newest().0.min(upto);
    let enough = |index: &LogIndex| {
        witness.memory.at(*index) == Some(term)
            && has_quorum(group, node, &configuration, *index, true)
    };
    let upto = (least..=upto).rev().find(enough).unwrap_or(least);
    if upto > group.of(node).justified {
        compare(group, node, upto, true);
        justify(group, node, term, upto);
    }
}

/// A quorum has on its disks what the leader has at an index.
fn has_quorum(
    group: &Group,
    node: NodeId,
    configuration: &Configuration,
    index: LogIndex,
    with_memory: bool,
) -> bool {
    let Some(term) = group.of(node).memory.at(index) else { return false };
    quorum(configuration, |voter| {
        voter == node && with_memory || group.of(voter).disk.log.holds(index, term)
    })
}

/// What a leader commits is of its term, and on the disks of a quorum.
fn justify(group: &mut Group, node: NodeId, leader: Term, upto: LogIndex) {
    if upto <= group.of(node).justified {
        return;
    }
    group.of_mut(node).justified = upto;
    let term = group.of(node).memory.at(upto);
    group.ensure(term == Some(leader), Judge::CommitJustified, "of an earlier term", |_| {
        format!("node {node} leads term {leader} and commits {upto} of term {term:?} by counting")
    });
    let configuration = group.of(node).configuration().clone();
    if has_quorum(group, node, &configuration, upto, false) {
        register(group, node, leader);
    } else if !has_quorum(group, node, &configuration, upto, true) {
        unjustified(group, node, &configuration, upto);
    }
}

#[cold]
fn unjustified(group: &mut Group, node: NodeId, configuration: &Configuration, upto: LogIndex) {
    let mut with_leader: Vec<NodeId> = configuration.voters().to_vec();
    let detail = format!("node {node} commits {upto}, which no quorum of {configuration:?} has");
    if !configuration.is_voter(node) {
        let term = group.of(node).memory.at(upto);
        with_leader
            .retain(|voter| term.is_some_and(|term| group.of(*voter).disk.log.holds(upto, term)));
        if (with_leader.len() + 1) * 2 > configuration.voters().len() {
            return group.findings.add(Judge::Electorate, "a leader without a vote", detail);
        }
    }
    group.findings.add(Judge::CommitJustified, "without a quorum", detail);
}

/// The disk of a leader has what it was waiting for.
pub fn flushed(group: &mut Group, node: NodeId) {
    register_durable(group, node);
}

/// A leader has crashed, and its disk was read: what that has of its claims is committed after all.
pub fn crashed(group: &mut Group, node: NodeId) {
    register_durable(group, node);
    // Who has elected itself, and whose disk knows nothing of it, has never led.
    let durable = group.of(node).disk.term as usize;
    for leader in group.leaders.iter_mut().skip(durable + 1) {
        leader.take_if(|leader| *leader == node);
    }
}

fn register_durable(group: &mut Group, node: NodeId) {
    let witness = group.of(node);
    let (first, terms) = &witness.claim;
    let Some(last_term) = terms.last() else { return };
    if witness.disk.log.holds(first + terms.len() as u64 - 1, *last_term) {
        let term = witness.seen.term;
        register(group, node, term);
    }
}

/// What a leader claims is committed, from now on and for ever.
fn register(group: &mut Group, node: NodeId, leader: Term) {
    let (first, mut terms) = std::mem::take(&mut group.of_mut(node).claim);
    for (index, term) in (first..).zip(terms.drain(..)) {
        if let Some(known) = group.history.term(index) {
            group.ensure(known == term, Judge::StateMachineSafety, "another entry", |_| {
                format!("node {node} commits term {term} at {index}, others term {known}")
            });
            continue;
        }
        group.tally.commits += 1;
        let known = group.entries.get(index, term);
        let payload = known.map_or(Payload::Noop, |known| known.payload.clone());
        group.history.commit(leader, term, payload);
    }
    group.of_mut(node).claim = (0, terms);
    group.committed_in = group.committed_in.max(Some(leader));
    for other in 0..group.witnesses.len() {
        let seen = group.witnesses[other].seen;
        if seen.role == Role::Leader && seen.term > leader {
            elections::has_everything(group, NodeId(other as u32), seen.term);
        }
    }
}
