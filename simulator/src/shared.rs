//! What all scenarios have in common is compiled once: with this crate, and not again with each
//! crate that has a scenario, as long as it is not optimised. Nothing of it is ever run.

use stormglass_machine::{Env, Input, Machine};

/// A machine that does nothing.
pub struct Idle;

impl Machine for Idle {
    type Message = u64;
    type Request = u64;
    type Response = u64;
    type Timer = u64;
    type Record = u64;

    fn restore(&mut self, _record: u64) {}

    fn step(&mut self, _input: Input<Self>, _env: &mut Env<'_, Self>) {}

    fn state(&self) -> &'static str {
        "Idle"
    }
}

/// Asks the compiler for everything that can be done with a scenario.
#[cfg(debug_assertions)]
pub fn of_idle(scenario: &crate::Plain<Idle>) -> crate::Outcome {
    let mut world = crate::World::new(scenario);
    world.search(0);
    let recorded = world.record(0);
    world.replay(0, &recorded.deviations, u64::MAX, &mut ()).outcome
}
