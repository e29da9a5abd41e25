//! An operator restarts one node after the other, again and again, while clients go on asking.

use std::time::Duration;

use stormglass_machine::{Dice, NodeId};
use stormglass_simulator::{Asked, Crash, Faults, Property, Settings};

use super::host::Ask;
use super::plan::{self, Plan, Replicated};
use super::workload::Workload;

/// The plan.
pub const PLAN: Plan = Plan {
    name: "raft-rolling-restart",
    about: "One node after the other is restarted, again and again; work goes on.",
    nodes: 3..=5,
    settings,
    ask,
    restarts,
    sometimes,
    ..plan::PLAN
};

fn settings() -> Settings {
    let faults = Faults {
        delay: true,
        drop: true,
        late_timer: true,
        slow_flush: true,
        client_link: true,
        ..Faults::NONE
    };
    Settings { faults, flush: Duration::from_millis(1), ..plan::settings() }
}

fn ask(count: u32, dice: &mut Dice, asked: &mut Vec<Asked<Ask>>) {
    Workload::new(count, dice, asked, plan::ASKED).operations(7);
}

/// Each node is down for a while, and the next one follows a while after it has come back.
fn restarts(count: u32, dice: &mut Dice) -> Vec<Crash> {
    let down = Duration::from_millis(dice.below(400));
    let pause = Duration::from_millis(1 + dice.below(600));
    let first = dice.below(count.into()) as u32;
    let mut at = Duration::from_millis(500 + dice.below(500));
    let mut restarts = Vec::new();
    for nth in 0.. {
        if at >= plan::STORM {
            break;
        }
        let nodes = vec![NodeId((first + nth) % count)];
        restarts.push(Crash { nodes, at, after_effects: None, down, lose: 0 });
        at += down + pause;
    }
    restarts
}

fn sometimes() -> Vec<Property<Replicated>> {
    vec![
        Property::sometimes("every node has been restarted", |world, _| {
            world.ids().all(|node| world.crashes(node) > 0)
        }),
        Property::sometimes("every node has been restarted, and all answer at once", |world, _| {
            world.ids().all(|node| world.crashes(node) > 0)
                && world.live().count() == world.count() as usize
                && world.ghost().tally().reads > 0
        }),
    ]
}
