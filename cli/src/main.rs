//! The command for the scenarios that come with stormglass.

use std::process::ExitCode;

fn main() -> ExitCode {
    stormglass_cli::main(&stormglass_scenarios::registry())
}
