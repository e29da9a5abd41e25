//! The stories of logs as pages, opened in a real browser from disk.

mod browser;

use std::path::Path;

use browser::Browser;
use serde_json::Value;
use stormglass_replay::{Picture, RawLog};

/// Logs of different machines and scenarios: with a clog and a crash, with lost messages, and with a
/// long run.
const LOGS: [&str; 3] = [
    "faction-bootstrap/completion-not-retried.json",
    "replica-partition/renumbers-chunks.json",
    "faction-churn/conclusion-forgotten-on-restart.json",
];

fn picture(log: &str) -> Picture {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(log);
    let log = RawLog::open(&path).expect("it is in the corpus");
    let scenario = stormglass_scenarios::registry().of(&log, false).expect("it is known");
    scenario.picture(&log).expect("it makes sense")
}

/// A browser that shows the page of a log.
fn opened(browser: &mut Browser, folder: &Path, log: &str) {
    let path = folder.join("story.html");
    std::fs::write(&path, picture(log).html()).expect("the folder can be written to");
    browser.open(&path);
}

/// What the page knows of its steps.
const STEPS: &str = "JSON.parse(document.getElementById('steps').textContent)";

/// The number of the chosen step.
fn chosen(browser: &mut Browser) -> u64 {
    let number = browser.ask("Number(document.querySelector('.entry.chosen').dataset.entry)");
    number.as_u64().expect("one is chosen")
}

#[test]
fn stories_open_in_a_browser_and_can_be_walked_through() {
    let mut browser = Browser::start();
    let folder = tempfile::tempdir().expect("there is room for a folder");
    for log in LOGS {
        opened(&mut browser, folder.path(), log);
        assert_eq!(browser.troubles(), [""; 0], "{log}");
        every_message_is_an_arrow(&mut browser, log);
        a_click_shows_what_a_step_did(&mut browser, log);
        keys_walk_through_the_run(&mut browser, log);
        assert_eq!(browser.troubles(), [""; 0], "{log}");
        let fetched = browser.ask("performance.getEntriesByType('resource').length");
        assert_eq!(fetched, 0, "{log} needs something else");
    }
    what_is_seen_is_light_or_dark(&mut browser);
    pictures_are_whole(&mut browser, folder.path());
}

fn every_message_is_an_arrow(browser: &mut Browser, log: &str) {
    let steps = browser.ask(STEPS);
    let arrows = browser.ask(
        "[...document.querySelectorAll('.drawing .arrow')].map((arrow) => \
         [Number(arrow.dataset.from), Number(arrow.dataset.to || 0), arrow.classList[1]])",
    );
    let (steps, arrows) = (steps.as_array().expect("a list"), arrows.as_array().expect("a list"));
    let mut taken = 0;
    for step in steps {
        let given = step["given"].as_str().expect("a text");
        if given.contains(" hears from ") {
            let to_it: Vec<_> = arrows.iter().filter(|arrow| arrow[1] == step["number"]).collect();
            assert_eq!(to_it.len(), 1, "{log}: {given}");
            assert_eq!(to_it[0][0], step["cause"][0], "{log}: {given}");
            taken += 1;
        }
    }
    assert!(taken > 0, "{log}: nobody hears anything");
    // What is lost in the story is an arrow, too.
    for (words, class) in [(" is lost", "lost"), (" is cut off", "cutoff")] {
        let told = |step: &&Value| {
            let given = step["given"].as_str().expect("a text");
            given.contains(" from ") && given.ends_with(words)
        };
        let of_class = |arrow: &&Value| arrow[2] == class;
        let (told, drawn) =
            (steps.iter().filter(told).count(), arrows.iter().filter(of_class).count());
        assert_eq!(told, drawn, "{log}:{words}");
    }
}

fn a_click_shows_what_a_step_did(browser: &mut Browser, log: &str) {
    let steps = browser.ask(STEPS);
    let steps = steps.as_array().expect("a list");
    let is_rich = |step: &&Value| {
        let states = [&step["before"][0], &step["after"][0]];
        states[0].is_string() && states[1].is_string() && states[0] != states[1]
    };
    let step = steps.iter().find(is_rich).expect("some node changes its state");
    let number = step["number"].as_u64().expect("a number");
    browser.click(&format!("#e{number} .hit"));
    assert_eq!(chosen(browser), number, "{log}");
    let shown = browser.ask("document.getElementById('step').innerText");
    let shown = shown.as_str().expect("a text");
    for part in [&step["given"], &step["before"][0], &step["after"][0]] {
        let part = part.as_str().expect("a text");
        assert!(shown.contains(part), "{log}: {part:?} is not in {shown:?}");
    }
    for effect in step["effects"].as_array().into_iter().flatten() {
        assert!(shown.contains(effect.as_str().expect("a text")), "{log}: {effect}");
    }
    // The sentence beside it is marked, and a click on another one leads to its step.
    let marked = browser.ask("document.querySelector('.sentences .chosen button').dataset.entry");
    assert_eq!(marked, number.to_string());
    browser.click(".sentences li.told button");
    assert_eq!(chosen(browser), 1, "{log}");
}

fn keys_walk_through_the_run(browser: &mut Browser, log: &str) {
    let steps = browser.ask(STEPS);
    let steps = steps.as_array().expect("a list");
    let number = |position: usize| steps[position]["number"].as_u64().expect("a number");
    browser.press("Home");
    assert_eq!(chosen(browser), number(0), "{log}");
    browser.press("ArrowDown");
    assert_eq!(chosen(browser), number(1), "{log}");
    browser.press("ArrowUp");
    assert_eq!(chosen(browser), number(0), "{log}");
    browser.press("End");
    assert_eq!(chosen(browser), number(steps.len() - 1), "{log}");
    // Back along causality, and forth again.
    let cause = steps.last().expect("there are some")["cause"][0].as_u64();
    let cause = cause.expect("the last step has a cause");
    browser.press("ArrowLeft");
    assert_eq!(chosen(browser), cause, "{log}");
    browser.press("ArrowRight");
    let next = chosen(browser);
    let by = steps.iter().find(|step| step["number"] == next).expect("it is drawn");
    assert_eq!(by["cause"][0], cause, "{log}");
    browser.press("Enter");
    assert_eq!(browser.ask("document.activeElement.id"), "step", "{log}");
    browser.press("Escape");
    assert_eq!(browser.ask("document.activeElement.id"), format!("e{next}"), "{log}");
    browser.press("c");
    assert_eq!(browser.ask("document.body.className"), "only-chain", "{log}");
    browser.press("c");
    assert_eq!(browser.ask("document.body.className"), "", "{log}");
}

fn what_is_seen_is_light_or_dark(browser: &mut Browser) {
    let mut paper = |scheme: &str| {
        let feature = serde_json::json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        let media = serde_json::json!({ "features": feature });
        browser.call("Emulation.setEmulatedMedia", media);
        browser.ask("getComputedStyle(document.body).backgroundColor")
    };
    assert_eq!(paper("light"), "rgb(255, 255, 255)");
    assert_eq!(paper("dark"), "rgb(20, 24, 29)");
}

fn pictures_are_whole(browser: &mut Browser, folder: &Path) {
    for log in LOGS {
        let path = folder.join("story.svg");
        std::fs::write(&path, picture(log).svg()).expect("the folder can be written to");
        browser.open(&path);
        assert_eq!(browser.ask("document.documentElement.tagName"), "svg", "{log}");
        assert_eq!(browser.ask("document.querySelectorAll('parsererror').length"), 0, "{log}");
        assert_eq!(browser.troubles(), [""; 0], "{log}");
    }
}

#[test]
fn a_log_is_drawn_in_the_same_way_each_time() {
    let (one, other) = (picture(LOGS[0]), picture(LOGS[0]));
    assert_eq!(one.html(), other.html());
    assert_eq!(one.svg(), other.svg());
}

/// The one in the README.
const SHOWN: &str = "replica-failover/believes-demoted-leader.json";

#[test]
fn the_picture_in_the_documents_is_that_of_a_log() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/story.svg");
    let shown = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        shown == picture(SHOWN).svg(),
        "docs/story.svg is not as it was; if that is meant:\n    \
         cargo run --release -- story corpus/{SHOWN} --svg docs/story.svg"
    );
}
