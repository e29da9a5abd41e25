//! What a leader thinks its followers have.

use stormglass_machine::NodeId;
use stormglass_raft::Role;

use crate::raft::findings::Judge;
use crate::raft::group::{Group, Step};

/// A node has made a step. Only the follower that was heard can have got further.
pub fn stepped(group: &mut Group, step: &Step<'_>) {
    if step.raft.role() != Role::Leader {
        return;
    }
    if step.before.configuration != step.raft.configuration_index() {
        // Those who are no members any more may come back, and then begin anew.
        let gone = (0..group.witnesses.len())
            .filter(|node| step.raft.leadership().match_index(NodeId(*node as u32)).is_none());
        for node in gone.collect::<Vec<_>>() {
            group.of_mut(step.node).matched[node] = 0;
        }
    }
    if let Some(follower) = step.heard.answer {
        follower_is_as_thought(group, step, follower);
    }
}

fn follower_is_as_thought(group: &mut Group, step: &Step<'_>, follower: NodeId) {
    let leadership = step.raft.leadership();
    let Some(matched) = leadership.match_index(follower) else {
        group.of_mut(step.node).matched[follower.index()] = 0;
        return;
    };
    let next = leadership.next_index(follower).unwrap_or(0);
    let known = &mut group.of_mut(step.node).matched[follower.index()];
    let before = std::mem::replace(known, matched);
    group.ensure(matched >= before, Judge::ProgressSane, "falls", |_| {
        format!("node {} knew {before} of {follower}, and now {matched}", step.node)
    });
    group.ensure(next > matched, Judge::ProgressSane, "sends what is there", |_| {
        format!("node {} sends {follower} {next}, which has {matched}", step.node)
    });
    if matched > before {
        match_is_sound(group, step, follower, matched);
    }
}

/// The follower's disk has the leader's log up to there, unless it follows another by now.
fn match_is_sound(group: &mut Group, step: &Step<'_>, follower: NodeId, matched: u64) {
    let disk = &group.of(follower).disk;
    if disk.term > step.raft.current_term() {
        return;
    }
    let own = group.of(step.node).memory.at(matched).or(group.history.term(matched));
    let sound = own.is_some_and(|term| disk.log.holds(matched, term));
    group.ensure(sound, Judge::MatchSound, "", |group| {
        let theirs = group.of(follower).disk.log.at(matched);
        format!(
            "node {} thinks that {follower} has its log up to {matched}, of term {own:?}; \
             the disk has {theirs:?}",
            step.node
        )
    });
}
