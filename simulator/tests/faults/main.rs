//! Each family of faults, and a planted bug that only it finds. One file for each.

mod announcer;
mod blackout;
mod documented;
mod drop;
mod failing_flush;
mod full_disk;
mod lose_unflushed;
mod lost_flush;
mod misdirected_write;
mod only;
mod replaced_disk;
mod rotten_record;
mod slow_disk;
mod slow_flush;
mod torn_record;
