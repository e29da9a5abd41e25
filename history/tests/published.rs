//! Histories whose verdict others have published. Each file of `published` names its source.

use std::fs;
use std::path::Path;

use stormglass_history::form::jepsen::{self, Notation};
use stormglass_history::models::keyed::Keyed;
use stormglass_history::models::queue::Queue;
use stormglass_history::models::register::Register;
use stormglass_history::{Bounds, Limits, Verdict, check, verify};

/// What the comments at the head of a file say.
fn head<'a>(text: &'a str, field: &str) -> Option<&'a str> {
    let prefix = format!("; {field}: ");
    text.lines().find_map(|line| line.strip_prefix(&prefix))
}

#[test]
fn the_verdict_is_the_published_one() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/published");
    let mut files: Vec<_> = fs::read_dir(folder)
        .expect("there are published histories")
        .map(|file| file.expect("it can be listed").path())
        .collect();
    files.sort();
    assert!(files.len() >= 10, "only {} histories", files.len());
    for file in files {
        let text = fs::read_to_string(&file).expect("it can be read");
        let name = file.file_name().expect("it has a name").to_string_lossy();
        assert!(head(&text, "source").is_some(), "{name} names no source");
        let initial = head(&text, "initial").map(|it| it.parse().expect("a number"));
        match head(&text, "model") {
            Some("register") => check_file(&Register::<i64> { initial }, &name, &text),
            Some("queue") => check_file(&Queue::<i64>::new(), &name, &text),
            Some("queues") => check_file(&Keyed::<_, i64>::new(Queue::<i64>::new()), &name, &text),
            other => panic!("{name}: the model {other:?} is not known"),
        }
    }
}

fn check_file<M: Notation>(model: &M, name: &str, text: &str) {
    let history = jepsen::read(model, text, Limits::default());
    let history = history.unwrap_or_else(|error| panic!("{name}: {error}"));
    let verdict = check(model, &history, Bounds::default()).verdict;
    match (head(text, "verdict"), &verdict) {
        (Some("linearizable"), Verdict::Linearizable(witness)) => {
            assert_eq!(verify(model, &history, witness), Ok(()), "{name}");
        }
        (Some("not linearizable"), Verdict::NotLinearizable(violation)) => {
            let at = history.call(violation.call).completion().expect("it completed").0.event;
            if let Some(refused) = head(text, "refused") {
                assert_eq!(refused, at.to_string(), "{name}: another event is refused");
            }
        }
        (expected, _) => panic!("{name} is {expected:?}, and the checker says {verdict:?}"),
    }
}
