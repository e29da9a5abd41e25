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
        newcomers_begin_anew(group, step);
    }
    if let Some(follower) = step.heard.answer {
        follower_is_as_thought(group, step, follower);
    }
}

/// Who is a member since this step only, perhaps again, has nothing and was heard just now.
fn newcomers_begin_anew(group: &mut Group, step: &Step<'_>) {
    let clock = step.clock();
    let witness = group.of_mut(step.node);
    let before = witness.configurations.at(step.before.configuration).1.clone();
    for node in step.raft.configuration().members().filter(|node| !before.contains(*node)) {
        witness.matched[node.index()] = 0;
        witness.heard_at[node.index()] = clock;
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
    // What the leader has compacted away in this step is not known any more.
    let ends_before = matched <= group.of(step.node).memory.last();
    let sound = ends_before && own.is_none_or(|term| disk.log.holds(matched, term));
    group.ensure(sound, Judge::MatchSound, "", |group| {
        let theirs = group.of(follower).disk.log.at(matched);
        format!(
            "node {} thinks that {follower} has its log up to {matched}, of term {own:?}; \
             the disk has {theirs:?}",
            step.node
        )
    });
}
