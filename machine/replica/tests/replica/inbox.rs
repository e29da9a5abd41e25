//! The order in which a node handles what waits.

use stormglass_machine::{Input, NodeId, RequestId, Time};
use stormglass_replica::{
    Inbox, Item, LaneFull, Message, NackCode, Request, Role, Signal, Timer, Work,
};

use super::node::{Node, config, heartbeat, nack, request, response};

fn item(message: Message) -> Item {
    Item::Message { from: NodeId(0), message }
}

fn low() -> Item {
    item(heartbeat(Role::Replica, 0, Time::ZERO))
}

fn high() -> Item {
    item(nack(1, NackCode::Backpressure, 0, 0))
}

fn kinds(inbox: &mut Inbox) -> Vec<&'static str> {
    let kind = |work| match work {
        Work::Tick => "tick",
        Work::Item(Item::Shutdown(_)) => "shutdown",
        Work::Item(Item::Message { message, .. }) => stormglass_machine::Kind::kind(&message),
    };
    std::iter::from_fn(|| inbox.pop()).map(kind).collect()
}

#[test]
fn answers_go_before_the_tick_and_the_tick_before_heartbeats() {
    let mut inbox = Inbox::new(8, 8, false);
    inbox.tick_is_due();
    inbox.tick_is_due();
    let shutdown = Item::Shutdown(RequestId(1));
    let (request, response) = (request(0), response(1, 0..0));
    let items = [
        low(),
        item(Message::SyncRequest(request)),
        item(Message::SyncResponse(response)),
        high(),
        shutdown,
    ];
    for item in items {
        assert_eq!(inbox.push(item), Ok(()));
    }
    let order = ["SyncResponse", "SyncNack", "shutdown", "tick", "Heartbeat", "SyncRequest"];
    assert_eq!(kinds(&mut inbox), order);
}

#[test]
fn a_full_lane_drops_what_comes_and_the_other_lane_does_not_care() {
    let mut inbox = Inbox::new(1, 2, false);
    for dropped in [Ok(()), Ok(()), Err(LaneFull)] {
        assert_eq!(inbox.push(low()), dropped);
    }
    assert_eq!(inbox.push(high()), Ok(()));
    assert_eq!(inbox.push(high()), Err(LaneFull));
    assert_eq!((inbox.dropped_high(), inbox.dropped_low()), (1, 1));
    assert_eq!((inbox.high_len(), inbox.low_len()), (1, 2));
}

/// After a stall the tick is handled before the heartbeats that came meanwhile.
#[test]
fn a_stall_of_three_intervals_makes_a_false_election() {
    let mut node = Node::replica(config());
    node.heartbeat(0, Role::Leader, 0);
    node.pass(300);
    let message = heartbeat(Role::Leader, 0, node.wall);
    node.step(Input::Message { from: NodeId(0), message });
    let ticked = node.step(Input::Timer(Timer::Tick));
    assert_eq!(ticked.transitions[0].signal, Signal::MissedHeartbeats);
    assert_eq!(node.replica.inbox().low_len(), 1);
}

/// A heartbeat counts from when it is handled.
#[test]
fn a_heartbeat_is_stamped_when_it_is_handled() {
    let mut node = Node::replica(config());
    let message = heartbeat(Role::Leader, 0, node.wall);
    node.step(Input::Message { from: NodeId(0), message });
    node.pass(50);
    node.step(Input::Timer(Timer::Work));
    let peer = node.replica.tracker().peer(NodeId(0)).expect("heard of");
    assert_eq!(peer.last_seen, node.now);
}

#[test]
fn a_shutdown_with_a_full_lane_ends_the_node_and_leaves_its_tag_unless_hardened() {
    for (config, tag) in [(config(), Some(0)), (super::node::hardened(), None)] {
        let mut node = Node::replica(config);
        for _ in 0..128 {
            let message = nack(1, NackCode::Backpressure, 0, 0);
            node.step(Input::Message { from: NodeId(0), message });
        }
        node.ask(Request::Shutdown);
        assert!(node.replica.is_closed());
        assert_eq!(node.replica.tag().announced(), tag);
    }
}
