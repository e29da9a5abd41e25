//! What all scenarios have in common is compiled once, with this crate: see the module of the same
//! name in the simulator.

/// Asks the compiler for everything that can be done with a scenario.
#[cfg(debug_assertions)]
pub fn of_idle(
    scenario: stormglass_simulator::Plain<stormglass_simulator::shared::Idle>,
) -> Box<dyn crate::Runnable> {
    Box::new(scenario)
}
