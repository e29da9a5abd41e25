//! What must hold, an idea a file: what is remembered for it, and how it is judged.
//!
//! The oracles look at a commit when it is written: they run its transition again, in other
//! processes, with less room, told twice. So most bugs are found by the commit that shows them, and
//! not by what comes of it much later.

pub mod actions;
pub mod completions;
pub mod findings;
pub mod history;
pub mod sending;
pub mod transition;
pub mod trial;
