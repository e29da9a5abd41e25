//! Each oracle, and a planted bug that is found with it and missed without it. One file for each.

mod always;
mod bounded_events;
mod case;
mod deadlock;
mod determinism;
mod documented;
mod eventually;
mod finally;
mod known_receiver;
mod lasso;
mod linearizability;
mod no_panic;
mod recovery_time;
mod sometimes;
mod stuck_by_design;
mod time_goes_on;
