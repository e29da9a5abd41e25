//! What must come true once the faults are over, of the nodes that heal.

use std::time::Duration;

use stormglass_machine::NodeId;
use stormglass_raft::Role;
use stormglass_simulator::{Scenario, Verdict, Violation, World, ensure};

use super::ghost::Ghost;
use super::group::quorum;
use super::host::{Host, Node};

/// A scenario that the judges can judge.
pub trait Judged: Scenario<Machine: Host, Ghost = Ghost> {}

impl<S: Scenario<Machine: Host, Ghost = Ghost>> Judged for S {}

/// The part of a node in a group, if it is up and heals.
fn part<'a, S: Judged>(world: &'a World<'_, S>, node: NodeId, group: usize) -> Option<&'a Node> {
    world.get(node).map(|machine| machine.raft(group))
}

/// The leader of the latest term, if a quorum of its voters that heal follows it.
fn leader<'a, S: Judged>(world: &'a World<'_, S>, group: usize) -> Option<&'a Node> {
    let parts = world.core().filter_map(|node| part(world, node, group));
    let leads = parts.filter(|raft| raft.role() == Role::Leader);
    let leader = leads.max_by_key(|raft| raft.current_term())?;
    let follows = |node: NodeId| {
        world.core().any(|core| core == node)
            && part(world, node, group).is_some_and(|raft| {
                raft.current_leader() == Some(leader.id())
                    && raft.current_term() == leader.current_term()
            })
    };
    quorum(leader.configuration(), follows).then_some(leader)
}

/// Something holds in every group. The one in which it did not the last time is looked at first,
/// for most of the time it still does not.
fn everywhere<S: Judged>(world: &World<'_, S>, check: impl Fn(usize) -> Verdict) -> Verdict {
    let ghost = world.ghost();
    let (first, count) = (ghost.unfinished.get(), ghost.groups.len());
    (first..count)
        .chain(0..first)
        .try_for_each(|group| check(group).inspect_err(|_| ghost.unfinished.set(group)))
}

/// Only a violation that may be one for good is worth words.
const WORTH_WORDS: Duration = Duration::from_secs(2);

fn describe<S: Judged>(world: &World<'_, S>, group: usize) -> Violation {
    if world.calm().is_none_or(|calm| calm < WORTH_WORDS) {
        return Violation::new(String::new());
    }
    let parts: Vec<String> = world
        .core()
        .map(|node| match part(world, node, group) {
            None => format!("node {node} is down"),
            Some(raft) => format!(
                "node {node} is {:?} of term {}, has {} of {} committed, and goes by {:?}",
                raft.role(),
                raft.current_term(),
                raft.commit_index(),
                raft.log().last_index(),
                raft.configuration(),
            ),
        })
        .collect();
    Violation::new(format!("in group {group} {}", parts.join("; ")))
}

/// A quorum follows one leader.
pub fn leader_elected<S: Judged>(world: &World<'_, S>) -> Verdict {
    everywhere(world, |group| match leader(world, group) {
        Some(_) => Ok(()),
        None => Err(describe(world, group)),
    })
}

/// The leader has committed everything it has, in its own term, and takes proposals.
pub fn commit_in_time<S: Judged>(world: &World<'_, S>) -> Verdict {
    everywhere(world, |group| {
        let ready = leader(world, group).is_some_and(|raft| {
            raft.commit_index() == raft.log().last_index()
                && raft.log().last_term() == raft.current_term()
                && raft.configuration().is_voter(raft.id())
                && raft.leadership().transfer_target().is_none()
        });
        if ready { Ok(()) } else { Err(describe(world, group)) }
    })
}

/// Every member that is up has what the leader has.
pub fn follower_catches_up<S: Judged>(world: &World<'_, S>) -> Verdict {
    everywhere(world, |group| {
        let Some(leader) = leader(world, group) else { return Err(describe(world, group)) };
        let level = world.core().all(|node| {
            let member = leader.configuration().contains(node);
            part(world, node, group).is_none_or(|raft| {
                !member
                    || raft.log().last_index() == leader.log().last_index()
                        && raft.last_applied() == leader.last_applied()
                        && raft.current_term() == leader.current_term()
            })
        });
        if level { Ok(()) } else { Err(describe(world, group)) }
    })
}

/// A joint configuration is left, and who joins and is up has become a voter.
pub fn change_finishes<S: Judged>(world: &World<'_, S>) -> Verdict {
    everywhere(world, |group| {
        let Some(leader) = leader(world, group) else { return Err(describe(world, group)) };
        let up = |node: &NodeId| world.core().any(|core| core == *node) && world.is_up(*node);
        let configuration = leader.configuration();
        let waits = configuration.is_joint() || configuration.joining().iter().any(up);
        if waits { Err(describe(world, group)) } else { Ok(()) }
    })
}

/// The most terms that a cluster may go through after the faults.
const MOST_TERMS: u64 = 12;

/// After the faults few elections are enough.
pub fn few_terms<S: Judged>(world: &World<'_, S>) -> Verdict {
    everywhere(world, |group| {
        let parts = world.core().filter_map(|node| part(world, node, group));
        let last = parts.map(Node::current_term).max().unwrap_or(0);
        let ghost = &world.ghost().groups[group];
        let first = ghost.term_at_heal;
        let asked = ghost.asked_to_stand - ghost.asked_at_heal;
        ensure(last <= first + asked + MOST_TERMS, || {
            format!("group {group} has gone from term {first} to term {last}")
        })
    })
}

/// Nodes that have applied as much have the same state, in every part.
pub fn states_agree<S: Judged>(world: &World<'_, S>) -> Verdict {
    everywhere(world, |group| {
        let history = &world.ghost().groups[group].history;
        let same = world.core().all(|node| {
            part(world, node, group).is_none_or(|raft| {
                raft.last_applied() != history.last() || raft.state_machine() == history.store()
            })
        });
        ensure(same, || format!("two nodes of group {group} have different states"))
    })
}
