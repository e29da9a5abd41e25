//! What is simpler: fewer, shorter, earlier.

use std::time::Duration;

pub use stormglass_shrinker::smaller;

/// Shorter spans, the boldest first, in the largest unit of which there is at least one: a person
/// reads 20 ms with more ease than 19.999 ms.
pub fn shorter(span: Duration) -> impl Iterator<Item = Duration> {
    let nanos = span.as_nanos() as u64;
    let unit = [1_000_000, 1_000, 1].into_iter().find(|unit| nanos >= *unit).unwrap_or(1);
    let whole = nanos / unit;
    let rounded = (!nanos.is_multiple_of(unit)).then_some(whole);
    smaller(whole).chain(rounded).map(move |count| Duration::from_nanos(count * unit))
}

/// Smaller counts, the boldest first.
pub fn fewer(count: u32) -> impl Iterator<Item = u32> {
    smaller(u64::from(count)).map(|fewer| fewer as u32)
}

/// Each list that lacks one of these, if that leaves any.
pub fn without_one<T: Clone>(all: &[T]) -> impl Iterator<Item = Vec<T>> {
    (0..if all.len() > 1 { all.len() } else { 0 }).map(|left_out| {
        let mut fewer = all.to_vec();
        fewer.remove(left_out);
        fewer
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_shortened_in_round_steps() {
        let shorter = |nanos| {
            shorter(Duration::from_nanos(nanos)).map(|span| span.as_nanos()).collect::<Vec<_>>()
        };
        assert!(shorter(0).is_empty());
        assert_eq!(shorter(3), [0, 2]);
        assert_eq!(shorter(2_000), [0, 1_000]);
        assert_eq!(shorter(2_000_001), [0, 1_000_000, 2_000_000]);
    }

    #[test]
    fn lists_lose_one_at_a_time_and_never_the_last() {
        assert_eq!(without_one(&[1]).count(), 0);
        assert_eq!(without_one(&[1, 2, 3]).collect::<Vec<_>>(), [[2, 3], [1, 3], [1, 2]]);
    }
}
