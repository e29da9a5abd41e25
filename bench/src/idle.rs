//! What a node takes that has nothing to do.

use std::hint::black_box;

use serde::Serialize;
use stormglass_machine::{Env, Input, Machine};
use stormglass_simulator::{Faults, Plain, Settings, World};

use crate::choice::Choice;

/// The row's name.
pub const NAME: &str = "idle node";

const NODES: u32 = 5_000;

/// What was measured.
#[derive(Clone, Debug, Serialize)]
pub struct Idle {
    /// How many nodes the world had.
    pub nodes: u32,
    /// The most the world had allocated at a time, divided by the number of nodes.
    pub bytes_per_node: f64,
    /// Of which the machine itself takes so many.
    pub machine_bytes: usize,
}

struct Idler;

impl Machine for Idler {
    type Message = u64;
    type Request = u64;
    type Response = ();
    type Timer = ();
    type Record = u64;

    fn restore(&mut self, _: u64) {}

    fn step(&mut self, _: Input<Self>, _: &mut Env<Self>) {}

    fn state(&self) -> &'static str {
        "Idle"
    }
}

/// Counts what a world allocates from its making to the end of a run.
pub fn measure(choice: &Choice) -> Option<Idle> {
    if !choice.takes(NAME) {
        return None;
    }
    choice.progress.say(|| NAME.to_owned());
    let settings = Settings { faults: Faults::NONE, ..Settings::default() };
    let idlers = Plain::new("idlers", NODES, |_| Idler).settings(settings);
    let info = allocation_counter::measure(|| {
        let mut world = World::new(&idlers);
        black_box(world.search(0));
        black_box(&world);
    });
    let bytes_per_node = info.bytes_max as f64 / f64::from(NODES);
    Some(Idle { nodes: NODES, bytes_per_node, machine_bytes: size_of::<Idler>() })
}
