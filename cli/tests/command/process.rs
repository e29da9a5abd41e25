//! The command as a process: what only an operating system can do to it.

#![cfg(unix)]

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use tempfile::tempdir;

use crate::text;

/// The example `counter`, which cargo builds along with the tests.
fn counter() -> Command {
    let tests = std::env::current_exe().expect("tests are a file");
    let build = tests.ancestors().nth(2).map(PathBuf::from).expect("target/debug/deps/test");
    let program = build.join("examples").join("counter");
    assert!(program.exists(), "first: cargo build -p stormglass-cli --example counter");
    let mut command = Command::new(program);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn start(arguments: &[&str]) -> Child {
    counter().args(arguments).spawn().expect("the example runs")
}

fn errors(process: &mut Child) -> String {
    let mut errors = String::new();
    let mut from = process.stderr.take().expect("it is piped");
    from.read_to_string(&mut errors).expect("the command writes text");
    errors
}

#[test]
fn a_reader_that_goes_away_ends_the_output_and_not_the_work() {
    let folder = tempdir().expect("a folder");
    let all = ["campaign", "all", "--planted", "all", "--seeds", "0..50", "--out"];
    for (arguments, code) in [(&["list"][..], 0), (&[&all[..], &[text(folder.path())]].concat(), 1)]
    {
        let mut process = start(arguments);
        drop(process.stdout.take());
        let errors = errors(&mut process);
        assert!(!errors.contains("panicked"), "{errors}");
        assert_eq!(process.wait().expect("it ends").code(), Some(code), "{errors}");
    }
}

/// Linux has a device that is always full.
#[cfg(target_os = "linux")]
#[test]
fn output_that_is_lost_is_an_error() {
    let full = std::fs::File::create("/dev/full").expect("it is there");
    let output = counter().arg("list").stdout(full).output().expect("the example runs");
    let errors = String::from_utf8(output.stderr).expect("the command writes text");
    assert_eq!((output.status.code(), errors.lines().count()), (Some(2), 1), "{errors}");
}

#[test]
fn ctrl_c_ends_a_campaign_with_its_report() {
    let folder = tempdir().expect("a folder");
    let mut process = start(&["campaign", "counter", "--for", "1h", "--out", text(folder.path())]);
    let mut errors = BufReader::new(process.stderr.take().expect("it is piped"));
    let mut begins = String::new();
    errors.read_line(&mut begins).expect("it says that it begins");
    assert!(begins.contains("Ctrl-C"), "{begins}");
    let id = process.id().to_string();
    let sent = Command::new("kill").args(["-INT", &id]).status().expect("there is kill");
    assert!(sent.success());
    let mut out = String::new();
    let mut from = process.stdout.take().expect("it is piped");
    from.read_to_string(&mut out).expect("the command writes text");
    assert_eq!(process.wait().expect("it ends").code(), Some(130), "{out}");
    assert!(out.contains("(interrupted)"), "{out}");
}
