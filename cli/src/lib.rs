//! The `stormglass` command, as a library: whoever has scenarios of their own gets the command
//! for them in three lines.
//!
//! ```no_run
//! use std::process::ExitCode;
//! use stormglass_campaign::Registry;
//!
//! fn main() -> ExitCode {
//!     let registry = Registry::new(); // .with("my-scenario", "what it is about", MyScenario::new)
//!     stormglass_cli::main(&registry)
//! }
//! ```
//!
//! # Invariants of this crate
//!
//! * With `--json`, standard output gets exactly one JSON object, or nothing if there is an error.
//! * An error is one line on standard error that says what to do next, and exit code 2.
//! * What comes out of a file cannot steer the terminal: control characters are shown, not sent.
//! * A reader of standard output that goes away ends the output, not the work.
//! * Nothing here knows what a scenario is made of; everything goes through the [`Registry`].

#![forbid(unsafe_code)]

mod arguments;
mod commands;
mod exit;
mod interrupt;
mod log;
mod pattern;
mod problem;
mod screen;
mod session;

use std::ffi::OsString;
use std::io::{BufWriter, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use stormglass_campaign::Registry;

use crate::arguments::Arguments;
use crate::exit::Exit;
use crate::problem::Problem;
use crate::screen::Screen;
use crate::session::Session;

pub use crate::interrupt::Interrupt;

static INTERRUPT: Interrupt = Interrupt::new();

/// What a `fn main` returns: reads the arguments of the process, and does what they say with
/// these scenarios.
pub fn main(registry: &Registry) -> ExitCode {
    // Without a handler Ctrl-C ends the process at once, which is the next best thing.
    let _ = ctrlc::set_handler(|| INTERRUPT.raise());
    let out = std::io::stdout();
    let colours = out.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|no| no.is_empty());
    let terminal = Terminal {
        out: &mut BufWriter::new(out.lock()),
        errors: &mut std::io::stderr(),
        colours,
        progress: true,
        interrupt: &INTERRUPT,
    };
    ExitCode::from(run(registry, std::env::args_os(), terminal))
}

/// Where the command writes to, and who can stop it.
pub struct Terminal<'t> {
    /// What was asked for.
    pub out: &'t mut dyn Write,
    /// What went wrong.
    pub errors: &'t mut dyn Write,
    /// Whether what was asked for may have colours.
    pub colours: bool,
    /// Whether campaigns show how far they are, on standard error.
    pub progress: bool,
    /// Ends long commands early.
    pub interrupt: &'static Interrupt,
}

/// The command as a function: arguments in, the name of the program first, exit code out.
pub fn run(
    registry: &Registry,
    arguments: impl IntoIterator<Item = OsString>,
    terminal: Terminal<'_>,
) -> u8 {
    let arguments: Vec<_> = arguments.into_iter().collect();
    let Terminal { out, errors, colours, progress, interrupt } = terminal;
    let mut screen = Screen::new(out, colours);
    let exit = match Arguments::try_parse_from(&arguments) {
        Err(help) if !help.use_stderr() => {
            // Examples that are pasted begin with the name under which the program was started.
            let (help, program) = (help.render().to_string(), program(arguments.first()));
            screen.text(help.replace("  stormglass ", &format!("  {program} ")));
            Ok(Exit::Fine)
        }
        Err(misuse) => Err(Problem::from(misuse)),
        Ok(Arguments { command, json }) => {
            let program = program(arguments.first());
            let mut session = Session { registry, program, screen, json, progress, interrupt };
            let exit = commands::execute(&mut session, command);
            screen = session.screen;
            exit
        }
    };
    let exit = exit.and_then(|exit| screen.finish().map(|()| exit));
    match exit {
        Ok(exit) => exit.code(),
        Err(problem) => {
            // There is nobody left to tell if this fails.
            let _ = writeln!(errors, "{problem}");
            let bisect = arguments.iter().any(|argument| argument == "--bisect");
            if bisect { Exit::CannotTell.code() } else { Exit::Misuse.code() }
        }
    }
}

/// How the program was started, for lines that are meant to be pasted: by its name, if it was found
/// by that, or else by its path.
fn program(argument: Option<&OsString>) -> String {
    let Some(argument) = argument else { return NAME.to_owned() };
    let path = Path::new(argument);
    let shown = match path.components().count() {
        1 => path.file_stem().unwrap_or(argument).to_string_lossy(),
        _ => argument.to_string_lossy(),
    };
    if shown.contains(char::is_whitespace) { format!("{shown:?}") } else { shown.into_owned() }
}

/// The name of the command, when it is spoken of.
pub(crate) const NAME: &str = "stormglass";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_pasted_starts_the_program_in_the_same_way() {
        let program = |argument: &str| program(Some(&argument.into()));
        assert_eq!(program("stormglass"), "stormglass");
        assert_eq!(program("target/release/stormglass"), "target/release/stormglass");
        assert_eq!(program("/my tools/stormglass"), "\"/my tools/stormglass\"");
        assert_eq!(super::program(None), NAME);
    }
}
