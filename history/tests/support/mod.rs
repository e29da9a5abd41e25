//! What the tests and benchmarks share: dice, clients that make histories, and the checker's dumb
//! twin. Each of them uses a part of it.
#![allow(dead_code, missing_docs)]

pub mod clients;
pub mod dice;
pub mod draw;
pub mod large;
pub mod mutate;
pub mod script;
pub mod twin;
