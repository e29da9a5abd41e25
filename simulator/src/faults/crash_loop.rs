//! A node crashes again and again.

use std::time::Duration;

use super::{Episodes, Family, LONGEST_DELAY, millis};

pub(super) const FAMILY: Family = Family {
    name: "crash loop",
    what: "A node crashes again shortly after each start, or in its first steps, several times.",
    parameters: "as of a crash",
    dull: "no nodes",
    only_finds: "a node that stays down for good after a few quick starts",
    switch: |faults, on| faults.crash_loop = on,
};

/// The most crashes of a loop.
const MOST_CRASHES: u64 = 12;

impl<R> Episodes<'_, R> {
    pub(super) fn crash_loop(&mut self) {
        let (node, mut at) = (self.node(), self.at());
        let longest = millis(self.settings.latency * (LONGEST_DELAY >> self.dice.below(8)));
        for _ in 0..self.dice.within(2..=MOST_CRASHES) {
            if at >= self.settings.storm {
                return;
            }
            // Two of three strike in the middle of a step, of which the first is that of the start.
            let after_effects = self.dice.below(3).checked_sub(1).map(|after| after as u32);
            let down = Duration::from_millis(self.dice.below(longest));
            let mut nodes = self.planner.side(self.count);
            nodes.push(node);
            self.crash_at(nodes, at, after_effects, down);
            at += down + Duration::from_millis(1 + self.dice.below(longest));
        }
    }
}
