//! What a restart keeps.

use std::time::Duration;

use stormglass_machine::{Effect, Input};
use stormglass_replica::{Config, Record, Role, Stamp, Timer};

use super::node::{Node, config, entries, hardened, persistent};

fn appended(range: std::ops::Range<u64>) -> Vec<Record> {
    entries(range).into_iter().map(Record::Append).collect()
}

#[test]
fn a_restarted_node_is_idle_and_believes_nothing() {
    let node = Node::restart(persistent(), appended(0..3));
    assert_eq!((node.replica.role(), node.replica.belief()), (Role::Idle, None));
    assert_eq!((node.replica.tail(), node.replica.durable_tail()), (3, 3));
    assert_eq!(node.replica.tag().announced(), None);
}

#[test]
fn a_log_that_was_swept_empty_starts_again_at_zero_unless_hardened() {
    let records = [appended(0..3), vec![Record::Evict { before: 3 }]].concat();
    let restarted = |config| Node::restart(config, records.clone()).replica.tail();
    assert_eq!(restarted(persistent()), 0);
    assert_eq!(restarted(hardened()), 3);
}

#[test]
fn what_remains_after_a_sweep_is_kept() {
    let records = [appended(0..3), vec![Record::Evict { before: 2 }]].concat();
    let node = Node::restart(persistent(), records);
    assert_eq!((node.replica.log().first_seq(), node.replica.tail()), (2, 3));
}

#[test]
fn recovery_goes_on_behind_a_hole_unless_hardened() {
    let mut records = appended(0..5);
    records.remove(2);
    let tail = |config| Node::restart(config, records.clone()).replica.tail();
    assert_eq!((tail(persistent()), tail(hardened())), (5, 2));
}

#[test]
fn skips_and_truncations_are_taken_back_in_order() {
    let base = Stamp::default();
    let records = [
        appended(0..5),
        vec![Record::Truncate { to: 3 }],
        appended(3..4),
        vec![Record::Skip { to: 9, base }],
        appended(9..11),
    ];
    let node = Node::restart(hardened(), records.concat());
    assert_eq!((node.replica.log().first_seq(), node.replica.tail()), (9, 11));
}

#[test]
fn a_bootstrap_makes_one_leader_once() {
    let config = Config { bootstrap: true, ..config() };
    assert_eq!(Node::start(config.clone()).replica.role(), Role::Leader);
    let again = Node::restart(config, vec![Record::Bootstrapped]);
    assert_eq!(again.replica.role(), Role::Idle);
}

#[test]
fn a_bootstrap_is_durable_before_anyone_hears_of_the_leader() {
    let mut node = Node::start(config());
    node.replica = stormglass_replica::Replica::new(Config { bootstrap: true, ..hardened() });
    let effects = node.step(Input::Start).effects;
    let position = |wanted: fn(&Effect<_>) -> bool| effects.iter().position(wanted);
    let flush = position(|effect| matches!(effect, Effect::Flush));
    let said = position(|effect| matches!(effect, Effect::Send { .. }));
    assert!(flush.is_some() && flush < said);
}

#[test]
fn placement_selects_a_starting_node_at_once_if_it_selects_at_all() {
    let selected = |select_after| {
        let mut node = Node::start(config());
        let config = Config { select_after, ..config() };
        node.replica = stormglass_replica::Replica::new(config);
        let is_select = |effect: &Effect<_>| {
            matches!(
                effect, Effect::SetTimer { timer: Timer::Select, after } if after.is_zero()
            )
        };
        node.step(Input::Start).effects.iter().any(is_select)
    };
    assert!(selected(Some(Duration::from_secs(1))));
    assert!(!selected(None));
}
