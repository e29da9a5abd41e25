//! How a leader answers, and how a replica takes the answer.

use proptest::prelude::*;
use stormglass_machine::Time;
use stormglass_replica::catch_up::{AnswerRules, ApplyError, ApplyRules, answer, apply};
use stormglass_replica::{
    AppendError, BandwidthClass, ChannelId, Entry, Log, NackCode, Retention, Stamp, SyncNack,
    SyncRequest, SyncResponse,
};

use super::node::{entries, request, response};

const ROOM: u64 = 1 << 40;
const MEBIBYTE: usize = 1 << 20;

fn log(tail: u64) -> Log {
    log_with_room(tail, ROOM)
}

fn log_with_room(tail: u64, bytes: u64) -> Log {
    let mut log = Log::new(bytes);
    log.append_batch(entries(0..tail), Time::ZERO).expect("there is room");
    log
}

fn trimmed(tail: u64, entries: usize) -> Log {
    let mut log = log(tail);
    log.sweep(Retention { entries: Some(entries), ..Retention::default() }, Time::ZERO);
    log
}

/// A log of entries of one mebibyte each.
fn heavy(entries: u64) -> Log {
    let mut log = Log::new(ROOM);
    for _ in 0..entries {
        log.append(vec![0; MEBIBYTE], Stamp::default(), Time::ZERO).expect("there is room");
    }
    log
}

fn faithful(log: &Log, since_seq: u64) -> Result<SyncResponse, SyncNack> {
    answer(log, &request(since_seq), AnswerRules::default())
}

fn seqs(response: &SyncResponse) -> Vec<u64> {
    response.entries.iter().map(|entry| entry.seq).collect()
}

#[test]
fn at_or_beyond_the_tail_the_answer_is_empty_and_begins_where_asked() {
    for since_seq in [3, 9] {
        let answer = faithful(&log(3), since_seq).expect("an answer");
        assert_eq!((answer.first_seq, answer.entries.len()), (since_seq, 0));
    }
}

#[test]
fn the_answer_begins_with_the_first_entry_held() {
    let answer = faithful(&trimmed(10, 3), 2).expect("an answer");
    assert_eq!((answer.first_seq, answer.leader_first_retained), (7, 7));
    assert_eq!(seqs(&answer), [7, 8, 9]);
}

#[test]
fn a_leader_that_holds_nothing_has_no_such_range_and_names_no_floor() {
    let empty = trimmed(10, 0);
    let refused = faithful(&empty, 4).expect_err("nothing is held");
    assert_eq!((refused.code, refused.floor), (NackCode::BadRange, 0));
    let rules = AnswerRules { empty_floor: true, ..AnswerRules::default() };
    let refused = answer(&empty, &request(4), rules).expect_err("nothing is held");
    assert_eq!((refused.code, refused.floor), (NackCode::BadRange, 10));
}

#[test]
fn an_entry_beyond_the_ceiling_cannot_be_given() {
    let mut log = Log::new(ROOM);
    log.append(vec![0; 64 * MEBIBYTE], Stamp::default(), Time::ZERO).expect("there is room");
    let refused = faithful(&log, 0).expect_err("too big with its overhead");
    assert_eq!((refused.code, refused.floor), (NackCode::BadRange, 0));
}

#[test]
fn the_answer_is_bounded_by_what_was_asked_the_class_and_the_ceiling() {
    let of = |chunk_max: u64, class| {
        let request = SyncRequest { chunk_max, class, ..request(0) };
        let answer = answer(&heavy(70), &request, AnswerRules::default());
        answer.expect("an answer").entries.len()
    };
    let mebibytes = |count: u64| count * (MEBIBYTE as u64 + 12);
    let cases = [
        (1, BandwidthClass::Foreground, 1),
        (mebibytes(3), BandwidthClass::Foreground, 3),
        (mebibytes(3) - 1, BandwidthClass::Foreground, 2),
        (0, BandwidthClass::Foreground, 63),
        (mebibytes(70), BandwidthClass::Realtime, 63),
        (0, BandwidthClass::Background, 3),
    ];
    for (chunk_max, class, given) in cases {
        assert_eq!(of(chunk_max, class), given, "{chunk_max} {class:?}");
    }
}

const RULES: ApplyRules =
    ApplyRules { channel: ChannelId(0), prefix_check: false, renumber: false };

fn applied(log: &mut Log, mut response: SyncResponse) -> Result<u64, ApplyError> {
    apply(log, &mut response, RULES, Time::ZERO)
}

#[test]
fn a_chunk_that_follows_the_tail_is_applied() {
    let mut log = log(3);
    assert_eq!(applied(&mut log, response(1, 3..5)), Ok(5));
    assert!(log.entries().cloned().eq(entries(0..5)));
}

#[test]
fn an_empty_chunk_is_stale_below_the_tail_and_otherwise_nothing() {
    assert_eq!(applied(&mut log(3), response(1, 2..2)), Err(ApplyError::StaleChunk));
    for first_seq in [3, 9] {
        assert_eq!(applied(&mut log(3), response(1, first_seq..first_seq)), Ok(3));
    }
}

#[test]
fn there_is_no_trimming_of_an_overlap() {
    assert_eq!(applied(&mut log(3), response(1, 2..5)), Err(ApplyError::StaleChunk));
}

#[test]
fn a_gap_is_told_apart_from_a_suspected_fork() {
    let gap = |floor| {
        let response = SyncResponse { leader_first_retained: floor, ..response(1, 5..6) };
        applied(&mut log(3), response)
    };
    let error = |divergence_suspected| Err(ApplyError::GapBeforeChunk { divergence_suspected });
    assert_eq!(gap(5), error(false), "trimmed up to the chunk");
    assert_eq!(gap(3), error(false), "trimmed up to the tail");
    assert_eq!(gap(2), error(true), "held, and not sent");
    let at_zero = applied(&mut log(0), response(1, 5..6));
    assert_eq!(at_zero, error(false), "an empty log cannot fork");
}

#[test]
fn errors_are_found_in_a_fixed_order() {
    let channel = ChannelId(9);
    let empty_elsewhere = SyncResponse { channel, ..response(1, 0..0) };
    assert_eq!(applied(&mut log(3), empty_elsewhere), Err(ApplyError::ChannelMismatch));
    let mut broken = response(1, 0..3);
    broken.entries[2].seq = 7;
    let wrong_head = SyncResponse { first_seq: 1, ..broken.clone() };
    assert_eq!(applied(&mut log(3), wrong_head), Err(ApplyError::FirstSeqMismatch));
    assert_eq!(applied(&mut log(3), broken), Err(ApplyError::NonMonotonic { index: 2 }));
}

#[test]
fn the_last_sequence_number_has_no_successor() {
    let entry = |seq| Entry { seq, stamp: Stamp::default(), bytes: Vec::new() };
    let entries = vec![entry(u64::MAX), entry(0)];
    let response = SyncResponse { first_seq: u64::MAX, entries, ..response(1, 0..0) };
    assert_eq!(applied(&mut log(3), response), Err(ApplyError::NonMonotonic { index: 1 }));
}

#[test]
fn without_room_nothing_is_applied() {
    let mut log = log_with_room(3, 40);
    let error = ApplyError::AppendFailed(AppendError::SegmentFull);
    assert_eq!(applied(&mut log, response(1, 3..9)), Err(error));
    assert_eq!(log.next_seq(), 3);
}

/// What is held is never compared: two histories are joined without a word.
#[test]
fn histories_are_spliced_unless_the_prefix_is_checked() {
    let ours = Stamp { epoch: 1, leader: stormglass_machine::NodeId(1) };
    let mut response = response(1, 3..4);
    response.previous = ours;
    assert_eq!(applied(&mut log(3), response.clone()), Ok(4));
    let rules = ApplyRules { prefix_check: true, ..RULES };
    let result = apply(&mut log(3), &mut response, rules, Time::ZERO);
    assert_eq!(result, Err(ApplyError::PrefixMismatch));
}

proptest! {
    /// All or nothing: either exactly the chunk is added, or the log is as before.
    #[test]
    fn a_chunk_is_applied_as_a_whole_or_not_at_all(
        tail in 0_u64..6,
        first_seq in 0_u64..8,
        seqs in proptest::collection::vec(0_u64..10, 0..5),
        room in 20_u64..120,
    ) {
        let mut log = Log::new(room);
        for seq in 0..tail {
            let _ = log.append(super::node::bytes_of(seq), Stamp::default(), Time::ZERO);
        }
        let before: Vec<Entry> = log.entries().cloned().collect();
        let entry = |&seq: &u64| entries(seq..seq + 1).remove(0);
        let chunk: Vec<Entry> = seqs.iter().map(entry).collect();
        let response = SyncResponse { first_seq, entries: chunk.clone(), ..response(1, 0..0) };
        let result = applied(&mut log, response);
        let after: Vec<Entry> = log.entries().cloned().collect();
        let expected = if result.is_ok() { [before, chunk].concat() } else { before };
        prop_assert_eq!(after, expected);
        prop_assert!(log.is_contiguous());
        prop_assert!(log.live_bytes() <= room);
    }

    /// Whatever a leader answers, a replica that asked from its tail can apply it.
    #[test]
    fn answers_fit_the_replicas_that_asked(held in 0_u64..20, tail in 0_u64..20, chunk in 0_u64..200) {
        let leader = log(20);
        let mut replica = log(held.min(tail));
        let request = SyncRequest { chunk_max: chunk, ..request(replica.next_seq()) };
        let answer = answer(&leader, &request, AnswerRules::default()).expect("it is all there");
        let given = answer.entries.len() as u64;
        prop_assert_eq!(applied(&mut replica, answer), Ok(held.min(tail) + given));
        prop_assert!(given > 0);
    }
}
