//! The example is the proof that the machine works outside of a simulation, so it has to work.

use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::LazyLock;

/// Where cargo puts the example. It is built with the whole workspace in mind, as that is what has been
/// built if all is tested.
static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--workspace", "--example", "three_processes"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .expect("cargo runs");
    assert!(built.success(), "the example cannot be built");
    let test = std::env::current_exe().expect("a test is a program");
    let folder = test.ancestors().nth(2).expect("it stands among the dependencies");
    folder.join("examples").join("three_processes").with_extension(std::env::consts::EXE_EXTENSION)
});

fn run(arguments: &[&str]) -> Output {
    Command::new(&*PROGRAM).args(arguments).output().expect("the example runs")
}

fn lines(output: &Output) -> Vec<String> {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {errors}", output.status);
    String::from_utf8_lossy(&output.stdout).lines().map(String::from).collect()
}

#[test]
fn three_processes_bootstrap_and_one_that_was_killed_remembers() {
    let lines = lines(&run(&["--restart"]));
    assert_eq!(lines.len(), 6, "{lines:#?}");
    for (id, line) in lines[..3].iter().enumerate() {
        assert!(line.starts_with(&format!("node {id} at 127.0.0.1:")), "{line}");
        let end = "bootstrapped, counting [0, 1, 2] as ready, 0 records found in its file";
        assert!(line.ends_with(end), "{line}");
    }
    assert_eq!(lines[3], "node 1: killed");
    assert_eq!(
        lines[4],
        "node 1: started again without peers: bootstrapped, counting [0, 1, 2] as ready, \
         1 records found in its file"
    );
    assert_eq!(lines[5], "all 3 nodes have bootstrapped and ended cleanly");
}

#[test]
fn without_a_restart_there_is_nothing_but_the_summary() {
    assert_eq!(lines(&run(&[])).len(), 4);
}

#[test]
fn a_wrong_argument_is_an_error_that_says_what_is_right() {
    let output = run(&["--reboot"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("usage: three_processes [--restart]"));
}
