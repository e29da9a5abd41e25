//! Schedules that are written down, each line with what comes of it: `tests/transcripts/*.txt`. A
//! line that begins with `>` is played; the lines below it say what happens. `UPDATE_TRANSCRIPTS=1`
//! writes down what happens now.

use std::path::{Path, PathBuf};
use std::{env, fs};

use super::theatre::Theatre;

/// What a transcript says if its lines are played, and where it says something else.
fn played(text: &str) -> (String, Option<(usize, String)>) {
    let (mut theatre, mut new, mut differs) = (Theatre::default(), String::new(), None);
    let mut lines = (1..).zip(text.lines()).peekable();
    while let Some((number, line)) = lines.next() {
        new += line;
        new += "\n";
        let Some(act) = line.strip_prefix("> ") else { continue };
        let happens = match theatre.play(act) {
            Ok(told) => told,
            Err(nonsense) => format!("error: {nonsense}\n"),
        };
        let mut expected = String::new();
        while let Some((_, line)) = lines.next_if(|(_, line)| is_told(line)) {
            expected += line;
            expected += "\n";
        }
        if expected != happens {
            let words = format!("> {act}\nis said to lead to\n{expected}but leads to\n{happens}");
            differs.get_or_insert((number, words));
        }
        new += &happens;
    }
    (new, differs)
}

/// Not a line to be played, no comment, and not empty.
fn is_told(line: &str) -> bool {
    !line.is_empty() && !line.starts_with(['>', '#'])
}

fn transcripts() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
    let listed = fs::read_dir(&folder).expect("the folder of transcripts is there");
    let mut paths: Vec<_> = listed.map(|entry| entry.expect("it can be listed").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    paths.sort();
    paths
}

#[test]
fn what_is_written_down_is_what_happens() {
    let update = env::var_os("UPDATE_TRANSCRIPTS").is_some();
    let (paths, mut errors) = (transcripts(), Vec::new());
    assert!(paths.len() >= 10, "the transcripts are gone");
    for path in paths {
        let text = fs::read_to_string(&path).expect("it can be read");
        let (new, differs) = played(&text);
        if update {
            fs::write(&path, new).expect("it can be written");
        } else if let Some((line, words)) = differs {
            errors.push(format!("{}:{line}:\n{words}", path.display()));
        }
    }
    assert!(errors.is_empty(), "{}\nUPDATE_TRANSCRIPTS=1 accepts it", errors.join("\n"));
}

#[test]
fn a_transcript_that_is_wrong_is_found_out_at_its_line() {
    let right = "# One node.\n> nodes 1\n\n> timeout 1\n";
    let (new, differs) = played(right);
    let (line, words) = differs.expect("it says nothing of what comes of the timeout");
    assert_eq!(line, 4);
    assert!(words.contains("1 is Leader in term 1"), "{words}");
    assert_eq!(played(&new), (new.clone(), None), "what was written down is what happens");
    let (new, _) = played("> dance\n> nodes 2\n> crash 3\n> propose 3\n> log 1 term x : 1\n");
    let errors = new.lines().filter(|line| line.starts_with("error: ")).count();
    assert_eq!(errors, 4, "{new}");
}
