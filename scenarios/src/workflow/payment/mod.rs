//! Accounts that pay: money is set aside when a payment is asked for, and comes back if the card is
//! declined.
//!
//! The processor knows payments by their ids, so a charge is simply sent again until it is answered.

mod judge;
mod machine;
mod processor;

pub use machine::{Answer, Ask, Bug, Charge, Notice, Payment, Payments, Receipt, Refused, State};
pub use processor::Charged;
