//! Scenarios whose machines have changed: everything else is as it was.

use std::cell::RefCell;
use std::ops::RangeInclusive;

use stormglass_campaign::Registry;
use stormglass_machine::{Dice, Machine, NodeId};
use stormglass_scenarios::faction::{Bootstrap, Churn, Deadline};
use stormglass_scenarios::replica::{Mode, PLANS, Replication};
use stormglass_simulator::{
    Asked, Cluster, Event, Knob, Knobs, Mirror, Property, Redundancy, RequestOf, Scenario,
    Settings, World,
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
        let always = |world: &World<'_, Self>, node| match &mut *world.ghost().0.borrow_mut() {
            Some(mirror) => mirror.always(world, node),
            None => Ok(()),
        };
        let finally = |world: &World<'_, Self>| match &mut *world.ghost().0.borrow_mut() {
            Some(mirror) => mirror.finally(world),
            None => Ok(()),
        };
        vec![Property::always("always", always), Property::finally("finally", finally)]
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

/// All scenarios of a registry, each with this change.
pub fn changed(change: Change) -> Registry {
    fn variant<S: Scenario>(unchanged: S, change: Change) -> Variant<S> {
        Variant { unchanged: Box::leak(Box::new(unchanged)), change }
    }
    let unchanged = stormglass_scenarios::registry();
    let faction = |bug: Option<&str>| {
        let called =
            |name| stormglass_faction::Bug::ALL.iter().copied().find(|bug| bug.name() == name);
        bug.map(|name| called(name).expect("the registry knows it"))
    };
    let replica = |bug: Option<&str>| {
        let called = |name| stormglass_replica::Bug::ALL.into_iter().find(|bug| bug.name() == name);
        bug.map(|name| called(name).expect("the registry knows it"))
    };
    unchanged.entries().iter().fold(Registry::new(), |registry, entry| {
        let (name, about, bugs) = (entry.name, entry.about, entry.bugs.clone());
        match name {
            Bootstrap::NAME => registry.with_planted(name, about, bugs, move |bug| {
                variant(Bootstrap { planted: faction(bug) }, change)
            }),
            Churn::NAME => registry.with_planted(name, about, bugs, move |bug| {
                variant(Churn { planted: faction(bug) }, change)
            }),
            Deadline::NAME => registry.with_planted(name, about, bugs, move |bug| {
                variant(Deadline { planted: faction(bug) }, change)
            }),
            _ => match PLANS.into_iter().find(|plan| plan.names[0] == name) {
                Some(plan) => registry.with_planted(name, about, bugs, move |bug| {
                    variant(Replication::new(plan, Mode::Hardened).with_bug(replica(bug)), change)
                }),
                // Nothing is planted where known weaknesses are left as they are.
                None => registry,
            },
        }
    })
}
