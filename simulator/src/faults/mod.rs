//! Which faults strike in a run: a plan of episodes drawn before it begins, and the odds by which
//! the fate of each message, timer and flush is drawn as it goes.
//!
//! Each seed turns whole families off and draws wild odds for the rest (swarm testing, Groce et
//! al. 2012): a bug that needs many crashes and no drops is found by the seed that has just that.

use std::time::Duration;

use stormglass_machine::{Dice, Machine, NodeId};

use crate::deviation::{Deviation, Nonsense};
use crate::knob::Knobs;
use crate::scenario::{Asked, Scenario, Settings};
use crate::span::LONGEST;

mod clock;
mod crash;
mod cut;
mod family;
mod flush;
mod knob;
mod message;
mod pause;
mod site;
mod timer;

pub use clock::WrongClock;
pub use crash::Crash;
pub use cut::{Cut, Shape};
pub use family::Family;
pub use flush::SlowFlush;
pub use knob::Tuned;
pub use message::{Fate, MessageFault};
pub use pause::Pause;
pub use site::SiteFires;
pub use timer::LateTimer;

/// What every fault knows of itself. One file for each.
pub(crate) trait Fault {
    /// When it strikes, if it is named by a time.
    fn at(&self) -> Option<Duration> {
        None
    }

    /// The last of the nodes it is about; `None` if it is about no node in particular.
    fn last_node(&self) -> Option<NodeId>;

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
    /// Messages arrive twice.
    pub duplicate: bool,
    /// Links are cut for a while.
    pub cut: bool,
    /// Nodes crash and start again.
    pub crash: bool,
    /// A crash may lose records that were not flushed.
    pub lose_unflushed: bool,
    /// The whole cluster crashes at once.
    pub blackout: bool,
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
}

impl Faults {
    /// Every family; wall clocks are off by up to a second, and drift by up to 200 parts per
    /// million.
    pub const ALL: Faults = Faults {
        delay: true,
        drop: true,
        duplicate: true,
        cut: true,
        crash: true,
        lose_unflushed: true,
        blackout: true,
        pause: true,
        late_timer: true,
        slow_flush: true,
        knobs: true,
        sites: true,
        clock_offset: Duration::from_secs(1),
        clock_drift_ppm: 200,
    };

    /// None: only clients deviate from the dull run.
    pub const NONE: Faults = Faults {
        delay: false,
        drop: false,
        duplicate: false,
        cut: false,
        crash: false,
        lose_unflushed: false,
        blackout: false,
        pause: false,
        late_timer: false,
        slow_flush: false,
        knobs: false,
        sites: false,
        clock_offset: Duration::ZERO,
        clock_drift_ppm: 0,
    };
}

/// The most base latencies by which something can be late.
pub(crate) const LONGEST_DELAY: u32 = 1 << 7;

/// Beyond so many nodes, a cut is not drawn link by link.
const LARGE: u32 = 64;

/// The odds of one seed, in parts per million, and how large a delay can be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Odds {
    pub(crate) drop: u32,
    pub(crate) duplicate: u32,
    pub(crate) delay: u32,
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
}

impl<R> Default for Planner<R> {
    fn default() -> Self {
        Planner { asked: Vec::new(), sides: Vec::new(), links: Vec::new(), names: Vec::new() }
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
        let faults = &settings.faults;
        let odds = draw_odds(&mut dice, faults, settings);
        scenario.requests(count, &mut Dice::new(seed, "clients", 0), &mut self.asked);
        plan_requests(&mut self.asked, count, plan);
        let episode_dice = Dice::new(seed, "episodes", 0);
        let mut episodes = Episodes { dice: episode_dice, settings, count, planner: self, plan };
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
        episodes.knobs(knobs, seed);
        odds
    }

    /// Keeps the lists of a deviation that is not needed any more.
    fn keep(&mut self, deviation: Deviation<R>) {
        match deviation {
            Deviation::Crash(Crash { nodes, .. }) => self.sides.push(nodes),
            Deviation::Cut(Cut { shape, .. }) => match shape {
                Shape::Split(side)
                | Shape::Mute(side)
                | Shape::Deaf(side)
                | Shape::Bridge { side, .. } => self.sides.push(side),
                Shape::Links(links) => self.links.push(links),
                Shape::Ring => {}
            },
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

fn draw_odds(dice: &mut Dice, faults: &Faults, settings: &Settings) -> Odds {
    // From one in a thousand to about every second, each power of two as likely as the next.
    let mut odds = |allowed: bool| match allowed && dice.per_million(500_000) {
        true => 1_000 << dice.below(10),
        false => 0,
    };
    Odds {
        drop: odds(faults.drop) / 2,
        duplicate: odds(faults.duplicate) / 2,
        delay: odds(faults.delay),
        late_timer: odds(faults.late_timer),
        slow_flush: odds(faults.slow_flush),
        longest: settings.latency * (LONGEST_DELAY >> (7 - dice.below(8))),
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
    count: u32,
    planner: &'a mut Planner<R>,
    plan: &'a mut Vec<Deviation<R>>,
}

impl<R> Episodes<'_, R> {
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
