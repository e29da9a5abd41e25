//! Many seeds of bad weather, after which all must end well; and the planted bugs they find.

use std::time::Duration;

use stormglass_faction::{Conclusion, Config, NodeConfig, Planted, QuorumPolicy, Request, Visited};
use stormglass_machine::Dice;

use crate::network::{Network, Weather};

const SIZE: usize = 4;
/// A restart, the slowest retry until somebody is heard, a collection window, the slowest retry
/// until all are counted, or a deadline that is set when somebody is heard; and some latency.
const CALM: Duration = Duration::from_secs(8);

/// What a seed stands for. A family of faults is off in half of the seeds.
struct Plan {
    storm: Duration,
    quorum: usize,
    deadline: Option<Duration>,
    /// The first two nodes do not have the last one on their lists. The third has, so that the
    /// stranger hears somebody and comes to announce its readiness to all.
    has_stranger: bool,
    /// An operator may end it at any time.
    may_expire: bool,
}

fn plan(dice: &mut Dice) -> Plan {
    let deadline = dice.per_million(300_000).then_some(Duration::from_secs(3));
    let has_stranger = dice.per_million(150_000);
    let members = SIZE - usize::from(has_stranger);
    let out_of_reach = deadline.is_some() && dice.per_million(200_000);
    Plan {
        storm: Duration::from_secs(if dice.per_million(200_000) { 60 } else { 6 }),
        quorum: if out_of_reach { SIZE + 1 } else { dice.within(1..=members as u64) as usize },
        deadline,
        has_stranger,
        may_expire: dice.per_million(300_000),
    }
}

fn moment(dice: &mut Dice, until: Duration) -> Duration {
    Duration::from_nanos(dice.below(until.as_nanos() as u64))
}

fn network(plan: &Plan, planted: Planted, seed: u64) -> Network {
    let config = |id: u64| {
        let listed = SIZE as u64 - u64::from(plan.has_stranger && id < 2);
        let cluster = Config::new(id, (0..listed).collect(), QuorumPolicy::new(plan.quorum));
        NodeConfig { deadline: plan.deadline, ..NodeConfig::new(cluster) }
    };
    Network::new((0..SIZE as u64).map(config).collect(), planted, seed)
}

/// One seed: a storm and a calm. Which cells of the machine's table were visited, or what does not
/// hold.
pub fn run(seed: u64, planted: Planted) -> Result<Visited, &'static str> {
    let dice = &mut Dice::new(seed, "storm", 0);
    let plan = plan(dice);
    let mut network = network(&plan, planted, seed);
    let has = |dice: &mut Dice| dice.per_million(500_000);
    network.restart_after = Duration::from_millis(dice.within(0..=2_000));
    network.weather = Weather {
        drop_per_million: if has(dice) { dice.below(600_000) as u32 } else { 0 },
        duplicate_per_million: if has(dice) { 200_000 } else { 0 },
        extra_delay: Duration::from_millis(if has(dice) { dice.below(800) } else { 0 }),
    };
    let spread = if has(dice) { plan.storm / 2 } else { Duration::from_millis(1) };
    for node in 0..SIZE {
        network.start(node, moment(dice, spread));
    }
    if has(dice) {
        for node in 0..SIZE {
            network.slots[node].crash_at = Some(dice.below(60) as usize);
        }
    }
    if has(dice) {
        for _ in 0..4 {
            network.crash(dice.below(SIZE as u64) as usize, moment(dice, plan.storm));
        }
    }
    if has(dice) {
        for _ in 0..8 {
            let requests = [Request::Probe, Request::CompleteLocalParticipation];
            let expires = plan.may_expire && dice.per_million(300_000);
            let request = if expires { Request::ExpireDeadline } else { *dice.pick(&requests) };
            network.ask(dice.below(SIZE as u64) as usize, request, moment(dice, plan.storm));
        }
    }
    for _ in 0..3 {
        if has(dice) {
            network.isolate(dice.below(SIZE as u64) as usize);
        }
        network.run(plan.storm / 3)?;
        network.cuts.clear();
    }
    calm(&mut network, &plan)?;
    Ok(network.visited)
}

/// All faults end. Every member concludes; if none can time out, all bootstrap; then there is
/// silence, even if one more node starts again.
fn calm(network: &mut Network, plan: &Plan) -> Result<(), &'static str> {
    network.weather = Weather::default();
    for slot in &mut network.slots {
        slot.crash_at = None;
    }
    network.run(CALM)?;
    let members = SIZE - usize::from(plan.has_stranger);
    let conclusions = (0..members).map(|node| network.view(node).conclusion());
    let can_time_out = plan.deadline.is_some() || plan.may_expire;
    for conclusion in conclusions {
        match conclusion {
            Some(Conclusion::Bootstrapped) => {}
            Some(Conclusion::TimedOut) if can_time_out => {}
            None if plan.may_expire && plan.deadline.is_none() => {}
            Some(Conclusion::TimedOut) => return Err("nobody times out without a deadline"),
            None if plan.deadline.is_some() => return Err("a deadline ends it"),
            None => return Err("all bootstrap in the calm"),
        }
    }
    let all_concluded = network.up().all(|(_, node)| node.view().is_concluded());
    if all_concluded && !network.is_silent() {
        return Err("there is silence after all have concluded");
    }
    Ok(())
}

#[test]
fn storms_end_well() {
    let mut visited = Visited::default();
    for seed in 0..2_000 {
        match run(seed, Planted::NOTHING) {
            Ok(cells) => visited = visited | cells,
            Err(property) => panic!("seed {seed}: {property}"),
        }
    }
    assert!(visited.names().eq(Visited::CELLS), "storms that do not reach everything");
}

#[cfg(feature = "planted-bugs")]
mod planted {
    use stormglass_faction::Bug;

    use super::*;

    /// The invariants and the seeds are those of [`storms_end_well`], so a bug is what breaks them.
    #[test]
    fn every_bug_is_found() {
        for &bug in Bug::ALL {
            let found =
                (0..2_000).find_map(|seed| Some((seed, run(seed, Planted::bug(bug)).err()?)));
            let (seed, property) = found.unwrap_or_else(|| panic!("{} is not found", bug.name()));
            println!("{}: seed {seed}, {property}", bug.name());
        }
    }

    #[test]
    fn bugs_have_names_of_their_own() {
        for (position, bug) in Bug::ALL.iter().enumerate() {
            let is_word = |c: char| c.is_ascii_lowercase() || c == '-';
            assert!(bug.name().chars().all(is_word), "{}", bug.name());
            assert!(bug.description().ends_with('.'), "{}", bug.name());
            assert!(Bug::ALL[..position].iter().all(|other| other.name() != bug.name()));
        }
    }
}
