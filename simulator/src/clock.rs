use std::time::Duration;

use stormglass_machine::Time;

/// What the wall clocks of all nodes show when a run begins, before their offsets:
/// 2024-01-01 00:00:00 UTC.
const WALL_AT_START: u64 = 1_704_067_200_000_000_000;

/// The most a clock may run fast or slow, in parts per million.
pub const MAX_DRIFT_PPM: i32 = 500_000;

/// A node's two clocks, as functions of true time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Clock {
    /// How far the wall clock is ahead, without the drift, in nanoseconds.
    pub(crate) ahead_ns: i64,
    /// How much faster than true time both clocks run, in parts per million.
    pub(crate) drift_ppm: i32,
    /// What of `ahead_ns` is due to the last time it was set.
    pub(crate) stepped_ns: i64,
}

const MILLION: u64 = 1_000_000;

impl Clock {
    /// What the monotonic clock shows at a true time.
    #[inline]
    pub(crate) fn monotonic(self, now: Time) -> Time {
        if self.drift_ppm == 0 {
            return now;
        }
        // Exact, and in 64 bits: whole millions of nanoseconds first, then the rest.
        let (now, drift) = (now.as_nanos(), i64::from(self.drift_ppm));
        let (millions, rest) = ((now / MILLION) as i64, (now % MILLION) as i64);
        let gained = millions * drift + rest * drift / MILLION as i64;
        Time::from_nanos(now.saturating_add_signed(gained))
    }

    /// What the wall clock shows at a true time.
    #[inline]
    pub(crate) fn wall(self, now: Time) -> Time {
        let at_start = WALL_AT_START.saturating_add_signed(self.ahead_ns);
        Time::from_nanos(at_start.saturating_add(self.monotonic(now).as_nanos()))
    }

    /// Sets the wall clock: so far ahead of where it would be had it never been set.
    pub(crate) fn step(&mut self, ahead_ns: i64) {
        self.ahead_ns = self.ahead_ns.saturating_sub(self.stepped_ns).saturating_add(ahead_ns);
        self.stepped_ns = ahead_ns;
    }

    /// How long a time span measured by this clock truly takes, rounded up: a timer is never
    /// early.
    #[inline]
    pub(crate) fn true_span(self, span: Duration) -> Duration {
        if self.drift_ppm == 0 {
            return span;
        }
        let rate = MILLION.saturating_add_signed(i64::from(self.drift_ppm));
        let scaled = span.as_nanos().saturating_mul(u128::from(MILLION));
        // A division of 128 bits is slow, and spans up to five hours need 64 only.
        let longer = match u64::try_from(scaled) {
            Ok(scaled) => scaled.div_ceil(rate),
            Err(_) => u64::try_from(scaled.div_ceil(u128::from(rate))).unwrap_or(u64::MAX),
        };
        Duration::from_nanos(longer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fast_clock_fires_early_in_true_time_and_on_time_in_its_own() {
        let fast = Clock { drift_ppm: 100_000, ..Clock::default() };
        let span = fast.true_span(Duration::from_secs(11));
        assert_eq!(span, Duration::from_secs(10));
        assert_eq!(fast.monotonic(Time::ZERO + span), Time::ZERO + Duration::from_secs(11));
    }

    #[test]
    fn a_timer_never_fires_before_its_own_clock_shows_the_time() {
        for drift_ppm in [-MAX_DRIFT_PPM, -1, 1, 333, MAX_DRIFT_PPM] {
            let clock = Clock { drift_ppm, ..Clock::default() };
            for nanos in [1, 7, 1_000_003] {
                let span = Duration::from_nanos(nanos);
                let fires = Time::ZERO + clock.true_span(span);
                assert!(clock.monotonic(fires) >= Time::ZERO + span, "{drift_ppm} {nanos}");
            }
        }
    }

    #[test]
    fn drift_is_exact_whatever_the_time() {
        for drift_ppm in [-MAX_DRIFT_PPM, -3, 7, MAX_DRIFT_PPM] {
            for now in [0, 1, 999_999, 1_000_001, 86_400_000_000_123, 1 << 60] {
                let exact = now + now * i128::from(drift_ppm) / 1_000_000;
                let clock = Clock { drift_ppm, ..Clock::default() };
                let shown = clock.monotonic(Time::from_nanos(now as u64));
                assert_eq!(i128::from(shown.as_nanos()), exact, "{drift_ppm} {now}");
            }
        }
    }

    #[test]
    fn the_offset_moves_the_wall_clock_only() {
        let behind = Clock { ahead_ns: -5, ..Clock::default() };
        let now = Time::from_nanos(9);
        assert_eq!(behind.monotonic(now), now);
        assert_eq!(Clock::default().wall(now).since(behind.wall(now)), Duration::from_nanos(5));
    }
    #[test]
    fn a_step_moves_the_wall_clock_only_and_ends_what_an_earlier_one_did() {
        let (mut clock, now) = (Clock { ahead_ns: -5, ..Clock::default() }, Time::from_nanos(9));
        let usual = clock;
        clock.step(100);
        clock.step(30);
        assert_eq!(clock.monotonic(now), now);
        assert_eq!(clock.wall(now).since(usual.wall(now)), Duration::from_nanos(30));
        clock.step(-30);
        assert_eq!(usual.wall(now).since(clock.wall(now)), Duration::from_nanos(30));
        clock.step(0);
        assert_eq!(clock, usual);
    }
}
