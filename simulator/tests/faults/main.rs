//! Each family of faults, and a planted bug that only it finds. One file for each.

mod clock_drift;
mod clock_offset;
mod clock_step;
mod clog;
mod corrupt;
mod crash;
mod crash_loop;
mod cut;
mod delay;
mod documented;
mod domain;
mod drop;
mod duplicate;
mod late_timer;
mod only;
mod pause;
mod plane;
mod throttle;
