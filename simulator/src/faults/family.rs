//! The families of faults, as they are listed and switched.

use super::Faults;

/// A family of faults: one thing that can go wrong, for people and for tests.
#[derive(Clone, Copy, Debug)]
pub struct Family {
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub what: &'static str,
    /// What a deviation of it says.
    pub parameters: &'static str,
    /// The value of the parameters at which nothing happens.
    pub dull: &'static str,
    /// A planted bug that nothing else finds, and the test that shows it.
    pub only_finds: &'static str,
    /// Allows it or forbids it.
    pub switch: fn(&mut Faults, bool),
}

impl Faults {
    /// All families, in the order in which they are documented.
    pub const FAMILIES: &[Family] = &[
        super::message::DELAY,
        super::message::DROP,
        super::message::DUPLICATE,
        super::message::CORRUPT,
        super::cut::FAMILY,
        super::clog::FAMILY,
        super::throttle::FAMILY,
        super::plane::FAMILY,
        super::crash::FAMILY,
        super::crash::LOSE_UNFLUSHED,
        super::crash::BLACKOUT,
        super::crash_loop::FAMILY,
        super::domain::FAMILY,
        super::pause::FAMILY,
        super::timer::FAMILY,
        super::flush::FAMILY,
        super::clock::OFFSET,
        super::clock::DRIFT,
        super::clock_step::FAMILY,
        super::broken::FAMILY,
        super::failing_flush::FAMILY,
        super::torn_record::FAMILY,
        super::full_disk::FAMILY,
        super::slow_disk::FAMILY,
        super::lost_flush::FAMILY,
        super::rotten_record::FAMILY,
        super::misdirected_write::FAMILY,
        super::replaced_disk::FAMILY,
        super::client_link::FAMILY,
        super::knob::FAMILY,
        super::site::FAMILY,
    ];
}
