//! The timers of one machine.

use alloc::vec::Vec;
use core::time::Duration;

use crate::Time;

/// The timers that are set, in the order in which they were set. A machine has few, and a list
/// asks nothing of their type but equality.
#[derive(Debug)]
pub struct Timers<T> {
    set: Vec<(T, Time)>,
}

impl<T: Copy + Eq> Timers<T> {
    /// No timer is set.
    pub fn new() -> Timers<T> {
        Timers { set: Vec::new() }
    }

    /// Sets a timer, or moves it if it is set.
    pub fn set(&mut self, timer: T, deadline: Time) {
        self.cancel(timer);
        self.set.push((timer, deadline));
    }

    /// Nothing happens if the timer is not set.
    pub fn cancel(&mut self, timer: T) {
        self.set.retain(|(other, _)| *other != timer);
    }

    /// The timer that is due first, no longer set, if it is due by now. Of several due at the
    /// same moment, the one that was set first.
    pub fn take_due(&mut self, now: Time) -> Option<T> {
        let position = self.first()?;
        let (timer, deadline) = self.set[position];
        if deadline > now {
            return None;
        }
        self.set.remove(position);
        Some(timer)
    }

    /// How long until the next timer is due; nothing if none is set.
    pub fn wait(&self, now: Time) -> Option<Duration> {
        self.first().map(|position| self.set[position].1.since(now))
    }

    fn first(&self) -> Option<usize> {
        (0..self.set.len()).min_by_key(|position| self.set[*position].1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(nanos: u64) -> Time {
        Time::from_nanos(nanos)
    }

    #[test]
    fn timers_fire_in_order_of_their_deadlines_and_then_of_being_set() {
        let mut timers = Timers::new();
        timers.set('c', at(2));
        timers.set('b', at(1));
        timers.set('a', at(2));
        assert_eq!(timers.wait(at(0)), Some(Duration::from_nanos(1)));
        assert_eq!(timers.take_due(at(0)), None);
        let fired: Vec<_> = core::iter::from_fn(|| timers.take_due(at(2))).collect();
        assert_eq!(fired, ['b', 'c', 'a']);
        assert_eq!(timers.wait(at(2)), None);
    }

    #[test]
    fn setting_a_set_timer_moves_it() {
        let mut timers = Timers::new();
        timers.set('a', at(1));
        timers.set('a', at(5));
        assert_eq!(timers.take_due(at(4)), None);
        assert_eq!(timers.take_due(at(5)), Some('a'));
        assert_eq!(timers.take_due(at(5)), None);
    }

    #[test]
    fn a_cancelled_timer_does_not_fire() {
        let mut timers = Timers::new();
        timers.set('a', at(1));
        timers.cancel('a');
        timers.cancel('b');
        assert_eq!(timers.take_due(at(9)), None);
    }
}
