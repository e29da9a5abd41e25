//! What the README shows is what there is.

use std::path::Path;

fn read(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The part of the quick start between two marks, without what is for the formatter only.
fn quickstart(from: &str, to: &str) -> String {
    let text = read("tests/quickstart.rs");
    let (_, rest) = text.split_once(&format!("// {from}\n")).expect("the first mark is there");
    let (part, _) = rest.split_once(&format!("// {to}\n")).expect("the second mark is there");
    let shown = part.lines().filter(|line| !line.starts_with("#[rustfmt::skip]"));
    shown.collect::<Vec<_>>().join("\n").trim().to_owned()
}

#[test]
fn the_machine_of_the_readme_is_the_one_that_is_tested_and_has_at_most_25_lines() {
    let machine = quickstart("machine", "test");
    assert!(read("README.md").contains(&format!("```rust\n{machine}\n```")), "{machine}");
    assert!(machine.lines().count() <= 25, "{} lines", machine.lines().count());
}

#[test]
fn the_test_of_the_readme_is_the_one_that_is_run_and_has_at_most_12_lines() {
    let test = quickstart("test", "end");
    assert!(read("README.md").contains(&format!("```rust\n{test}\n```")), "{test}");
    assert!(test.lines().count() <= 12, "{} lines", test.lines().count());
}

#[test]
fn every_folder_is_in_the_tables() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (readme, architecture) = (read("README.md"), read("ARCHITECTURE.md"));
    let manifest = read("Cargo.toml");
    let (_, members) = manifest.split_once("members = [").expect("there are members");
    let (members, _) = members.split_once(']').expect("the list ends");
    for member in members.split(',').map(|member| member.trim().trim_matches('"')) {
        if !member.is_empty() {
            assert!(root.join(member).is_dir(), "{member} is not there");
            let row = format!("| `{member}` |");
            assert!(readme.contains(&row), "the README lacks {member}");
            assert!(architecture.contains(&row), "ARCHITECTURE.md lacks {member}");
        }
    }
}
