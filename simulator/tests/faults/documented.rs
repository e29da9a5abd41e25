//! `docs/faults.md` says what the code says.

use std::fmt::Write;

use stormglass_simulator::Faults;

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/faults.md");
const BEGIN: &str = "<!-- families: begin -->\n";
const END: &str = "<!-- families: end -->\n";

fn table() -> String {
    let mut table = String::from(
        "| family | what it does | parameters | dull value | what only it finds |\n|---|---|---|---|---|\n",
    );
    for family in Faults::FAMILIES {
        let (name, what, dull) = (family.name, family.what, family.dull);
        let (parameters, only_finds) = (family.parameters, family.only_finds);
        writeln!(table, "| {name} | {what} | {parameters} | {dull} | {only_finds} |")
            .expect("a text takes what is written");
    }
    table
}

/// `UPDATE_DOCS=1 cargo test -p stormglass-simulator documented` writes the table anew.
#[test]
fn the_table_of_faults_is_that_of_the_code() {
    let document = std::fs::read_to_string(DOCUMENT).expect("docs/faults.md is there");
    let begin = document.find(BEGIN).expect("the table has a beginning") + BEGIN.len();
    let end = document.find(END).expect("the table has an end");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        let updated = format!("{}{}{}", &document[..begin], table(), &document[end..]);
        std::fs::write(DOCUMENT, updated).expect("docs/faults.md is written");
        return;
    }
    assert_eq!(&document[begin..end], table());
}
