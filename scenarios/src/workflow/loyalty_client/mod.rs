//! Points of a coffee shop that become discounts: the app of a single user, and the server behind it.
//!
//! The points are taken when the server says so, one redemption at a time. An order that is cancelled
//! while the server works on it may be too late: then the points that the server has taken are asked
//! back.

mod judge;
mod machine;
mod server;

pub use machine::{
    Answer, Ask, Bug, Command, LoyaltyClient, Redemption, Refused, Show, State, Status,
};
pub use server::Redeemed;
