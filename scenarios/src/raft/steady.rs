//! Clients ask all the time, and the network is a little unreliable. Leaders gather proposals
//! before they append them, and followers ask their leader on behalf of those who read.

use std::time::Duration;

use stormglass_machine::Dice;
use stormglass_raft::{Bug, Options, Role};
use stormglass_simulator::{Asked, Faults, Property, Settings};

use super::host::Ask;
use super::plan::{self, Plan, Replicated};
use super::workload::Workload;

/// The plan.
pub const PLAN: Plan = Plan {
    name: "raft-steady",
    about: "Clients ask all the time; messages are lost, late and doubled.",
    nodes: 5..=5,
    settings,
    configure,
    ask,
    sometimes,
    bugs: &[
        Bug::SameTimeout,
        Bug::MatchFalls,
        Bug::RefusalUnmatched,
        Bug::LossUndetected,
        Bug::BatchAnsweredAtOnce,
        Bug::RetryAppliedTwice,
        Bug::HigherTermUnanswered,
        Bug::CompactedIsConflict,
        Bug::OldSnapshotRewinds,
        Bug::FollowerServesReads,
        Bug::ReplyMixedUp,
    ],
    ..plan::PLAN
};

fn settings() -> Settings {
    let faults = Faults {
        delay: true,
        drop: true,
        duplicate: true,
        late_timer: true,
        client_link: true,
        ..Faults::NONE
    };
    Settings { faults, ..plan::settings() }
}

fn configure(options: Options, count: u32) -> Options {
    let batch_delay = Duration::from_millis(3);
    // Whoever falls behind a little finds the log compacted.
    let snapshot_threshold = 4;
    let options = (plan::PLAN.configure)(options, count);
    Options { batch_delay, snapshot_threshold, follower_reads: true, ..options }
}

fn ask(count: u32, dice: &mut Dice, asked: &mut Vec<Asked<Ask>>) {
    Workload::new(count, dice, asked, plan::ASKED).operations(7);
}

fn sometimes() -> Vec<Property<Replicated>> {
    vec![
        Property::sometimes("another node than the first leads", |world, node| {
            node.0 > 0 && world.machine(node).role() == Role::Leader
        }),
        Property::sometimes("a follower installs a snapshot", |world, _| {
            world.ghost().tally().snapshots_installed > 0
        }),
    ]
}
