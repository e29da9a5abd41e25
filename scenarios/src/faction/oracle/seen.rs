//! Situations that a campaign must have been in, or it has not tried much.

use stormglass_faction::{Command, PeerState, Timer};
use stormglass_simulator::Property;

use crate::faction::ghost::Judged;

/// Readiness counted early decides the moment the node is ready itself.
pub fn straight_to_bootstrapped<S: Judged>() -> Property<S> {
    Property::sometimes("a node bootstraps the moment its own part is finished", |world, node| {
        let state = world.machine(node).view().peer_state();
        world.ghost().step(node).has_moved(PeerState::Pinging, PeerState::Bootstrapped, state)
    })
}

/// The others ask nothing any more, and must answer.
pub fn latecomer<S: Judged>() -> Property<S> {
    Property::sometimes(
        "a node hears its first peer after all others have bootstrapped",
        |world, node| {
            let state = world.machine(node).view().peer_state();
            world.ghost().step(node).has_moved(PeerState::Fresh, PeerState::Pinging, state)
                && world.ids().all(|other| {
                    other == node
                        || world.get(other).is_some_and(|machine| {
                            machine.view().peer_state() == PeerState::Bootstrapped
                        })
                })
        },
    )
}

/// It has promised, and knows only what is on its disk.
pub fn restart_while_collecting<S: Judged>() -> Property<S> {
    Property::sometimes("a node starts again while it collects", |world, node| {
        world.ghost().step(node).is_start
            && world.machine(node).view().peer_state() == PeerState::Collecting
    })
}

/// It has nothing to do, and must know that.
pub fn restart_after_conclusion<S: Judged>() -> Property<S> {
    Property::sometimes("a node starts again after it has concluded", |world, node| {
        world.ghost().step(node).is_start && world.machine(node).view().is_concluded()
    })
}

/// Nobody who is not on the list counts, however ready.
pub fn stranger<S: Judged>() -> Property<S> {
    Property::sometimes("a node that collects hears that a stranger is ready", |world, node| {
        let step = world.ghost().step(node);
        let cluster = &world.machine(node).config().cluster;
        let is_stranger = |command| match command {
            Command::ReadyObserved { peer_id } => !cluster.is_member(peer_id),
            _ => false,
        };
        step.before.state == PeerState::Collecting && step.command.is_some_and(is_stranger)
    })
}

/// It stays bound to its promise.
pub fn gives_up_although_ready<S: Judged>() -> Property<S> {
    Property::sometimes("a node gives up after it has announced that it is ready", |world, node| {
        let state = world.machine(node).view().peer_state();
        world.ghost().step(node).has_moved(PeerState::Collecting, PeerState::TimedOut, state)
    })
}

/// It has not promised anything.
pub fn gives_up_before_it_is_ready<S: Judged>() -> Property<S> {
    Property::sometimes("a node gives up before it is ready", |world, node| {
        let state = world.machine(node).view().peer_state();
        world.ghost().step(node).has_moved(PeerState::Pinging, PeerState::TimedOut, state)
    })
}

/// It can neither begin nor give up.
pub fn deadline_in_solitude<S: Judged>() -> Property<S> {
    Property::sometimes("a deadline passes before anybody has been heard", |world, node| {
        let step = world.ghost().step(node);
        step.before.state == PeerState::Fresh && step.timer == Some(Timer::Deadline)
    })
}

/// Its own part cannot be finished yet.
pub fn window_in_solitude<S: Judged>() -> Property<S> {
    let name = "a collection window ends before anybody has been heard";
    Property::sometimes(name, |world, node| {
        let step = world.ghost().step(node);
        step.before.state == PeerState::Fresh && step.timer == Some(Timer::CollectionWindow)
    })
}
