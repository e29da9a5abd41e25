//! Snapshots all the time, in many small pieces, while everything fails that can: followers fall
//! behind what is compacted away, and leaders change while a snapshot is on its way.

use std::time::Duration;

use stormglass_machine::Dice;
use stormglass_raft::{Bug, Options};
use stormglass_simulator::{Asked, Faults, Property, Settings};

use super::host::Ask;
use super::plan::{self, Plan, Replicated};
use super::workload::Workload;

/// The plan.
pub const PLAN: Plan = Plan {
    name: "raft-snapshots",
    about: "Snapshots every few entries, in small pieces, under every fault.",
    nodes: 3..=5,
    settings,
    configure,
    ask,
    // A leader that nobody hears is asked for much that no other node ever gets.
    patience: Some(Duration::from_millis(90)),
    sometimes,
    bugs: &[
        Bug::CommitsOldTerms,
        Bug::PreviousTermZero,
        Bug::InstallKeepsTail,
        Bug::SnapshotTermWrong,
        Bug::ChunksUnkeyed,
        Bug::ChunkNotRepeated,
        Bug::SnapshotMissesEntry,
    ],
    ..plan::PLAN
};

fn settings() -> Settings {
    Settings { faults: Faults::ALL, ..plan::settings() }
}

/// Each node keeps its own number of entries before a snapshot.
fn configure(options: Options, count: u32) -> Options {
    let node = u64::from(options.node.0);
    Options {
        snapshot_threshold: 3 + node,
        trailing_entries: node % 3,
        snapshot_chunk_bytes: 24,
        entries_per_message: 3,
        in_flight_messages: 3,
        session_limit: 2,
        ..(plan::PLAN.configure)(options, count)
    }
}

fn ask(count: u32, dice: &mut Dice, asked: &mut Vec<Asked<Ask>>) {
    Workload::new(count, dice, asked, plan::ASKED).operations(7);
}

fn sometimes() -> Vec<Property<Replicated>> {
    vec![
        Property::sometimes("a snapshot is installed", |world, _| {
            world.ghost().tally().snapshots_installed > 0
        }),
        Property::sometimes("a snapshot is half there", |world, node| {
            world.machine(node).incoming_snapshot().is_some_and(|(_, bytes)| bytes > 24)
        }),
    ]
}
