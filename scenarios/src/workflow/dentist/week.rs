//! Days, slots and appointments. Times are minutes of a day.

use serde::{Deserialize, Serialize};

/// A kind of appointment.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Appointment {
    /// A quarter of an hour.
    Cleaning,
    /// Half an hour.
    Checkup,
    /// Three quarters of an hour.
    Filling,
    /// An hour.
    RootCanal,
}

impl Appointment {
    /// All of them, the shortest first.
    pub const ALL: [Appointment; 4] =
        [Appointment::Cleaning, Appointment::Checkup, Appointment::Filling, Appointment::RootCanal];

    /// How long it takes.
    pub fn minutes(self) -> u32 {
        match self {
            Appointment::Cleaning => 15,
            Appointment::Checkup => 30,
            Appointment::Filling => 45,
            Appointment::RootCanal => 60,
        }
    }

    /// What it costs.
    pub fn cents(self) -> u64 {
        match self {
            Appointment::Cleaning => 5_000,
            Appointment::Checkup => 7_500,
            Appointment::Filling => 15_000,
            Appointment::RootCanal => 20_000,
        }
    }
}

/// When an appointment begins.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slot {
    /// The day of the week, Monday is 0.
    pub day: u8,
    /// The minute of the day.
    pub at: u32,
}

/// From a minute to another, which does not belong to it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Range {
    /// The first minute.
    pub from: u32,
    /// The first after it.
    pub to: u32,
}

impl Range {
    const fn hours(from: u32, to: u32) -> Range {
        Range { from: from * 60, to: to * 60 }
    }

    /// True if something of this length that begins then is over in time.
    pub fn can_fit(self, at: u32, minutes: u32) -> bool {
        self.from <= at && at + minutes <= self.to
    }
}

/// When the dentist is there: for each day, Monday first.
pub const HOURS: [&[Range]; 7] = [
    &[Range::hours(9, 12), Range::hours(14, 17)],
    &[Range::hours(9, 12), Range::hours(13, 16)],
    &[Range::hours(9, 12), Range::hours(14, 18)],
    &[Range::hours(10, 13), Range::hours(14, 17)],
    &[Range::hours(9, 15)],
    &[],
    &[],
];

/// The grid on which a slot is looked for.
pub const GRID: u32 = 15;

/// True if the dentist is there for the whole of it.
pub fn is_open(slot: Slot, kind: Appointment) -> bool {
    let hours = HOURS.get(usize::from(slot.day)).copied().unwrap_or_default();
    hours.iter().any(|range| range.can_fit(slot.at, kind.minutes()))
}

/// True if two appointments have a minute in common.
pub fn overlap(one: (Slot, Appointment), other: (Slot, Appointment)) -> bool {
    let ((one, first), (other, second)) = (one, other);
    one.day == other.day
        && one.at < other.at + second.minutes()
        && other.at < one.at + first.minutes()
}
