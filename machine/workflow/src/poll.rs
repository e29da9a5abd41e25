//! The executor: a future is asked once.

use core::future::Future;
use core::pin::pin;
use core::task::{Context, Poll, Waker};

/// Asks a future once, on the stack, and drops it. Allocates nothing of its own.
///
/// A transition borrows its state, so one that waits could be kept only in a box that owns both, and
/// would have to be told apart from every other. It is dropped instead, and run again from the
/// beginning when what it waits for is there. A transition is deterministic, so the second run
/// comes to where the first was; and to be run again as a whole is what it must bear in any case, when
/// its commit meets a conflict.
pub fn poll_once<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}
