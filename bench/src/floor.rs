//! The floor: what any discrete-event loop has to do, and nothing else.

use std::time::Duration;

use stormglass_machine::{Dice, NodeId, Time};

use crate::agendas::Ball;
use crate::agendas::radix_heap::Agenda;

const NODES: u32 = 5;

/// Five balls between five nodes, each thrown back with a delay drawn by ChaCha8. No machine, no
/// state, no property, no hash, no fault; the agenda is that of the simulator.
pub struct Floor {
    agenda: Agenda<Ball>,
}

impl Default for Floor {
    fn default() -> Self {
        Floor { agenda: Agenda::new() }
    }
}

impl Floor {
    /// Catches so many balls and throws them back. Returns when the last was caught.
    pub fn run(&mut self, seed: u64, balls: u64) -> Time {
        let mut dice = Dice::new(seed, "floor", 0);
        self.agenda.clear();
        for from in 0..NODES {
            let ball = Ball { from: NodeId(from), to: NodeId((from + 1) % NODES), number: 0 };
            self.agenda.push(Time::ZERO, ball);
        }
        let mut end = Time::ZERO;
        for _ in 0..balls {
            let (now, ball) = self.agenda.pop().expect("all balls are in the air");
            let delay = Duration::from_nanos(5_000_000 + dice.below(10_000_000));
            let ball = Ball { from: ball.to, to: ball.from, number: ball.number + 1 };
            self.agenda.push(now + delay, ball);
            end = now;
        }
        end
    }
}
