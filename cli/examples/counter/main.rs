//! The stormglass command for one's own scenarios:
//!
//! ```sh
//! cargo run --example counter -- list
//! cargo run --example counter -- campaign counter --planted answers-first
//! ```

mod scenario;

use std::process::ExitCode;

fn main() -> ExitCode {
    stormglass_cli::main(&scenario::registry())
}
