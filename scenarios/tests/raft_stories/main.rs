//! What Raft does, told as stories: snapshots, reads, and changes of the members. Each is the same
//! run every time, before the eyes of all judges of the scenarios.

mod group;
mod membership;
mod reads;
mod snapshots;
