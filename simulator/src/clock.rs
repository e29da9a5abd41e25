use std::time::Duration;

use stormglass_machine::Time;

/// What the wall clocks of all nodes show when a run begins, before their offsets:
/// 2024-01-01 00:00:00 UTC.
const WALL_AT_START: i128 = 1_704_067_200_000_000_000;

/// The most a clock may run fast or slow, in parts per million.
pub const MAX_DRIFT_PPM: i32 = 500_000;

/// A node's two clocks, as functions of true time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Clock {
    /// How far the wall clock is ahead at the start, in nanoseconds.
    pub(crate) ahead_ns: i64,
    /// How much faster than true time both clocks run, in parts per million.
    pub(crate) drift_ppm: i32,
}

const MILLION: i128 = 1_000_000;

impl Clock {
    /// What the monotonic clock shows at a true time.
    #[inline]
    pub(crate) fn monotonic(self, now: Time) -> Time {
        if self.drift_ppm == 0 {
            return now;
        }
        let now = i128::from(now.as_nanos());
        saturating_time(now + now * i128::from(self.drift_ppm) / MILLION)
    }

    /// What the wall clock shows at a true time.
    #[inline]
    pub(crate) fn wall(self, now: Time) -> Time {
        let monotonic = i128::from(self.monotonic(now).as_nanos());
        saturating_time(WALL_AT_START + monotonic + i128::from(self.ahead_ns))
    }

    /// How long a time span measured by this clock truly takes, rounded up: a timer is never
    /// early.
    #[inline]
    pub(crate) fn true_span(self, span: Duration) -> Duration {
        if self.drift_ppm == 0 {
            return span;
        }
        let rate = (MILLION + i128::from(self.drift_ppm)) as u128;
        let nanos = span.as_nanos().saturating_mul(MILLION as u128).div_ceil(rate);
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

fn saturating_time(nanos: i128) -> Time {
    Time::from_nanos(u64::try_from(nanos.max(0)).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fast_clock_fires_early_in_true_time_and_on_time_in_its_own() {
        let fast = Clock { ahead_ns: 0, drift_ppm: 100_000 };
        let span = fast.true_span(Duration::from_secs(11));
        assert_eq!(span, Duration::from_secs(10));
        assert_eq!(fast.monotonic(Time::ZERO + span), Time::ZERO + Duration::from_secs(11));
    }

    #[test]
    fn a_timer_never_fires_before_its_own_clock_shows_the_time() {
        for drift_ppm in [-MAX_DRIFT_PPM, -1, 1, 333, MAX_DRIFT_PPM] {
            let clock = Clock { ahead_ns: 0, drift_ppm };
            for nanos in [1, 7, 1_000_003] {
                let span = Duration::from_nanos(nanos);
                let fires = Time::ZERO + clock.true_span(span);
                assert!(clock.monotonic(fires) >= Time::ZERO + span, "{drift_ppm} {nanos}");
            }
        }
    }

    #[test]
    fn the_offset_moves_the_wall_clock_only() {
        let behind = Clock { ahead_ns: -5, drift_ppm: 0 };
        let now = Time::from_nanos(9);
        assert_eq!(behind.monotonic(now), now);
        assert_eq!(Clock::default().wall(now).since(behind.wall(now)), Duration::from_nanos(5));
    }
}
