//! The log by itself.

use std::time::Duration;

use proptest::prelude::*;
use stormglass_machine::{NodeId, Time};
use stormglass_replica::{AppendError, Log, Retention, Stamp};

use super::node::{bytes_of, entries};

fn stamp(epoch: u64) -> Stamp {
    Stamp { epoch, leader: NodeId(0) }
}

/// A log with one entry per given epoch.
fn stamped(epochs: &[u64]) -> Log {
    let mut log = Log::new(1_000_000);
    for epoch in epochs {
        log.append(vec![0; 10], stamp(*epoch), Time::ZERO).expect("there is room");
    }
    log
}

#[test]
fn appends_are_numbered_from_zero_and_refused_without_room() {
    let mut log = Log::new(25);
    for seq in 0..2 {
        assert_eq!(log.append(vec![0; 10], stamp(0), Time::ZERO), Ok(seq));
    }
    assert_eq!(log.append(vec![0; 10], stamp(0), Time::ZERO), Err(AppendError::SegmentFull));
    assert_eq!((log.next_seq(), log.live_bytes()), (2, 20));
}

#[test]
fn sequence_numbers_end_one_day() {
    let mut log = Log::new(25);
    log.skip_to(u64::MAX, stamp(0));
    let result = log.append(vec![], stamp(0), Time::ZERO);
    assert_eq!(result, Err(AppendError::SequenceExhausted));
}

#[test]
fn a_skip_drops_everything_and_never_goes_back() {
    let mut log = stamped(&[1, 1, 1]);
    log.skip_to(3, stamp(9));
    assert_eq!((log.len(), log.next_seq(), log.last_stamp()), (3, 3, stamp(1)));
    log.skip_to(7, stamp(9));
    assert_eq!((log.len(), log.next_seq(), log.first_seq()), (0, 7, 7));
    assert_eq!((log.last_stamp(), log.live_bytes()), (stamp(9), 0));
}

#[test]
fn a_sweep_takes_a_prefix_by_count_bytes_and_age() {
    let sweep = |retention| {
        let mut log = stamped(&[1, 1, 1, 1]);
        let evicted = log.sweep(retention, Time::ZERO + Duration::from_secs(9));
        assert_eq!((log.first_seq(), log.next_seq()), (evicted, 4));
        evicted
    };
    let none = Retention::default();
    assert_eq!(sweep(none), 0);
    assert_eq!(sweep(Retention { entries: Some(3), ..none }), 1);
    assert_eq!(sweep(Retention { bytes: Some(20), ..none }), 2);
    assert_eq!(sweep(Retention { age: Some(Duration::from_secs(8)), ..none }), 4);
    assert_eq!(sweep(Retention { age: Some(Duration::from_secs(9)), ..none }), 0);
}

#[test]
fn runs_of_one_stamp_are_found() {
    let log = stamped(&[1, 1, 3, 3, 3]);
    assert_eq!(log.run_start(), 2);
    assert_eq!([1, 2, 3].map(|epoch| log.run_end(stamp(epoch))), [Some(2), None, Some(5)]);
    let before = [0, 1, 2, 5].map(|seq| log.stamp_before(seq));
    assert_eq!(before, [Some(Stamp::default()), Some(stamp(1)), Some(stamp(1)), Some(stamp(3))]);
    assert_eq!(log.stamp_before(6), None);
}

#[test]
fn the_stamp_before_the_first_entry_held_is_remembered() {
    let mut log = stamped(&[1, 2, 3]);
    log.evict(2);
    assert_eq!((log.stamp_before(2), log.stamp_before(1)), (Some(stamp(2)), None));
}

#[test]
fn a_truncation_takes_back_a_suffix() {
    let mut log = stamped(&[1, 1, 2]);
    log.truncate(2);
    assert_eq!((log.next_seq(), log.last_stamp(), log.live_bytes()), (2, stamp(1), 20));
    log.truncate(9);
    assert_eq!(log.next_seq(), 2);
}

#[test]
fn entries_are_found_by_their_numbers() {
    let mut log = Log::new(1_000);
    log.append_batch(entries(0..5), Time::ZERO).expect("there is room");
    log.evict(2);
    assert_eq!(log.get(1), None);
    assert_eq!(log.get(3).map(|entry| entry.bytes.clone()), Some(bytes_of(3)));
    assert!(log.entries_from(0).cloned().eq(entries(2..5)));
    assert_eq!(log.entries_from(9).count(), 0);
}

#[derive(Clone, Debug)]
enum Change {
    Append(u8),
    Sweep(usize),
    Skip(u64),
    Truncate(u64),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        4 => any::<u8>().prop_map(Change::Append),
        1 => (0_usize..6).prop_map(Change::Sweep),
        1 => (0_u64..30).prop_map(Change::Skip),
        1 => (0_u64..30).prop_map(Change::Truncate),
    ]
}

proptest! {
    /// One contiguous run that ends at the tail, whatever happens; only a truncation goes back.
    #[test]
    fn the_log_stays_contiguous(changes in proptest::collection::vec(change(), 0..60)) {
        let mut log = Log::new(2_000);
        for change in changes {
            let before = log.next_seq();
            let truncates = matches!(change, Change::Truncate(_));
            match change {
                Change::Append(length) => {
                    let _ = log.append(vec![0; length.into()], stamp(0), Time::ZERO);
                }
                Change::Sweep(entries) => {
                    log.sweep(Retention { entries: Some(entries), ..Retention::default() }, Time::ZERO);
                }
                Change::Skip(to) => log.skip_to(to, stamp(0)),
                Change::Truncate(to) => log.truncate(to),
            }
            prop_assert!(truncates || log.next_seq() >= before);
            let seqs: Vec<u64> = log.entries().map(|entry| entry.seq).collect();
            prop_assert_eq!(seqs, (log.first_seq()..log.next_seq()).collect::<Vec<_>>());
            let bytes: usize = log.entries().map(|entry| entry.bytes.len()).sum();
            prop_assert_eq!(log.live_bytes(), bytes as u64);
        }
    }
}
