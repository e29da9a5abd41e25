use std::sync::atomic::{AtomicBool, Ordering};

use crate::exit::Exit;

/// Ctrl-C. The first one asks a command that heeds it to come to an end; any other one ends the
/// process.
#[derive(Debug, Default)]
pub struct Interrupt {
    heeded: AtomicBool,
    stop: AtomicBool,
}

impl Interrupt {
    /// Nobody has pressed it yet.
    pub const fn new() -> Interrupt {
        Interrupt { heeded: AtomicBool::new(false), stop: AtomicBool::new(false) }
    }

    /// Somebody has pressed it. Does not return unless a command heeds it and this is the first.
    pub fn raise(&self) {
        if !self.heeded.load(Ordering::Relaxed) || self.stop.swap(true, Ordering::Relaxed) {
            std::process::exit(Exit::Interrupted.code().into());
        }
    }

    /// The flag that a command looks at from now on, so that it ends by itself.
    pub fn heed(&self) -> &AtomicBool {
        self.heeded.store(true, Ordering::Relaxed);
        &self.stop
    }

    pub(crate) fn is_raised(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}
