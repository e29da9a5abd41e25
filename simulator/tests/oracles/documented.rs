//! `docs/oracles.md` says what the code says, and each oracle has its file here.

use std::fmt::Write;
use std::path::Path;

use stormglass_simulator::ORACLES;

const PACKAGE: &str = env!("CARGO_MANIFEST_DIR");
const BEGIN: &str = "<!-- oracles: begin -->\n";
const END: &str = "<!-- oracles: end -->\n";

fn table() -> String {
    let mut table = String::from(
        "| oracle | what it says | parameters | silent while | what only it finds |\n|---|---|---|---|---|\n",
    );
    for oracle in ORACLES {
        let reports = oracle.reports.map(|name| format!(" (*{name}*)")).unwrap_or_default();
        let only_finds = if oracle.only_finds.is_empty() { "–" } else { oracle.only_finds };
        writeln!(
            table,
            "| {}{reports} | {} | {} | {} | {only_finds} |",
            oracle.name, oracle.what, oracle.parameters, oracle.silent
        )
        .expect("a text takes what is written");
    }
    table
}

/// `UPDATE_DOCS=1 cargo test -p stormglass-simulator documented` writes the table anew.
#[test]
fn the_table_of_oracles_is_that_of_the_code() {
    let path = Path::new(PACKAGE).join("../docs/oracles.md");
    let document = std::fs::read_to_string(&path).expect("docs/oracles.md is there");
    let begin = document.find(BEGIN).expect("the table has a beginning") + BEGIN.len();
    let end = document.find(END).expect("the table has an end");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        let updated = format!("{}{}{}", &document[..begin], table(), &document[end..]);
        std::fs::write(&path, updated).expect("docs/oracles.md is written");
        return;
    }
    assert_eq!(&document[begin..end], table());
}

#[test]
fn each_oracle_that_claims_to_find_something_has_a_test() {
    for oracle in ORACLES.iter().filter(|oracle| !oracle.only_finds.is_empty()) {
        let file = format!("tests/oracles/{}.rs", oracle.name.replace(' ', "_"));
        assert!(Path::new(PACKAGE).join(&file).is_file(), "{file} is not there");
    }
}
