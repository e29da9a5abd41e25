//! Models of common objects.

pub mod counter;
mod guess;
pub mod keyed;
pub mod list;
pub mod lock;
pub mod map;
pub mod queue;
pub mod register;
pub mod value;
