use std::time::Duration;

/// Spans of time, counted: their number, the shortest, the longest, and between them any
/// percentile to within two in a hundred.
///
/// A histogram with 64 buckets for each power of two of nanoseconds (Tene's HdrHistogram is the
/// same idea), so that it takes the same room for ten seeds and for a hundred million, two of them
/// can be added, and nothing is allocated after the first span.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Distribution {
    buckets: Vec<u64>,
    count: u64,
    min: Duration,
    max: Duration,
}

/// A power of two is told apart in `1 << BITS` parts; spans below that many nanoseconds are exact.
const BITS: u32 = 6;
const PARTS: u64 = 1 << BITS;
const BUCKETS: usize = ((u64::BITS - BITS + 1) as usize) << BITS;

fn bucket(nanos: u64) -> usize {
    if nanos < PARTS {
        return nanos as usize;
    }
    let shift = nanos.ilog2() - BITS;
    (u64::from(shift + 1) * PARTS + (nanos >> shift) % PARTS) as usize
}

/// The longest span that is counted in a bucket.
fn longest(bucket: usize) -> u64 {
    let (power, part) = (bucket as u64 / PARTS, bucket as u64 % PARTS);
    match power {
        0 => part,
        power => ((PARTS + part) << (power - 1)) + ((1 << (power - 1)) - 1),
    }
}

impl Distribution {
    /// Counts a span.
    pub fn add(&mut self, span: Duration) {
        self.buckets.resize(BUCKETS, 0);
        self.buckets[bucket(span.as_nanos() as u64)] += 1;
        self.min = if self.count == 0 { span } else { self.min.min(span) };
        self.max = self.max.max(span);
        self.count += 1;
    }

    /// Adds what another has counted.
    pub fn merge(&mut self, other: &Distribution) {
        if other.count == 0 {
            return;
        }
        self.buckets.resize(BUCKETS, 0);
        self.buckets.iter_mut().zip(&other.buckets).for_each(|(mine, other)| *mine += other);
        self.min = if self.count == 0 { other.min } else { self.min.min(other.min) };
        self.max = self.max.max(other.max);
        self.count += other.count;
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The shortest; zero if there is none.
    pub fn min(&self) -> Duration {
        self.min
    }

    /// The longest; zero if there is none.
    pub fn max(&self) -> Duration {
        self.max
    }

    /// The span that so many of a hundred do not exceed (the nearest rank); zero if there is none.
    pub fn percentile(&self, percent: u32) -> Duration {
        let rank = (self.count * u64::from(percent)).div_ceil(100).max(1);
        let mut seen = 0;
        let found = self.buckets.iter().position(|count| {
            seen += count;
            seen >= rank
        });
        let span = found.map_or(Duration::ZERO, |found| Duration::from_nanos(longest(found)));
        span.clamp(self.min, self.max)
    }
}

#[cfg(test)]
mod tests {
    use stormglass_machine::Dice;

    use super::*;

    fn of(nanos: &[u64]) -> Distribution {
        let mut distribution = Distribution::default();
        nanos.iter().for_each(|nanos| distribution.add(Duration::from_nanos(*nanos)));
        distribution
    }

    #[test]
    fn buckets_follow_one_another_without_a_gap() {
        for bucket_before in 0..BUCKETS - 1 {
            let last = longest(bucket_before);
            assert_eq!((bucket(last), bucket(last + 1)), (bucket_before, bucket_before + 1));
        }
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
    }

    #[test]
    fn percentiles_are_those_of_the_sorted_list_to_within_two_percent() {
        let mut dice = Dice::new(0, "spans", 0);
        for size in [1, 2, 10, 1_000] {
            let mut nanos: Vec<u64> =
                (0..size).map(|_| dice.next_u64() >> dice.within(20..=60)).collect();
            let distribution = of(&nanos);
            nanos.sort_unstable();
            for percent in [0, 1, 50, 90, 99, 100] {
                let rank = (size * u64::from(percent)).div_ceil(100).max(1);
                let exact = nanos[rank as usize - 1];
                let told = distribution.percentile(percent).as_nanos() as u64;
                assert!((exact..=exact + exact / 50 + 1).contains(&told), "{exact} {told}");
            }
            assert_eq!(distribution.min().as_nanos() as u64, nanos[0]);
            assert_eq!(distribution.max().as_nanos() as u64, nanos[nanos.len() - 1]);
        }
    }

    #[test]
    fn parts_add_up_to_the_whole() {
        let (one, other) = ([3, 70, 1 << 40], [5, 9_999]);
        let mut sum = Distribution::default();
        sum.merge(&of(&one));
        sum.merge(&Distribution::default());
        sum.merge(&of(&other));
        assert_eq!(sum, of(&[&one[..], &other[..]].concat()));
        assert_eq!(Distribution::default().percentile(50), Duration::ZERO);
    }
}
