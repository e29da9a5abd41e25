//! Nodes that never heal: a change that waits for all where a majority must do.

use std::time::Duration;

use stormglass_machine::{Env, Input, Machine, NodeId};
use stormglass_simulator::{Plain, Settings, ensure};

use crate::only::only_finds;

const NODES: u32 = 3;

/// Whoever is asked proposes that to all, again and again, until a majority has taken it; with the
/// bug, until all have.
struct Proposer {
    planted: bool,
    proposal: u64,
    taken: [bool; NODES as usize],
}

impl Proposer {
    fn new(planted: bool) -> Self {
        Proposer { planted, proposal: 0, taken: [true; NODES as usize] }
    }

    fn is_decided(&self) -> bool {
        let taken = self.taken.iter().filter(|taken| **taken).count();
        taken >= if self.planted { NODES as usize } else { NODES as usize / 2 + 1 }
    }

    fn propose(&self, env: &mut Env<'_, Self>) {
        (0..NODES).for_each(|to| env.send(NodeId(to), self.proposal));
        env.set_timer((), Duration::from_millis(50));
    }
}

impl Machine for Proposer {
    /// A proposal, which is even; that it was taken is the next number.
    type Message = u64;
    type Request = u64;
    type Response = ();
    type Timer = ();
    type Record = ();

    fn restore(&mut self, (): ()) {}

    fn step(&mut self, input: Input<Self>, env: &mut Env<'_, Self>) {
        match input {
            Input::Request { request, .. } => {
                (self.proposal, self.taken) = (request * 2, [false; NODES as usize]);
                self.propose(env);
            }
            Input::Message { from, message } if message % 2 == 0 => env.send(from, message + 1),
            Input::Message { from, message } if message == self.proposal + 1 => {
                self.taken[from.index()] = true;
            }
            Input::Timer(()) if !self.is_decided() => self.propose(env),
            _ => {}
        }
    }

    fn state(&self) -> &'static str {
        if self.is_decided() { "Decided" } else { "Proposing" }
    }
}

#[test]
fn only_a_core_finds_a_change_that_waits_for_all() {
    only_finds("core", 0..200, |faults, planted| {
        let proposer = match planted {
            true => |_| Proposer::new(true),
            false => |_| Proposer::new(false),
        };
        let storm = Duration::from_millis(200);
        Plain::new("proposer", NODES, proposer)
            .ask(20, |dice| dice.below(1_000))
            .core(NODES / 2 + 1)
            .settings(Settings { faults, storm, ..Settings::default() })
            .eventually("the core decides", Duration::from_secs(1), |world| {
                let waits = world.core().find(|node| !world.machine(*node).is_decided());
                ensure(waits.is_none(), || format!("node {waits:?} still proposes"))
            })
    });
}
