//! What is counted in every run, and not judged.

use stormglass_simulator::{Facts, World};

use super::Replication;
use super::finally::{convergence, losses};
use super::oracle::history::ForkCause;
use super::oracle::roles::{ALLOWED, REFUSED, triple_name};

/// Counts what a run showed.
pub fn count(world: &World<'_, Replication>, facts: &mut Facts) {
    let ghost = world.ghost();
    for (position, triple) in ALLOWED.into_iter().enumerate() {
        let reached = ghost.all().iter().map(|witness| witness.roles.reached[position]).sum();
        facts.add(&triple_name(triple), reached);
    }
    for (position, name) in REFUSED.into_iter().enumerate() {
        facts.add(name, ghost.all().iter().map(|witness| witness.roles.refused[position]).sum());
    }
    for cause in ForkCause::ALL {
        facts.add(cause.fact(), ghost.history.forks[cause as usize]);
    }
    let (all, longest) = convergence::dual_leader_time(world);
    facts.add("two leaders at once, in milliseconds", all.as_millis() as u64);
    facts.add("two leaders at once, longest in milliseconds", longest.as_millis() as u64);
    losses::count(world, facts);
    let sum = |of: fn(&super::oracle::Witness) -> u64| ghost.all().iter().map(of).sum::<u64>();
    facts.add("skips over a gap", sum(|witness| witness.gates.gaps));
    facts.add("skips over a bad range", sum(|witness| witness.gates.bad_ranges));
    facts.add("suffixes taken back", sum(|witness| witness.gates.truncations));
    facts.add("refused for lack of budget", sum(|witness| witness.answers.refused_for_budget));
    facts.add("messages of strangers", sum(|witness| witness.strangers.seen));
    facts.add("clients turned away", sum(|witness| witness.turned_away));
    let polite = ghost.politeness.is_polite() && ghost.politeness.leaderships > 1;
    facts.add("polite runs with a change of leader", u64::from(polite));
}

/// What every campaign should see: each allowed change of a role, and each kind of refusal.
pub fn expected() -> Vec<String> {
    let triples = ALLOWED.into_iter().map(triple_name);
    triples.chain(REFUSED.into_iter().map(str::to_owned)).collect()
}
