//! Restarts that an operator makes happen as they are planned, whatever the faults.

use std::ops::RangeInclusive;
use std::time::Duration;

use stormglass_machine::{Dice, Env, Input, Machine, NodeId};
use stormglass_simulator::{
    Cluster, Crash, Deviation, Event, Faults, Property, Scenario, Settings, World,
};

/// Does nothing.
struct Idle;

impl Machine for Idle {
    type Message = ();
    type Request = ();
    type Response = ();
    type Timer = ();
    type Record = ();

    fn restore(&mut self, (): ()) {}

    fn step(&mut self, _: Input<Self>, _: &mut Env<'_, Self>) {}

    fn state(&self) -> &'static str {
        "Idle"
    }
}

/// One node after the other is restarted.
struct Upgrade;

impl Scenario for Upgrade {
    type Machine = Idle;
    type Ghost = Vec<NodeId>;

    fn name(&self) -> &str {
        "upgrade"
    }

    fn nodes(&self) -> RangeInclusive<u32> {
        3..=5
    }

    fn machine(&self, _: NodeId, _: u32) -> Idle {
        Idle
    }

    fn properties(&self) -> Vec<Property<Self>> {
        Vec::new()
    }

    fn settings(&self) -> Settings {
        Settings { faults: Faults::NONE, ..Settings::default() }
    }

    fn restarts(&self, count: u32, dice: &mut Dice) -> Vec<Crash> {
        let down = Duration::from_millis(dice.below(900));
        let restart = |node: u32| Crash {
            nodes: vec![NodeId(node)],
            at: Duration::from_secs(1 + u64::from(node)),
            after_effects: None,
            down,
            lose: 0,
        };
        (0..count).map(restart).collect()
    }

    fn observe(&self, crashed: &mut Vec<NodeId>, _: &Cluster<Idle>, event: Event<'_, Idle>) {
        if let Event::Crashed { node, .. } = event {
            crashed.push(node);
        }
    }
}

#[test]
fn one_node_after_the_other_is_restarted() {
    let mut world = World::new(&Upgrade);
    let mut sizes = [false; 3];
    for seed in 0..20 {
        let recorded = world.record(seed);
        let count = world.count();
        sizes[count as usize - 3] = true;
        assert!(world.ghost().iter().copied().eq(world.ids()), "each once, in their order");
        assert!(world.ids().all(|node| world.is_up(node) && world.crashes(node) == 1));
        let crashes = |deviation: &&Deviation<()>| matches!(deviation, Deviation::Crash(_));
        assert_eq!(recorded.deviations.iter().filter(crashes).count(), count as usize);
        let replayed = world.replay(seed, &recorded.deviations, u64::MAX, &mut ());
        assert_eq!(replayed.outcome, recorded.outcome);
    }
    assert_eq!(sizes, [true; 3]);
}

/// They are deviations like all others: what is left out does not happen.
#[test]
fn a_restart_can_be_left_out() {
    let mut world = World::new(&Upgrade);
    let mut deviations = world.record(7).deviations;
    deviations.retain(|one| !matches!(one, Deviation::Crash(crash) if crash.nodes == [NodeId(1)]));
    let replayed = world.replay(7, &deviations, u64::MAX, &mut ());
    assert!(replayed.matched.iter().all(|matched| *matched));
    assert_eq!(world.crashes(NodeId(1)), 0);
    assert_eq!(world.crashes(NodeId(2)), 1);
}
