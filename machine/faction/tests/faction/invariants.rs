//! What must always hold in a cluster of nodes, whatever the network and the crashes do.

use stormglass_faction::{
    ClusterView, Conclusion, FactionNode, Message, PeerId, PeerState, ProcessResult, Record,
};
use stormglass_machine::Input;

use crate::network::Network;

/// What others may know of each node, which it can therefore never take back.
pub struct Ghosts {
    said_ready: Vec<bool>,
    said_bootstrapped: Vec<bool>,
}

impl Ghosts {
    pub fn new(nodes: usize) -> Ghosts {
        Ghosts { said_ready: vec![false; nodes], said_bootstrapped: vec![false; nodes] }
    }

    pub fn sent(&mut self, from: usize, message: Message) {
        match message {
            Message::Participation { .. } => {}
            Message::Ready { .. } => self.said_ready[from] = true,
            Message::Bootstrapped => {
                self.said_ready[from] = true;
                self.said_bootstrapped[from] = true;
            }
        }
    }
}

/// Checks everything after a step of `node`; `before` is its view before the step, if it is still
/// up. The error names the first thing that does not hold.
pub fn check(
    network: &Network,
    node: usize,
    before: Option<&ClusterView>,
    input: &Input<FactionNode>,
) -> Result<(), &'static str> {
    if let Some(before) = before {
        check_step(network, node, before, input)?;
        check_view(network, node)?;
    }
    check_durable(network, node)?;
    check_promises(network)
}

/// One step changes only what it may change.
fn check_step(
    network: &Network,
    node: usize,
    before: &ClusterView,
    input: &Input<FactionNode>,
) -> Result<(), &'static str> {
    let after = network.view(node);
    let is_signal = matches!(input, Input::Message { .. });
    let is_alone = network.slots[node].config.cluster.peer_count() == 1;
    let answered = match input {
        Input::Request { .. } => network.responses.last(),
        _ => None,
    };
    let changes_nothing = match answered {
        Some((_, ProcessResult::Rejected { .. } | ProcessResult::Probed { .. })) => true,
        Some((_, ProcessResult::Accepted { .. })) | None => false,
    };
    let rules = [
        (
            !before.is_concluded() || before.conclusion() == after.conclusion(),
            "a conclusion never changes",
        ),
        (!before.is_concluded() || before == after, "a concluded view is frozen"),
        (
            after.pinging_peers().starts_with(before.pinging_peers())
                && after.collecting_peers().starts_with(before.collecting_peers()),
            "lists are only appended to",
        ),
        (
            before.peer_state() != PeerState::Fresh
                || is_signal
                || is_alone
                || after.peer_state() == PeerState::Fresh,
            "only a signal leaves the initial state",
        ),
        (!changes_nothing || before == after, "a rejection or a probe changes nothing"),
        (
            answered.is_none_or(|(_, response)| response.cluster_view() == after),
            "a response shows the view",
        ),
    ];
    first_broken(&rules)
}

/// A view by itself is sound.
fn check_view(network: &Network, node: usize) -> Result<(), &'static str> {
    let (view, cluster) = (network.view(node), &network.slots[node].config.cluster);
    let collecting = view.collecting_peers();
    let bootstrapped = view.conclusion() == Some(Conclusion::Bootstrapped);
    let announced = network.slots[node].node.as_ref().is_some_and(|n| n.has_announced_ready());
    let rules = [
        (
            is_distinct(collecting) && is_distinct(view.pinging_peers()),
            "a peer stands once in a list",
        ),
        (
            collecting.iter().all(|&id| cluster.is_member(id) || id == cluster.peer_id()),
            "only members are counted",
        ),
        (
            !view.is_pinging_completed() || collecting.contains(&cluster.peer_id()),
            "a ready node counts itself",
        ),
        (!bootstrapped || view.is_pinging_completed(), "a bootstrapped node is ready"),
        (
            !bootstrapped || collecting.len() >= cluster.required_count(),
            "a bootstrapped node has a quorum",
        ),
        (!announced || view.is_pinging_completed(), "who announces readiness is ready"),
    ];
    first_broken(&rules)
}

/// What is on the disk is what the node is.
fn check_durable(network: &Network, node: usize) -> Result<(), &'static str> {
    let slot = &network.slots[node];
    let Some(running) = &slot.node else { return Ok(()) };
    let view = running.view();
    let kept = match slot.disk.last() {
        None => true,
        Some(Record::Ready { .. }) => view.is_pinging_completed(),
        Some(Record::Concluded { conclusion, .. }) => view.conclusion() == Some(*conclusion),
    };
    first_broken(&[(kept, "a node is what its disk says")])
}

/// Nobody takes back what others know.
fn check_promises(network: &Network) -> Result<(), &'static str> {
    let ready = |id: usize| {
        network.slots[id].node.as_ref().is_none_or(|node| node.view().is_pinging_completed())
    };
    for (node, running) in network.up() {
        let bootstrapped = running.view().conclusion() == Some(Conclusion::Bootstrapped);
        let others = running.view().collecting_peers().iter().map(|&id| id as usize);
        first_broken(&[
            (!network.ghosts.said_ready[node] || ready(node), "readiness is kept"),
            (!network.ghosts.said_bootstrapped[node] || bootstrapped, "bootstrapped is kept"),
            (others.filter(|&id| id != node).all(ready), "who is counted is ready"),
        ])?;
    }
    Ok(())
}

fn first_broken(rules: &[(bool, &'static str)]) -> Result<(), &'static str> {
    rules.iter().find(|(holds, _)| !holds).map_or(Ok(()), |(_, name)| Err(name))
}

fn is_distinct(list: &[PeerId]) -> bool {
    list.iter().enumerate().all(|(position, id)| !list[..position].contains(id))
}
