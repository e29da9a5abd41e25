//! The command, run as a function over the scenario of the example `counter`.

mod bisect;
mod compare;
#[path = "../../examples/counter/scenario.rs"]
mod counter;
mod errors;
mod golden;
mod hostile;
mod interrupts;
mod logs;
mod process;
mod repair;
mod shapes;

use std::ffi::OsString;
use std::path::Path;

use stormglass_cli::{Interrupt, Terminal};

static NEVER: Interrupt = Interrupt::new();

/// How a command went.
#[derive(Debug)]
struct Ran {
    code: u8,
    out: String,
    errors: String,
}

/// Runs `stormglass ARGUMENTS`.
fn run<A: Into<OsString> + Clone>(arguments: &[A]) -> Ran {
    run_until(&NEVER, arguments)
}

fn run_until<A: Into<OsString> + Clone>(interrupt: &'static Interrupt, arguments: &[A]) -> Ran {
    run_on(false, interrupt, arguments)
}

fn run_on<A: Into<OsString> + Clone>(
    colours: bool,
    interrupt: &'static Interrupt,
    arguments: &[A],
) -> Ran {
    let (mut out, mut errors) = (Vec::new(), Vec::new());
    let terminal =
        Terminal { out: &mut out, errors: &mut errors, colours, progress: false, interrupt };
    let arguments = arguments.iter().cloned().map(Into::into);
    let arguments = std::iter::once("stormglass".into()).chain(arguments);
    let code = stormglass_cli::run(&counter::registry(), arguments, terminal);
    let text = |bytes| String::from_utf8(bytes).expect("the command writes text");
    Ran { code, out: text(out), errors: text(errors) }
}

/// A path as an argument.
fn text(path: &Path) -> &str {
    path.to_str().expect("the tests' folders have plain names")
}
