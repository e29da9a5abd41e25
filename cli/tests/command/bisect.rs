//! The exit codes of replays: those of the design, and those of `git bisect run`.

use tempfile::tempdir;

use crate::logs::{changed, small};
use crate::{run, text};

#[test]
fn a_replay_exits_with_0_if_the_violation_was_reproduced_and_1_if_not() {
    let folder = tempdir().expect("a folder");
    let log = small(folder.path());
    let drifted = changed(&log, "drifted.json", |log| {
        log["expected"]["chain"] = "0123456789abcdef".into();
    });
    let absent = changed(&log, "absent.json", |log| {
        log["expected"]["property"] = "something else".into();
    });
    for (log, verdict, code) in
        [(&log, "exact", 0), (&drifted, "drifted", 0), (&absent, "absent", 1)]
    {
        let ran = run(&["replay", text(log)]);
        assert!(ran.out.starts_with(verdict), "{ran:?}");
        assert_eq!((ran.code, ran.errors.as_str()), (code, ""));
    }
    assert_eq!(run(&["replay", text(&log), "--healthy"]).code, 1);
}

#[test]
fn a_bisecting_replay_exits_as_git_bisect_run_expects() {
    let folder = tempdir().expect("a folder");
    let log = small(folder.path());
    let unknown = changed(&log, "unknown.json", |log| log["scenario"] = "cuonter".into());
    let broken = folder.path().join("broken.json");
    std::fs::write(&broken, "{").expect("the folder can be written to");
    let missing = folder.path().join("missing.json");
    let code = |arguments: &[&str]| run(&[&["replay", "--bisect"], arguments].concat()).code;
    assert_eq!(code(&[text(&log)]), 1);
    assert_eq!(code(&[text(&log), "--healthy"]), 0);
    for cannot_tell in [&unknown, &broken, &missing] {
        assert_eq!(code(&[text(cannot_tell)]), 125, "{}", cannot_tell.display());
    }
    assert_eq!(code(&[]), 125, "git takes 2 for a bad commit");
}
