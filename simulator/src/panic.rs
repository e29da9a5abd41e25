//! Panics of machines are findings: they are kept quiet and remembered by place and message.

use std::cell::{Cell, RefCell};
use std::panic::PanicHookInfo;
use std::sync::Once;

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
    static LAST: RefCell<Option<(String, String)>> = const { RefCell::new(None) };
}

static INSTALL: Once = Once::new();

/// While one lives, panics on this thread print nothing and are remembered. All other threads
/// keep the hook that the program had.
pub(crate) struct Quiet {
    outer: bool,
}

impl Quiet {
    pub(crate) fn new() -> Self {
        INSTALL.call_once(|| {
            let usual = std::panic::take_hook();
            std::panic::set_hook(Box::new(
                move |info| {
                    if QUIET.get() { remember(info) } else { usual(info) }
                },
            ));
        });
        Quiet { outer: QUIET.replace(true) }
    }

    /// Place and message of the last panic on this thread.
    pub(crate) fn last(&self) -> (String, String) {
        LAST.take().unwrap_or_default()
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        QUIET.set(self.outer);
    }
}

fn remember(info: &PanicHookInfo<'_>) {
    let place = info.location().map_or_else(String::new, |location| {
        // The last two parts of the path: enough to find it, the same on every machine.
        let file = location.file().replace('\\', "/");
        let parts: Vec<_> = file.rsplitn(3, '/').take(2).collect();
        let file = parts.into_iter().rev().collect::<Vec<_>>().join("/");
        format!("{file}:{}", location.line())
    });
    let message = info.payload_as_str().unwrap_or("a panic without a message").to_owned();
    LAST.replace(Some((place, message)));
}
