//! The lists of a node: who can be in them, and when they can change.

use stormglass_faction::PeerId;
use stormglass_machine::NodeId;
use stormglass_simulator::{Property, Verdict, World};

use crate::faction::ghost::Judged;

/// No list has a peer twice.
pub const DISTINCT: &str = "no peer is counted twice";
/// Nobody is in a list but members, and the node itself among the ready.
pub const MEMBERS: &str = "only members are counted";
/// A node that is ready is among those it counts.
pub const SELF: &str = "a node that is ready counts itself";
/// Participation is frozen by readiness, everything by the conclusion.
pub const FROZEN: &str = "a list that is final does not change";
/// In a life, peers are only ever added, at the end.
pub const GROW: &str = "a node forgets nobody it has counted";

/// The properties of this file.
pub fn properties<S: Judged>() -> Vec<Property<S>> {
    vec![
        Property::always(DISTINCT, distinct),
        Property::always(MEMBERS, members),
        Property::always(SELF, counts_itself),
        Property::always(FROZEN, frozen),
        Property::always(GROW, grow),
    ]
}

/// The ids of nodes of a cluster are small, so a set of them is a number.
fn bit(peer_id: PeerId) -> u64 {
    1 << (peer_id % 64)
}

fn has_twice(list: &[PeerId]) -> bool {
    let mut met = 0;
    list.iter().any(|peer_id| {
        let again = met & bit(*peer_id) != 0;
        met |= bit(*peer_id);
        again
    })
}

fn distinct<S: Judged>(world: &World<'_, S>, node: NodeId) -> Verdict {
    let view = world.machine(node).view();
    let unchanged = !world.ghost().step(node).has_changed;
    if unchanged || !(has_twice(view.pinging_peers()) || has_twice(view.collecting_peers())) {
        return Ok(());
    }
    let (pinging, collecting) = (view.pinging_peers(), view.collecting_peers());
    Err(format!("node {node} knows {pinging:?} and counts {collecting:?}").into())
}

fn members<S: Judged>(world: &World<'_, S>, node: NodeId) -> Verdict {
    if !world.ghost().step(node).has_changed {
        return Ok(());
    }
    let machine = world.machine(node);
    let (view, cluster) = (machine.view(), &machine.config().cluster);
    let member = |peer_id: &PeerId| cluster.is_member(*peer_id);
    let itself = |peer_id: &PeerId| *peer_id == cluster.peer_id();
    if view.pinging_peers().iter().all(member)
        && view.collecting_peers().iter().all(|peer_id| member(peer_id) || itself(peer_id))
    {
        return Ok(());
    }
    let (pinging, collecting) = (view.pinging_peers(), view.collecting_peers());
    let all = cluster.peers();
    Err(format!("node {node} knows {pinging:?} and counts {collecting:?} of {all:?}").into())
}

fn counts_itself<S: Judged>(world: &World<'_, S>, node: NodeId) -> Verdict {
    let machine = world.machine(node);
    let view = machine.view();
    let unchanged = !world.ghost().step(node).has_changed;
    let peer_id = machine.config().cluster.peer_id();
    if unchanged || !view.is_pinging_completed() || view.collecting_peers().contains(&peer_id) {
        return Ok(());
    }
    Err(format!("node {node} is ready and counts {:?}", view.collecting_peers()).into())
}

fn frozen<S: Judged>(world: &World<'_, S>, node: NodeId) -> Verdict {
    let step = world.ghost().step(node);
    if !step.has_changed || step.is_start {
        return Ok(());
    }
    let (view, before) = (world.machine(node).view(), &step.before);
    let concluded = before.is_concluded();
    let pinging_kept = before.pinging.ids() == view.pinging_peers();
    let collecting_kept = before.collecting.ids() == view.collecting_peers();
    if (pinging_kept || !(concluded || before.is_ready)) && (collecting_kept || !concluded) {
        return Ok(());
    }
    let (pinging, collecting) = (view.pinging_peers(), view.collecting_peers());
    let state = before.state.name();
    Err(format!("node {node}, {state}, came to know {pinging:?} and count {collecting:?}").into())
}

fn grow<S: Judged>(world: &World<'_, S>, node: NodeId) -> Verdict {
    let step = world.ghost().step(node);
    if !step.has_changed || step.is_start {
        return Ok(());
    }
    let (view, before) = (world.machine(node).view(), &step.before);
    if view.pinging_peers().starts_with(before.pinging.ids())
        && view.collecting_peers().starts_with(before.collecting.ids())
    {
        return Ok(());
    }
    let (then, now) = (before.collecting.ids(), view.collecting_peers());
    Err(format!("node {node} counted {then:?}, and then {now:?}").into())
}
