//! Each family of faults, and a planted bug that only it finds. One file for each.

mod core;
mod documented;
mod drop;
mod only;
