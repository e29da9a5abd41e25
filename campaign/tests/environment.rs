//! What the environment says to a check in a `cargo test`: which seeds, which log, which folder.

use std::path::Path;
use std::process::Command;

use stormglass_campaign::check;
use stormglass_machine::{Env, Input, Machine};
use stormglass_simulator::{Plain, ensure};
use tempfile::TempDir;

/// Hears numbers, and should not hear large ones.
struct Ear {
    largest: u64,
    allowed: u64,
}

impl Machine for Ear {
    type Message = u64;
    type Request = u64;
    type Response = ();
    type Timer = ();
    type Record = ();

    fn restore(&mut self, (): ()) {}

    fn step(&mut self, input: Input<Self>, _: &mut Env<Self>) {
        if let Input::Request { request, .. } = input {
            self.largest = self.largest.max(request);
        }
    }

    fn state(&self) -> &'static str {
        "Listening"
    }
}

fn ear() -> Ear {
    let allowed = std::env::var("ALLOWED").map_or(9, |text| text.parse().expect("a number"));
    Ear { largest: 0, allowed }
}

/// The test that is run again with variables. It fails if `ALLOWED` is small.
#[test]
fn subject() {
    let ears = Plain::new("ears", 1, |_| ear()).ask(4, |dice| dice.below(10)).always(
        "only small numbers are heard",
        |world, node| {
            let Some(Ear { largest, allowed }) = world.get(node) else { return Ok(()) };
            ensure(largest <= allowed, || format!("{largest}"))
        },
    );
    check(&ears, 0..20);
}

/// Whether the subject passes in this folder with these variables, and what it says.
fn run(folder: &Path, variables: &[(&str, &str)]) -> (bool, String) {
    let program = std::env::current_exe().expect("a test knows where it is");
    let mut command = Command::new(program);
    command.args(["--exact", "subject", "--nocapture"]).current_dir(folder);
    for name in ["STORMGLASS_SEED", "STORMGLASS_SEEDS", "STORMGLASS_LOG", "STORMGLASS_OUT"] {
        command.env_remove(name);
    }
    let output = command.envs(variables.iter().copied()).output().expect("it runs");
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).expect("it speaks UTF-8"))
}

fn folder() -> TempDir {
    TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder")
}

#[test]
fn a_seed_and_a_range_go_before_what_the_test_says() {
    let folder = folder();
    for (name, value, said) in [
        ("STORMGLASS_SEED", "1_000", "In 1 of 1 seeds, first in seed 1000"),
        ("STORMGLASS_SEEDS", "2_000..2_003", "of 3 seeds, first in seed 2000"),
    ] {
        let (passed, text) = run(folder.path(), &[("ALLOWED", "0"), (name, value)]);
        assert!(!passed && text.contains(said), "{text}");
    }
    for (name, value) in [("STORMGLASS_SEED", "seven"), ("STORMGLASS_SEEDS", "7")] {
        let (passed, text) = run(folder.path(), &[(name, value)]);
        assert!(!passed && text.contains(name), "{text}");
    }
}

#[test]
fn a_log_is_written_into_the_folder_and_told_in_full_and_replayed() {
    let folder = folder();
    let fails = ("ALLOWED", "0");
    let (passed, text) = run(folder.path(), &[fails, ("STORMGLASS_OUT", "logs")]);
    assert!(!passed, "{text}");
    let (_, again) = text.split_once("STORMGLASS_LOG=").expect("it says how to run it again");
    let (log, _) = again.split_once(" cargo test subject").expect("of this test");
    assert!(Path::new(log).starts_with(folder.path()) && Path::new(log).is_file(), "{log}");

    let (passed, text) = run(folder.path(), &[fails, ("STORMGLASS_LOG", log)]);
    assert!(!passed && text.contains("The very same run as in"), "{text}");
    let (passed, text) = run(folder.path(), &[("STORMGLASS_LOG", log)]);
    assert!(passed && text.contains("It no longer happens."), "{text}");
}

#[test]
fn a_log_of_another_scenario_or_of_nothing_is_told() {
    let folder = folder();
    let (_, text) = run(folder.path(), &[("ALLOWED", "0"), ("STORMGLASS_OUT", ".")]);
    let (_, again) = text.split_once("STORMGLASS_LOG=").expect("it says how to run it again");
    let (log, _) = again.split_once(" cargo test subject").expect("of this test");
    let of_others = std::fs::read_to_string(log).expect("a log").replace("\"ears\"", "\"eyes\"");
    std::fs::write(folder.path().join("eyes.json"), of_others).expect("there is room");

    let (passed, text) = run(folder.path(), &[("STORMGLASS_LOG", "eyes.json")]);
    assert!(passed && text.contains("another scenario"), "{text}");
    let (passed, text) = run(folder.path(), &[("STORMGLASS_LOG", "missing.json")]);
    assert!(!passed && text.contains("missing.json"), "{text}");
}
