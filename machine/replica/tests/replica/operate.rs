//! What clients and operators can do.

use stormglass_machine::{Effect, Input};
use stormglass_replica::{
    Config, CoordinatorError, FsyncPolicy, NackCode, Record, Request, Response, Retention, Role,
    Signal, Timer, TransitionError,
};

use super::node::{Node, bytes_of, config, entries, heartbeat, nack, persistent};

#[test]
fn any_node_appends_in_any_role() {
    let mut node = Node::start(config());
    for (seq, path) in [(0, None), (1, Some(Request::select()))] {
        if let Some(request) = path {
            node.ask(request);
        }
        assert_eq!(node.ask(Request::Append(bytes_of(seq))), Response::Appended { seq });
    }
}

#[test]
fn an_append_is_acknowledged_without_waiting_for_the_disk_unless_told_otherwise() {
    let disk = |fsync| {
        let mut leader = Node::leader(Config { fsync, ..persistent() });
        let id = stormglass_machine::RequestId(9);
        let request = Request::Append(bytes_of(0));
        let happened = leader.run(Input::Request { id, request });
        let kinds = happened.effects.iter().map(|effect| match effect {
            Effect::Write(_) => 'w',
            Effect::Flush => 'f',
            Effect::Respond { .. } => 'r',
            other => panic!("unexpected: {other:?}"),
        });
        (kinds.collect::<String>(), leader.replica.durable_tail())
    };
    assert_eq!(disk(FsyncPolicy::Never), ("wr".into(), 0));
    assert_eq!(disk(FsyncPolicy::EveryAppend), ("wfr".into(), 1));
}

#[test]
fn a_replica_waits_for_the_disk_before_anyone_hears_of_its_new_tail() {
    let mut node = Node::replica(persistent());
    let id = node.lag_behind(0, 2);
    let message = stormglass_replica::Message::SyncResponse(super::node::response(id, 0..2));
    let happened = node.hear(0, message);
    let kinds = happened.disk().into_iter().map(|effect| match effect {
        Effect::Write(Record::Append(entry)) => Some(entry.clone()),
        Effect::Flush => None,
        other => panic!("unexpected: {other:?}"),
    });
    let expected = entries(0..2).into_iter().map(Some).chain([None]);
    assert!(kinds.eq(expected));
    assert_eq!(node.replica.durable_tail(), 2);
}

#[test]
fn a_log_on_the_heap_writes_nothing() {
    let mut leader = Node::leader(config());
    let id = stormglass_machine::RequestId(9);
    let happened = leader.run(Input::Request { id, request: Request::Append(bytes_of(0)) });
    assert!(happened.disk().is_empty());
    assert_eq!(leader.replica.durable_tail(), 1);
}

#[test]
fn operators_are_told_why_a_transition_failed() {
    let mut node = Node::start(config());
    let error = TransitionError::SignalMismatch {
        from: Role::Idle,
        to: Role::Idle,
        signal: Signal::GracefulRelinquish,
    };
    let refused = Response::TransitionFailed(CoordinatorError::Refused(error));
    assert_eq!(node.ask(Request::relinquish()), refused);
    node.ask(Request::FailNextTagCalls(1));
    let failed = Response::TransitionFailed(CoordinatorError::TagSink);
    assert_eq!(node.ask(Request::select()), failed);
    assert_eq!(node.replica.role(), Role::Replica);
}

#[test]
fn a_sweep_is_recorded_only_if_it_took_something() {
    let retention = Retention { entries: Some(2), ..Retention::default() };
    let mut node = Node::leader(Config { retention, ..persistent() });
    node.append(2);
    assert_eq!(node.ask(Request::SweepRetention), Response::Swept { entries: 0 });
    node.append(1);
    let id = stormglass_machine::RequestId(9);
    let happened = node.run(Input::Request { id, request: Request::SweepRetention });
    assert!(matches!(happened.disk()[..], [Effect::Write(Record::Evict { before: 1 })]));
}

#[test]
fn a_closed_node_is_idle_and_deaf() {
    let mut node = Node::leader(config());
    assert_eq!(node.ask(Request::Shutdown), Response::Done);
    assert_eq!((node.replica.role(), node.replica.tag().announced()), (Role::Idle, None));
    assert!(node.hear(0, heartbeat(Role::Leader, 0, node.wall)).effects.is_empty());
    assert!(node.run(Input::Timer(Timer::Tick)).effects.is_empty());
    assert_eq!(node.replica.tracker().peers().len(), 0);
    assert_eq!(node.ask(Request::select()), Response::Closed);
}

#[test]
fn a_shutdown_goes_before_what_waits_in_the_low_lane() {
    let mut node = Node::replica(config());
    let from = stormglass_machine::NodeId(0);
    let message = heartbeat(Role::Leader, 7, node.wall);
    node.step(Input::Message { from, message });
    node.step(Input::Message { from, message: nack(1, NackCode::Backpressure, 0, 0) });
    node.ask(Request::Shutdown);
    assert_eq!(node.replica.belief(), None);
}
