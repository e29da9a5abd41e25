//! What the structures cost that could be an agenda.

use serde::Serialize;
use stormglass_bench::{Delays, Hold, STRUCTURES};

use crate::choice::Choice;
use crate::{cpu, rounds};

/// How many balls are in the air at a time.
const IN_FLIGHT: [usize; 5] = [5, 50, 500, 5_000, 50_000];

/// Caught and thrown in a round.
const THROWS: u64 = 500_000;

/// What was measured with some delays and so many in flight.
#[derive(Clone, Debug, Serialize)]
pub struct Agenda {
    /// The row.
    pub name: String,
    /// What is drawn.
    pub delays: &'static str,
    /// How many are in flight at a time.
    pub in_flight: usize,
    /// CPU time to take one out, draw its delay and put it in again, by structure.
    pub ns: [f64; STRUCTURES.len()],
}

/// A row on the way to its figures.
struct Running {
    name: String,
    delays: Delays,
    in_flight: usize,
    holds: [Box<dyn Hold>; STRUCTURES.len()],
    ns_in_rounds: [Vec<f64>; STRUCTURES.len()],
}

impl Running {
    fn start(delays: Delays, in_flight: usize) -> Self {
        let holds = STRUCTURES.each_ref().map(|structure| {
            let mut hold = (structure.hold)(delays, in_flight);
            hold.throw(THROWS.max(4 * in_flight as u64));
            hold
        });
        let (name, ns_in_rounds) = (name(delays, in_flight), [const { Vec::new() }; 4]);
        Running { name, delays, in_flight, holds, ns_in_rounds }
    }

    fn take_time(&mut self) {
        let digests = self.holds.iter_mut().zip(&mut self.ns_in_rounds).map(|(hold, rounds)| {
            let (time, digest) = cpu::time(|| hold.throw(THROWS));
            rounds.push(time.as_nanos() as f64 / THROWS as f64);
            digest
        });
        let digests: Vec<_> = digests.collect();
        assert!(digests.iter().all(|digest| *digest == digests[0]), "one has another order");
    }

    fn end(self) -> Agenda {
        Agenda {
            name: self.name,
            delays: self.delays.name(),
            in_flight: self.in_flight,
            ns: self.ns_in_rounds.each_ref().map(|rounds| rounds::median(rounds)),
        }
    }
}

fn name(delays: Delays, in_flight: usize) -> String {
    format!("agenda, {}, {in_flight} in flight", delays.name())
}

fn all() -> impl Iterator<Item = (Delays, usize)> {
    Delays::ALL.into_iter().flat_map(|delays| IN_FLIGHT.map(|in_flight| (delays, in_flight)))
}

/// The names of all rows.
pub fn names() -> impl Iterator<Item = String> {
    all().map(|(delays, in_flight)| name(delays, in_flight))
}

/// Measures all structures in turn.
pub fn measure(choice: &Choice) -> Vec<Agenda> {
    let wanted = all().filter(|(delays, in_flight)| choice.takes(&name(*delays, *in_flight)));
    let mut running: Vec<_> =
        wanted.map(|(delays, in_flight)| Running::start(delays, in_flight)).collect();
    for round in 1..=choice.rounds {
        if !running.is_empty() {
            choice.progress.say(|| format!("agendas: round {round} of {}", choice.rounds));
        }
        running.iter_mut().for_each(Running::take_time);
    }
    running.into_iter().map(Running::end).collect()
}
