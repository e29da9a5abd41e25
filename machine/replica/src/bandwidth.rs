//! The leader's budget for catch-up: a token bucket that refills continuously and holds one
//! second's worth.

use core::time::Duration;

use stormglass_machine::Time;

use crate::constants::{
    REALTIME_GRANT_PER_MILLION, STARVATION_GRANT_PER_MILLION, STARVATION_WINDOW,
};
use crate::message::BandwidthClass;

const NANOS_PER_SECOND: u128 = 1_000_000_000;
const MILLION: u128 = 1_000_000;

/// What went in and what came out, in units of a billionth of a byte.
///
/// Invariant: what is available is the capacity plus `refilled` minus `spent`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Ledger {
    /// Everything that time and refunds have put back.
    pub refilled: u128,
    /// Everything that admissions have taken out.
    pub spent: u128,
}

/// The budget.
///
/// Counts billionths of a byte, so that no time is ever rounded away: a rate of one byte per
/// second yields exactly one unit per nanosecond.
#[derive(Clone, Debug)]
pub struct TokenBucket {
    bytes_per_second: u64,
    background_per_million: u32,
    level: u128,
    debt: u128,
    refilled_at: Time,
    background_at: Time,
    ledger: Ledger,
}

impl TokenBucket {
    /// A full bucket.
    pub fn new(bytes_per_second: u64, background_per_million: u32) -> TokenBucket {
        TokenBucket {
            bytes_per_second,
            background_per_million,
            level: u128::from(bytes_per_second) * NANOS_PER_SECOND,
            debt: 0,
            refilled_at: Time::ZERO,
            background_at: Time::ZERO,
            ledger: Ledger::default(),
        }
    }

    /// Whole bytes available at the last admission or refund.
    pub fn available(&self) -> u64 {
        (self.level / NANOS_PER_SECOND) as u64
    }

    /// The most that the bucket holds, in bytes; also what it gains in a second.
    pub fn capacity(&self) -> u64 {
        self.bytes_per_second
    }

    /// Whole bytes that class Realtime was granted although they were not there.
    pub fn debt(&self) -> u64 {
        (self.debt / NANOS_PER_SECOND) as u64
    }

    /// What went in and what came out.
    pub fn ledger(&self) -> Ledger {
        self.ledger
    }

    /// Is what is available what the ledger says?
    pub fn balances(&self) -> bool {
        self.level <= self.full()
            && self.level + self.ledger.spent == self.full() + self.ledger.refilled
    }

    /// May this be sent now? If so, it has been paid for.
    pub fn admit(&mut self, class: BandwidthClass, cost: u64, now: Time) -> bool {
        self.refill(now);
        if cost == 0 {
            return true;
        }
        let cost = u128::from(cost) * NANOS_PER_SECOND;
        match class {
            BandwidthClass::Foreground => self.admit_foreground(cost),
            BandwidthClass::Background => self.admit_background(cost, now),
            BandwidthClass::Realtime => self.admit_realtime(cost),
        }
    }

    /// Takes out what a refused sender should not have lost. Exists to be wrong.
    pub(crate) fn charge_anyway(&mut self, cost: u64) {
        self.level = self.level.saturating_sub(u128::from(cost) * NANOS_PER_SECOND);
    }

    /// Gives back what was paid for something that was not sent after all: first against the
    /// debt, the rest into the bucket, up to its capacity.
    pub fn refund(&mut self, cost: u64, now: Time) {
        self.refill(now);
        let cost = u128::from(cost) * NANOS_PER_SECOND;
        let against_debt = cost.min(self.debt);
        self.debt -= against_debt;
        self.put_back((cost - against_debt) / NANOS_PER_SECOND * NANOS_PER_SECOND);
    }

    fn full(&self) -> u128 {
        u128::from(self.bytes_per_second) * NANOS_PER_SECOND
    }

    fn share(&self, per_million: u32) -> u128 {
        self.full() / MILLION * u128::from(per_million)
    }

    fn refill(&mut self, now: Time) {
        let elapsed: Duration = now.since(self.refilled_at);
        self.refilled_at = self.refilled_at.max(now);
        self.put_back(elapsed.as_nanos() * u128::from(self.bytes_per_second));
    }

    fn put_back(&mut self, units: u128) {
        let added = units.min(self.full() - self.level);
        self.level += added;
        self.ledger.refilled += added;
    }

    fn take(&mut self, units: u128) -> u128 {
        let taken = units.min(self.level);
        self.level -= taken;
        self.ledger.spent += taken;
        taken
    }

    /// A cost beyond the capacity would never be met; it is admitted when the bucket is full.
    fn admit_foreground(&mut self, cost: u128) -> bool {
        let admitted = self.level >= cost || self.level == self.full();
        if admitted {
            self.take(cost);
        }
        admitted
    }

    /// Leaves the others' reserve alone, but is not starved for ever.
    fn admit_background(&mut self, cost: u128, now: Time) -> bool {
        let reserve = self.full() - self.share(self.background_per_million);
        let starved = now.since(self.background_at) > STARVATION_WINDOW
            && cost <= self.share(STARVATION_GRANT_PER_MILLION);
        let admitted = self.level >= cost + reserve || starved;
        if admitted {
            self.take(cost);
            self.background_at = now;
        }
        admitted
    }

    fn admit_realtime(&mut self, cost: u128) -> bool {
        let admitted = cost <= self.share(REALTIME_GRANT_PER_MILLION);
        if admitted {
            let taken = self.take(cost);
            self.debt += cost - taken;
        }
        admitted
    }
}
