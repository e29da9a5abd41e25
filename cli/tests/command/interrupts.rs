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
    let planted = run_until(&AT_ONCE, &["planted", "--out", text(folder.path())]);
    assert_eq!(planted.code, 130, "{planted:?}");
}

#[test]
fn shrinking_that_is_ended_keeps_what_it_has() {
    let folder = tempdir().expect("a folder");
    let log = find(folder.path(), "answers-first", "1");
    let ran = run_until(&AT_ONCE, &["shrink", text(&log)]);
    assert_eq!(ran.code, 130, "{ran:?}");
    assert!(ran.out.contains("not yet minimal"), "{ran:?}");
}
