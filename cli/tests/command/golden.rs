//! What the command says, word for word, except for figures that are never the same twice.
//!
//! The golden files are written anew by `UPDATE_GOLDEN=1 cargo test -p stormglass-cli golden`.

use std::path::Path;

use tempfile::tempdir;

use crate::logs::{changed, find, small};
use crate::{Ran, run, text};

/// Runs a command and compares what it says with a golden file.
fn golden(name: &str, folder: &Path, arguments: &[&str]) {
    let Ran { code, out, errors } = run(arguments);
    let shown = |text: &str| text.replace(self::text(folder), "FOLDER");
    let out = if arguments.contains(&"--json") { masked_json(&out) } else { masked(&out) };
    let arguments = arguments.join(" ");
    let said = shown(&format!("$ stormglass {arguments}\n{out}{errors}= {code}\n"));
    golden_text(name, &said);
}

/// Compares a text with a golden file.
fn golden_text(name: &str, said: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, said).expect("golden files can be written");
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        said == golden,
        "{name} is not as it was; if that is meant:\n    UPDATE_GOLDEN=1 cargo test -p stormglass-cli golden\n\n{said}"
    );
}

/// Replaces the text between two marks, if a line has both in this order.
fn mask(line: &str, after: &str, before: &str) -> String {
    let masked = || {
        let end = line.find(before).filter(|_| !before.is_empty()).unwrap_or(line.len());
        let start = line[..end].rfind(after)? + after.len();
        line.get(end..).map(|rest| format!("{}~{rest}", &line[..start]))
    };
    masked().unwrap_or_else(|| line.to_owned())
}

/// Without rates and real times.
fn masked(out: &str) -> String {
    let mut text = String::new();
    for line in out.lines() {
        let line = match line {
            _ if line.contains(" events/s, ") => {
                mask(&mask(line, ", ", " events/s, "), " simulated in ", ", chains ")
            }
            _ if line.contains(" runs, ") => mask(line, " runs, ", " s: "),
            _ if line.ends_with(" ms |") => mask(line, "| ", " ms |"),
            _ => line.to_owned(),
        };
        text.push_str(&line);
        text.push('\n');
    }
    text
}

fn masked_json(out: &str) -> String {
    let mut value: serde_json::Value = serde_json::from_str(out).expect("one JSON object");
    mask_value(&mut value);
    format!("{value:#}\n")
}

fn mask_value(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(fields) => fields.iter_mut().for_each(|(key, value)| {
            if key == "elapsed_s" || key == "events_per_s" {
                assert!(value.is_number(), "{key} is finite: {value}");
                *value = "~".into();
            } else {
                mask_value(value);
            }
        }),
        serde_json::Value::Array(items) => items.iter_mut().for_each(mask_value),
        _ => {}
    }
}

#[test]
fn golden_list_and_run() {
    let folder = tempdir().expect("a folder");
    let golden = |name, arguments: &[&str]| golden(name, folder.path(), arguments);
    golden("version.txt", &["--version"]);
    golden("list.txt", &["list"]);
    golden("list.json.txt", &["list", "--json"]);
    golden("run.txt", &["run", "counter", "--seed", "1"]);
    let planted = ["run", "counter", "--seed", "11", "--planted", "answers-first"];
    golden("run-planted.txt", &planted);
    golden("run-story.txt", &[&planted[..], &["--story"]].concat());
    golden("run.json.txt", &[&planted[..], &["--json"]].concat());
}

#[test]
fn golden_campaigns() {
    let folder = tempdir().expect("a folder");
    let out = text(folder.path());
    let golden = |name, arguments: &[&str]| {
        let seeds = ["--seeds", "0..100", "--out", out];
        golden(name, folder.path(), &[arguments, &seeds[..]].concat());
    };
    golden("campaign.txt", &["campaign", "counter"]);
    golden("campaign.json.txt", &["campaign", "counter", "--json"]);
    golden("campaign-planted.txt", &["campaign", "counter", "--planted", "answers-first"]);
    golden(
        "campaign-planted.json.txt",
        &["campaign", "counter", "--planted", "answers-first", "--json"],
    );
    golden("campaign-all-planted.txt", &["campaign", "all", "--planted", "all", "--jobs", "1"]);
    golden("planted.txt", &["planted"]);
    golden("planted.json.txt", &["planted", "counter", "--json"]);
}

#[test]
fn golden_logs() {
    let folder = tempdir().expect("a folder");
    let log = small(folder.path());
    let large = find(folder.path(), "tells-once", "1");
    let drifted = changed(&log, "drifted.json", |log| {
        log["expected"]["chain"] = "0123456789abcdef".into();
        log["story"][0] = "it was \u{1b}[31mred\nonce".into();
        let more = serde_json::json!({"timer": {"node": 0, "kind": "No", "nth": 1, "late": "1s"}});
        log["deviations"].as_array_mut().expect("a list").push(more);
    });
    let compact = folder.path().join("compact.bin");
    let golden = |name, arguments: &[&str]| golden(name, folder.path(), arguments);
    golden("replay.txt", &["replay", text(&log)]);
    golden("replay.json.txt", &["replay", text(&log), "--json"]);
    golden("replay-story.txt", &["replay", text(&log), "--story"]);
    golden("replay-story.json.txt", &["replay", text(&log), "--story", "--json"]);
    golden("replay-healthy.txt", &["replay", text(&log), "--healthy"]);
    golden("replay-drifted.txt", &["replay", text(&drifted)]);
    let late = crate::repair::too_late(folder.path());
    let repair = ["replay", text(&late), "--repair"];
    golden("repair.txt", &repair);
    golden("repair-story.json.txt", &[&repair[..], &["--story", "--json"]].concat());
    golden("repair-healthy.txt", &[&repair[..], &["--healthy", "--tries", "400"]].concat());
    golden("story.txt", &["story", text(&log)]);
    golden("story-drifted.txt", &["story", text(&drifted)]);
    golden("story.json.txt", &["story", text(&log), "--json"]);
    let (page, diagram) = (folder.path().join("page.html"), folder.path().join("diagram.svg"));
    let drawn = ["story", text(&log), "--html", text(&page), "--svg", text(&diagram)];
    golden("story-drawn.txt", &drawn);
    golden("story-drawn.json.txt", &["story", text(&drifted), "--svg", text(&diagram), "--json"]);
    let drawn = std::fs::read_to_string(&diagram).expect("it was written");
    golden_text("diagram.svg", &drawn.replace(text(folder.path()), "FOLDER"));
    golden("shrink.txt", &["shrink", text(&large)]);
    golden("shrink.json.txt", &["shrink", text(&large), "--json"]);
    golden("shrink-prove.txt", &["shrink", text(&large), "--prove", "--budget", "5000"]);
    golden(
        "shrink-prove.json.txt",
        &["shrink", text(&large), "--prove", "--budget", "5000", "--json"],
    );
    golden("shrink-absent.txt", &{
        let absent = changed(&log, "absent.json", |log| log["planted"] = None::<&str>.into());
        let line = ["shrink".to_owned(), text(&absent).to_owned()];
        line.map(|word| &*word.leak())
    });
    golden("convert.txt", &["convert", text(&log), text(&compact)]);
    golden("convert.json.txt", &["convert", text(&log), text(&compact), "--json"]);
}

#[test]
fn golden_corpus() {
    let folder = tempdir().expect("a folder");
    let log = small(folder.path());
    let kept = folder.path().join("kept.json");
    std::fs::rename(&log, &kept).expect("the folder can be written to");
    let corpus = ["corpus", text(folder.path())];
    let golden = |name, arguments: &[&str]| golden(name, folder.path(), arguments);
    run(&["convert", text(&kept), text(&folder.path().join("below/kept.bin"))]);
    std::fs::write(folder.path().join("readme.txt"), "no log").expect("a file");
    golden("corpus.txt", &corpus);
    std::fs::write(folder.path().join("broken.json"), "{").expect("a file");
    changed(&kept, "drifted.json", |log| log["expected"]["chain"] = "0123456789abcdef".into());
    golden("corpus-broken.txt", &corpus);
    golden("corpus.json.txt", &[&corpus[..], &["--json"]].concat());
}
