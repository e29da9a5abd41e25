//! The causal chain: what led to a violation, from there back to its roots.
//!
//! Lamport's happens-before, restricted to what matters. A step was made possible by the message,
//! timer or request that is its input, and so by the step that sent, set or asked it; and it
//! happened as it did because of what its node was then, and so because of the latest step that had
//! changed that node. What deviates has its place in the chain even if nothing follows from it: that
//! a message did *not* arrive is a cause, too.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::trace::{Place, Trace, Weight, What};

/// A chain has at most so many entries, and then ends with the path under way.
const MOST_ENTRIES: usize = 40;
/// And so many more to reach what deviates, if nothing else has.
const MOST_DEVIATING: usize = 24;

/// What led to the end of a run.
pub(crate) struct Chain {
    /// The first ends in the violation.
    pub(crate) paths: Vec<Path>,
    members: BTreeSet<usize>,
    /// Those of them that a reader must know: of several in a row that are called the same, the first
    /// and the last.
    told: BTreeSet<usize>,
    /// There is more that is not told.
    pub(crate) cut_short: bool,
}

/// Entries of which each made the next one possible, from a root, or from one that is in an earlier
/// path, to where the path joins an earlier one.
pub(crate) struct Path {
    pub(crate) entries: Vec<usize>,
    pub(crate) leads_to: LeadsTo,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LeadsTo {
    Violation,
    /// It made a node what it was in this entry.
    State(usize),
    /// Nothing came of it.
    Nothing,
}

impl Chain {
    /// The chain of a run; empty if nothing was violated.
    pub(crate) fn of(trace: &Trace) -> Chain {
        let mut chain = Chain {
            paths: Vec::new(),
            members: BTreeSet::new(),
            told: BTreeSet::new(),
            cut_short: trace.forgotten > 0,
        };
        let Some(violation) = &trace.violation else { return chain };
        let changes = changes(trace);
        let latest = |place: Place, before: usize| -> Option<usize> {
            let of_place = changes.get(&place)?;
            let end = of_place.partition_point(|number| *number < before);
            end.checked_sub(1).map(|last| of_place[last])
        };
        let mut open = VecDeque::new();
        let end = trace.numbers().end;
        match violation.at {
            Some(number) => open.push_back((number, LeadsTo::Violation)),
            // It is what the nodes were in the end.
            None => open
                .extend((0..trace.nodes).filter_map(|node| {
                    Some((latest(Place::Node(node), end)?, LeadsTo::Violation))
                })),
        }
        chain.follow(trace, &mut open, &latest, MOST_ENTRIES);
        let deviates = |number: &usize| trace.entry(*number).weight == Weight::Deviates;
        open.extend(trace.numbers().filter(deviates).map(|number| (number, LeadsTo::Nothing)));
        chain.follow(trace, &mut open, &latest, MOST_ENTRIES + MOST_DEVIATING);
        // What ends in the violation first, then what deviates.
        chain.paths.sort_by_key(|path| match path.leads_to {
            LeadsTo::Violation => 0,
            _ if path.entries.iter().any(deviates) => 1,
            _ => 2,
        });
        chain
    }

    /// True if an entry is part of it.
    pub(crate) fn has(&self, number: usize) -> bool {
        self.members.contains(&number)
    }

    /// True if an entry is part of it, and not just one of many alike.
    pub(crate) fn tells(&self, number: usize) -> bool {
        self.told.contains(&number)
    }

    /// Walks back from each open end, and from what made the nodes on the way what they were.
    fn follow(
        &mut self,
        trace: &Trace,
        open: &mut VecDeque<(usize, LeadsTo)>,
        latest: &impl Fn(Place, usize) -> Option<usize>,
        most: usize,
    ) {
        while let Some((number, leads_to)) = open.pop_front() {
            if self.members.contains(&number) {
                continue;
            }
            if self.told.len() >= most {
                self.cut_short = true;
                continue;
            }
            let path = self.back_from(trace, number);
            for number in path.iter().rev() {
                let place = trace.entry(*number).place;
                if let Some(before) = latest(place, *number).filter(|_| is_machine(trace, *number))
                {
                    open.push_back((before, LeadsTo::State(*number)));
                }
            }
            let name = |at: Option<&usize>| at.map(|number| trace.entry(*number).name.as_str());
            for (position, number) in path.iter().enumerate() {
                let around =
                    [position.checked_sub(1).and_then(|at| path.get(at)), path.get(position + 1)];
                if around.iter().any(|other| name(*other) != name(Some(number))) {
                    self.told.insert(*number);
                }
            }
            self.paths.push(Path { entries: path, leads_to });
        }
    }

    /// From an entry back to a root, or to the first that is in the chain already, which is put in
    /// front.
    fn back_from(&mut self, trace: &Trace, number: usize) -> Vec<usize> {
        let mut path = VecDeque::new();
        let mut next = Some(number);
        while let Some(number) = next {
            path.push_front(number);
            if !self.members.insert(number) {
                break;
            }
            next = trace.cause(number);
        }
        path.into()
    }
}

/// True if what happens depends on what a node is.
fn is_machine(trace: &Trace, number: usize) -> bool {
    let entry = trace.entry(number);
    entry.is_step() || matches!(entry.what, What::Crash | What::GoesOn)
}

/// For each node, the entries that have changed it.
fn changes(trace: &Trace) -> BTreeMap<Place, Vec<usize>> {
    let mut changes: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for number in trace.numbers() {
        let entry = trace.entry(number);
        if entry.changes() {
            changes.entry(entry.place).or_default().push(number);
        }
    }
    changes
}
