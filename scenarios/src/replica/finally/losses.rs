//! What became of every acknowledged append: nothing was promised, but everything has a reason.

use stormglass_replica::{Replica, Role};
use stormglass_simulator::{Facts, Verdict, Violation, World};

use super::participants;
use crate::replica::Replication;
use crate::replica::oracle::history::{Appended, digest};

/// Why the final leader does not hold an acknowledged append.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Loss {
    /// Another entry has the number.
    Shadowed,
    /// The leader has thrown it away, or skipped it.
    Trimmed,
    /// It never came to the leader.
    NeverReplicated,
}

/// Why the leader lacks this, if it does.
fn loss(leader: &Replica, append: &Appended) -> Option<Loss> {
    let log = leader.log();
    if append.seq < log.first_seq() {
        return Some(Loss::Trimmed);
    }
    match log.get(append.seq) {
        Some(entry) if digest(entry) == append.digest => None,
        Some(_) => Some(Loss::Shadowed),
        None => Some(Loss::NeverReplicated),
    }
}

fn final_leader<'w>(world: &'w World<'_, Replication>) -> Option<&'w Replica> {
    let mut leaders = participants(world).filter(|(_, machine)| machine.role() == Role::Leader);
    let only = leaders.next().map(|(_, machine)| machine);
    only.filter(|_| leaders.next().is_none())
}

/// A leader that has led ever since it acknowledged an append still has it, or has swept it.
pub fn a_leader_keeps_its_word(world: &World<'_, Replication>) -> Verdict {
    let Some(leader) = final_leader(world) else { return Ok(()) };
    let node = leader.config().node;
    let since = world.ghost().leaderships.stint(node).since;
    for append in world.ghost().history.all() {
        let own = append.acknowledged && append.node == node && append.at >= since;
        if own && let Some(loss @ (Loss::Shadowed | Loss::NeverReplicated)) = loss(leader, append) {
            return Err(Violation::new(format!(
                "node {node} acknowledged {} at {} and has led since, but it is {loss:?}",
                append.seq, append.at
            )));
        }
    }
    Ok(())
}

/// Counts acknowledged appends, and those that the final leader does not hold.
pub fn count(world: &World<'_, Replication>, facts: &mut Facts) {
    let acknowledged = world.ghost().history.all().iter().filter(|append| append.acknowledged);
    facts.add("appends acknowledged", acknowledged.clone().count() as u64);
    let Some(leader) = final_leader(world) else { return };
    let (mut shadowed, mut trimmed, mut never) = (0, 0, 0);
    for append in acknowledged {
        match loss(leader, append) {
            Some(Loss::Shadowed) => shadowed += 1,
            Some(Loss::Trimmed) => trimmed += 1,
            Some(Loss::NeverReplicated) => never += 1,
            None => {}
        }
    }
    facts.add("lost: another entry has the number", shadowed);
    facts.add("lost: swept or skipped", trimmed);
    facts.add("lost: never replicated", never);
}
