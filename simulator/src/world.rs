use std::cell::Cell;
use std::hash::Hasher;
use std::ops::Deref;

use stormglass_machine::{Effect, NodeId, SiteTally, Sites, Time};

use crate::chain::Chain;
use crate::clock::Clock;
use crate::cluster::{Cluster, Occurrence};
use crate::coverage::Coverage;
use crate::decisions::Decisions;
use crate::deviation::Deviation;
use crate::facts::Facts;
use crate::faults::{Broken, Planner, RequestOf, Tuned, WrongClock};
use crate::knob::Knobs;
use crate::liveness::Liveness;
use crate::property::{BOUNDED_EVENTS, Check, Failure, TIME_GOES_ON, Verdict, Violation};
use crate::scenario::{Scenario, Settings};
use crate::{Event, Watch};

type Always<S> = (&'static str, fn(&World<'_, S>, NodeId) -> Verdict);
type Finally<S> = (&'static str, fn(&World<'_, S>) -> Verdict);
type Sometimes<S> = fn(&World<'_, S>, NodeId) -> bool;

/// A scenario's cluster, one seed after the other. Made once and used for many seeds.
///
/// Dereferences to its [`Cluster`], so that a property reads `world.machine(node)`.
pub struct World<'s, S: Scenario> {
    pub(crate) scenario: &'s S,
    pub(crate) settings: Settings,
    pub(crate) always: Vec<Always<S>>,
    pub(crate) finally: Vec<Finally<S>>,
    sometimes: Vec<Sometimes<S>>,
    /// The `sometimes` properties not seen in this run yet, and how often each was seen in all.
    pub(crate) unseen: Vec<usize>,
    sometimes_seen: Vec<(&'static str, u64)>,
    pub(crate) cluster: Cluster<S::Machine>,
    pub(crate) ghost: S::Ghost,
    pub(crate) chain: Chain,
    pub(crate) events: u64,
    most_events: u64,
    /// More events than this at one moment are taken for a machine that goes round in circles.
    most_at_once: u64,
    /// The events after which one of the two bounds is reached: of the run, or of this moment.
    bound: u64,
    pub(crate) failure: Option<Failure>,
    pub(crate) seed: u64,
    /// For each deviation of the plan, whether it struck.
    pub(crate) struck: Vec<bool>,
    /// The effects of the step under way that have not happened yet, the next one last.
    pub(crate) effects: Vec<Effect<S::Machine>>,
    pub(crate) planner: Planner<RequestOf<S>>,
    pub(crate) coverage: Coverage,
    /// If the scenario allows them. With the search while one runs.
    pub(crate) sites: Option<Box<Sites>>,
    pub(crate) facts: Facts,
    pub(crate) liveness: Liveness<S>,
    /// How many histories of this run could not be judged within the bounds.
    pub(crate) undecided: Cell<u64>,
}

/// What is counted of nodes that are down at the end since their machines refused their disks.
const REFUSED: &str = "nodes that refused their disks";

impl<S: Scenario> Deref for World<'_, S> {
    type Target = Cluster<S::Machine>;

    fn deref(&self) -> &Self::Target {
        &self.cluster
    }
}

impl<'s, S: Scenario> World<'s, S> {
    /// A world for this scenario.
    ///
    /// # Panics
    ///
    /// If the scenario has no nodes, or two properties of one name, or settings out of bounds.
    pub fn new(scenario: &'s S) -> Self {
        let nodes = scenario.nodes();
        assert!(*nodes.start() > 0 && !nodes.is_empty(), "a cluster has at least one node");
        let settings = scenario.settings();
        settings.assert_bounds();
        let clients = scenario.clients();
        if let Some(clients) = &clients {
            clients.assert_bounds();
        }
        let sites = settings.faults.sites.then(Box::default);
        let mut world = World {
            scenario,
            settings,
            always: Vec::new(),
            finally: Vec::new(),
            sometimes: Vec::new(),
            unseen: Vec::new(),
            sometimes_seen: Vec::new(),
            cluster: Cluster::new(clients, Knobs::new(scenario.knobs())),
            ghost: S::Ghost::default(),
            chain: Chain::default(),
            events: 0,
            most_events: 0,
            most_at_once: 0,
            bound: 0,
            failure: None,
            seed: 0,
            struck: Vec::new(),
            effects: Vec::new(),
            planner: Planner::default(),
            coverage: Coverage::default(),
            sites,
            facts: Facts::default(),
            liveness: Liveness::default(),
            undecided: Cell::new(0),
        };
        let mut names = std::collections::BTreeSet::new();
        for property in scenario.properties() {
            let name = property.name;
            assert!(names.insert(name), "two properties are called {name:?}");
            match property.check {
                Check::Always(check) => world.always.push((name, check)),
                Check::Finally(check) => world.finally.push((name, check)),
                Check::Eventually(asked) => {
                    world.liveness.declare(name, asked, world.settings.calm);
                }
                Check::Sometimes(check) => {
                    world.sometimes.push(check);
                    world.sometimes_seen.push((name, 0));
                }
            }
        }
        world
    }

    /// The same world, but searches draw faults beyond what the scenario
    /// [tolerates](Scenario::tolerates), too, clocks go ten times as wrong as it allows, and only
    /// what must hold always is looked at.
    #[must_use]
    pub fn beyond_tolerance(mut self) -> Self {
        self.settings.beyond_tolerance = true;
        self.settings.faults.let_clocks_go_beyond();
        self
    }

    /// The scenario.
    pub fn scenario(&self) -> &'s S {
        self.scenario
    }

    /// What the checkers remember of this run.
    pub fn ghost(&self) -> &S::Ghost {
        &self.ghost
    }

    /// How often each `sometimes` property was seen, in all searches of this world.
    pub fn sometimes(&self) -> &[(&'static str, u64)] {
        &self.sometimes_seen
    }

    /// How often machines came by each of their sites, and how often they were asked to misbehave
    /// there, in all searches of this world. Those that the scenario names are there in any case.
    pub fn sites(&self) -> std::collections::BTreeMap<&'static str, SiteTally> {
        let mut tallies = self.sites.as_ref().map(|sites| sites.tallies()).unwrap_or_default();
        for site in self.scenario.sites() {
            tallies.entry(site).or_default();
        }
        tallies
    }

    /// How many events this run has had.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// The hash chain up to here.
    pub fn chain(&self) -> u64 {
        self.chain.finish()
    }

    /// Runs `self.cluster.plan` from start to end, or to the first violation.
    pub(crate) fn run<D: Decisions, W: Watch<S::Machine>>(
        &mut self,
        seed: u64,
        most_events: u64,
        decisions: &mut D,
        watch: &mut W,
    ) {
        self.begin(seed, most_events, watch);
        while self.failure.is_none() && self.turn(decisions, watch) {}
    }

    /// Lets the next thing on the agenda happen. False if the run is over.
    #[inline(always)]
    pub(crate) fn turn<D: Decisions, W: Watch<S::Machine>>(
        &mut self,
        decisions: &mut D,
        watch: &mut W,
    ) -> bool {
        let Some((time, mut occurrence)) = self.cluster.agenda.pop() else { return false };
        if time > self.cluster.now {
            if self.cluster.now >= self.liveness.look_from {
                match self.look(time, occurrence, decisions, watch) {
                    Some(same) => occurrence = same,
                    None => return false,
                }
            }
            self.go_on(time);
        }
        if matches!(occurrence, Occurrence::End) {
            if !self.cluster.beyond {
                self.judge();
            }
            return false;
        }
        self.happen(occurrence, decisions, watch);
        true
    }

    /// A moment is over; the next begins.
    #[inline(always)]
    pub(crate) fn go_on(&mut self, time: Time) {
        self.cluster.now = time;
        self.bound = self.most_events.min(self.events + self.most_at_once);
    }

    /// Books what the run that has just ended showed.
    pub(crate) fn book(&mut self) {
        let mut facts = std::mem::take(&mut self.facts);
        self.scenario.facts(self, &mut facts);
        let refused = self.cluster.ids().filter(|node| self.cluster.refused(*node)).count();
        facts.add(REFUSED, refused as u64);
        self.count_operations(&mut facts);
        self.facts = facts;
        if self.cluster.beyond {
            return;
        }
        self.liveness.book(self.cluster.heal);
        let mut unseen = self.unseen.iter().peekable();
        for (position, (_, count)) in self.sometimes_seen.iter_mut().enumerate() {
            if unseen.next_if(|next| **next == position).is_none() {
                *count += 1;
            }
        }
    }

    /// Puts `self.cluster.plan` on the agenda of a new run.
    pub(crate) fn begin<W: Watch<S::Machine>>(
        &mut self,
        seed: u64,
        most_events: u64,
        watch: &mut W,
    ) {
        let fewest = *self.scenario.nodes().start();
        let count = Deviation::cluster_size(&self.cluster.plan).unwrap_or(fewest);
        let heal = Time::ZERO + self.settings.storm;
        self.cluster.reset(seed, count, heal);
        self.ghost = S::Ghost::default();
        self.chain = Chain::default();
        self.events = 0;
        self.set_bounds(most_events);
        self.liveness.begin(if self.cluster.beyond { Time::MAX } else { heal });
        self.failure = None;
        self.undecided.set(0);
        self.seed = seed;
        self.unseen.clear();
        if !self.cluster.beyond {
            self.unseen.extend(0..self.sometimes.len());
        }
        self.struck.clear();
        self.struck.resize(self.cluster.plan.len(), false);
        for node in &self.planner.victims {
            self.cluster.nodes[node.index()].losable = true;
        }
        // The first of what is due then: a request at that time is asked in the calm.
        self.cluster.agenda.push(heal, Occurrence::Heal);
        for node in self.cluster.ids() {
            self.cluster.agenda.push(Time::ZERO, Occurrence::Start { node, boot: 0 });
        }
        for (position, deviation) in self.cluster.plan.iter().enumerate() {
            // A list that was made for a larger cluster may speak of nodes that are not there.
            if deviation.last_node().is_some_and(|node| node.0 >= count) {
                continue;
            }
            if let Deviation::Clock(WrongClock { node, ahead_ns, drift_ppm }) = *deviation {
                self.cluster.nodes[node.index()].clock =
                    Clock { ahead_ns, drift_ppm, stepped_ns: 0 };
                self.struck[position] = true;
            } else if let Deviation::Knob(Tuned { name, value }) = deviation {
                self.struck[position] = self.cluster.knobs.turn(name, *value);
            } else if let Some(at) = deviation.at() {
                self.cluster.agenda.push(Time::ZERO + at, Occurrence::Planned(position));
            } else if matches!(deviation, Deviation::Nodes { .. } | Deviation::Beyond) {
                self.struck[position] = true;
            } else if let Deviation::Broken(broken) = deviation
                && self.cluster.broken.is_none()
                && self.suffices(count, broken)
            {
                self.cluster.broken = Some(position);
            }
        }
        self.cluster.agenda.push(Time::ZERO + self.settings.whole(), Occurrence::End);
        self.tell_what_is_from_the_start(watch);
    }

    /// A moment begins; the run may have so many events in all.
    pub(crate) fn set_bounds(&mut self, most_events: u64) {
        self.most_events = most_events;
        self.most_at_once = 100_000 + 16 * u64::from(self.cluster.count()).pow(2);
        self.bound = most_events.min(self.events + self.most_at_once);
    }

    fn tell_what_is_from_the_start<W: Watch<S::Machine>>(&mut self, watch: &mut W) {
        for position in 0..self.cluster.plan.len() {
            let is =
                matches!(self.cluster.plan[position], Deviation::Knob(_) | Deviation::Clock(_));
            if self.struck[position] && is {
                self.tell(watch, Event::Struck(position));
            }
        }
    }

    /// True if enough nodes are left without these. A list that says something else, since the
    /// shrinker has made the cluster smaller or the code has changed, breaks none.
    fn suffices(&self, count: u32, Broken { nodes, .. }: &Broken) -> bool {
        let left = count.saturating_sub(nodes.len() as u32);
        self.scenario.core(count).is_some_and(|core| left >= core)
    }

    #[inline(always)]
    pub(crate) fn tell<W: Watch<S::Machine>>(
        &mut self,
        watch: &mut W,
        event: Event<'_, S::Machine>,
    ) {
        self.scenario.observe(&mut self.ghost, &self.cluster, event);
        watch.event(&self.cluster, event);
    }

    /// Looks at every `always` and every unseen `sometimes` property, after a node was touched.
    #[inline(always)]
    pub(crate) fn check(&mut self, node: NodeId) {
        if self.cluster.is_up(node) {
            for (name, check) in &self.always {
                if let Err(violation) = check(self, node) {
                    return self.fail(name, violation);
                }
            }
            if !self.unseen.is_empty() {
                self.look_for_unseen(node);
            }
        }
        if self.events >= self.bound {
            self.too_many_events();
        }
    }

    /// Ends the run, unless something else has ended it already.
    #[cold]
    pub(crate) fn fail(&mut self, property: &str, mut violation: Violation) {
        let stands_for = violation.stands_for.take();
        let (property, event) = (stands_for.unwrap_or(property).to_owned(), self.events);
        self.failure.get_or_insert(Failure { property, violation, event });
    }

    #[cold]
    fn too_many_events(&mut self) {
        let (events, now) = (self.events, self.cluster.now);
        if events >= self.most_events {
            self.fail(BOUNDED_EVENTS, format!("there were {events} events by {now}").into());
        } else {
            let most = self.most_at_once;
            let detail = format!("there were {most} events at {now}, and there is no end to them");
            self.fail(TIME_GOES_ON, detail.into());
        }
    }

    fn look_for_unseen(&mut self, node: NodeId) {
        // The list stays in its place while checks run: what panics has not been seen.
        let mut next = 0;
        while let Some(position) = self.unseen.get(next).copied() {
            match self.sometimes[position](self, node) {
                true => drop(self.unseen.remove(next)),
                false => next += 1,
            }
        }
    }
}
