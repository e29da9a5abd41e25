//! What a tick does, by role.

use std::time::Duration;

use stormglass_machine::{Effect, NodeId};
use stormglass_replica::{BandwidthClass, Config, NackCode, Request, Role, Signal, Timer};

use super::node::{INTERVAL, Node, config, nack, response};

#[test]
fn the_first_tick_comes_one_interval_and_the_phase_after_the_start() {
    let phase = Duration::from_millis(30);
    let mut node = Node::start(Config { tick_phase: phase, ..config() });
    node.pass(130);
    let next = |node: &mut Node| {
        let is_tick = |effect: &Effect<_>| match *effect {
            Effect::SetTimer { timer: Timer::Tick, after } => Some(after.as_millis()),
            _ => None,
        };
        node.tick().effects.iter().find_map(is_tick)
    };
    assert_eq!(next(&mut node), Some(100));
    // Two and a half intervals late: what was missed is skipped, and the beat kept.
    node.pass(350);
    assert_eq!(next(&mut node), Some(50));
}

#[test]
fn leaders_and_replicas_send_one_heartbeat_to_each_peer_in_order() {
    let set = [2, 1, 0].map(NodeId).to_vec();
    let mut node = Node::replica(Config { replica_set: set, ..config() });
    node.append(3);
    let happened = node.next_tick();
    let heartbeats = happened.heartbeats();
    assert_eq!(heartbeats.iter().map(|(to, _)| *to).collect::<Vec<_>>(), [2, 0]);
    assert!(heartbeats.iter().all(|(_, heartbeat)| {
        heartbeat.role == Role::Replica
            && heartbeat.tail == 3
            && heartbeat.wall_clock == node.wall.as_nanos()
    }));
    let mut leader = Node::leader(config());
    assert_eq!(leader.next_tick().heartbeats()[0].1.role, Role::Leader);
}

#[test]
fn idle_nodes_and_candidates_are_silent() {
    assert!(Node::start(config()).next_tick().sent().is_empty());
    let mut candidate = Node::replica(config());
    candidate.transit(Role::Candidate, Signal::MissedHeartbeats);
    assert!(candidate.next_tick().sent().is_empty());
    assert_eq!(candidate.replica.role(), Role::Candidate);
}

#[test]
fn a_replica_that_never_heard_a_leader_waits_for_ever() {
    let mut node = Node::replica(config());
    for _ in 0..100 {
        assert!(node.next_tick().transitions.is_empty());
    }
}

#[test]
fn a_silent_leader_is_missed_and_the_election_follows_at_once() {
    let mut node = Node::replica(config());
    node.heartbeat(0, Role::Leader, 5);
    node.pass(199);
    node.tick();
    assert!(!node.replica.outstanding().tokens().is_empty());
    node.pass(101);
    let happened = node.tick();
    let signals: Vec<_> = happened.transitions.iter().map(|attempt| attempt.signal).collect();
    assert_eq!(signals, [Signal::MissedHeartbeats, Signal::ElectionWon]);
    assert_eq!(happened.requests().len(), 0, "none while the leader is missed");
    assert!(happened.heartbeats().iter().all(|(_, heartbeat)| heartbeat.role == Role::Replica));
    assert_eq!(node.replica.role(), Role::Leader);
    assert_eq!(node.replica.belief(), None);
    assert_eq!(node.replica.outstanding().tokens(), []);
    let next = node.next_tick();
    assert!(next.heartbeats().iter().all(|(_, heartbeat)| heartbeat.role == Role::Leader));
}

#[test]
fn an_election_lost_makes_a_replica_without_a_belief() {
    let mut node = Node::replica(config());
    node.heartbeat(2, Role::Leader, 0);
    node.pass(200);
    // Its stamp is not in the past: the round trip is zero, and its id is lower.
    node.heartbeat(0, Role::Replica, 0);
    node.pass(100);
    let happened = node.tick();
    assert_eq!(happened.transitions[1].signal, Signal::ElectionLost);
    assert_eq!((node.replica.role(), node.replica.belief()), (Role::Replica, None));
}

#[test]
fn a_node_outside_its_own_set_stays_a_candidate() {
    let set = [0, 2].map(NodeId).to_vec();
    let mut node = Node::replica(Config { replica_set: set, ..config() });
    node.heartbeat(0, Role::Leader, 0);
    for _ in 0..20 {
        node.next_tick();
    }
    assert_eq!(node.replica.role(), Role::Candidate);
}

/// The tag fails on winning: the node leads all the same, and its old belief is gone.
#[test]
fn a_failing_announcement_after_a_win_still_ends_the_belief() {
    let mut node = Node::replica(config());
    node.heartbeat(0, Role::Leader, 0);
    node.ask(Request::FailNextTagCalls(1));
    node.pass(300);
    node.tick();
    assert_eq!((node.replica.role(), node.replica.belief()), (Role::Leader, None));
}

#[test]
fn a_lagging_replica_asks_at_every_tick_with_requests_still_under_way() {
    let class = BandwidthClass::Background;
    let mut node = Node::replica(Config { bandwidth_class: class, ..config() });
    node.append(2);
    node.heartbeat(0, Role::Leader, 5);
    let mut ids = Vec::new();
    for asked in 1..3 {
        let happened = node.next_tick();
        let (to, request) = happened.requests()[0];
        assert_eq!((to, request.since_seq, request.chunk_max), (0, 2, 262_144));
        assert_eq!(request.class, class);
        ids.push(request.request_id);
        assert_eq!(node.replica.outstanding().tokens().len(), asked);
    }
    assert_ne!(ids[0], ids[1]);
}

#[test]
fn a_replica_that_is_level_or_ahead_asks_nothing() {
    let mut node = Node::replica(config());
    node.append(5);
    for tail in [5, 3] {
        node.heartbeat(0, Role::Leader, tail);
        assert!(node.next_tick().requests().is_empty());
    }
}

#[test]
fn a_leader_in_backoff_is_not_asked() {
    let mut node = Node::replica(config());
    for _ in 0..4 {
        let id = node.lag_behind(0, 5);
        let empty = response(id, 0..0);
        node.hear(0, stormglass_replica::Message::SyncResponse(empty));
    }
    node.heartbeat(0, Role::Leader, 5);
    assert!(node.tick().requests().is_empty());
    for _ in 0..10 {
        node.pass(INTERVAL);
        node.heartbeat(0, Role::Leader, 5);
    }
    assert_eq!(node.tick().requests().len(), 1);
}

#[test]
fn backpressure_only_means_to_ask_again() {
    let mut node = Node::replica(config());
    let id = node.lag_behind(0, 5);
    node.hear(0, nack(id, NackCode::Backpressure, 0, 0));
    assert_eq!(node.replica.belief(), Some(NodeId(0)));
    assert_eq!(node.next_tick().requests().len(), 1);
}

#[test]
fn a_leader_announces_no_more_than_some_peer_has() {
    let mut leader = Node::leader(config());
    leader.append(7);
    leader.heartbeat(0, Role::Replica, 2);
    leader.heartbeat(2, Role::Replica, 4);
    leader.tick();
    assert_eq!(leader.replica.advertised_tail(), 4);
    assert_eq!(leader.next_tick().heartbeats()[0].1.tail, 7, "heartbeats carry the raw tail");
}

#[test]
fn a_leader_that_knows_nobody_announces_its_own_tail() {
    let mut leader = Node::leader(config());
    leader.append(7);
    leader.tick();
    assert_eq!(leader.replica.advertised_tail(), 7);
}

#[test]
fn lag_is_the_longest_silence_for_a_leader_and_the_leaders_silence_for_a_replica() {
    let mut leader = Node::leader(config());
    leader.heartbeat(0, Role::Replica, 0);
    leader.pass(30);
    leader.heartbeat(2, Role::Replica, 0);
    leader.pass(20);
    leader.tick();
    assert_eq!(leader.replica.metrics().lag, Duration::from_millis(50));
    let mut replica = Node::replica(config());
    replica.heartbeat(0, Role::Leader, 0);
    replica.pass(30);
    replica.heartbeat(2, Role::Replica, 0);
    replica.tick();
    assert_eq!(replica.replica.metrics().lag, Duration::from_millis(30));
}
