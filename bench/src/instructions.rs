//! Counts instructions: this program runs itself under valgrind, on few seeds and on more, and the
//! difference is what the seeds between them cost.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::workloads::{Row, row};

/// The hidden command that does the work of a row once: the name of the row and the number of
/// seeds follow.
pub const RUN_ONCE: &str = "run-once";

/// Does the work of a row once, and says how many events that were.
pub fn run_once(name: &str, seeds: u64) {
    println!("{}", (row(name).make)().run(0..seeds).events);
}

/// Whether there is a valgrind.
pub fn can_be_counted() -> bool {
    let version = Command::new("valgrind").arg("--version").output();
    version.is_ok_and(|output| output.status.success())
}

/// What an event costs in instructions.
pub fn per_event(row: &Row) -> Result<f64, String> {
    let folder = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
    let program = std::env::current_exe().map_err(|error| format!("who am I? {error}"))?;
    let [few, more] = row.counted;
    let few = count(&program, folder.path(), row.name, few)?;
    let more = count(&program, folder.path(), row.name, more)?;
    let (events, instructions) = (more.events - few.events, more.instructions - few.instructions);
    Ok(instructions as f64 / events as f64)
}

struct Count {
    events: u64,
    instructions: u64,
}

fn count(program: &Path, folder: &Path, name: &str, seeds: u64) -> Result<Count, String> {
    let output = Command::new("valgrind")
        .arg("--tool=callgrind")
        .arg(format!("--callgrind-out-file={}", folder.join("profile").display()))
        .arg(program)
        .args([RUN_ONCE, name, &seeds.to_string()])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("valgrind does not run: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(format!("valgrind has failed on {name}:\n{said}"));
    }
    let events = String::from_utf8_lossy(&output.stdout).trim().parse();
    let events = events.map_err(|error| format!("{name} does not say its events: {error}"))?;
    let instructions = collected(&said)
        .ok_or_else(|| format!("valgrind does not say how many instructions it saw:\n{said}"))?;
    Ok(Count { events, instructions })
}

/// The number in the line `==123== Collected : 456`.
fn collected(said: &str) -> Option<u64> {
    said.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_is_found_in_what_valgrind_says() {
        let said = "==7== Events    : Ir\n==7== Collected : 3140659\n==7== \n";
        assert_eq!(collected(said), Some(3_140_659));
        assert_eq!(collected("==7== Events    : Ir\n"), None);
    }
}
