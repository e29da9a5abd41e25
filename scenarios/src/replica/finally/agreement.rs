//! Two logs hold the same entry under the same number, or there is a reason why not.

use stormglass_machine::NodeId;
use stormglass_replica::{Entry, Replica};
use stormglass_simulator::{Verdict, Violation, World, ensure};

use super::participants;
use crate::replica::Replication;
use crate::replica::defects::Defect;
use crate::replica::oracle::history::ForkCause;

/// The first number under which two nodes hold different entries.
fn first_difference(one: &Replica, other: &Replica) -> Option<u64> {
    let from = one.log().first_seq().max(other.log().first_seq());
    let (one, other) = (one.log().entries_from(from), other.log().entries_from(from));
    let differs = |(one, other): &(&Entry, &Entry)| one != other;
    one.zip(other).find(differs).map(|(one, _)| one.seq)
}

/// Hardened: all participants agree in the end. Otherwise: they do unless a number was given out
/// twice, and then the cause is known.
pub fn agree(world: &World<'_, Replication>) -> Verdict {
    let all: Vec<(NodeId, &Replica)> = participants(world).collect();
    for (position, (one, first)) in all.iter().enumerate() {
        for (other, second) in &all[position + 1..] {
            if let Some(seq) = first_difference(first, second) {
                return Err(difference(world, *one, *other, seq));
            }
        }
    }
    Ok(())
}

fn difference(world: &World<'_, Replication>, one: NodeId, other: NodeId, seq: u64) -> Violation {
    let violation =
        Violation::new(format!("nodes {one} and {other} hold different entries at {seq}"));
    let Some(cause) = world.ghost().history.cause_of(seq) else {
        return violation.because("the number was given out once");
    };
    if !world.scenario().is_faithful() {
        return violation;
    }
    let defect = match cause {
        ForkCause::Overlap | ForkCause::Reuse => Defect::Splice,
        ForkCause::ShortLeader => Defect::ShortLeader,
        ForkCause::NotLeading => Defect::AnyoneAppends,
        ForkCause::ForgottenTail => Defect::ForgottenTail,
    };
    violation.known(defect.to_string())
}

/// Every number that was given out twice was so for a known reason.
pub fn forks_are_explained(world: &World<'_, Replication>) -> Verdict {
    match &world.ghost().history.unexplained {
        Some(detail) => Err(Violation::new(detail.clone())),
        None => Ok(()),
    }
}

/// Polite clients never see a number given out twice.
pub fn the_polite_see_no_fork(world: &World<'_, Replication>) -> Verdict {
    let ghost = world.ghost();
    ensure(
        !ghost.politeness.is_polite() || !ghost.history.is_forked(),
        || "everybody had everything whenever a leader was lost, and still a number came twice",
    )
}

/// Nobody's log has changed under the hand: looks at every entry once more.
pub fn nothing_changed(world: &World<'_, Replication>) -> Verdict {
    for (node, machine) in world.live() {
        let log = machine.log();
        for entry in log.entries() {
            if !world.ghost().history.knows(entry) {
                return Err(Violation::new(format!(
                    "node {node} holds {entry:?}, which was never appended"
                )));
            }
        }
        ensure(log.len() as u64 == log.next_seq() - log.first_seq(), || {
            format!("the log of node {node} has a hole")
        })?;
    }
    Ok(())
}
