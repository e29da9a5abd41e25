//! What the scenarios have in common: how long things take, and what operators ask.

use std::time::Duration;

use stormglass_faction::{
    Bug, Config, FactionNode, NodeConfig, PeerId, Planted, QuorumPolicy, Request,
};
use stormglass_machine::{Dice, NodeId};
use stormglass_simulator::{Asked, Facts, Faults, Settings, World};

use super::ghost::Judged;
use super::oracle::ending;

const LATENCY: Duration = Duration::from_millis(10);
/// Long enough that a crash can strike between a promise and its durability.
const FLUSH: Duration = Duration::from_millis(1);
const STORM: Duration = Duration::from_millis(1_500);
/// What was set or sent in the storm is up to 1.3 s late. A node that has heard nobody asks within
/// another 0.9 s, and finishes its own part or gives up within half a second of being heard; then
/// there must be a second of silence, and there is one to spare.
const CALM: Duration = Duration::from_secs(5);
/// Many times what the stormiest healthy run needs.
const MAX_EVENTS: u64 = 20_000;

/// Longer than the collection window: one that ends in solitude is common.
const RETRY_INTERVAL: Duration = Duration::from_millis(500);
const RETRY_INTERVAL_LIMIT: Duration = Duration::from_millis(900);
const COLLECTION_WINDOW: Duration = Duration::from_millis(300);

/// The settings of a scenario with these faults.
pub fn settings(faults: Faults) -> Settings {
    Settings {
        latency: LATENCY,
        flush: FLUSH,
        storm: STORM,
        calm: CALM,
        max_events: MAX_EVENTS,
        faults,
        ..Settings::default()
    }
}

/// What a node with these members and this quorum is told. It has no deadline.
pub fn config(node: NodeId, members: u32, quorum: usize) -> NodeConfig {
    let members = (0..PeerId::from(members)).collect();
    NodeConfig {
        retry_interval: RETRY_INTERVAL,
        retry_interval_limit: RETRY_INTERVAL_LIMIT,
        collection_window: Some(COLLECTION_WINDOW),
        deadline: None,
        cluster: Config::new(node.0.into(), members, QuorumPolicy::new(quorum)),
    }
}

/// A node with a bug, or without.
pub fn node(config: NodeConfig, planted: Option<Bug>) -> FactionNode {
    FactionNode::with_planted(config, planted.map_or(Planted::NOTHING, Planted::bug))
}

/// In half of the seeds up to so many requests of these kinds, to anybody, the earlier the more
/// likely: there is most to disturb while nothing has been concluded.
pub fn operators(
    kinds: &[Request],
    most: u64,
    count: u32,
    dice: &mut Dice,
    asked: &mut Vec<Asked<Request>>,
) {
    if dice.per_million(500_000) {
        return;
    }
    for _ in 0..dice.within(1..=most) {
        let request = *dice.pick(kinds);
        let node = NodeId(dice.below(count.into()) as u32);
        asked.push(Asked { client: 0, at: moment(dice), node, request });
    }
}

/// A time within the storm; each halving is as likely as the next.
pub fn moment(dice: &mut Dice) -> Duration {
    let latest = STORM.as_millis() as u64 >> dice.below(10);
    Duration::from_millis(dice.below(latest))
}

/// A probe asks less than anything else.
pub fn simpler(request: &Request) -> Vec<Request> {
    match request {
        Request::Probe => Vec::new(),
        Request::CompleteLocalParticipation | Request::ExpireDeadline => vec![Request::Probe],
    }
}

/// Counts what any run shows.
pub fn facts<S: Judged>(world: &World<'_, S>, facts: &mut Facts) {
    let ghost = world.ghost();
    ghost.cells.count(facts);
    facts.add("records lost in crashes", ghost.promises.lost_records);
    ending::count(world, facts);
}

/// What a node is like: whom it knows of, whom it counts, and whether it has said that it is ready.
pub fn describe(node: &FactionNode) -> String {
    let view = node.view();
    let (knows, counts) = (view.pinging_peers(), view.collecting_peers());
    let ready = if node.has_announced_ready() { ", has said that it is ready" } else { "" };
    format!("knows {knows:?}, counts {counts:?} of {}{ready}", view.required_count())
}
