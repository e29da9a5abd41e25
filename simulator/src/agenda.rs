use std::cmp::Reverse;
use std::collections::BinaryHeap;

use stormglass_machine::Time;

/// What is going to happen, in order of time; at one time in the order it was put in.
///
/// The heap holds keys of 24 bytes; what happens stands in a slab beside it, so that sifting
/// moves little and nothing is allocated once the slab has grown.
pub(crate) struct Agenda<T> {
    keys: BinaryHeap<Reverse<(Time, u64, u32)>>,
    slots: Vec<Option<T>>,
    free: Vec<u32>,
    sequence: u64,
}

impl<T> Agenda<T> {
    pub(crate) fn new() -> Self {
        Agenda { keys: BinaryHeap::new(), slots: Vec::new(), free: Vec::new(), sequence: 0 }
    }

    pub(crate) fn clear(&mut self) {
        self.keys.clear();
        self.slots.clear();
        self.free.clear();
        self.sequence = 0;
    }

    pub(crate) fn push(&mut self, time: Time, item: T) {
        let slot = match self.free.pop() {
            Some(slot) => {
                self.slots[slot as usize] = Some(item);
                slot
            }
            None => {
                self.slots.push(Some(item));
                self.slots.len() as u32 - 1
            }
        };
        self.keys.push(Reverse((time, self.sequence, slot)));
        self.sequence += 1;
    }

    pub(crate) fn pop(&mut self) -> Option<(Time, T)> {
        let Reverse((time, _, slot)) = self.keys.pop()?;
        let item = self.slots[slot as usize].take().expect("each key owns a full slot");
        self.free.push(slot);
        Some((time, item))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn earlier_first_and_first_come_first_served() {
        let mut agenda = Agenda::new();
        for (time, name) in [(5, "c"), (1, "a"), (5, "d"), (1, "b")] {
            agenda.push(Time::from_nanos(time), name);
        }
        agenda.pop();
        agenda.push(Time::from_nanos(5), "e");
        let rest: Vec<_> = std::iter::from_fn(|| agenda.pop()).map(|(_, name)| name).collect();
        assert_eq!(rest, ["b", "c", "d", "e"]);
    }
}
