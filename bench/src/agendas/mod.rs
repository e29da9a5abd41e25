//! Structures that could be a simulator's agenda. They differ in what they cost and in nothing
//! else: earlier times first, and at one time first come, first served.

mod ball;
mod binary_heap;
mod calendar_queue;
mod four_ary_heap;
mod hold;
mod key;
#[path = "../../../simulator/src/agenda.rs"]
#[expect(dead_code, reason = "the simulator looks through its agenda, too, and goes back in time")]
pub(crate) mod radix_heap;
mod slab;

use stormglass_machine::Time;

use self::binary_heap::BinaryHeap;
use self::calendar_queue::CalendarQueue;
use self::four_ary_heap::FourAryHeap;
use self::radix_heap::Agenda;

pub(crate) use self::ball::Ball;
use self::hold::hold;
pub use self::hold::{Delays, Hold};

/// What is going to happen, in order of time.
trait Queue<T> {
    /// An empty one.
    fn new() -> Self;

    /// Forgets everything, and begins again at time zero.
    fn clear(&mut self);

    /// Puts an item in, at a time not before that of the last item taken out.
    fn push(&mut self, time: Time, item: T);

    /// Takes out the earliest item.
    fn pop(&mut self) -> Option<(Time, T)>;
}

impl<T> Queue<T> for Agenda<T> {
    fn new() -> Self {
        Agenda::new()
    }

    #[inline]
    fn clear(&mut self) {
        self.clear();
    }

    #[inline]
    fn push(&mut self, time: Time, item: T) {
        self.push(time, item);
    }

    #[inline]
    fn pop(&mut self) -> Option<(Time, T)> {
        self.pop()
    }
}

/// One of the structures, at work.
pub struct Structure {
    /// Its name.
    pub name: &'static str,
    /// So many balls in the air, with such delays.
    pub hold: fn(Delays, usize) -> Box<dyn Hold>,
}

/// All of them. The first is the one that the simulator uses.
pub const STRUCTURES: [Structure; 4] = [
    Structure { name: "radix heap", hold: hold::<Agenda<Ball>> },
    Structure { name: "binary heap", hold: hold::<BinaryHeap<Ball>> },
    Structure { name: "4-ary heap", hold: hold::<FourAryHeap<Ball>> },
    Structure { name: "calendar queue", hold: hold::<CalendarQueue<Ball>> },
];

#[cfg(test)]
mod tests {
    use stormglass_machine::Dice;

    use super::*;

    /// What comes out of a queue into which things are put at random, with many of one time.
    fn order<Q: Queue<u32>>(seed: u64) -> Vec<(Time, u32)> {
        let mut dice = Dice::new(seed, "agendas", 0);
        let mut queue = Q::new();
        let (mut order, mut now) = (Vec::new(), 0_u64);
        // What was left there from an earlier run must not matter.
        queue.push(Time::from_nanos(1 << 40), 0);
        queue.push(Time::from_nanos(7), 0);
        queue.pop();
        queue.clear();
        let mut number = 0;
        for step in 0..4_000_u32 {
            // It grows first, and shrinks afterwards.
            let odds = if step < 2_000 { 700_000 } else { 300_000 };
            if dice.per_million(odds) {
                let span = dice.next_u64() >> dice.within(20..=63) & !(dice.next_u64() % 16);
                queue.push(Time::from_nanos(now + span), number);
                number += 1;
            } else if let Some((time, item)) = queue.pop() {
                now = time.as_nanos();
                order.push((time, item));
            }
        }
        order.extend(std::iter::from_fn(|| queue.pop()));
        order
    }

    #[test]
    fn all_give_the_same_order() {
        for seed in 0..50 {
            let expected = order::<Agenda<u32>>(seed);
            assert!(expected.len() > 1_500);
            assert!(expected.is_sorted_by_key(|(time, _)| *time));
            assert_eq!(order::<BinaryHeap<u32>>(seed), expected, "binary heap, seed {seed}");
            assert_eq!(order::<FourAryHeap<u32>>(seed), expected, "4-ary heap, seed {seed}");
            assert_eq!(order::<CalendarQueue<u32>>(seed), expected, "calendar queue, seed {seed}");
        }
    }

    #[test]
    fn all_do_the_same_work() {
        for delays in Delays::ALL {
            for in_flight in [1, 5, 50, 500] {
                let digest = |structure: &Structure| {
                    let mut hold = (structure.hold)(delays, in_flight);
                    hold.throw(5_000);
                    hold.throw(5_000)
                };
                let digests = STRUCTURES.each_ref().map(digest);
                assert_eq!(digests, [digests[0]; 4], "{delays:?}, {in_flight} in flight");
            }
        }
    }
}
