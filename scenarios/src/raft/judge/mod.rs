//! The judges: each looks at what one step has changed.

pub mod commits;
pub mod configurations;
pub mod elections;
pub mod isolation;
pub mod log;
pub mod messages;
pub mod progress;
pub mod promises;
pub mod reads;
pub mod replies;
pub mod state;
pub mod terms;
pub mod time;
pub mod transfers;
