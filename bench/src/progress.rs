//! Says what is being done, to people only.

use std::io::IsTerminal;

/// Lines on standard error, if that is a terminal.
#[derive(Clone, Copy)]
pub struct Progress {
    shown: bool,
}

impl Progress {
    pub fn new() -> Self {
        Progress { shown: std::io::stderr().is_terminal() }
    }

    pub fn say(self, words: impl FnOnce() -> String) {
        if self.shown {
            eprintln!("{}", words());
        }
    }
}
