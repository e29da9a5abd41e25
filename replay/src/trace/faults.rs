//! Where faults strike, what lasts of them, and what disks do, in words.

use stormglass_machine::{AfterFlush, AfterGap, FlushError, Gap};
use stormglass_simulator::{Deviation, DiskFault, Impaired};

use super::{Lasting, Place};

/// Where an episode takes place, and as what it lasts, if it does.
pub(super) fn of<R>(deviation: &Deviation<R>) -> (Place, Option<Lasting>) {
    let node = deviation.last_node().map_or(Place::Network, |node| Place::Node(node.0));
    match deviation {
        Deviation::Cut(_) | Deviation::Broken(_) => (Place::Network, Some(Lasting::Cut)),
        Deviation::Clog(_) | Deviation::Throttle(_) => (Place::Network, Some(Lasting::Clogged)),
        Deviation::Plane(plane) => match plane.is {
            Impaired::Cut(_) => (Place::Network, Some(Lasting::Cut)),
            Impaired::Clogged(_) => (Place::Network, Some(Lasting::Clogged)),
        },
        Deviation::Pause(_) => (node, Some(Lasting::Paused)),
        Deviation::FullDisk(_) | Deviation::SlowDisk(_) => (node, Some(Lasting::BadDisk)),
        Deviation::Clock(_) | Deviation::ClockStep(_) => (node, Some(Lasting::WrongClock)),
        Deviation::ReplacedDisk(_) => (node, None),
        _ => (Place::Network, None),
    }
}

/// What a disk does, after "the disk of node 1".
pub(super) fn of_a_disk(fault: DiskFault) -> String {
    match fault {
        DiskFault::FlushFailed { error, after } => {
            let error = match error {
                FlushError::Io => "fails to flush",
                FlushError::Full => "has no room to flush",
            };
            let after = match after {
                AfterFlush::Retry => "the machine will try again",
                AfterFlush::Stop => "the machine stops",
            };
            format!("{error}; {after}")
        }
        DiskFault::FlushLost => "says it has flushed, and has not".to_owned(),
        DiskFault::Rotten { nth } => format!("spoils record {nth}"),
        DiskFault::Misdirected { nth, back } => {
            format!("puts record {nth} in a place {back} before its own")
        }
        DiskFault::Torn { nth } => format!("has only half of record {nth}"),
    }
}

/// What a restart finds, after "node 1".
pub(super) fn gap_in_words(gap: Gap, after: AfterGap) -> String {
    let Gap { records, at_end } = gap;
    let noun = if records == 1 { "record" } else { "records" };
    let place = if at_end { "at the end" } else { "in between" };
    let after = match after {
        AfterGap::Continue => "goes on without",
        AfterGap::Refuse => "refuses to start",
    };
    format!("cannot read {records} {noun} {place}: {after}")
}
