use stormglass_machine::Time;

/// What is going to happen, in order of time; at one time in the order it was put in.
///
/// A radix heap (Ahuja, Mehlhorn, Orlin and Tarjan 1990) in base 64, which is the shape of a
/// hierarchical timing wheel (Varghese and Lauck 1987) without ticks. An item stands where its
/// time first differs from that of the last item taken out: the level is the place of that base-64
/// digit, the list is the digit. So the first list of the lowest level holds the earliest items.
/// If that list has several times, its items are told apart by moving them to lower levels.
///
/// Nothing is ever compared but times of one list. Where an item stands follows from its time and
/// from `last` alone, so items of one time share a list at every moment, and since lists are only
/// appended to and walked from the front, they stay in the order in which they came. Lists are
/// threaded through the slots: nothing is allocated once there are as many slots as were ever full
/// at a time.
pub(crate) struct Agenda<T> {
    /// Not later than anything on the agenda.
    last: u64,
    /// A bit for each level that is not empty.
    levels: u16,
    /// For each level, a bit for each list that is not empty.
    occupied: [u64; LEVELS],
    lists: Box<[List; LEVELS * DIGITS]>,
    slots: Vec<Slot<T>>,
    /// The first of the empty slots, which are linked.
    free: u32,
}

/// The base is `1 << BITS`.
const BITS: u32 = 6;
const DIGITS: usize = 1 << BITS;
const LEVELS: usize = u64::BITS.div_ceil(BITS) as usize;

/// No slot has this number.
const NONE: u32 = u32::MAX;

/// The first and the last slot of a list that is not empty.
#[derive(Clone, Copy)]
struct List {
    first: u32,
    last: u32,
}

struct Slot<T> {
    time: u64,
    next: u32,
    item: Option<T>,
}

impl<T> Agenda<T> {
    pub(crate) fn new() -> Self {
        let empty = List { first: NONE, last: NONE };
        Agenda {
            last: 0,
            levels: 0,
            occupied: [0; LEVELS],
            lists: Box::new([empty; LEVELS * DIGITS]),
            slots: Vec::new(),
            free: NONE,
        }
    }

    pub(crate) fn clear(&mut self) {
        self.last = 0;
        self.levels = 0;
        self.occupied = [0; LEVELS];
        self.slots.clear();
        self.free = NONE;
    }

    /// Forgets everything, as of this time.
    pub(crate) fn clear_at(&mut self, now: Time) {
        self.clear();
        self.last = now.as_nanos();
    }

    /// Puts an item in, at a time not before that of the last item taken out.
    #[inline(always)]
    pub(crate) fn push(&mut self, time: Time, item: T) {
        let time = time.as_nanos();
        assert!(time >= self.last, "nothing is put on the agenda for a time that is over");
        let full = Slot { time, next: NONE, item: Some(item) };
        let slot = match self.slots.get_mut(self.free as usize) {
            Some(empty) => {
                let slot = self.free;
                self.free = empty.next;
                *empty = full;
                slot
            }
            None => {
                self.slots.push(full);
                self.slots.len() as u32 - 1
            }
        };
        self.place(slot, time);
    }

    /// Takes out the earliest item.
    #[inline(always)]
    pub(crate) fn pop(&mut self) -> Option<(Time, T)> {
        loop {
            let level = self.levels.trailing_zeros() as usize;
            let digit = self.occupied.get(level)?.trailing_zeros() as usize;
            let list = &mut self.lists[level * DIGITS + digit];
            let List { first, last } = *list;
            // A list of the lowest level holds one time only.
            if level == 0 || first == last {
                let slot = &mut self.slots[first as usize];
                list.first = slot.next;
                slot.next = self.free;
                self.free = first;
                self.last = slot.time;
                let item = slot.item.take().expect("a slot in a list is full");
                if first == last {
                    self.vacate(level, digit);
                }
                return Some((Time::from_nanos(self.last), item));
            }
            self.vacate(level, digit);
            self.tell_apart(List { first, last });
        }
    }

    /// When the earliest item is due. Walks a list; the hot loop does without.
    pub(crate) fn next_time(&self) -> Option<Time> {
        let level = self.levels.trailing_zeros() as usize;
        let digit = self.occupied.get(level)?.trailing_zeros() as usize;
        let (mut earliest, mut next) = (u64::MAX, self.lists[level * DIGITS + digit].first);
        while let Some(slot) = self.slots.get(next as usize) {
            earliest = earliest.min(slot.time);
            next = slot.next;
        }
        Some(Time::from_nanos(earliest))
    }

    /// Everything on it, in order.
    pub(crate) fn in_order(&self) -> Vec<(Time, &T)> {
        let mut all = Vec::new();
        for (position, List { first, last }) in self.lists.iter().enumerate() {
            if self.occupied[position / DIGITS] >> (position % DIGITS) & 1 == 0 {
                continue;
            }
            let mut next = *first;
            while let Some(Slot { time, next: after, item }) = self.slots.get(next as usize) {
                let item = item.as_ref().expect("a slot in a list is full");
                all.push((Time::from_nanos(*time), item));
                next = if next == *last { NONE } else { *after };
            }
        }
        // Stable: what comes at one time stands in one list, in the order in which it came.
        all.sort_by_key(|(time, _)| *time);
        all
    }

    /// Puts a full slot at the end of the list in which it belongs.
    #[inline(always)]
    fn place(&mut self, slot: u32, time: u64) {
        let difference = (time ^ self.last) | 1;
        let level = (difference.ilog2() / BITS) as usize;
        let digit = (time >> (level as u32 * BITS)) as usize % DIGITS;
        let list = &mut self.lists[level * DIGITS + digit];
        if self.occupied[level] >> digit & 1 == 1 {
            self.slots[list.last as usize].next = slot;
        } else {
            list.first = slot;
            self.occupied[level] |= 1 << digit;
            self.levels |= 1 << level;
        }
        list.last = slot;
    }

    #[inline(always)]
    fn vacate(&mut self, level: usize, digit: usize) {
        self.occupied[level] &= !(1 << digit);
        if self.occupied[level] == 0 {
            self.levels &= !(1 << level);
        }
    }

    /// Moves the items of what was the first list to lower levels.
    #[inline(never)]
    fn tell_apart(&mut self, List { first, last }: List) {
        let (mut earliest, mut latest) = (u64::MAX, 0);
        let mut next = first;
        while let Some(slot) = self.slots.get(next as usize) {
            earliest = earliest.min(slot.time);
            latest = latest.max(slot.time);
            next = slot.next;
        }
        self.last = earliest;
        if earliest == latest {
            let digit = earliest as usize % DIGITS;
            self.lists[digit] = List { first, last };
            self.occupied[0] = 1 << digit;
            self.levels |= 1;
            return;
        }
        next = first;
        while let Some(slot) = self.slots.get_mut(next as usize) {
            let (moved, time) = (next, slot.time);
            next = std::mem::replace(&mut slot.next, NONE);
            self.place(moved, time);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use stormglass_machine::Dice;

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

    /// Spans of every size, many of them equal, against a map ordered by time and number.
    #[test]
    fn agrees_with_an_ordered_map() {
        let mut dice = Dice::new(0, "agenda", 0);
        let mut agenda = Agenda::new();
        for round in 0..200 {
            let mut twin = BTreeMap::new();
            let (mut now, mut number) = (0_u64, 0_u32);
            agenda.clear();
            for _ in 0..500 {
                if dice.below(100) < 55 {
                    let span = dice.next_u64() >> dice.within(1..=63) & !(dice.next_u64() % 16);
                    let time = now.saturating_add(span);
                    agenda.push(Time::from_nanos(time), number);
                    twin.insert((time, number), ());
                    number += 1;
                } else {
                    let next = agenda.next_time().map(Time::as_nanos);
                    assert_eq!(next, twin.keys().next().map(|(time, _)| *time));
                    let expected = twin.pop_first().map(|((time, number), ())| (time, number));
                    let popped = agenda.pop().map(|(time, number)| (time.as_nanos(), number));
                    assert_eq!(popped, expected, "round {round}");
                    now = popped.map_or(now, |(time, _)| time);
                }
            }
            let listed = agenda.in_order().into_iter();
            let listed: Vec<_> = listed.map(|(time, item)| (time.as_nanos(), *item)).collect();
            let rest: Vec<_> = std::iter::from_fn(|| agenda.pop())
                .map(|(time, item)| (time.as_nanos(), item))
                .collect();
            assert_eq!(listed, rest);
            assert_eq!(rest, twin.into_keys().collect::<Vec<_>>());
        }
    }

    #[test]
    #[should_panic(expected = "a time that is over")]
    fn the_past_is_refused() {
        let mut agenda = Agenda::new();
        agenda.push(Time::from_nanos(7), ());
        agenda.pop();
        agenda.push(Time::from_nanos(6), ());
    }
}
