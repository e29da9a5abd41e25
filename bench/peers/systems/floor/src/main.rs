//! The floor: what any loop over events has to do, and nothing else. Take the earliest message off
//! a heap, draw the delay of the answer, put it on the heap.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::process::ExitCode;

use peers_harness::{NODES, Way, Work, right};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

fn main() -> ExitCode {
    peers_harness::main(&[Way::ping_pong("heap", run)])
}

struct Message {
    from: u32,
    to: u32,
    number: u64,
}

/// The heap holds keys; messages stand in a slab beside it.
struct Agenda {
    keys: BinaryHeap<Reverse<(u64, u64, u32)>>,
    slots: Vec<Message>,
    free: Vec<u32>,
    sequence: u64,
}

impl Agenda {
    fn push(&mut self, time: u64, message: Message) {
        let slot = match self.free.pop() {
            Some(slot) => {
                self.slots[slot as usize] = message;
                slot
            }
            None => {
                self.slots.push(message);
                self.slots.len() as u32 - 1
            }
        };
        self.keys.push(Reverse((time, self.sequence, slot)));
        self.sequence += 1;
    }

    fn pop(&mut self) -> Option<(u64, &Message)> {
        let Reverse((time, _, slot)) = self.keys.pop()?;
        self.free.push(slot);
        Some((time, &self.slots[slot as usize]))
    }
}

/// From 1 to 10 milliseconds, in nanoseconds: the high half of a product.
fn delay(dice: &mut ChaCha8Rng) -> u64 {
    1_000_000 + ((u128::from(dice.next_u64()) * 9_000_000) >> 64) as u64
}

fn run(work: &Work) -> u64 {
    let rules = work.rules();
    work.each_seed(|seed| {
        let mut dice = ChaCha8Rng::seed_from_u64(seed);
        let (keys, slots, free) = (BinaryHeap::new(), Vec::new(), Vec::new());
        let mut agenda = Agenda { keys, slots, free, sequence: 0 };
        for from in 0..NODES {
            let message = Message { from: from as u32, to: right(from) as u32, number: 0 };
            agenda.push(delay(&mut dice), message);
        }
        let mut received = [0; NODES];
        while let Some((time, &Message { from, to, number })) = agenda.pop() {
            received[to as usize] += 1;
            if let Some(number) = rules.answer(number) {
                agenda.push(time + delay(&mut dice), Message { from: to, to: from, number });
            }
        }
        rules.delivered(&received)
    })
}
