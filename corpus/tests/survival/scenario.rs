//! Scenarios whose machines have changed: everything else is as it was.

use std::cell::RefCell;
use std::ops::RangeInclusive;

use stormglass_campaign::Registry;
use stormglass_machine::{Dice, Machine, NodeId};
use stormglass_scenarios::faction::{Bootstrap, Churn, Deadline};
use stormglass_scenarios::raft::Replicated;
use stormglass_scenarios::replica::{Mode, Replication};
use stormglass_scenarios::{raft, replica};
use stormglass_simulator::{
    Asked, Clients, Cluster, Event, Knob, Knobs, Mirror, Property, Redundancy, RequestOf, Scenario,
    Settings, Verdict, World,
};

use super::change::Change;
use super::changed::{Changed, With};

/// A scenario with one change.
struct Variant<S: 'static> {
    unchanged: &'static S,
    change: Change,
}

/// What the checkers of the unchanged scenario look at, from the first event on.
struct Seen<S: Scenario + 'static>(RefCell<Option<Mirror<S>>>);

impl<S: Scenario> Default for Seen<S> {
    fn default() -> Self {
        Seen(RefCell::new(None))
    }
}

impl<S: Scenario> Variant<S> {
    /// How many of so many nodes take part.
    fn members(&self, count: u32) -> u32 {
        count - u32::from(self.change == Change::Bystander)
    }
}

impl<S> Scenario for Variant<S>
where
    S: Scenario + 'static,
    S::Machine: Clone,
{
    type Machine = Changed<S::Machine>;
    type Ghost = Seen<S>;

    fn name(&self) -> &str {
        self.unchanged.name()
    }

    fn nodes(&self) -> RangeInclusive<u32> {
        let (least, most) = self.unchanged.nodes().into_inner();
        let more = u32::from(self.change == Change::Bystander);
        least + more..=most + more
    }

    fn machine(&self, node: NodeId, count: u32) -> Self::Machine {
        self.tuned_machine(node, count, &Knobs::default())
    }

    fn tuned_machine(&self, node: NodeId, count: u32, knobs: &Knobs) -> Self::Machine {
        let members = self.members(count);
        let inside = (node.0 < members).then(|| self.unchanged.tuned_machine(node, members, knobs));
        Changed { inside, change: self.change, count }
    }

    fn knobs(&self) -> Vec<Knob> {
        self.unchanged.knobs()
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let goals = [goal::<S, 0>, goal::<S, 1>, goal::<S, 2>, goal::<S, 3>, goal::<S, 4>];
        let always = |world: &World<'_, Self>, node| match &mut *world.ghost().0.borrow_mut() {
            Some(mirror) => mirror.always(world, node),
            None => Ok(()),
        };
        let finally = |world: &World<'_, Self>| match &mut *world.ghost().0.borrow_mut() {
            Some(mirror) => mirror.finally(world),
            None => Ok(()),
        };
        let mut all = Mirror::goals(self.unchanged, &goals);
        all.extend([Property::always("always", always), Property::finally("finally", finally)]);
        all
    }

    fn clients(&self) -> Option<Clients<Self::Machine>> {
        self.unchanged.clients().map(Clients::of)
    }

    fn core(&self, count: u32) -> Option<u32> {
        self.unchanged.core(self.members(count))
    }

    fn recoverable(&self, world: &World<'_, Self>) -> bool {
        world.ghost().0.borrow_mut().as_mut().is_none_or(|mirror| mirror.recoverable(world))
    }

    fn observe(
        &self,
        ghost: &mut Self::Ghost,
        cluster: &Cluster<Self::Machine>,
        event: Event<'_, Self::Machine>,
    ) {
        let members = self.members(cluster.count());
        let mirror = ghost.0.get_mut();
        mirror
            .get_or_insert_with(|| Mirror::new(self.unchanged, members, cluster))
            .observe(cluster, event);
    }

    fn settings(&self) -> Settings {
        self.unchanged.settings()
    }

    fn tolerates(&self, count: u32) -> Vec<Redundancy> {
        self.unchanged.tolerates(self.members(count))
    }

    fn requests(&self, count: u32, dice: &mut Dice, asked: &mut Vec<Asked<RequestOf<Self>>>) {
        self.unchanged.requests(self.members(count), dice, asked);
    }

    fn simpler(&self, request: &RequestOf<Self>) -> Vec<RequestOf<Self>> {
        self.unchanged.simpler(request)
    }

    fn corrupt(
        &self,
        message: &<Self::Machine as Machine>::Message,
        value: u64,
    ) -> Option<<Self::Machine as Machine>::Message> {
        match message {
            With::New => None,
            With::Own { own, renamed } => {
                let own = self.unchanged.corrupt(own, value)?;
                Some(With::Own { own, renamed: *renamed })
            }
        }
    }

    fn planted(&self) -> Option<&str> {
        self.unchanged.planted()
    }
}

/// The nth of what must come true in the calm.
fn goal<S, const NTH: usize>(world: &World<'_, Variant<S>>) -> Verdict
where
    S: Scenario<Machine: Clone> + 'static,
{
    match &mut *world.ghost().0.borrow_mut() {
        Some(mirror) => mirror.comes_true(NTH, world),
        None => Ok(()),
    }
}

/// All scenarios of a registry in which something is planted, each with this change. Not the one
/// with many groups: to keep fifty groups in a mirror takes too long for a test.
pub fn changed(change: Change) -> Registry {
    fn variant<S: Scenario>(unchanged: S, change: Change) -> Variant<S> {
        Variant { unchanged: Box::leak(Box::new(unchanged)), change }
    }
    let unchanged = stormglass_scenarios::registry();
    unchanged.entries().iter().fold(Registry::new(), |registry, entry| {
        let (name, about, bugs) = (entry.name, entry.about, entry.bugs.clone());
        match name {
            Bootstrap::NAME => registry.with_planted(name, about, bugs, move |bug| {
                variant(Bootstrap { planted: bug.map(of_faction) }, change)
            }),
            Churn::NAME => registry.with_planted(name, about, bugs, move |bug| {
                variant(Churn { planted: bug.map(of_faction) }, change)
            }),
            Deadline::NAME => registry.with_planted(name, about, bugs, move |bug| {
                variant(Deadline { planted: bug.map(of_faction) }, change)
            }),
            _ => {
                let of_raft_plan = raft::PLANS.into_iter().find(|plan| plan.name == name);
                let of_replica_plan = replica::PLANS.into_iter().find(|plan| plan.names[0] == name);
                match (of_raft_plan, of_replica_plan) {
                    (Some(plan), _) => registry.with_planted(name, about, bugs, move |bug| {
                        variant(Replicated::new(plan).with_bug(bug.map(of_raft)), change)
                    }),
                    (None, Some(plan)) => registry.with_planted(name, about, bugs, move |bug| {
                        let replication = Replication::new(plan, Mode::Hardened);
                        variant(replication.with_bug(bug.map(of_replica)), change)
                    }),
                    (None, None) => registry,
                }
            }
        }
    })
}

/// Bugs by their names, which the registry has.
macro_rules! bug_called {
    ($function:ident, $machine:ident) => {
        fn $function(name: &'static str) -> $machine::Bug {
            let mut all = $machine::Bug::ALL.iter().copied();
            all.find(|bug| bug.name() == name).expect("the registry knows it")
        }
    };
}

bug_called!(of_faction, stormglass_faction);
bug_called!(of_replica, stormglass_replica);
bug_called!(of_raft, stormglass_raft);
