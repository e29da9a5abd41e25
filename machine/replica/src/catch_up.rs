//! Catch-up: how a leader answers a request, and how a replica takes the answer.

use alloc::vec::Vec;

use stormglass_machine::Time;

use crate::constants::{BACKGROUND_RESPONSE_BYTES_MAX, RESPONSE_BYTES_MAX};
use crate::log::{AppendError, Log};
use crate::message::{
    BandwidthClass, ChannelId, Entry, NackCode, Stamp, SyncNack, SyncRequest, SyncResponse,
};

/// How a leader answers, apart from what it holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct AnswerRules {
    /// Compare the entry before the range with the replica's.
    pub prefix_check: bool,
    /// A log that holds nothing begins at its tail, not at zero.
    pub empty_floor: bool,
}

/// Builds the leader's answer to a request.
pub fn answer(
    log: &Log,
    request: &SyncRequest,
    rules: AnswerRules,
) -> Result<SyncResponse, SyncNack> {
    if rules.prefix_check
        && let Some(cut) = cut_for(log, request)
    {
        return Err(refusal(request, NackCode::PrefixMismatch, cut, Stamp::default()));
    }
    let floor = floor(log, rules);
    if request.since_seq >= log.next_seq() {
        return Ok(response(log, request, request.since_seq, floor, Vec::new()));
    }
    let limit = bytes_limit(request);
    let mut entries: Vec<Entry> = Vec::new();
    let mut cost = 0;
    for entry in log.entries_from(request.since_seq) {
        cost += entry.cost();
        if entries.is_empty() && cost > RESPONSE_BYTES_MAX || !entries.is_empty() && cost > limit {
            break;
        }
        entries.push(entry.clone());
    }
    match entries.first().map(|entry| entry.seq) {
        Some(first) => Ok(response(log, request, first, floor, entries)),
        None => {
            let base = log.stamp_before(floor).unwrap_or_default();
            Err(refusal(request, NackCode::BadRange, floor, base))
        }
    }
}

/// A refusal of this request.
pub fn refusal(request: &SyncRequest, code: NackCode, floor: u64, base: Stamp) -> SyncNack {
    SyncNack {
        channel: request.channel,
        since_seq: request.since_seq,
        code,
        floor,
        request_id: request.request_id,
        base,
    }
}

/// Why a response was not applied.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ApplyError {
    /// It is about another channel.
    ChannelMismatch,
    /// It begins below the tail.
    StaleChunk,
    /// Its head and its first entry disagree.
    FirstSeqMismatch,
    /// The entry at this index does not follow the one before.
    NonMonotonic {
        /// The index.
        index: usize,
    },
    /// It begins above the tail.
    GapBeforeChunk {
        /// The leader holds entries in between, and did not send them.
        divergence_suspected: bool,
    },
    /// The entry before it is not the one held.
    PrefixMismatch,
    /// There is no room.
    AppendFailed(AppendError),
}

/// What of a response is checked before it is applied.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ApplyRules {
    /// The channel it must be about.
    pub channel: ChannelId,
    /// Compare the entry before it with the one held.
    pub prefix_check: bool,
    /// Does not ask where the entries belong, and gives them the next numbers. Exists to be wrong.
    pub renumber: bool,
}

/// Applies a response to the log, all of it or nothing, and returns the new tail.
///
/// The entries are taken out of the response once nothing speaks against them but lack of room.
pub fn apply(
    log: &mut Log,
    response: &mut SyncResponse,
    rules: ApplyRules,
    now: Time,
) -> Result<u64, ApplyError> {
    if rules.renumber {
        renumber(response, log.next_seq());
    }
    check(log, response, rules)?;
    log.append_batch(core::mem::take(&mut response.entries), now)
        .map_err(ApplyError::AppendFailed)?;
    Ok(log.next_seq())
}

fn check(log: &Log, response: &SyncResponse, rules: ApplyRules) -> Result<(), ApplyError> {
    let (first_seq, next_seq) = (response.first_seq, log.next_seq());
    if response.channel != rules.channel {
        return Err(ApplyError::ChannelMismatch);
    }
    let Some(first) = response.entries.first() else {
        return if first_seq < next_seq { Err(ApplyError::StaleChunk) } else { Ok(()) };
    };
    if first.seq != first_seq {
        return Err(ApplyError::FirstSeqMismatch);
    }
    let follows = |pair: &[Entry]| pair[0].seq.checked_add(1) == Some(pair[1].seq);
    if let Some(index) = response.entries.windows(2).position(|pair| !follows(pair)) {
        return Err(ApplyError::NonMonotonic { index: index + 1 });
    }
    if first_seq < next_seq {
        return Err(ApplyError::StaleChunk);
    }
    if first_seq > next_seq {
        let floor = response.leader_first_retained;
        let divergence_suspected = next_seq > floor && floor < first_seq;
        return Err(ApplyError::GapBeforeChunk { divergence_suspected });
    }
    if rules.prefix_check && response.previous != log.last_stamp() {
        return Err(ApplyError::PrefixMismatch);
    }
    Ok(())
}

fn renumber(response: &mut SyncResponse, next_seq: u64) {
    response.first_seq = next_seq;
    for (seq, entry) in (next_seq..).zip(&mut response.entries) {
        entry.seq = seq;
    }
}

fn floor(log: &Log, rules: AnswerRules) -> u64 {
    if log.is_empty() && !rules.empty_floor { 0 } else { log.first_seq() }
}

fn bytes_limit(request: &SyncRequest) -> u64 {
    let asked = if request.chunk_max == 0 { RESPONSE_BYTES_MAX } else { request.chunk_max };
    match request.class {
        BandwidthClass::Background => asked.min(BACKGROUND_RESPONSE_BYTES_MAX),
        BandwidthClass::Foreground | BandwidthClass::Realtime => asked.min(RESPONSE_BYTES_MAX),
    }
}

fn response(
    log: &Log,
    request: &SyncRequest,
    first_seq: u64,
    floor: u64,
    entries: Vec<Entry>,
) -> SyncResponse {
    SyncResponse {
        channel: request.channel,
        first_seq,
        leader_first_retained: floor,
        request_id: request.request_id,
        previous: log.stamp_before(first_seq).unwrap_or_default(),
        entries,
    }
}

/// Where a replica must cut its log before it can go on; none if the entry before the range is
/// the same on both sides, or not known here any more.
///
/// Entries of one stamp were appended in one go, so two logs that both have a run of that stamp
/// agree up to the end of the shorter one. A run that the leader does not have at all goes as a
/// whole; what came before it is compared by the next request.
fn cut_for(log: &Log, request: &SyncRequest) -> Option<u64> {
    if request.since_seq == 0 {
        return None;
    }
    if request.since_seq <= log.next_seq() {
        let known = log.stamp_before(request.since_seq)?;
        if known == request.last {
            return None;
        }
    }
    let common = log.run_end(request.last).filter(|end| *end < request.since_seq);
    Some(common.map_or(request.run_start, |end| end.max(request.run_start)))
}
