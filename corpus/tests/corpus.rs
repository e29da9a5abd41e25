//! Replays every kept log.
