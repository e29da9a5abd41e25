//! The machine on a network: what it says to whom and when, and what it makes durable first.

mod config;
mod faction_node;
mod message;
mod record;
mod request;
mod timer;
mod visited;

pub use config::NodeConfig;
pub use faction_node::FactionNode;
pub use message::Message;
pub use record::Record;
pub use request::Request;
pub use timer::Timer;
pub use visited::Visited;
