//! One leader, who stays, and everybody has what it has.

use std::time::Duration;

use stormglass_machine::NodeId;
use stormglass_replica::{Replica, Role, Storage};
use stormglass_simulator::{Verdict, Violation, World};

use super::{is_pressed, participants};
use crate::replica::Replication;
use crate::replica::defects::Defect;
use crate::replica::plan::{LATEST, SETTLED};

/// Exactly one node leads, and has done so since the faults had settled.
///
/// Without hardening there are states without a leader that cannot be left: each replica must be
/// in one of them, or something else is wrong.
pub fn one_leader(world: &World<'_, Replication>) -> Verdict {
    let leaders: Vec<NodeId> = participants(world)
        .filter(|(_, machine)| machine.role() == Role::Leader)
        .map(|(node, _)| node)
        .collect();
    match leaders[..] {
        [] if participants(world).next().is_none() => Ok(()),
        [] => Err(leaderless(world)),
        [leader] => {
            let since = world.ghost().leaderships.changed_at;
            let settled = LATEST + SETTLED;
            let calm_then = since.since(stormglass_machine::Time::ZERO + world.scenario().storm());
            if calm_then <= settled {
                return Ok(());
            }
            Err(Violation::new(format!(
                "node {leader} leads at last, but only since {calm_then:?} after the faults"
            ))
            .because("late"))
        }
        _ => Err(Violation::new(format!("these lead: {leaders:?}")).because("more than one")),
    }
}

fn leaderless(world: &World<'_, Replication>) -> Violation {
    let detail = || {
        let states = participants(world).map(|(node, machine)| {
            format!("{node} is {:?} and believes in {:?}", machine.role(), machine.belief())
        });
        format!("nobody leads: {}", states.collect::<Vec<_>>().join(", "))
    };
    let mut worst = None;
    for (_, machine) in participants(world) {
        match stuck(world, machine) {
            Some(defect) => worst = worst.max(Some(defect)),
            None => return Violation::new(detail()).because("nobody leads"),
        }
    }
    match worst.filter(|_| world.scenario().is_faithful()) {
        Some(defect) => Violation::new(detail()).known(defect.to_string()),
        None => Violation::new(detail()).because("nobody leads"),
    }
}

/// The state without a leader that this node cannot leave by itself.
fn stuck(world: &World<'_, Replication>, machine: &Replica) -> Option<Defect> {
    let config = machine.config();
    match (machine.role(), machine.belief()) {
        (Role::Candidate, _) => Some(Defect::StuckCandidate),
        (Role::Leader, _) => None,
        (_, None) => Some(Defect::NoBelief),
        (_, Some(believed)) => {
            let heard = world.get(believed).is_some_and(|other| {
                !other.is_closed() && matches!(other.role(), Role::Replica | Role::Idle)
            });
            (heard && believed != config.node && world.is_linked(believed, config.node))
                .then_some(Defect::DemotedBelief)
        }
    }
}

/// Every participant has everything the leader has. One that can never catch up asks on and on,
/// and may leave nothing of the leader's budget to the others.
pub fn caught_up(world: &World<'_, Replication>) -> Verdict {
    let Some((leader, leading)) =
        participants(world).find(|(_, machine)| machine.role() == Role::Leader)
    else {
        return Ok(());
    };
    let wedged = participants(world).any(|(_, machine)| cannot_skip(world, machine, leading));
    for (node, machine) in participants(world) {
        let level = match world.scenario().is_faithful() {
            true => machine.tail() >= leading.tail(),
            false => machine.tail() == leading.tail(),
        };
        if machine.role() == Role::Candidate && world.scenario().is_faithful() {
            let detail = format!("node {node} is a candidate, and nothing moves it");
            return Err(Violation::new(detail).known(Defect::StuckCandidate.to_string()));
        }
        if level || is_pressed(world, node) || waits(world, node, machine, leader) {
            continue;
        }
        let violation = Violation::new(format!(
            "node {node} is at {}, leader {leader} at {}",
            machine.tail(),
            leading.tail()
        ));
        return Err(match wedged {
            true => violation.known(Defect::CannotSkip.to_string()),
            false => violation,
        });
    }
    Ok(())
}

/// A leader that advertised what it had not is left alone for a while.
fn waits(world: &World<'_, Replication>, node: NodeId, machine: &Replica, leader: NodeId) -> bool {
    machine.backoff().pauses(leader, world.clock(node))
}

fn cannot_skip(world: &World<'_, Replication>, machine: &Replica, leading: &Replica) -> bool {
    let below = machine.tail() < leading.log().first_seq();
    let persistent = machine.config().storage == Storage::Persistent;
    world.scenario().is_faithful() && below && (persistent || leading.log().is_empty())
}

/// What counts as long: how long two nodes may both lead in a quiet cluster.
pub fn dual_leader_time(world: &World<'_, Replication>) -> (Duration, Duration) {
    world.ghost().leaderships.finish(world.now())
}
