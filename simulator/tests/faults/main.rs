//! Each family of faults, and a planted bug that only it finds. One file for each.

mod documented;
mod drop;
mod knob;
mod only;
mod site;
