//! What is counted, not judged.

use stormglass_simulator::{Facts, World};

use super::group::Tally;
use super::liveness::Judged;

/// A name, and what it counts.
type Counted = (&'static str, fn(&Tally) -> u64);

const COUNTED: [Counted; 8] = [
    ("elections won", |tally| tally.elections),
    ("entries committed", |tally| tally.commits),
    ("logs cut", |tally| tally.truncations),
    ("snapshots installed", |tally| tally.snapshots_installed),
    ("reads answered", |tally| tally.reads),
    ("configurations proposed", |tally| tally.configurations),
    ("joint configurations proposed", |tally| tally.joint),
    ("leaders that ask another to stand", |tally| tally.transfers),
];

/// Counts what a run showed.
pub fn count<S: Judged>(world: &World<'_, S>, facts: &mut Facts) {
    for (name, of) in COUNTED {
        facts.add(name, world.ghost().groups.iter().map(|group| of(&group.tally)).sum());
    }
}
