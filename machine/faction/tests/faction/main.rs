//! The tests of the crate, as one program.

mod checked;
mod edge_cases;
mod exhaustive;
mod invariants;
mod network;
mod node;
mod original;
mod properties;
mod reference;
mod scenarios;
mod storm;
mod table;
