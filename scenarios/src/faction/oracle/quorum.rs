//! What it takes to bootstrap, as the node sees it and as it is.

use stormglass_faction::PeerState;
use stormglass_machine::NodeId;
use stormglass_simulator::{Property, Verdict, World, ensure};

use super::promise::says_ready;
use crate::faction::ghost::Judged;

/// How many ready peers are needed stays what it was configured to be.
pub const THRESHOLD: &str = "the required count never changes";
/// Counting others is not enough.
pub const OWN_PART: &str = "nobody bootstraps before its own part is finished";
/// As the node sees it.
pub const ENOUGH: &str = "nobody bootstraps without a quorum";
/// As it is: so many nodes can lose everything but their disks, and still are ready.
pub const DURABLE: &str = "a bootstrapped node stands on a quorum of durable promises";

/// The properties of this file.
pub fn properties<S: Judged>() -> Vec<Property<S>> {
    vec![
        Property::always(THRESHOLD, threshold),
        Property::always(OWN_PART, own_part),
        Property::always(ENOUGH, enough),
        Property::always(DURABLE, durable),
    ]
}

fn threshold<S: Judged>(world: &World<'_, S>, node: NodeId) -> Verdict {
    let machine = world.machine(node);
    let (required, view) = (machine.config().cluster.required_count(), machine.view());
    ensure(view.required_count() == required, || {
        format!("node {node} needs {} instead of {required}", view.required_count())
    })
}

/// The view of a node that has just bootstrapped, or has started bootstrapped.
fn is_news<S: Judged>(world: &World<'_, S>, node: NodeId) -> bool {
    world.ghost().step(node).has_changed
        && world.machine(node).view().peer_state() == PeerState::Bootstrapped
}

fn own_part<S: Judged>(world: &World<'_, S>, node: NodeId) -> Verdict {
    if !is_news(world, node) || world.machine(node).view().is_pinging_completed() {
        return Ok(());
    }
    Err(format!("node {node} has bootstrapped and is not ready itself").into())
}

fn enough<S: Judged>(world: &World<'_, S>, node: NodeId) -> Verdict {
    let machine = world.machine(node);
    let (required, view) = (machine.config().cluster.required_count(), machine.view());
    if !is_news(world, node) || view.collecting_peers().len() >= required {
        return Ok(());
    }
    let counted = view.collecting_peers();
    Err(format!("node {node} has bootstrapped on {counted:?} and needs {required}").into())
}

fn durable<S: Judged>(world: &World<'_, S>, node: NodeId) -> Verdict {
    if !is_news(world, node) {
        return Ok(());
    }
    let cluster = &world.machine(node).config().cluster;
    // Its own record may be on its way to the disk.
    let promised = |other: NodeId| {
        other == node || cluster.is_member(other.0.into()) && world.records(other).any(says_ready)
    };
    let (count, required) =
        (world.ids().filter(|other| promised(*other)).count(), cluster.required_count());
    ensure(count >= required, || {
        format!("node {node} has bootstrapped, and {count} of {required} promises are durable")
    })
}
