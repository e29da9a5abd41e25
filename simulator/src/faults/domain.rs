//! A whole failure domain fails at once: a rack, a zone.

use super::{Clog, Cut, Episodes, Family, Shape};
use crate::Deviation;

pub(super) const FAMILY: Family = Family {
    name: "domain",
    what: "All nodes of a failure domain crash at once, or are cut off or clogged if the scenario \
           allows cuts or clogs. Strikes if the scenario says which domains there are.",
    parameters: "as of a crash, a cut, a clog",
    dull: "no nodes",
    only_finds: "two copies in one rack that are taken for as good as a disk",
    switch: |faults, on| faults.domain = on,
};

impl<R> Episodes<'_, R> {
    pub(super) fn domain(&mut self) {
        let mut nodes = self.planner.side(self.count);
        nodes.extend(self.dice.pick(&self.planner.domains[&self.count]));
        let faults = &self.settings.faults;
        match self.dice.below(4) {
            0 if faults.cut => {
                let (shape, at) = (Shape::Split(nodes), self.at());
                let lasts = self.span(at);
                self.plan.push(Deviation::Cut(Cut { shape, at, lasts }));
            }
            1 if faults.clog => {
                let (shape, at) = (Shape::Split(nodes), self.at());
                let lasts = self.span(at);
                self.plan.push(Deviation::Clog(Clog { shape, at, lasts }));
            }
            _ => self.crash_of(nodes, None),
        }
    }
}
