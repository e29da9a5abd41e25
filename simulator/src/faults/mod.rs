//! Which faults strike in a run: a plan of episodes drawn before it begins, and the odds by which
//! the fate of each message, timer and flush is drawn as it goes.
//!
//! Each seed turns whole families off and draws wild odds for the rest (swarm testing, Groce et
//! al. 2012): a bug that needs many crashes and no drops is found by the seed that has just that.

use std::collections::BTreeMap;
use std::time::Duration;

use stormglass_machine::{Dice, Machine, NodeId};

use crate::deviation::{Deviation, Nonsense};
use crate::knob::Knobs;
use crate::scenario::{Asked, Scenario, Settings};
use crate::span::LONGEST;
use crate::tolerance::{Tolerances, admit};

mod broken;
mod client_link;
mod clock;
mod clock_step;
mod clog;
mod crash;
mod crash_loop;
mod cut;
mod domain;
mod failing_flush;
mod family;
mod flush;
mod full_disk;
mod knob;
mod lost_flush;
mod message;
mod misdirected_write;
mod pause;
mod plane;
mod replaced_disk;
mod rotten_record;
mod shape;
mod site;
mod slow_disk;
mod throttle;
mod timer;
mod torn_record;

pub use broken::{Breakage, Broken};
pub use client_link::{ClientLink, Way};
pub use clock::WrongClock;
pub use clock_step::ClockStep;
pub use clog::Clog;
pub use crash::Crash;
pub use cut::Cut;
pub use failing_flush::FailingFlush;
pub use family::Family;
pub use flush::SlowFlush;
pub use full_disk::FullDisk;
pub use knob::Tuned;
pub use lost_flush::LostFlush;
pub use message::{Fate, MessageFault};
pub use misdirected_write::MisdirectedWrite;
pub use pause::Pause;
pub use plane::{Impaired, Plane};
pub use replaced_disk::ReplacedDisk;
pub use rotten_record::RottenRecord;
pub use shape::Shape;
pub(crate) use shape::{Does, Impairment};
pub use site::SiteFires;
pub use slow_disk::SlowDisk;
pub use throttle::Throttle;
pub use timer::LateTimer;
pub use torn_record::TornRecord;

/// What every fault knows of itself. One file for each.
pub(crate) trait Fault {
    /// When it strikes, if it is named by a time.
    fn at(&self) -> Option<Duration> {
        None
    }

    /// The same, to be changed.
    fn at_mut(&mut self) -> Option<&mut Duration> {
        None
    }

    /// How long it lasts, to be changed, if it has a beginning and an end: for a node that crashes,
    /// how long until it starts again.
    fn lasts_mut(&mut self) -> Option<&mut Duration> {
        None
    }

    /// The last of the nodes it is about; `None` if it is about no node in particular.
    fn last_node(&self) -> Option<NodeId>;

    /// Whose durable data it destroys, so that it strikes only what a scenario tolerates.
    fn destroys(&self) -> Option<NodeId> {
        None
    }

    /// Checks what can be checked without knowing the cluster.
    fn check(&self) -> Result<(), Nonsense> {
        Ok(())
    }

    /// What to try in its place, boldest first.
    fn simpler(&self) -> Vec<Self>
    where
        Self: Sized;

    /// Its beginning, in words, if it is an episode.
    fn begins(&self) -> Option<String> {
        None
    }

    /// Its end, in words, if it has one.
    fn ends(&self) -> Option<String> {
        None
    }
}

/// The families of faults that a scenario allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults {
    /// Messages take longer than the base latency, and overtake each other.
    pub delay: bool,
    /// Messages are lost.
    pub drop: bool,
    /// So many messages in a million are lost with every seed, instead of as many as a seed draws:
    /// for measurements, which want a load that is the same.
    pub loss_ppm: u32,
    /// Messages arrive twice.
    pub duplicate: bool,
    /// Messages are corrupted.
    pub corrupt: bool,
    /// Links are cut for a while.
    pub cut: bool,
    /// Links are clogged for a while.
    pub clog: bool,
    /// Links have little bandwidth for a while.
    pub throttle: bool,
    /// Single planes are cut or clogged, of those that the scenario names.
    pub plane: bool,
    /// Nodes crash and start again.
    pub crash: bool,
    /// A crash may lose records that were not flushed.
    pub lose_unflushed: bool,
    /// The whole cluster crashes at once.
    pub blackout: bool,
    /// A node crashes again and again.
    pub crash_loop: bool,
    /// A whole failure domain crashes, is cut off or clogged, of those that the scenario names.
    pub domain: bool,
    /// Nodes stand still for a while.
    pub pause: bool,
    /// Timers fire late.
    pub late_timer: bool,
    /// Flushes are slow.
    pub slow_flush: bool,
    /// Tunables that the scenario declares are set to unusual values.
    pub knobs: bool,
    /// Machines are asked to misbehave where they say so themselves.
    pub sites: bool,
    /// Wall clocks are ahead or behind by at most this.
    pub clock_offset: Duration,
    /// Clocks run fast or slow by at most this, in parts per million.
    pub clock_drift_ppm: u32,
    /// Wall clocks are set, to at most so far ahead or behind.
    pub clock_step: Duration,
    /// Only a core of the nodes heals, if the scenario says how many must be enough.
    pub core: bool,
    /// Flushes fail.
    pub failing_flush: bool,
    /// Crashes tear records that were not flushed.
    pub torn_record: bool,
    /// Disks are full for a while.
    pub full_disk: bool,
    /// Disks are slow for a while.
    pub slow_disk: bool,
    /// Flushes are acknowledged that have made nothing durable. Strikes only what the scenario
    /// [tolerates](Scenario::tolerates), as do the next three.
    pub lost_flush: bool,
    /// Records go bad on the disk.
    pub rotten_record: bool,
    /// Records are written in the place of others.
    pub misdirected_write: bool,
    /// Disks are replaced by empty ones.
    pub replaced_disk: bool,
    /// What passes between clients and nodes is late or lost.
    pub client_link: bool,
}

impl Faults {
    /// Every family; wall clocks are off by up to a second, are set by up to another, and drift by
    /// up to 200 parts per million.
    pub const ALL: Faults = Faults {
        delay: true,
        drop: true,
        loss_ppm: 0,
        duplicate: true,
        corrupt: true,
        cut: true,
        clog: true,
        throttle: true,
        plane: true,
        crash: true,
        lose_unflushed: true,
        blackout: true,
        crash_loop: true,
        domain: true,
        pause: true,
        late_timer: true,
        slow_flush: true,
        knobs: true,
        sites: true,
        clock_offset: Duration::from_secs(1),
        clock_drift_ppm: 200,
        clock_step: Duration::from_secs(1),
        core: true,
        failing_flush: true,
        torn_record: true,
        full_disk: true,
        slow_disk: true,
        lost_flush: true,
        rotten_record: true,
        misdirected_write: true,
        replaced_disk: true,
        client_link: true,
    };

    /// None: only clients deviate from the dull run.
    pub const NONE: Faults = Faults {
        delay: false,
        drop: false,
        loss_ppm: 0,
        duplicate: false,
        corrupt: false,
        cut: false,
        clog: false,
        throttle: false,
        plane: false,
        crash: false,
        lose_unflushed: false,
        blackout: false,
        crash_loop: false,
        domain: false,
        pause: false,
        late_timer: false,
        slow_flush: false,
        knobs: false,
        sites: false,
        clock_offset: Duration::ZERO,
        clock_drift_ppm: 0,
        clock_step: Duration::ZERO,
        core: false,
        failing_flush: false,
        torn_record: false,
        full_disk: false,
        slow_disk: false,
        lost_flush: false,
        rotten_record: false,
        misdirected_write: false,
        replaced_disk: false,
        client_link: false,
    };
}

/// The most base latencies by which something can be late.
pub(crate) const LONGEST_DELAY: u32 = 1 << 7;

/// Beyond so many nodes, a shape is not drawn link by link.
const LARGE: u32 = 64;

/// The odds of one seed, in parts per million, and how large a delay can be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Odds {
    pub(crate) drop: u32,
    pub(crate) duplicate: u32,
    pub(crate) delay: u32,
    pub(crate) corrupt: u32,
    pub(crate) late_timer: u32,
    pub(crate) slow_flush: u32,
    pub(crate) longest: Duration,
}

/// Draws what a seed is going to do. Keeps the lists of the last plan, so that drawing the next
/// one allocates nothing once they are long enough.
pub(crate) struct Planner<R> {
    asked: Vec<Asked<R>>,
    sides: Vec<Vec<NodeId>>,
    links: Vec<Vec<(NodeId, NodeId)>>,
    names: Vec<String>,
    /// The failure domains of clusters of each size that was drawn.
    domains: BTreeMap<u32, Vec<Vec<NodeId>>>,
    /// The nodes whose durable data may be destroyed.
    pub(crate) victims: Vec<NodeId>,
    tolerances: Tolerances,
}

impl<R> Default for Planner<R> {
    fn default() -> Self {
        Planner {
            asked: Vec::new(),
            sides: Vec::new(),
            links: Vec::new(),
            names: Vec::new(),
            domains: BTreeMap::new(),
            victims: Vec::new(),
            tolerances: Tolerances::default(),
        }
    }
}

impl<R> Planner<R> {
    /// Replaces the plan by that of a seed, the episodes and requests, as deviations; returns the
    /// odds for the rest.
    pub(crate) fn draw<S: Scenario<Machine: Machine<Request = R>>>(
        &mut self,
        scenario: &S,
        settings: &Settings,
        knobs: &Knobs,
        seed: u64,
        plan: &mut Vec<Deviation<R>>,
    ) -> Odds {
        plan.drain(..).for_each(|deviation| self.keep(deviation));
        let mut dice = Dice::new(seed, "swarm", 0);
        let nodes = scenario.nodes();
        let count = dice.within(u64::from(*nodes.start())..=u64::from(*nodes.end())) as u32;
        if count > *nodes.start() {
            plan.push(Deviation::Nodes { count });
        }
        if settings.beyond_tolerance {
            plan.push(Deviation::Beyond);
        }
        self.draw_victims(scenario, settings, seed, count);
        let faults = &settings.faults;
        let odds = draw_odds(seed, &mut dice, faults, settings);
        scenario.requests(count, &mut Dice::new(seed, "clients", 0), &mut self.asked);
        plan_requests(&mut self.asked, count, plan);
        plan_restarts(scenario.restarts(count, &mut Dice::new(seed, "restarts", 0)), count, plan);
        let episode_dice = Dice::new(seed, "episodes", 0);
        let planes = scenario.planes();
        let has_domains = faults.domain && self.has_domains(scenario, count);
        let mut episodes =
            Episodes { dice: episode_dice, settings, planes, count, planner: self, plan };
        let several = |dice: &mut Dice, allowed: bool| match allowed && dice.per_million(500_000) {
            true => 1 << dice.below(5),
            false => 0,
        };
        (0..several(&mut dice, faults.cut)).for_each(|_| episodes.cut());
        (0..several(&mut dice, faults.crash)).for_each(|_| episodes.crash());
        (0..several(&mut dice, faults.blackout) / 4).for_each(|_| episodes.blackout());
        (0..several(&mut dice, faults.pause)).for_each(|_| episodes.pause());
        if dice.per_million(500_000) {
            episodes.clocks();
        }
        // Families that were added later have dice of their own, so that each seed kept the plan
        // that it had.
        episodes.draw(seed, "swarm-graph", faults.cut, Episodes::cut_to_graph);
        episodes.draw(seed, "swarm-clog", faults.clog, Episodes::clog);
        episodes.draw(seed, "swarm-throttle", faults.throttle, Episodes::throttle);
        episodes.draw(seed, "swarm-plane", faults.plane && !planes.is_empty(), Episodes::plane);
        episodes.draw(seed, "swarm-crash-loop", faults.crash_loop, Episodes::crash_loop);
        episodes.draw(seed, "swarm-domain", has_domains, Episodes::domain);
        let steps = !faults.clock_step.is_zero();
        episodes.draw(seed, "swarm-clock-step", steps, Episodes::clock_step);
        if faults.core {
            episodes.broken(seed, scenario.core(count));
        }
        episodes.draw(seed, "full-disk", faults.full_disk, Episodes::full_disk);
        episodes.draw(seed, "slow-disk", faults.slow_disk, Episodes::slow_disk);
        episodes.draw(seed, "replaced-disk", faults.replaced_disk, Episodes::replaced_disk);
        episodes.knobs(knobs, seed);
        odds
    }

    /// Takes as many victims as what the scenario tolerates allows, any of them; beyond that,
    /// everybody.
    fn draw_victims<S: Scenario>(
        &mut self,
        scenario: &S,
        settings: &Settings,
        seed: u64,
        count: u32,
    ) {
        self.victims.clear();
        let Faults { lost_flush, rotten_record, misdirected_write, replaced_disk, .. } =
            settings.faults;
        if settings.beyond_tolerance {
            self.victims.extend((0..count).map(NodeId));
        } else if lost_flush || rotten_record || misdirected_write || replaced_disk {
            let redundancies = self.tolerances.of(count, |count| scenario.tolerates(count));
            if redundancies.is_empty() {
                return;
            }
            let mut candidates = self.sides.pop().unwrap_or_default();
            candidates.clear();
            candidates.extend((0..count).map(NodeId));
            Dice::new(seed, "victims", 0).shuffle(&mut candidates);
            candidates.iter().for_each(|node| admit(&mut self.victims, *node, redundancies));
            self.sides.push(candidates);
        }
    }

    /// Takes the victims of a list, in its order, as far as the scenario tolerates them; beyond
    /// that, everybody. So a list that is made smaller can never fail for having lost too much.
    pub(crate) fn find_victims<S: Scenario<Machine: Machine<Request = R>>>(
        &mut self,
        scenario: &S,
        plan: &[Deviation<R>],
    ) {
        self.victims.clear();
        let count = Deviation::cluster_size(plan).unwrap_or(*scenario.nodes().start());
        if Deviation::goes_beyond(plan) {
            self.victims.extend((0..count).map(NodeId));
            return;
        }
        for node in plan.iter().filter_map(Deviation::destroys) {
            let redundancies = self.tolerances.of(count, |count| scenario.tolerates(count));
            admit(&mut self.victims, node, redundancies);
        }
    }

    /// Keeps the lists of a deviation that is not needed any more.
    fn keep(&mut self, deviation: Deviation<R>) {
        match deviation {
            Deviation::Crash(Crash { nodes, .. }) | Deviation::Broken(Broken { nodes, .. }) => {
                self.sides.push(nodes);
            }
            Deviation::Cut(Cut { shape, .. })
            | Deviation::Clog(Clog { shape, .. })
            | Deviation::Throttle(Throttle { shape, .. })
            | Deviation::Plane(Plane {
                is: Impaired::Cut(Cut { shape, .. }) | Impaired::Clogged(Clog { shape, .. }),
                ..
            }) => self.keep_shape(shape),
            Deviation::Knob(Tuned { name, .. }) => self.names.push(name),
            _ => {}
        }
    }

    /// A name, in a text that was used before if there is one.
    fn name(&mut self, text: &str) -> String {
        let mut name = self.names.pop().unwrap_or_default();
        name.clear();
        name.push_str(text);
        name
    }

    fn keep_shape(&mut self, shape: Shape) {
        match shape {
            Shape::Split(side)
            | Shape::Mute(side)
            | Shape::Deaf(side)
            | Shape::Bridge { side, .. } => self.sides.push(side),
            Shape::Links(links) => self.links.push(links),
            Shape::Ring | Shape::Star { .. } => {}
        }
    }

    /// Asks once for the failure domains of clusters of this size. True if there are any.
    fn has_domains<S: Scenario>(&mut self, scenario: &S, count: u32) -> bool {
        let domains = self.domains.entry(count).or_insert_with(|| {
            let domains = scenario.domains(count);
            for domain in &domains {
                assert!(
                    domain.is_sorted_by(|one, next| one < next)
                        && domain.last().is_some_and(|last| last.0 < count),
                    "a failure domain of a cluster of {count} is a non-empty list of its nodes in \
                     ascending order, not {domain:?}"
                );
            }
            domains
        });
        !domains.is_empty()
    }

    /// An empty list with room for so many nodes.
    fn side(&mut self, count: u32) -> Vec<NodeId> {
        let mut side = self.sides.pop().unwrap_or_default();
        side.clear();
        side.reserve(count as usize);
        side
    }
}

/// What is asked of the machines of a scenario.
pub type RequestOf<S> = <<S as Scenario>::Machine as stormglass_machine::Machine>::Request;

fn draw_odds(seed: u64, dice: &mut Dice, faults: &Faults, settings: &Settings) -> Odds {
    // From one in a thousand to about every second, each power of two as likely as the next.
    let some = |dice: &mut Dice, allowed: bool| match allowed && dice.per_million(500_000) {
        true => 1_000 << dice.below(10),
        false => 0,
    };
    let corrupt = some(&mut Dice::new(seed, "swarm-corrupt", 0), faults.corrupt) / 2;
    let mut odds = |allowed| some(dice, allowed);
    let drop = odds(faults.drop) / 2;
    Odds {
        corrupt,
        drop: if faults.loss_ppm > 0 { faults.loss_ppm } else { drop },
        duplicate: odds(faults.duplicate) / 2,
        delay: odds(faults.delay),
        late_timer: odds(faults.late_timer),
        slow_flush: odds(faults.slow_flush),
        longest: settings.latency * (LONGEST_DELAY >> (7 - dice.below(8))),
    }
}

/// Moves what an operator restarts into the plan.
fn plan_restarts<R>(restarts: Vec<Crash>, count: u32, plan: &mut Vec<Deviation<R>>) {
    for restart in restarts {
        let nodes = &restart.nodes;
        assert!(
            restart.check().is_ok() && nodes.last().is_some_and(|last| last.0 < count),
            "a restart is of nodes from 0 to {} in ascending order, not of {nodes:?}",
            count - 1
        );
        assert!(
            restart.at.max(restart.down) <= LONGEST,
            "a restart is within a year, not after {:?}",
            restart.at
        );
        plan.push(Deviation::Crash(restart));
    }
}

/// Moves what is asked into the plan, in the order of the clients and of the times.
fn plan_requests<R>(asked: &mut Vec<Asked<R>>, count: u32, plan: &mut Vec<Deviation<R>>) {
    let first = plan.len();
    for (Asked { client, at, node, request }, nth) in asked.drain(..).zip(0..) {
        assert!(node.0 < count, "node {node} is asked, and the nodes are 0 to {}", count - 1);
        assert!(at <= LONGEST, "a request is made within a year, not after {at:?}");
        plan.push(Deviation::Request { client, nth, at, node, request });
    }
    // What was asked first comes first, so that this may be a sort without a buffer.
    plan[first..].sort_unstable_by_key(|deviation| match deviation {
        Deviation::Request { client, nth, at, .. } => (*client, *at, *nth),
        _ => unreachable!("only requests were put there"),
    });
    let (mut last_client, mut next) = (None, 0);
    for deviation in &mut plan[first..] {
        if let Deviation::Request { client, nth, .. } = deviation {
            next = if last_client == Some(*client) { next + 1 } else { 0 };
            (last_client, *nth) = (Some(*client), next);
        }
    }
}

/// Draws episodes of one run.
struct Episodes<'a, R> {
    dice: Dice,
    settings: &'a Settings,
    /// The planes that the scenario names.
    planes: &'a [&'static str],
    count: u32,
    planner: &'a mut Planner<R>,
    plan: &'a mut Vec<Deviation<R>>,
}

impl<R> Episodes<'_, R> {
    /// In every second seed, several episodes of a family that has dice of its own.
    fn draw(&mut self, seed: u64, purpose: &str, allowed: bool, episode: fn(&mut Self)) {
        if !allowed {
            return;
        }
        self.dice = Dice::new(seed, purpose, 0);
        if self.dice.per_million(500_000) {
            (0..1_u32 << self.dice.below(5)).for_each(|_| episode(self));
        }
    }

    /// A node whose durable data may be destroyed.
    fn victim(&mut self) -> Option<NodeId> {
        let victims = &self.planner.victims;
        (!victims.is_empty()).then(|| *self.dice.pick(victims))
    }

    fn at(&mut self) -> Duration {
        Duration::from_millis(self.dice.below(millis(self.settings.storm)))
    }

    /// From zero to what is left of the storm; short ones are as likely as long ones.
    fn span(&mut self, at: Duration) -> Duration {
        let left = millis(self.settings.storm.saturating_sub(at));
        let longest = left >> self.dice.below(10);
        Duration::from_millis(self.dice.below(longest.max(1)))
    }

    fn node(&mut self) -> NodeId {
        NodeId(self.dice.below(u64::from(self.count)) as u32)
    }

    /// Some of the nodes, in order, neither none nor all (unless there is only one).
    fn side(&mut self) -> Vec<NodeId> {
        let mut nodes = self.everybody();
        self.dice.shuffle(&mut nodes);
        let size = 1 + self.dice.below(u64::from(self.count.max(2) - 1)) as usize;
        nodes.truncate(size);
        nodes.sort_unstable();
        nodes
    }

    fn alone(&mut self) -> Vec<NodeId> {
        let node = self.node();
        let mut nodes = self.planner.side(self.count);
        nodes.push(node);
        nodes
    }

    fn everybody(&mut self) -> Vec<NodeId> {
        let mut nodes = self.planner.side(self.count);
        nodes.extend((0..self.count).map(NodeId));
        nodes
    }
}

fn millis(span: Duration) -> u64 {
    (span.as_millis() as u64).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_that_is_asked_for_is_the_same_with_every_seed_and_changes_nothing_else() {
        let settings = Settings::default();
        let odds = |seed, faults: &Faults| {
            draw_odds(seed, &mut Dice::new(seed, "swarm", 0), faults, &settings)
        };
        for seed in 0..100 {
            let quiet = odds(seed, &Faults { loss_ppm: 10_000, ..Faults::NONE });
            let none = odds(seed, &Faults::NONE);
            assert_eq!(quiet, Odds { drop: 10_000, ..none });
            let stormy = odds(seed, &Faults { loss_ppm: 10_000, ..Faults::ALL });
            assert_eq!(stormy, Odds { drop: 10_000, ..odds(seed, &Faults::ALL) });
        }
    }
}
