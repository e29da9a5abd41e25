//! A run that is written down by hand, as an operator would tell it: ask this node, cut that link,
//! crash whoever leads, wait until another does.
//!
//! Nothing is drawn. The world is the dull one of the scenario, and whatever is done to it is a
//! deviation, so that a script is a list that grows. What is not known in advance, when a cut is
//! healed or a node starts again, is written into the list when it comes, and the world is run
//! again from the beginning to where it was. So a script is by construction the same run as the
//! replay of its list, and a machine that is not deterministic is found out.

mod acts;
mod disks;
mod driver;
mod notes;

use std::fmt::Write as _;
use std::ops::Deref;
use std::time::Duration;

use stormglass_machine::{NodeId, RequestId, Time};

use self::driver::Scripted;
use self::notes::Notes;
use crate::deviation::Deviation;
use crate::faults::{Breakage, Broken, RequestOf, Tuned, WrongClock};
use crate::property::Failure;
use crate::{Outcome, Scenario, Watch, World};

/// Tells what has happened in a script so far, a line for each thing.
pub type Teller<S> = fn(&mut Script<'_, S>) -> Vec<String>;

const ANOTHER_RUN: &str = "not deterministic: run again, the same script is another run; look for hash maps, clocks, \
     threads and shared state in the machine";

/// A run that is written down by hand.
///
/// Dereferences to its [`World`], so that a test reads `cluster.machine(node)`. Whoever runs a
/// script acts between moments: everything that is due at one time happens, then it is looked at
/// what has become of it, and an act comes a nanosecond later. Every property of the scenario is
/// checked as in any run, and a violation panics with the story.
///
/// ```
/// # use stormglass_machine::{Env, Input, Machine, NodeId};
/// # use stormglass_simulator::{Plain, Script};
/// # use std::time::Duration;
/// # struct Relay(u64);
/// # impl Machine for Relay {
/// #     type Message = u64;
/// #     type Request = u64;
/// #     type Response = ();
/// #     type Timer = ();
/// #     type Record = u64;
/// #     fn restore(&mut self, record: u64) { self.0 = record }
/// #     fn state(&self) -> &'static str { "Relaying" }
/// #     fn step(&mut self, input: Input<Self>, env: &mut Env<'_, Self>) {
/// #         match input {
/// #             Input::Message { message: news, .. } | Input::Request { request: news, .. } => {
/// #                 self.0 = self.0.max(news);
/// #                 env.persist(self.0);
/// #             }
/// #             Input::Start | Input::Timer(()) => {
/// #                 env.send(NodeId(1 - env.node().0), self.0);
/// #                 env.set_timer((), Duration::from_millis(100));
/// #             }
/// #         }
/// #     }
/// # }
/// let scenario = Plain::new("relay", 2, |_| Relay(0));
/// let mut cluster = Script::new(&scenario, 2);
/// cluster.isolate(NodeId(0));
/// cluster.ask(NodeId(0), 7);
/// cluster.run_for(Duration::from_secs(1));
/// assert_eq!(cluster.machine(NodeId(1)).0, 0);
/// cluster.heal();
/// cluster.run_until(|world| world.machine(NodeId(1)).0 == 7);
/// cluster.finish();
/// ```
pub struct Script<'s, S: Scenario> {
    world: World<'s, S>,
    /// What was done. What is being held is not in it yet.
    list: Vec<Deviation<RequestOf<S>>>,
    driver: Scripted,
    notes: Notes<S::Machine>,
    /// How many things have been taken off the agenda.
    turns: u64,
    asked: u32,
    /// Nothing is added any more.
    complete: bool,
    ended: bool,
    teller: Teller<S>,
}

impl<'s, S: Scenario> Deref for Script<'s, S> {
    type Target = World<'s, S>;

    fn deref(&self) -> &Self::Target {
        &self.world
    }
}

impl<'s, S: Scenario> Script<'s, S> {
    /// The seed of the nodes' own dice in every script.
    pub const SEED: u64 = 0;

    /// A cluster of so many nodes, each of which has just started. What happens is told as the
    /// list of what was done; see [`told_by`](Script::told_by) for more than that.
    ///
    /// # Panics
    ///
    /// If the scenario has no cluster of this size.
    #[track_caller]
    pub fn new(scenario: &'s S, nodes: u32) -> Self {
        Script::told_by(scenario, nodes, |script| {
            script.deviations().iter().map(|deviation| format!("{deviation:?}")).collect()
        })
    }

    /// The same, with somebody who tells its story when something is violated or not reached.
    ///
    /// # Panics
    ///
    /// If the scenario has no cluster of this size.
    #[track_caller]
    pub fn told_by(scenario: &'s S, nodes: u32, teller: Teller<S>) -> Self {
        let sizes = scenario.nodes();
        assert!(sizes.contains(&nodes), "{nodes} nodes; the scenario has {sizes:?}");
        let larger = nodes > *sizes.start();
        let list = if larger { vec![Deviation::Nodes { count: nodes }] } else { Vec::new() };
        let world = World::new(scenario);
        let heal = Time::ZERO + world.settings.storm;
        let driver = Scripted::new(world.settings.latency, heal);
        let mut script = Script {
            world,
            list,
            driver,
            notes: Notes::default(),
            turns: 0,
            asked: 0,
            complete: false,
            ended: false,
            teller,
        };
        script.start();
        script
    }

    /// The same cluster with a knob at another than its usual value. Comes before everything else.
    ///
    /// # Panics
    ///
    /// If the scenario does not let this knob have this value, or something was done already.
    #[track_caller]
    #[must_use]
    pub fn knob(self, name: &str, value: u64) -> Self {
        let allowed = self.knobs().declared().any(|knob| knob.name() == name && knob.allows(value));
        assert!(allowed, "the scenario does not let a knob {name:?} be at {value}");
        self.since_ever(Deviation::Knob(Tuned { name: name.to_owned(), value }))
    }

    /// The same cluster with wrong clocks on a node: so many nanoseconds ahead at the start, so many
    /// parts per million fast. Comes before everything else.
    ///
    /// # Panics
    ///
    /// If there is no such node, or something was done already.
    #[track_caller]
    #[must_use]
    pub fn wrong_clock(self, node: NodeId, ahead_ns: i64, drift_ppm: i32) -> Self {
        self.since_ever(Deviation::Clock(WrongClock { node, ahead_ns, drift_ppm }))
    }

    /// The same cluster, of which these nodes stay broken when the storm ends. Comes before
    /// everything else.
    ///
    /// # Panics
    ///
    /// If this makes no sense, as [`Deviation::check`] says, or something was done already.
    #[track_caller]
    #[must_use]
    pub fn broken(self, nodes: Vec<NodeId>, how: Breakage) -> Self {
        self.since_ever(Deviation::Broken(Broken { nodes, how }))
    }

    #[track_caller]
    fn since_ever(mut self, deviation: Deviation<RequestOf<S>>) -> Self {
        assert!(self.now() == Time::ZERO, "the run has begun, and this must be so from its start");
        self.put(deviation);
        self.start();
        self
    }

    /// Everything that was done, as a list: its [replay](World::replay) with
    /// [`SEED`](Script::SEED) is the same run. What has no end yet lasts until the end of the
    /// storm.
    pub fn deviations(&self) -> Vec<Deviation<RequestOf<S>>> {
        self.list.iter().cloned().chain(self.driver.held()).collect()
    }

    /// How the run has ended, or how it stands.
    pub fn outcome(&self) -> Outcome {
        self.world.outcome()
    }

    /// What a request was answered, if it was.
    pub fn answer(
        &self,
        id: RequestId,
    ) -> Option<&<S::Machine as stormglass_machine::Machine>::Response> {
        self.notes.answers.get(&id)
    }

    /// What has happened so far, in words.
    pub fn story(&mut self) -> Vec<String> {
        (self.teller)(self)
    }

    /// Runs everything so far again, before the eyes of somebody.
    ///
    /// # Panics
    ///
    /// If it is not the same run.
    #[track_caller]
    pub fn again(&mut self, watch: &mut impl Watch<S::Machine>) {
        let then = self.world.outcome();
        self.repeat(watch);
        self.world.cluster.now = then.time;
        assert!(self.world.outcome() == then, "{ANOTHER_RUN}");
    }

    /// Runs everything so far again, at most to where it fails.
    fn repeat(&mut self, watch: &mut impl Watch<S::Machine>) {
        let turns = std::mem::take(&mut self.turns);
        // What they have held is in the list.
        let holds = self.driver.take_holds();
        let mut both = (Notes::default(), watch);
        self.begin(&mut both);
        while self.turns < turns && self.world.failure.is_none() {
            self.take_turn(&mut both);
        }
        self.notes = both.0;
        self.driver.put_holds(holds);
    }

    /// From now on nothing is added, so that it can be told what never comes true.
    #[track_caller]
    fn complete(&mut self) {
        if std::mem::replace(&mut self.complete, true) {
            return;
        }
        let then = self.world.outcome();
        self.repeat(&mut ());
        if self.world.failure.is_none() {
            let same = Outcome { time: then.time, ..self.world.outcome() } == then;
            assert!(same, "{ANOTHER_RUN}");
        }
    }

    /// Lets one event happen: a machine takes an input, crashes, or goes on after a flush.
    ///
    /// # Panics
    ///
    /// If something is violated, or nothing happens any more.
    #[track_caller]
    pub fn step(&mut self) {
        let before = self.events();
        while self.events() == before {
            assert!(self.next_time() < self.end(), "nothing happens any more in this run");
            self.turn();
        }
    }

    /// Lets time pass.
    ///
    /// # Panics
    ///
    /// If something is violated, or this is longer than the run.
    #[track_caller]
    pub fn run_for(&mut self, span: Duration) {
        let until = self.now() + span;
        assert!(
            until < self.end(),
            "the run ends at {}, which `Settings` says, and this is to last until {until}; \
             `finish` runs to the end",
            self.end()
        );
        self.run_to(until);
    }

    /// Lets things happen until the world is in a state. It is looked at between moments.
    ///
    /// # Panics
    ///
    /// If something is violated, or the state is not reached by the end of the run.
    #[track_caller]
    pub fn run_until(&mut self, reached: impl FnMut(&World<'s, S>) -> bool) {
        self.look_for(Time::MAX, reached);
    }

    /// The same, with a bound.
    ///
    /// # Panics
    ///
    /// If something is violated, or the state is not reached within this span.
    #[track_caller]
    pub fn run_until_within(&mut self, span: Duration, reached: impl FnMut(&World<'s, S>) -> bool) {
        self.look_for(self.now() + span, reached);
    }

    #[track_caller]
    fn look_for(&mut self, limit: Time, mut reached: impl FnMut(&World<'s, S>) -> bool) {
        self.run_to(self.now());
        while !reached(&self.world) {
            let next = self.next_time();
            if next > limit || next >= self.end() {
                self.stop(&format!("not reached by {}", limit.min(self.end())));
            }
            self.run_to(next);
        }
    }

    /// Runs to the end: the storm ends, the calm passes, and everything must hold.
    ///
    /// # Panics
    ///
    /// If something is violated, or if a fault that was asked for has met nothing: then the script
    /// does not tell what happens.
    #[track_caller]
    pub fn finish(&mut self) -> Outcome {
        assert!(!self.ended, "the run is over");
        self.complete();
        self.assert_well();
        while !self.ended {
            self.turn();
        }
        let met = self.world.struck.iter().zip(&self.driver.list.matched);
        let met = met.map(|(struck, matched)| *struck || *matched);
        let is_request = |asked: &&Deviation<_>| matches!(asked, Deviation::Request { .. });
        let plan = self.world.plan.iter().zip(met).filter(|(_, met)| !met);
        let idle: Vec<_> = plan.map(|(idle, _)| idle).filter(|idle| !is_request(idle)).collect();
        if !idle.is_empty() {
            let text = format!("these were asked for and have met nothing: {idle:?}");
            self.stop(&text);
        }
        self.outcome()
    }

    /// Runs on until something is violated. What comes then is an error.
    ///
    /// # Panics
    ///
    /// If nothing is.
    #[track_caller]
    pub fn run_to_violation(&mut self) -> Failure {
        assert!(!self.ended, "the run is over");
        self.complete();
        loop {
            if let Some(failure) = self.world.failure.clone() {
                self.ended = true;
                return failure;
            }
            if self.ended {
                self.stop("nothing was violated");
            }
            self.watch_turn();
        }
    }

    /// Starts all nodes, as the list says.
    #[track_caller]
    fn start(&mut self) {
        self.turns = 0;
        let mut notes = Notes::default();
        self.begin(&mut notes);
        self.notes = notes;
        self.run_to(Time::ZERO);
    }

    /// Begins a run of the list.
    fn begin(&mut self, watch: &mut impl Watch<S::Machine>) {
        let list = self.deviations();
        self.driver.follow(&list);
        let world = &mut self.world;
        world.planner.find_victims(world.scenario, &list);
        world.cluster.plan = list;
        world.guard(|world| world.begin(Self::SEED, world.settings.max_events, watch));
        if !self.complete {
            self.world.liveness.look_from = Time::MAX;
        }
    }

    /// When the next thing is due.
    fn next_time(&self) -> Time {
        self.world.agenda.next_time().unwrap_or(Time::MAX)
    }

    /// When the run ends.
    fn end(&self) -> Time {
        Time::ZERO + self.world.settings.whole()
    }

    /// Lets everything happen that is due by then.
    #[track_caller]
    fn run_to(&mut self, until: Time) {
        while self.next_time() <= until {
            self.turn();
        }
        self.world.cluster.now = until;
    }

    /// Lets the next thing happen. The last of all is the end.
    #[track_caller]
    fn turn(&mut self) {
        assert!(!self.ended, "the run is over");
        self.watch_turn();
        self.assert_well();
    }

    #[track_caller]
    fn assert_well(&mut self) {
        if self.world.failure.is_none() {
            return;
        }
        // Something else may have been violated before, in the calm.
        self.complete();
        if let Some(failure) = &self.world.failure {
            let text = format!("VIOLATED: {}: {}", failure.signature(), failure.violation.detail);
            self.stop(&text);
        }
    }

    fn watch_turn(&mut self) {
        let mut notes = std::mem::take(&mut self.notes);
        self.ended = !self.take_turn(&mut notes);
        self.notes = notes;
    }

    /// True if there is another.
    fn take_turn(&mut self, watch: &mut impl Watch<S::Machine>) -> bool {
        self.driver.now = self.next_time();
        self.turns += 1;
        let (driver, mut goes_on) = (&mut self.driver, false);
        self.world.guard(|world| goes_on = world.turn(driver, watch));
        goes_on
    }

    /// Fails the test, with the story.
    #[track_caller]
    fn stop(&mut self, why: &str) -> ! {
        self.ended = true;
        let mut text = format!("{why}\n\n");
        for line in self.story() {
            let _ = writeln!(text, "{line}");
        }
        panic!("{text}")
    }
}
