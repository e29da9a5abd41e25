//! What happens in one group is no concern of the others on the same node.

use stormglass_machine::NodeId;
use stormglass_raft::Role;

use crate::raft::findings::Judge;
use crate::raft::group::{Group, Step};
use crate::raft::host::Node;

/// A node is about to be given something in this group, whose state is what the last step of this
/// group has left, however many steps of others there were since.
pub fn untouched(group: &mut Group, node: NodeId, raft: &Node) {
    let seen = &group.of(node).seen;
    let same = seen.role == raft.role()
        && seen.term == raft.current_term()
        && seen.commit == raft.commit_index()
        && seen.last == raft.log().last_index();
    group.ensure(same, Judge::GroupIsolation, "touched by another", |group| {
        format!("another group has changed {:?} of node {node}", group.of(node).seen)
    });
}

/// A node has made a step: what the group has been told has reached it, and nothing else.
pub fn stepped(group: &mut Group, step: &Step<'_>) {
    let (raft, heard) = (step.raft, &step.heard);
    let term = raft.current_term();
    if let Some((leader, of)) = heard.append {
        let follows =
            term > of || raft.current_leader() == Some(leader) || raft.role() == Role::Leader;
        group.ensure(term >= of && follows, Judge::GroupIsolation, "not reached", |_| {
            format!("node {} was told of term {of} by {leader}, and is in term {term}", step.node)
        });
    }
    let stands = raft.voted_for() == Some(step.node);
    let told = step.before.term.max(heard.higher_term) + u64::from(stands);
    group.ensure(term <= told || heard.start, Judge::GroupIsolation, "told by another", |_| {
        format!("node {} is in term {term}, and nobody has told it of one", step.node)
    });
}
