//! What happens in time: leaders make way, logs stay short, timers are set, clients are answered.

use std::time::Duration;

use stormglass_machine::NodeId;
use stormglass_raft::{Role, Timer};

use crate::raft::findings::Judge;
use crate::raft::group::{Group, Step, quorum};
use crate::raft::properties::LAST_RECOVERY;
use crate::raft::witness::Asked;

/// A node has made a step.
pub fn stepped(group: &mut Group, step: &Step<'_>) {
    if step.heard.heartbeat {
        leader_hears_a_quorum(group, step);
    }
    log_is_short(group, step);
    timers_are_set(group, step);
    if let Some(calm) = step.calm {
        clients_are_answered(group, step, calm);
        proposals_are_committed(group, step, calm);
    }
}

/// A leader that beats has heard a quorum within two election timeouts.
fn leader_hears_a_quorum(group: &mut Group, step: &Step<'_>) {
    let raft = step.raft;
    if raft.role() != Role::Leader || step.before.role != Role::Leader {
        return;
    }
    if step.before.configuration != raft.configuration_index() {
        return;
    }
    let (clock, patience) = (step.clock(), raft.options().election_timeout_max() * 2);
    let witness = group.of(step.node);
    let heard =
        |node: NodeId| node == step.node || clock < witness.heard_at[node.index()] + patience;
    let hears = quorum(witness.configuration(), heard);
    group.ensure(hears, Judge::LeaderStepsDown, "", |_| {
        format!("node {} leads at {} and has heard no quorum for long", step.node, step.now)
    });
}

/// The log holds what is behind the last snapshot, some of what is before, and what is under way.
fn log_is_short(group: &mut Group, step: &Step<'_>) {
    let (raft, options) = (step.raft, step.raft.options());
    let kept = options.snapshot_threshold + options.trailing_entries;
    let applied = raft.last_applied().saturating_sub(raft.log().base());
    group.ensure(applied <= kept, Judge::LogBounded, "applied", |_| {
        format!("node {} keeps {applied} entries that it has applied", step.node)
    });
    let open = raft.log().last_index().saturating_sub(raft.last_applied());
    let most = options.uncommitted_limit as u64 + options.entries_per_message as u64 + kept;
    group.ensure(open <= most, Judge::LogBounded, "not applied", |_| {
        format!("node {} has {open} entries that it has not applied", step.node)
    });
}

/// A leader will beat, and everybody else will miss a leader.
fn timers_are_set(group: &mut Group, step: &Step<'_>) {
    let witness = group.of(step.node);
    let (armed, timer) = match step.raft.role() {
        Role::Leader => (witness.heartbeat_armed, "Heartbeat"),
        _ => (witness.election_armed, "Election"),
    };
    group.ensure(armed, Judge::TimersArmed, timer, |_| {
        format!("node {} is {:?}, and {timer} is not set", step.node, step.raft.role())
    });
}

/// Once the faults are over, whoever asks is answered soon.
fn clients_are_answered(group: &mut Group, step: &Step<'_>, calm: Duration) {
    let bound = step.raft.options().election_timeout_max() * 5;
    if calm < bound {
        return;
    }
    let late = group.of(step.node).pending.iter().find(|pending| step.now > pending.at + bound);
    let Some(late) = late else { return };
    let judge = match late.asked {
        Asked::Read => Judge::ReadAnswered,
        Asked::Command(..) | Asked::Register(_) => Judge::CommandAnswered,
        // A new member may have to wait for a disk, and a transfer has a bound of its own.
        Asked::Other => return,
    };
    let detail = format!("node {} has not answered {late:?} at {}", step.node, step.now);
    group.findings.add(judge, "", detail);
}

/// Once the faults have been over for long, a leader whose members do not change commits within two
/// round trips and a heartbeat, for which the shortest election timeout leaves more than room.
fn proposals_are_committed(group: &mut Group, step: &Step<'_>, calm: Duration) {
    let (raft, options) = (step.raft, step.raft.options());
    let bound = options.election_timeout_min() + options.heartbeat_interval + options.batch_delay;
    let settled = raft.configuration_index() <= raft.commit_index();
    if raft.role() != Role::Leader || calm < LAST_RECOVERY + bound || !settled {
        return;
    }
    let healed = step.now - (calm - LAST_RECOVERY);
    let late = group.of(step.node).pending.iter().find(|pending| {
        let command = matches!(pending.asked, Asked::Command(..));
        command && pending.round.is_some() && step.now > pending.at.max(healed) + bound
    });
    let Some(late) = late else { return };
    let detail = format!("node {} leads, and has not answered {late:?} at {}", step.node, step.now);
    group.findings.add(Judge::CommandAnswered, "by a leader", detail);
}

/// A timer is going to be set.
pub fn set(group: &mut Group, node: NodeId, timer: Timer) {
    let misled = timer == Timer::Election && group.of(node).heard.stale && !group.has_neighbours;
    group.ensure(!misled, Judge::TimersArmed, "by an earlier term", |_| {
        format!("node {node} waits for the leader of an earlier term")
    });
}
