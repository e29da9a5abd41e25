use core::fmt;
use core::ops::{Add, Sub};
use core::time::Duration;

/// A moment: nanoseconds since whatever the clock that showed it counts from.
///
/// Arithmetic saturates: nothing that an attacker writes into a log can make it overflow.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Time(u64);

impl Time {
    /// The moment the clock counts from.
    pub const ZERO: Time = Time(0);
    /// The last moment there is, some 584 years later. Stands for *never*.
    pub const MAX: Time = Time(u64::MAX);

    /// The moment `nanos` nanoseconds after zero.
    #[inline]
    pub const fn from_nanos(nanos: u64) -> Time {
        Time(nanos)
    }

    /// Nanoseconds since zero.
    #[inline]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// How much later this is than `earlier`; zero if it is not.
    #[inline]
    pub const fn since(self, earlier: Time) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

/// All nanoseconds of a span, or as many as there can be.
#[inline]
const fn nanos(span: Duration) -> u64 {
    span.as_secs().saturating_mul(1_000_000_000).saturating_add(span.subsec_nanos() as u64)
}

impl Add<Duration> for Time {
    type Output = Time;

    #[inline]
    fn add(self, duration: Duration) -> Time {
        Time(self.0.saturating_add(nanos(duration)))
    }
}

impl Sub<Duration> for Time {
    type Output = Time;

    #[inline]
    fn sub(self, duration: Duration) -> Time {
        Time(self.0.saturating_sub(nanos(duration)))
    }
}

/// Seconds with all significant digits, at least three: `1.250 s`.
impl fmt::Display for Time {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, nanos) = (self.0 / 1_000_000_000, self.0 % 1_000_000_000);
        if nanos % 1_000_000 == 0 {
            write!(formatter, "{seconds}.{:03} s", nanos / 1_000_000)
        } else if nanos % 1_000 == 0 {
            write!(formatter, "{seconds}.{:06} s", nanos / 1_000)
        } else {
            write!(formatter, "{seconds}.{nanos:09} s")
        }
    }
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;

    #[test]
    fn arithmetic_saturates_at_both_ends() {
        assert_eq!(Time::MAX + Duration::MAX, Time::MAX);
        assert_eq!(Time::ZERO - Duration::from_nanos(1), Time::ZERO);
        assert_eq!(Time::ZERO.since(Time::MAX), Duration::ZERO);
    }

    #[test]
    fn shows_as_many_digits_as_matter() {
        assert_eq!(Time::from_nanos(1_250_000_000).to_string(), "1.250 s");
        assert_eq!(Time::from_nanos(1_250_001_000).to_string(), "1.250001 s");
        assert_eq!(Time::from_nanos(7).to_string(), "0.000000007 s");
    }
}
