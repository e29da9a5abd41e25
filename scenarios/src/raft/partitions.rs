//! Links are cut, clogged and slow, one way and both, and some stay so for ever.

use stormglass_machine::Dice;
use stormglass_raft::{Bug, Role};
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
    ask,
    sometimes,
    bugs: &[
        Bug::VoteClearedInTerm,
        Bug::VotesTwice,
        Bug::StaleLeaderResetsTimer,
        Bug::TermFalls,
        Bug::HalfIsMajority,
        Bug::CommitsOldTerms,
        Bug::NeverTruncates,
        Bug::MatchIsLastIndex,
        Bug::DeposedLeaderAppends,
        Bug::ReadUnconfirmed,
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
