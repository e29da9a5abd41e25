//! Counts the instructions of a process, with valgrind.

use std::process::Command;

use crate::program::{Program, Run};

/// Whether there is a valgrind.
pub fn can_be_counted() -> bool {
    let version = Command::new("valgrind").arg("--version").output();
    version.is_ok_and(|output| output.status.success())
}

/// A run, and how many instructions it took from the start of the process to its end. Its CPU time
/// means nothing.
pub fn of_a_run(program: &Program, size: u64) -> Result<(Run, u64), String> {
    let folder = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
    let profile = folder.path().join("callgrind.out");
    let output = Command::new("valgrind")
        .arg("--tool=callgrind")
        .arg(format!("--callgrind-out-file={}", profile.display()))
        .args(program.command_line(size))
        .output()
        .map_err(|error| format!("valgrind does not run: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(format!("valgrind has failed:\n{said}"));
    }
    // "==123== Collected : 456"
    let instructions = said
        .lines()
        .find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok())
        .ok_or_else(|| format!("valgrind does not say how many instructions it saw:\n{said}"))?;
    Ok((program.said(&output.stdout)?, instructions))
}
