//! What has become of everybody by the end of the calm.

use stormglass_faction::{FactionNode, PeerId, PeerState};
use stormglass_machine::NodeId;
use stormglass_simulator::{Facts, Property, Verdict, Violation, World};

use crate::faction::ghost::Judged;

/// Where nothing can end it early.
pub const ALL_BOOTSTRAP: &str = "in the end everybody has bootstrapped";
/// Where a deadline ends it at the latest.
pub const ALL_CONCLUDE: &str = "in the end everybody has concluded";
/// Where operators may end it for some.
pub const NOBODY_LEFT_BEHIND: &str =
    "in the end nobody waits for more than the readiness of those who gave up";

/// Everybody bootstraps.
pub fn all_bootstrap<S: Judged>() -> Property<S> {
    Property::finally(ALL_BOOTSTRAP, |world| {
        first(world, |_, machine| machine.view().peer_state() != PeerState::Bootstrapped)
    })
}

/// Everybody concludes, in one way or the other.
pub fn all_conclude<S: Judged>() -> Property<S> {
    Property::finally(ALL_CONCLUDE, |world| {
        first(world, |_, machine| !machine.view().is_concluded())
    })
}

/// Everybody concludes, except those who lack a quorum for ever since too many gave up before
/// they were ready.
pub fn nobody_left_behind<S: Judged>() -> Property<S> {
    Property::finally(NOBODY_LEFT_BEHIND, |world| {
        first(world, |node, machine| match machine.view().peer_state() {
            PeerState::Fresh | PeerState::Pinging => true,
            PeerState::Collecting => {
                countable(world, node) >= machine.config().cluster.required_count()
            }
            PeerState::Bootstrapped | PeerState::TimedOut => false,
        })
    })
}

/// The first node that is not where it should be, told by its state.
fn first<S: Judged>(
    world: &World<'_, S>,
    is_stuck: impl Fn(NodeId, &FactionNode) -> bool,
) -> Verdict {
    match world.live().find(|(node, machine)| is_stuck(*node, machine)) {
        None => Ok(()),
        Some((node, machine)) => {
            let state = machine.view().peer_state().name();
            let detail = format!("node {node} is {state} at the end of the calm");
            Err(Violation::new(detail).because(format!("still {state}")))
        }
    }
}

/// How many a node can count: itself, and those who are ready and tell it. Nobody talks to one who
/// is not on the own list.
fn countable<S: Judged>(world: &World<'_, S>, node: NodeId) -> usize {
    let lists = |machine: &FactionNode, other: NodeId| {
        machine.config().cluster.is_member(PeerId::from(other.0))
    };
    let itself = world.machine(node);
    let counts = |(other, machine): &(NodeId, &FactionNode)| {
        *other == node
            || machine.view().is_pinging_completed()
                && lists(itself, *other)
                && lists(machine, node)
    };
    world.live().filter(counts).count()
}

/// Counts how the nodes ended.
pub fn count<S: Judged>(world: &World<'_, S>, facts: &mut Facts) {
    let ended = |state: PeerState| {
        world.live().filter(|(_, machine)| machine.view().peer_state() == state).count() as u64
    };
    let (bootstrapped, timed_out) = (ended(PeerState::Bootstrapped), ended(PeerState::TimedOut));
    facts.add("nodes that bootstrapped", bootstrapped);
    facts.add("nodes that timed out", timed_out);
    facts.add("nodes that lack a quorum for ever", ended(PeerState::Collecting));
    facts.add("clusters that ended both ways", u64::from(bootstrapped > 0 && timed_out > 0));
}
