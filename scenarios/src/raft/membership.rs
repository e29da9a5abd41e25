//! Members come and go, one at a time and all at once, while everything fails that can. Two
//! operators do not know of each other.

use stormglass_machine::{Dice, NodeId};
use stormglass_raft::{Bug, Options};
use stormglass_simulator::{Asked, Faults, Property, Settings};

use super::host::Ask;
use super::plan::{self, Plan, Replicated};
use super::workload::Workload;

/// The plan.
pub const PLAN: Plan = Plan {
    name: "raft-membership",
    about: "Members come and go under every fault; a group never splits, and changes end.",
    nodes: 3..=6,
    settings,
    configure,
    ask,
    sometimes,
    bugs: &[
        Bug::LearnerConfirms,
        Bug::TwoChangesAtOnce,
        Bug::ConfigurationWhenCommitted,
        Bug::RemovedLeaderCounts,
        Bug::OneMajorityInJoint,
        Bug::NoRollback,
        Bug::ConfigurationForgotten,
        Bug::LearnerNeverVotes,
        Bug::RemovedLeaderStays,
        Bug::QuorumNotRecounted,
    ],
    ..plan::PLAN
};

fn settings() -> Settings {
    Settings { faults: Faults::ALL, ..plan::settings() }
}

/// A group begins with three; the others wait to be called.
fn configure(options: Options, count: u32) -> Options {
    let initial_voters = (0..3).map(NodeId).collect();
    Options { initial_voters, ..(plan::PLAN.configure)(options, count) }
}

fn ask(count: u32, dice: &mut Dice, asked: &mut Vec<Asked<Ask>>) {
    let mut workload = Workload::new(count, dice, asked, plan::ASKED);
    workload.operations(5);
    workload.to = plan::STORM;
    workload.changes(12);
}

fn sometimes() -> Vec<Property<Replicated>> {
    vec![
        Property::sometimes("a configuration is joint", |world, _| world.ghost().tally().joint > 0),
        Property::sometimes("another node than the first three votes", |world, node| {
            node.0 > 2 && world.machine(node).configuration().is_voter(node)
        }),
        Property::sometimes("a single voter is left", |world, node| {
            let configuration = world.machine(node).configuration();
            configuration.voters() == [node] && !configuration.is_joint()
        }),
        Property::sometimes("there is a learner", |world, node| {
            !world.machine(node).configuration().learners().is_empty()
        }),
    ]
}
