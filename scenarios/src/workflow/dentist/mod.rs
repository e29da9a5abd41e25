//! Appointments at a dentist: a slot is booked when the payment processor holds the money for it. If
//! somebody else was faster, the hold is released.
//!
//! A status check of a hold that the processor has not heard of refuses it for good, so that none
//! comes into being that nobody knows of.

mod judge;
mod machine;
mod processor;
mod week;

pub use machine::{
    Answer, Ask, Booking, Bug, Command, Dentist, Notice, Refused, Request, State, Status,
};
pub use processor::Hold;
pub use week::{Appointment, Range, Slot};
