use std::fmt::Write as _;

use serde::Serialize;
use stormglass_campaign::{Entry, Planted};

use crate::exit::Exit;
use crate::session::Session;

#[derive(Serialize)]
struct Listed<'e> {
    scenario: &'e str,
    about: &'e str,
    planted: &'e [Planted],
}

#[derive(Serialize)]
struct List<'e> {
    scenarios: Vec<Listed<'e>>,
}

pub(crate) fn list(session: &mut Session) -> Exit {
    let entries = session.registry.entries();
    let scenarios = entries
        .iter()
        .map(|Entry { name, about, bugs, .. }| Listed { scenario: name, about, planted: bugs })
        .collect();
    session.tell(&List { scenarios }, || match entries {
        [] => "there are no scenarios; add one to the registry".to_owned(),
        entries => entries.iter().map(in_words).collect(),
    });
    Exit::Fine
}

fn in_words(entry: &Entry) -> String {
    let mut words = format!("{}: {}\n", entry.name, entry.about);
    let widest = entry.bugs.iter().map(|bug| bug.name.len()).max().unwrap_or_default();
    for Planted { name, about, caught_by } in &entry.bugs {
        let _ = writeln!(words, "    {name:widest$}  {about} (caught by: {caught_by})");
    }
    words
}
