//! The arrows of ARCHITECTURE.md: who may depend on whom, and that machines need no standard
//! library.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

/// Each package, and those of ours it may depend on. No arrow runs back.
const ARROWS: &[(&str, &[&str])] = &[
    ("stormglass-machine", &[]),
    ("stormglass-faction", &["stormglass-machine"]),
    ("stormglass-replica", &["stormglass-machine"]),
    ("stormglass-raft", &["stormglass-machine"]),
    ("stormglass-workflow", &["stormglass-machine"]),
    ("stormglass-shrinker", &[]),
    ("stormglass-history", &[]),
    ("stormglass-simulator", &["stormglass-machine", "stormglass-shrinker", "stormglass-history"]),
    ("stormglass-replay", &["stormglass-machine", "stormglass-simulator"]),
    (
        "stormglass-campaign",
        &["stormglass-machine", "stormglass-simulator", "stormglass-replay", "stormglass-shrinker"],
    ),
    (
        "stormglass-scenarios",
        &[
            "stormglass-machine",
            "stormglass-faction",
            "stormglass-replica",
            "stormglass-raft",
            "stormglass-workflow",
            "stormglass-history",
            "stormglass-simulator",
            "stormglass-replay",
            "stormglass-campaign",
        ],
    ),
    ("stormglass-chains", &["stormglass-simulator", "stormglass-campaign", "stormglass-scenarios"]),
    (
        "stormglass-cli",
        &[
            "stormglass-machine",
            "stormglass-simulator",
            "stormglass-replay",
            "stormglass-shrinker",
            "stormglass-campaign",
            "stormglass-scenarios",
        ],
    ),
    (
        "stormglass-bench",
        &[
            "stormglass-machine",
            "stormglass-simulator",
            "stormglass-replay",
            "stormglass-shrinker",
            "stormglass-campaign",
            "stormglass-scenarios",
        ],
    ),
    // Holds tests only.
    ("stormglass-corpus", &[]),
    // Re-exports only.
    (
        "stormglass",
        &[
            "stormglass-machine",
            "stormglass-history",
            "stormglass-simulator",
            "stormglass-replay",
            "stormglass-shrinker",
            "stormglass-campaign",
            "stormglass-cli",
        ],
    ),
];

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO")).args(arguments).output().expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("cargo prints text")
}

/// The packages of the workspace, each with those of ours it depends on, tests left aside.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let text = cargo(&["metadata", "--no-deps", "--format-version=1", "--offline"]);
    let metadata: Value = serde_json::from_str(&text).expect("cargo prints JSON");
    let packages = metadata["packages"].as_array().expect("there are packages");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    packages
        .iter()
        .map(|package| {
            let all = package["dependencies"].as_array().expect("there are dependencies");
            let ours = all
                .iter()
                .filter(|dependency| dependency["kind"].is_null())
                .map(|dependency| text(&dependency["name"]))
                .filter(|name| name.starts_with("stormglass"));
            (text(&package["name"]), ours.collect())
        })
        .collect()
}

#[test]
fn no_arrow_runs_back() {
    let dependencies = dependencies();
    let known: BTreeSet<_> = ARROWS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let present: BTreeSet<_> = dependencies.keys().cloned().collect();
    assert_eq!(present, known, "the table of arrows and the workspace differ");
    for (name, allowed) in ARROWS {
        for dependency in &dependencies[*name] {
            assert!(allowed.contains(&dependency.as_str()), "{name} depends on {dependency}");
        }
    }
}

/// The dependencies of a package, each with the features that are on.
fn feature_tree(name: &str) -> String {
    let edges = "--edges=normal,features,no-proc-macro";
    cargo(&["tree", "--offline", "-p", name, edges, "--prefix=none"])
}

#[test]
fn no_dependency_of_a_machine_turns_on_the_standard_library() {
    let standard = "feature \"std\"";
    assert!(feature_tree("stormglass-simulator").contains(standard), "this test sees nothing");
    for name in dependencies().keys() {
        let manifest = cargo(&["pkgid", "--offline", "-p", name]);
        if !manifest.contains("/machine/") {
            continue;
        }
        let tree = feature_tree(name);
        let library = tree.lines().find(|line| line.contains(standard));
        assert_eq!(library, None, "in the dependencies of {name}");
        assert!(!tree.contains("feature \"driver\""), "{name} turns on the driver");
    }
}

#[test]
fn every_machine_is_without_standard_library_and_unsafe_code() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("machine");
    for machine in std::fs::read_dir(root).expect("there is a folder of machines") {
        let path = machine.expect("it can be listed").path().join("src/lib.rs");
        let text = std::fs::read_to_string(&path).expect("a machine is a library");
        for attribute in ["#![no_std]", "#![forbid(unsafe_code)]"] {
            assert!(text.contains(attribute), "{} lacks {attribute}", path.display());
        }
    }
}
