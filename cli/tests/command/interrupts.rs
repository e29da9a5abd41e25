//! Ctrl-C: what has been done is reported.

use stormglass_cli::Interrupt;
use tempfile::tempdir;

use crate::logs::find;
use crate::{run_until, text};

/// As if Ctrl-C came right after the command began.
static AT_ONCE: std::sync::LazyLock<Interrupt> = std::sync::LazyLock::new(|| {
    let interrupt = Interrupt::new();
    interrupt.heed();
    interrupt.raise();
    interrupt
});

#[test]
fn a_campaign_that_is_ended_reports_what_it_has_done() {
    let folder = tempdir().expect("a folder");
    for limit in [&["--seeds", "0..1000"][..], &["--for", "1h"]] {
        let campaign = ["campaign", "all", "--out", text(folder.path())];
        let ran = run_until(&AT_ONCE, &[&campaign[..], limit].concat());
        assert_eq!(ran.code, 130, "{ran:?}");
        assert!(ran.out.contains("0 seeds (interrupted)"), "{ran:?}");
    }
    let bugs = ["campaign", "all", "--planted", "all", "--out", text(folder.path())];
    let ran = run_until(&AT_ONCE, &bugs);
    assert_eq!(ran.code, 130, "{ran:?}");
    assert!(ran.out.ends_with("interrupted: 1 more not begun\n"), "{ran:?}");
}

#[test]
fn a_table_of_which_there_is_only_a_part_replaces_no_other() {
    let folder = tempdir().expect("a folder");
    let table = folder.path().join("table.md");
    std::fs::write(&table, "all of it").expect("the folder can be written to");
    let planted = ["planted", "--out", text(folder.path()), "--write", text(&table)];
    let ran = run_until(&AT_ONCE, &planted);
    assert_eq!(ran.code, 130, "{ran:?}");
    assert!(ran.out.contains("Interrupted: 2 more were not tried to the end"), "{ran:?}");
    assert!(!ran.out.contains("NOT FOUND"), "{ran:?}");
    assert_eq!(std::fs::read_to_string(&table).expect("it is there"), "all of it");
}

#[test]
fn shrinking_that_is_ended_keeps_what_it_has() {
    let folder = tempdir().expect("a folder");
    let log = find(folder.path(), "answers-first", "1");
    let ran = run_until(&AT_ONCE, &["shrink", text(&log)]);
    assert_eq!(ran.code, 130, "{ran:?}");
    assert!(ran.out.contains("not yet minimal"), "{ran:?}");
    let ran = run_until(&AT_ONCE, &["shrink", text(&log), "--prove"]);
    assert_eq!(ran.code, 130, "{ran:?}");
    assert!(ran.out.contains("nothing is known of smaller logs"), "{ran:?}");
}

#[test]
fn figures_of_which_there_is_only_a_part_are_not_written() {
    let folder = tempdir().expect("a folder");
    let page = folder.path().join("page.md");
    let all = "<!-- figures -->\nall\n<!-- end of figures -->\n";
    std::fs::write(&page, all).expect("the folder can be written to");
    let ran = run_until(&AT_ONCE, &["shrinking", "--write", text(&page)]);
    assert_eq!(ran.code, 130, "{ran:?}");
    assert!(ran.out.contains("Interrupted: "), "{ran:?}");
    assert_eq!(std::fs::read_to_string(&page).expect("it is there"), all);
}
