//! What the README shows is what there is.

use std::path::Path;

use stormglass::{Env, Input, Machine, NodeId, Options, Plain, campaign, ensure};

fn read(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The part of the quick start between two marks, without what is for the formatter only.
fn quickstart(from: &str, to: &str) -> String {
    part("tests/quickstart.rs", from, to)
}

fn part(name: &str, from: &str, to: &str) -> String {
    let text = read(name);
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
fn the_clients_of_the_readme_are_those_that_are_run() {
    let test = part("tests/clients.rs", "test", "end");
    assert!(read("README.md").contains(&format!("```rust\n{test}\n```")), "{test}");
}

#[test]
fn the_imports_of_the_readme_are_those_of_the_quick_start() {
    let text = read("tests/quickstart.rs");
    let imports: Vec<_> = text.lines().filter(|line| line.starts_with("use ")).collect();
    assert!(read("README.md").contains(&format!("```rust\n{}\n```", imports.join("\n\n"))));
}

/// Asserts that a block of a document consists of lines of a file, in their order.
fn assert_made_of_lines_of(document: &str, (before, fence): (&str, &str), file: &str) {
    let text = read(document);
    let (_, rest) = text.split_once(before).expect("there is a section");
    let (_, rest) = rest.split_once(fence).expect("it shows a script");
    let (script, _) = rest.split_once("```").expect("which ends");
    let run = read(file);
    let mut rest = run.as_str();
    for line in script.lines() {
        let (_, after) =
            rest.split_once(line).unwrap_or_else(|| panic!("no {line:?} in its place"));
        rest = after;
    }
    assert!(script.lines().count() > 5, "{script}");
}

#[test]
fn the_scripts_that_are_shown_are_made_of_lines_of_those_that_are_run() {
    let section = ("## Write a run down by hand", "```rust\n");
    assert_made_of_lines_of("README.md", section, "scenarios/tests/replica_script.rs");
    let section = ("## Acts", "```text\n");
    assert_made_of_lines_of("docs/scripts.md", section, "campaign/tests/scripted.rs");
}

/// The page itself is compiled and run as a test of the documentation.
#[test]
fn the_workflow_of_the_page_has_fewer_than_120_lines() {
    let page = read("docs/workflow.md");
    let (_, rest) = page.split_once("```rust\n").expect("it shows a workflow");
    let (workflow, _) = rest.split_once("```").expect("which ends");
    let lines = workflow.lines().count();
    assert!((60..120).contains(&lines), "{lines} lines");
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

/// The machine of the quick start as one writes it at first: it passes news on once, and does not
/// think of messages that are lost.
struct Hasty {
    best: u64,
}

impl Machine for Hasty {
    type Message = u64;
    type Request = u64;
    type Response = ();
    type Timer = ();
    type Record = u64;

    fn restore(&mut self, record: u64) {
        self.best = record;
    }

    fn state(&self) -> &'static str {
        "Gossiping"
    }

    fn step(&mut self, input: Input<Self>, env: &mut Env<Self>) {
        if let Input::Message { message: news, .. } | Input::Request { request: news, .. } = input
            && news > self.best
        {
            self.best = news;
            env.persist(news);
            env.send(NodeId((env.node().0 + 1) % 3), news);
        }
    }
}

#[test]
fn the_failure_of_the_readme_is_a_real_one() {
    let rumours = Plain::new("rumours", 3, |_| Hasty { best: 0 })
        .ask(5, |dice| 1 + dice.below(100))
        .describe(|gossip| format!("knows {}", gossip.best))
        .finally("all know the same", |world| {
            let best: Vec<_> = world.live().map(|(_, gossip)| gossip.best).collect();
            ensure(best.iter().all(|one| *one == best[0]), || format!("{best:?}"))
        });
    let out = tempfile::tempdir().expect("there is room for a folder");
    let options = Options { out: out.path().to_owned(), ..Options::new(0..500) };
    let report = campaign(&rumours, &options);
    let found = &report.failures[0];
    let story = found.story.join("\n");
    assert!(read("README.md").contains(&format!("```text\n{story}\n```")), "\n{story}\n");
    let size = found.shrunk.expect("it was shrunk");
    let sentence = format!(
        "first seed failed, and its {} deviations were shrunk to {}",
        size.before.deviations, size.after.deviations
    );
    assert_eq!(found.seed, 0);
    let words = read("README.md").split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains(&sentence), "{sentence}");
}
