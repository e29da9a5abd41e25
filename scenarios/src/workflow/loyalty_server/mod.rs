//! Points of a coffee shop that become discounts: the server that keeps the points asks the till to
//! take something off an order.
//!
//! The till is not idempotent: a discount that is sent twice is given twice. So a discount is sent
//! once, and after that only its status is asked for; a till that has not seen it says so, and from then
//! on refuses it, should it still be on its way.

mod judge;
mod machine;
mod till;

pub use machine::{
    Answer, Ask, Bug, Command, LoyaltyServer, Notice, Reason, Redemption, Refused, State,
};
pub use till::{Discount, Refusal};
