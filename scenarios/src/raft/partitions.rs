//! Links are cut, clogged and slow, one way and both, and some stay so for ever.

use std::time::Duration;

use stormglass_machine::Dice;
use stormglass_raft::{Bug, Options, Role};
use stormglass_simulator::{Asked, Faults, Property, Settings};

use super::host::Ask;
use super::plan::{self, Plan, Replicated};
use super::workload::Workload;

/// The plan.
pub const PLAN: Plan = Plan {
    name: "raft-partitions",
    about: "Links are cut, clogged and slow; a majority that hears itself goes on.",
    nodes: 3..=5,
    settings,
    configure,
    ask,
    sometimes,
    bugs: &[
        Bug::DuplicateGrants,
        Bug::OldGrants,
        Bug::VoteClearedInTerm,
        Bug::VotesTwice,
        Bug::StaleLeaderResetsTimer,
        Bug::TermFalls,
        Bug::HalfIsMajority,
        Bug::IndexAmbiguous,
        Bug::NeverTruncates,
        Bug::MatchIsLastIndex,
        Bug::OverwritesNeedlessly,
        Bug::CommandsBeforeElected,
        Bug::DeposedLeaderAppends,
        Bug::ReadUnconfirmed,
        Bug::ReadKeyedByClient,
        Bug::OldRoundConfirms,
        Bug::ReadDropped,
        Bug::PreVoteIgnoresLeader,
        Bug::PreVoteTermIgnored,
        Bug::FormerLeaderRefused,
        Bug::NoCheckQuorum,
    ],
    ..plan::PLAN
};

fn settings() -> Settings {
    let faults = Faults {
        delay: true,
        drop: true,
        duplicate: true,
        cut: true,
        clog: true,
        throttle: true,
        pause: true,
        client_link: true,
        core: true,
        ..Faults::NONE
    };
    Settings { faults, ..plan::settings() }
}

/// Every other node gathers proposals for long, and may not lead any more when it appends them.
fn configure(options: Options, count: u32) -> Options {
    let batch_delay = Duration::from_millis(u64::from(options.node.0 % 2) * 20);
    Options { batch_delay, follower_reads: true, ..(plan::PLAN.configure)(options, count) }
}

fn ask(count: u32, dice: &mut Dice, asked: &mut Vec<Asked<Ask>>) {
    Workload::new(count, dice, asked, plan::ASKED).operations(6);
}

fn sometimes() -> Vec<Property<Replicated>> {
    vec![
        Property::sometimes("two nodes lead at once", |world, _| {
            world.live().filter(|(_, raft)| raft.role() == Role::Leader).count() > 1
        }),
        Property::sometimes("a log is cut", |world, _| world.ghost().tally().truncations > 0),
    ]
}
