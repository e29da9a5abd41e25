use std::fmt;
use std::io::{self, Write};

use clap::builder::styling::{AnsiColor, Style};
use serde::Serialize;
use stormglass_replay::{misleads, shown};

use crate::problem::Problem;

/// Standard output.
pub(crate) struct Screen<'t> {
    out: &'t mut dyn Write,
    colours: bool,
    /// Set by the first failure to write; nothing is written after it.
    lost: Option<io::Error>,
}

const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const ODD: Style = AnsiColor::Yellow.on_default().bold();

/// Words by which lines are coloured, the first that is in a line counts.
const COLOURS: [(&str, Style); 10] = [
    ("VIOLATED", BAD),
    ("FAILED", BAD),
    ("NOT FOUND", BAD),
    ("unreadable", BAD),
    ("NEVER SEEN", ODD),
    ("drifted", ODD),
    ("absent", ODD),
    ("known defect", ODD),
    ("passed", GOOD),
    ("exact", GOOD),
];

impl<'t> Screen<'t> {
    pub(crate) fn new(out: &'t mut dyn Write, colours: bool) -> Screen<'t> {
        Screen { out, colours, lost: None }
    }

    /// Lines for people.
    pub(crate) fn text(&mut self, text: impl fmt::Display) {
        for line in text.to_string().lines() {
            self.line(&shown(line));
        }
    }

    /// The one object that `--json` promises.
    pub(crate) fn json(&mut self, value: &impl Serialize) {
        let text = serde_json::to_string_pretty(value);
        let text = text.expect("what the command tells has string keys and finite numbers only");
        // JSON itself lets some characters stand in strings that steer or mislead, such as delete.
        let mut safe = String::with_capacity(text.len() + 1);
        for letter in text.chars() {
            match misleads(letter) && letter != '\n' {
                true => {
                    for unit in letter.encode_utf16(&mut [0; 2]) {
                        safe.push_str(&format!("\\u{unit:04x}"));
                    }
                }
                false => safe.push(letter),
            }
        }
        safe.push('\n');
        self.write(&safe);
    }

    fn line(&mut self, line: &str) {
        let style = COLOURS.iter().find_map(|(word, style)| Some((line.find(word)?, word, style)));
        match style.filter(|_| self.colours) {
            Some((at, word, style)) => {
                let (before, after) = (&line[..at], &line[at + word.len()..]);
                self.write(&format!("{before}{style}{word}{style:#}{after}\n"));
            }
            None => self.write(&format!("{line}\n")),
        }
    }

    fn write(&mut self, text: &str) {
        if self.lost.is_none() {
            self.lost = self.out.write_all(text.as_bytes()).err();
        }
    }

    /// Shows what has been written so far, in the middle of a long command.
    pub(crate) fn flush(&mut self) {
        if self.lost.is_none() {
            self.lost = self.out.flush().err();
        }
    }

    /// Writes what is left. A reader that went away has seen enough.
    pub(crate) fn finish(mut self) -> Result<(), Problem> {
        self.flush();
        match self.lost {
            Some(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Problem::new(format!(
                "standard output: {error}; the output is not complete, send it somewhere else"
            ))),
            _ => Ok(()),
        }
    }
}
