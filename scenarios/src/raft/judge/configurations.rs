//! Configurations follow the log, one step at a time.

use stormglass_machine::NodeId;
use stormglass_raft::{Configuration, Entry, LogIndex, Payload, Role};

use super::commits;
use crate::raft::findings::Judge;
use crate::raft::group::{Group, Step};
use crate::raft::host::Node;
use crate::raft::store::Command;

/// Entries are going to be appended.
pub fn appended(
    group: &mut Group,
    node: NodeId,
    raft: &Node,
    first: LogIndex,
    entries: &[Entry<Command>],
) {
    group.of_mut(node).configurations.cut(first);
    for (index, entry) in (first..).zip(entries) {
        let Payload::Configuration(next) = &entry.payload else { continue };
        if raft.role() == Role::Leader && entry.term == raft.current_term() {
            proposed(group, node, raft, index, next);
        }
        group.of_mut(node).configurations.push(index, next.clone());
    }
}

/// A leader proposes a configuration.
fn proposed(group: &mut Group, node: NodeId, raft: &Node, index: LogIndex, next: &Configuration) {
    group.tally.configurations += 1;
    group.tally.joint += u64::from(next.is_joint());
    // What is committed before is committed under the configuration of before.
    commits::before_configuration(group, node, raft, index - 1);
    let (before, configuration) = group.of(node).configurations.newest().clone();
    let commit = raft.commit_index();
    group.ensure(before <= commit, Judge::ConfigurationChain, "two changes at once", |_| {
        format!(
            "node {node} changes the members at {index}, and what it did at {before} is not \
                 committed"
        )
    });
    let own = raft.log().term_at(commit.max(raft.log().base()));
    group.ensure(
        own == Some(raft.current_term()),
        Judge::ConfigurationChain,
        "before anything of the term is committed",
        |_| format!("node {node} changes the members at {index}, having committed {own:?}"),
    );
    group.ensure(follows(&configuration, next), Judge::ConfigurationChain, "too far", |_| {
        format!("at {index} {next:?} follows {configuration:?}")
    });
}

/// One voter more or less, or into a joint configuration, or out of it.
fn follows(before: &Configuration, next: &Configuration) -> bool {
    let lacks = |one: &Configuration, other: &Configuration| {
        one.voters().iter().filter(|node| !other.voters().contains(node)).count()
    };
    let unique = |nodes: &[NodeId]| nodes.is_sorted_by(|one, other| one < other);
    let sound = unique(next.voters()) && unique(next.outgoing()) && !next.voters().is_empty();
    sound
        && match (before.is_joint(), next.is_joint()) {
            (false, false) => lacks(before, next) + lacks(next, before) <= 1,
            (false, true) => next.outgoing() == before.voters(),
            (true, false) => next.voters() == before.voters(),
            (true, true) => false,
        }
}

/// After a step, or a restart: the newest configuration in the log is in force.
pub fn stepped(group: &mut Group, step: &Step<'_>) {
    let newest = group.of(step.node).configurations.newest().0;
    let in_force = step.raft.configuration_index();
    group.ensure(in_force == newest, Judge::ConfigurationChain, "not the newest", |_| {
        format!("node {} goes by the members of {in_force}, and not of {newest}", step.node)
    });
}
