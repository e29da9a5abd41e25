//! A log is a file like any other that a user writes.
#![cfg(unix)]

use std::os::unix::fs::PermissionsExt;

use stormglass_replay::{Expected, FORMAT, Log, write};

#[test]
fn a_log_may_be_read_by_whom_other_files_may_be_read() {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let (path, other) = (folder.path().join("log.json"), folder.path().join("other"));
    let expected = Expected {
        property: "all is well".into(),
        cause: String::new(),
        detail: String::new(),
        event: 1,
        chain: 0,
    };
    let log = Log::<u64> {
        format: FORMAT,
        scenario: "any".into(),
        planted: None,
        seed: 0,
        made_by: "a test".into(),
        expected,
        deviations: Vec::new(),
        context: None,
        story: Vec::new(),
    };
    write(&path, &log).expect("it can be written");
    std::fs::write(&other, "").expect("it can be written");
    let mode = |path| std::fs::metadata(path).expect("it is there").permissions().mode();
    assert_eq!(mode(&path), mode(&other));
}
