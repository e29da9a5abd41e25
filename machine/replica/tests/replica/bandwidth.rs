//! The leader's budget. A bucket of 1000 bytes, 300 of them for class Background.

use std::time::Duration;

use proptest::prelude::*;
use stormglass_machine::Time;
use stormglass_replica::BandwidthClass::{self, Background, Foreground, Realtime};
use stormglass_replica::TokenBucket;

fn at(milliseconds: u64) -> Time {
    Time::ZERO + Duration::from_millis(milliseconds)
}

fn bucket() -> TokenBucket {
    TokenBucket::new(1_000, 300_000)
}

/// A bucket with so many bytes left at time zero.
fn holding(bytes: u64) -> TokenBucket {
    let mut bucket = bucket();
    assert!(bucket.admit(Foreground, 1_000 - bytes, at(0)));
    assert_eq!(bucket.available(), bytes);
    bucket
}

#[test]
fn a_bucket_refills_by_its_capacity_per_second_and_never_beyond() {
    let mut bucket = holding(0);
    for (now, available) in [(1, 1), (500, 500), (1_500, 1_000), (9_000, 1_000)] {
        assert!(bucket.admit(Foreground, 0, at(now)));
        assert_eq!(bucket.available(), available);
    }
}

#[test]
fn no_time_is_rounded_away() {
    let mut bucket = holding(0);
    for nanos in (0..=1_000_000_000).step_by(100_000) {
        bucket.admit(Foreground, 0, Time::from_nanos(nanos));
    }
    assert_eq!(bucket.available(), 1_000);
}

#[test]
fn nothing_costs_nothing_in_every_class() {
    for class in [Foreground, Background, Realtime] {
        assert!(holding(0).admit(class, 0, at(0)));
    }
}

#[test]
fn foreground_takes_what_is_there_and_the_oversized_need_a_full_bucket() {
    assert!(holding(10).admit(Foreground, 10, at(0)));
    assert!(!holding(10).admit(Foreground, 11, at(0)));
    assert!(!holding(999).admit(Foreground, 5_000, at(0)));
    let mut full = bucket();
    assert!(full.admit(Foreground, 5_000, at(0)));
    assert_eq!(full.available(), 0);
}

#[test]
fn background_leaves_the_reserve() {
    assert!(bucket().admit(Background, 300, at(0)));
    assert!(!bucket().admit(Background, 301, at(0)));
    assert!(!holding(700).admit(Background, 1, at(0)));
}

#[test]
fn starving_background_is_admitted_once_and_little() {
    let mut bucket = bucket();
    assert!(bucket.admit(Background, 1, at(0)));
    let drain = |bucket: &mut TokenBucket, now| assert!(bucket.admit(Foreground, 1_000, at(now)));
    drain(&mut bucket, 60_000);
    assert!(!bucket.admit(Background, 100, at(60_000)), "not starving yet");
    drain(&mut bucket, 61_000);
    assert!(!bucket.admit(Background, 101, at(61_000)), "too much");
    assert!(bucket.admit(Background, 100, at(61_000)));
    assert!(!bucket.admit(Background, 100, at(61_000)), "only once");
    assert_eq!(bucket.available(), 0, "clamped");
}

#[test]
fn realtime_runs_up_a_debt_that_refunds_pay_first() {
    assert!(!bucket().admit(Realtime, 501, at(0)));
    let mut bucket = holding(200);
    assert!(bucket.admit(Realtime, 500, at(0)));
    assert_eq!((bucket.available(), bucket.debt()), (0, 300));
    bucket.refund(400, at(0));
    assert_eq!((bucket.available(), bucket.debt()), (100, 0));
}

#[test]
fn a_refund_never_overfills() {
    let mut bucket = holding(900);
    bucket.refund(500, at(0));
    assert_eq!(bucket.available(), 1_000);
    assert!(bucket.balances());
}

fn class() -> impl Strategy<Value = BandwidthClass> {
    prop_oneof![Just(Foreground), Just(Background), Just(Realtime)]
}

proptest! {
    #[test]
    fn the_ledger_always_balances(
        steps in proptest::collection::vec((class(), 0_u64..2_000, 0_u64..2_000, any::<bool>()), 0..60),
    ) {
        let mut bucket = bucket();
        let mut now = Time::ZERO;
        for (class, cost, wait, refunded) in steps {
            now = now + Duration::from_micros(wait);
            let before = bucket.ledger();
            let admitted = bucket.admit(class, cost, now);
            prop_assert!(admitted || bucket.ledger().spent == before.spent);
            if admitted && refunded {
                bucket.refund(cost, now);
            }
            prop_assert!(bucket.available() <= bucket.capacity());
            prop_assert!(bucket.balances());
        }
    }
}
