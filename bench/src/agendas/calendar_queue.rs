use std::collections::VecDeque;

use stormglass_machine::Time;

use super::Queue;

/// A calendar (Brown 1988): an item stands on the page of its day, whatever its year, and pages are
/// turned from day to day. The number of pages follows that of the items, and the length of a day
/// how far the next items are apart.
pub struct CalendarQueue<T> {
    /// Each with its items in order of time; at one time in that of putting in. A power of two.
    pages: Vec<VecDeque<(u64, T)>>,
    /// A day lasts two to this power of nanoseconds.
    day_bits: u32,
    /// No item is on an earlier day.
    today: u64,
    items: usize,
}

const FEWEST_PAGES: usize = 2;

/// The length of a day before there is anything to go by: about a millisecond.
const FIRST_DAY_BITS: u32 = 20;

/// The length of a day is set by the spans between so many of the first items.
const SAMPLE: usize = 25;

impl<T> Queue<T> for CalendarQueue<T> {
    fn new() -> Self {
        let pages = (0..FEWEST_PAGES).map(|_| VecDeque::new()).collect();
        CalendarQueue { pages, day_bits: FIRST_DAY_BITS, today: 0, items: 0 }
    }

    fn clear(&mut self) {
        self.pages.iter_mut().for_each(VecDeque::clear);
        self.today = 0;
        self.items = 0;
    }

    #[inline]
    fn push(&mut self, time: Time, item: T) {
        self.write(time.as_nanos(), item);
        self.items += 1;
        if self.items > 2 * self.pages.len() {
            self.resize(2 * self.pages.len());
        }
    }

    #[inline]
    fn pop(&mut self) -> Option<(Time, T)> {
        if self.items == 0 {
            return None;
        }
        self.turn_pages();
        let page = self.page(self.today);
        let (time, item) = self.pages[page].pop_front().expect("pages are turned to an item");
        self.items -= 1;
        if self.items < self.pages.len() / 2 && self.pages.len() > FEWEST_PAGES {
            self.resize(self.pages.len() / 2);
        }
        Some((Time::from_nanos(time), item))
    }
}

impl<T> CalendarQueue<T> {
    #[inline]
    fn page(&self, day: u64) -> usize {
        day as usize % self.pages.len()
    }

    /// Puts an item on its page, behind those of its time.
    #[inline]
    fn write(&mut self, time: u64, item: T) {
        let page = self.page(time >> self.day_bits);
        let page = &mut self.pages[page];
        let later = page.iter().rev().take_while(|(other, _)| *other > time).count();
        page.insert(page.len() - later, (time, item));
    }

    /// Goes to the day of the earliest item. There is one.
    #[inline]
    fn turn_pages(&mut self) {
        for day in self.today..self.today.saturating_add(self.pages.len() as u64) {
            let first = self.pages[self.page(day)].front();
            if first.is_some_and(|(time, _)| time >> self.day_bits == day) {
                self.today = day;
                return;
            }
        }
        // Nothing within a year.
        let firsts = self.pages.iter().filter_map(VecDeque::front);
        let earliest = firsts.map(|(time, _)| *time).min().expect("there is an item");
        self.today = earliest >> self.day_bits;
    }

    #[cold]
    fn resize(&mut self, count: usize) {
        let mut all: Vec<_> = self.pages.drain(..).flatten().collect();
        // Items of one time come from one page, where they stand in order: a stable sort keeps it.
        all.sort_by_key(|(time, _)| *time);
        let today = self.today << self.day_bits;
        if let Some(bits) = day_bits(&all) {
            self.day_bits = bits;
        }
        self.today = today >> self.day_bits;
        self.pages.resize_with(count, VecDeque::new);
        all.into_iter().for_each(|(time, item)| self.write(time, item));
    }
}

/// Three times the average span between the first items, without spans that are twice as long as
/// the others. Nothing if all are of one time.
fn day_bits<T>(items: &[(u64, T)]) -> Option<u32> {
    let spans = || items.windows(2).take(SAMPLE).map(|pair| pair[1].0 - pair[0].0);
    let average = |bound: u64| {
        let usual = || spans().filter(|span| *span <= bound);
        usual().map(u128::from).sum::<u128>().checked_div(usual().count() as u128)
    };
    let all = average(u64::MAX)? as u64;
    let usual = average(all.saturating_mul(2))? as u64;
    usual.saturating_mul(3).checked_ilog2()
}
