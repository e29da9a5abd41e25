//! Spans that matter in a run: until just past something that happens later in it.

use std::time::Duration;

use stormglass_machine::Time;

/// How far past a moment "just past" is: what the search draws is a whole number of these.
const PAST: Duration = Duration::from_micros(1);

/// Moments, ascending and each once.
#[derive(Debug)]
pub(crate) struct Moments(Vec<Time>);

impl FromIterator<Time> for Moments {
    fn from_iter<I: IntoIterator<Item = Time>>(all: I) -> Self {
        let mut moments = Vec::from_iter(all);
        moments.sort_unstable();
        moments.dedup();
        Moments(moments)
    }
}

impl Moments {
    pub(crate) fn iter(&self) -> impl Iterator<Item = Time> {
        self.0.iter().copied()
    }

    /// Just past the last moment before this one, but no later than this one; zero if there is none.
    pub(crate) fn just_past_the_one_before(&self, moment: Time) -> Time {
        let before = self.0.partition_point(|other| *other < moment).checked_sub(1);
        before.map_or(Time::ZERO, |place| moment.min(self.0[place] + PAST))
    }

    /// The spans from a moment until just past it, and until just past later ones: the first of
    /// them, the one `ratio` times as far down the list, and so on; those above `longest` are
    /// replaced by it.
    pub(crate) fn spans(
        &self,
        from: Time,
        ratio: usize,
        longest: Duration,
    ) -> impl Iterator<Item = Duration> {
        let later = &self.0[self.0.partition_point(|moment| *moment <= from)..];
        let places = std::iter::successors(Some(1), move |place| Some(place * ratio));
        let past = places
            .map_while(|place| later.get(place - 1))
            .map(move |moment| moment.since(from) + PAST);
        let within = std::iter::once(PAST).chain(past).take_while(move |span| *span < longest);
        within.chain([longest])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_end_just_past_ever_later_moments() {
        let moments = Moments::from_iter((1..=20).map(Time::from_nanos));
        let spans = |from, ratio, longest| {
            let spans = moments.spans(Time::from_nanos(from), ratio, Duration::from_nanos(longest));
            spans.map(|span| span.as_nanos()).collect::<Vec<_>>()
        };
        assert_eq!(spans(0, 2, 9_000), [1_000, 1_001, 1_002, 1_004, 1_008, 1_016, 9_000]);
        assert_eq!(spans(10, 4, 9_000), [1_000, 1_001, 1_004, 9_000]);
        assert_eq!(spans(10, 4, 1_002), [1_000, 1_001, 1_002]);
        assert_eq!(spans(20, 2, 9_000), [1_000, 9_000]);
        assert_eq!(spans(20, 2, 5), [5]);
    }

    #[test]
    fn what_waits_for_a_moment_waits_since_the_one_before() {
        let moments = Moments::from_iter([5_000, 5_500, 9_000].map(Time::from_nanos));
        let since = |at| moments.just_past_the_one_before(Time::from_nanos(at)).as_nanos();
        assert_eq!([5_000, 5_500, 9_000].map(since), [0, 5_500, 6_500]);
    }
}
