//! The program of a system: how it is built, and how it is run.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::{System, Workload};

const FOLDER: &str = env!("CARGO_MANIFEST_DIR");

/// A system's program, built.
pub struct Program {
    /// Whose program it is.
    pub system: &'static System,
    workload: &'static str,
    path: PathBuf,
}

/// What a run says of itself.
#[derive(Debug, Deserialize)]
pub struct Run {
    /// Messages that the nodes have received, or whatever else is counted.
    pub delivered: u64,
    /// Operations that clients have had answered.
    pub operations: u64,
    /// User and system time of the process while it did the work, in nanoseconds.
    pub cpu_ns: u64,
    /// Allocations while it did the work, if it was told to count them.
    pub allocations: u64,
}

impl Program {
    /// Builds the program of a system, if that has not been done.
    pub fn build(system: &'static System, workload: &Workload) -> Result<Program, String> {
        eprintln!("building {}", system.package);
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
        let mut command = Command::new(cargo);
        command.current_dir(FOLDER).args(["build", "--release", "-p", system.package]);
        command.arg("--message-format=json-render-diagnostics").stderr(Stdio::inherit());
        if !system.rustflags.is_empty() {
            command.env("CARGO_ENCODED_RUSTFLAGS", rustflags_with(system.rustflags));
        }
        let output = command.output().map_err(|error| format!("cargo does not run: {error}"))?;
        if !output.status.success() {
            return Err(format!("{} cannot be built", system.package));
        }
        let path = String::from_utf8_lossy(&output.stdout)
            .lines()
            .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
            .filter(|message| message["target"]["name"] == system.package)
            .find_map(|message| Some(PathBuf::from(message["executable"].as_str()?)))
            .ok_or_else(|| format!("cargo does not say where {} is", system.package))?;
        Ok(Program { system, workload: workload.name, path })
    }

    /// What to run to do work of this size.
    pub fn command_line(&self, size: u64) -> [OsString; 4] {
        [
            self.path.clone().into(),
            self.workload.into(),
            self.system.way.into(),
            size.to_string().into(),
        ]
    }

    /// Runs it once.
    pub fn run(&self, size: u64, options: &[&str]) -> Result<Run, String> {
        let [program, arguments @ ..] = self.command_line(size);
        let output = Command::new(program)
            .args(arguments)
            .args(options)
            .stderr(Stdio::inherit())
            .output()
            .map_err(|error| format!("{} does not run: {error}", self.path.display()))?;
        if !output.status.success() {
            return Err(format!("{} has failed", self.path.display()));
        }
        self.said(&output.stdout)
    }

    /// What a run has printed of itself.
    pub fn said(&self, stdout: &[u8]) -> Result<Run, String> {
        serde_json::from_slice(stdout)
            .map_err(|error| format!("{} prints something else: {error}", self.path.display()))
    }
}

/// What the compiler is told anyway, and this. In the form in which cargo takes precedence over all
/// others.
fn rustflags_with(more: &[&str]) -> String {
    let encoded = std::env::var("CARGO_ENCODED_RUSTFLAGS").ok();
    let plain = || std::env::var("RUSTFLAGS").unwrap_or_default();
    let given =
        encoded.unwrap_or_else(|| plain().split_whitespace().collect::<Vec<_>>().join(SEPARATOR));
    let more = more.join(SEPARATOR);
    if given.is_empty() { more } else { [given, more].join(SEPARATOR) }
}

const SEPARATOR: &str = "\u{1f}";

/// The release of a crate that the lock file names.
pub fn release(name: &str) -> Option<&'static str> {
    let lock = include_str!("../Cargo.lock");
    let (_, package) = lock.split_once(&format!("name = \"{name}\"\nversion = \""))?;
    Some(package.split_once('"')?.0)
}
