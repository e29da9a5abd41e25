//! Where everything stands in a picture: a lane for each node and client, a row for each entry.
//!
//! Time runs down. It is not to scale: each entry has a row, so that what happens at one time can
//! be told apart; rows in which nothing happens that matters are low; and the longer the time
//! between two rows, the wider they are apart, but only with its logarithm.

use std::collections::BTreeMap;
use std::ops::Range;

use stormglass_machine::Time;

use crate::causes::Chain;
use crate::story::told;
use crate::trace::{Lasting, Place, Span, Trace};

/// The column of times, and the one of each thing that is wrong with the network.
pub(super) const TIMES: i32 = 92;
const NETWORK: i32 = 16;
/// The most such columns.
const MOST_COLUMNS: usize = 4;
/// The height of rows.
const TOLD: i32 = 24;
const QUIET: i32 = 10;
/// What the time of a row takes.
const DATE: i32 = 12;
/// Above the first row and below the last.
const MARGIN: i32 = 18;
/// Of more quiet entries in a row, those in the middle are not drawn.
const LONGEST_QUIET: usize = 40;
const QUIET_ENDS: usize = 12;
/// Of more entries than these, those in the middle are not drawn.
const MOST_ROWS: usize = 1_200;
/// More clients than these share a lane.
const MOST_CLIENTS: usize = 6;
/// What is beside the last lane.
const RIGHT: i32 = 40;
/// Time that passes is marked if it is longer than so many latencies.
const LONG: u32 = 5;

/// A lane.
pub(super) struct Lane {
    pub(super) name: String,
    pub(super) x: i32,
    pub(super) width: i32,
    pub(super) is_client: bool,
}

/// A row.
pub(super) struct Row {
    pub(super) y: i32,
    /// Its time stands beside it: it is another one than above, and there is room.
    pub(super) is_dated: bool,
    pub(super) what: Shown,
}

pub(super) enum Shown {
    /// The entry of this number.
    Entry { number: usize, told: bool },
    /// These are not drawn.
    LeftOut(Range<usize>),
}

/// Time passes, for so long that a reader should know.
pub(super) struct Pause {
    pub(super) y: i32,
    pub(super) words: String,
}

pub(super) struct Layout<'t> {
    pub(super) trace: &'t Trace,
    pub(super) chain: &'t Chain,
    pub(super) lanes: Vec<Lane>,
    places: BTreeMap<Place, usize>,
    pub(super) rows: Vec<Row>,
    pub(super) pauses: Vec<Pause>,
    /// For each kept entry, where its row is.
    ys: Vec<i32>,
    /// The room that a node has.
    pub(super) lane_width: i32,
    pub(super) width: i32,
    pub(super) height: i32,
    /// The row of the end.
    pub(super) end: i32,
}

impl<'t> Layout<'t> {
    pub(super) fn of(trace: &'t Trace, chain: &'t Chain) -> Self {
        let (lanes, places, lane_width, width) = lanes(trace);
        let mut layout = Layout {
            trace,
            chain,
            lanes,
            places,
            rows: Vec::new(),
            pauses: Vec::new(),
            ys: Vec::new(),
            lane_width,
            width,
            height: 0,
            end: 0,
        };
        layout.put_rows();
        layout
    }

    fn put_rows(&mut self) {
        let trace = self.trace;
        let (mut below, mut then) = (MARGIN, Time::ZERO);
        let mut dated: Option<(Time, i32)> = None;
        for what in shown(trace, self.chain) {
            let (number, height) = match &what {
                Shown::Entry { number, told: true } => (*number, TOLD),
                Shown::Entry { number, told: false } => (*number, QUIET),
                Shown::LeftOut(numbers) => (numbers.start, TOLD),
            };
            let now = trace.entry(number).time;
            below += self.passes(then, now, below);
            let y = below + height / 2;
            below += height;
            match &what {
                Shown::Entry { .. } => self.ys.push(y),
                Shown::LeftOut(numbers) => self.ys.extend(numbers.clone().map(|_| y)),
            }
            then = match &what {
                Shown::Entry { .. } => now,
                Shown::LeftOut(numbers) => trace.entry(numbers.end - 1).time,
            };
            let is_dated = matches!(what, Shown::Entry { .. })
                && dated.is_none_or(|(time, above)| time != now && y - above >= DATE);
            if is_dated {
                dated = Some((now, y));
            }
            self.rows.push(Row { y, is_dated, what });
        }
        below += self.passes(then, trace.end, below);
        self.end = below + TOLD / 2;
        self.height = self.end + TOLD + MARGIN;
    }

    /// The room that the time between two rows takes.
    fn passes(&mut self, then: Time, now: Time, y: i32) -> i32 {
        let (passed, latency) = (now.since(then), self.trace.latency);
        let unit = (latency.as_nanos() / 4).max(1);
        let room = 5 * (passed.as_nanos() / unit).checked_ilog2().map_or(0, |log| log as i32 + 1);
        if !latency.is_zero() && passed > latency * LONG {
            let room = room.max(20);
            self.pauses.push(Pause { y: y + room / 2, words: format!("{passed:.1?} later") });
            return room;
        }
        room.min(40)
    }

    pub(super) fn y(&self, number: usize) -> i32 {
        self.ys.get(number.saturating_sub(self.trace.forgotten)).copied().unwrap_or(MARGIN)
    }

    /// Where a time is, between the rows.
    pub(super) fn y_at(&self, time: Time) -> i32 {
        let trace = self.trace;
        let before = trace.after(time).checked_sub(1);
        let Some(before) = before.filter(|number| trace.get(*number).is_some()) else {
            return MARGIN;
        };
        let (above, since) = (self.y(before), trace.entry(before).time);
        let (below, until) = match trace.get(before + 1) {
            Some(entry) => (self.y(before + 1), entry.time),
            None => (self.end, trace.end),
        };
        let (part, whole) = (time.since(since).as_nanos(), until.since(since).as_nanos());
        match whole {
            0 => above,
            whole => {
                above + (i128::from(below - above) * part.min(whole) as i128 / whole as i128) as i32
            }
        }
    }

    /// The middle of a lane; nothing for what is in none.
    pub(super) fn x(&self, place: Place) -> Option<i32> {
        self.places.get(&place).map(|lane| self.lanes[*lane].x)
    }

    /// Where something at a place can be clicked on: from where, and how wide.
    pub(super) fn room(&self, place: Place) -> (i32, i32) {
        match self.places.get(&place).map(|lane| &self.lanes[*lane]) {
            Some(lane) => (lane.x - lane.width / 2 + 4, lane.width - 8),
            None => (4, TIMES - 4),
        }
    }

    /// True if an entry has a row of its own.
    pub(super) fn is_drawn(&self, number: usize) -> bool {
        self.row(number).is_some()
    }

    fn row(&self, number: usize) -> Option<&Row> {
        let position = self.rows.partition_point(|row| match &row.what {
            Shown::Entry { number: other, .. } => *other < number,
            Shown::LeftOut(numbers) => numbers.end <= number,
        });
        self.rows.get(position).filter(|row| match &row.what {
            Shown::Entry { number: other, .. } => *other == number,
            Shown::LeftOut(_) => false,
        })
    }
}

/// What is drawn: what is told, and what is quiet unless there is too much of it in a row.
fn shown(trace: &Trace, chain: &Chain) -> Vec<Shown> {
    let mut told = told(trace, chain);
    if told.len() > MOST_ROWS {
        let all: Vec<_> = told.iter().copied().collect();
        let half = MOST_ROWS / 2;
        for number in &all[half..all.len() - half] {
            told.remove(number);
        }
    }
    // Quiet ones have what room is left, if all of them do.
    let (mut rows, mut quiet) = (Vec::new(), trace.numbers().start);
    let mut left = MOST_ROWS - told.len();
    for number in told.iter().copied().chain([trace.numbers().end]) {
        put_quiet(&mut rows, quiet..number, &mut left);
        if number < trace.numbers().end {
            rows.push(Shown::Entry { number, told: true });
        }
        quiet = number + 1;
    }
    rows
}

fn put_quiet(rows: &mut Vec<Shown>, numbers: Range<usize>, left: &mut usize) {
    let entry = |number| Shown::Entry { number, told: false };
    if numbers.len() <= LONGEST_QUIET && numbers.len() <= *left {
        *left -= numbers.len();
        rows.extend(numbers.map(entry));
        return;
    }
    let ends = if 2 * QUIET_ENDS <= *left { QUIET_ENDS.min(numbers.len() / 2) } else { 0 };
    *left -= 2 * ends;
    let middle = numbers.start + ends..numbers.end - ends;
    rows.extend((numbers.start..middle.start).map(entry));
    if !middle.is_empty() {
        rows.push(Shown::LeftOut(middle.clone()));
    }
    rows.extend((middle.end..numbers.end).map(entry));
}

/// The lanes, where places are, how wide a node's lane is, and the whole.
fn lanes(trace: &Trace) -> (Vec<Lane>, BTreeMap<Place, usize>, i32, i32) {
    let width = match trace.nodes {
        0..=4 => 116,
        5..=6 => 96,
        7..=9 => 92,
        10..=16 => 64,
        _ => 44,
    };
    let ends = trace.messages.iter().flat_map(|message| [message.from, message.to]);
    let mut clients: Vec<_> = ends.filter(|place| matches!(place, Place::Client(_))).collect();
    clients.sort();
    clients.dedup();
    let mut lanes = Vec::new();
    let mut places = BTreeMap::new();
    let mut left = TIMES + columns(trace) as i32 * NETWORK;
    let mut lane = |name, width, is_client| {
        lanes.push(Lane { name, x: left + width / 2, width, is_client });
        left += width;
        lanes.len() - 1
    };
    if clients.len() > MOST_CLIENTS {
        let shared = lane("clients".to_owned(), 76, true);
        places.extend(clients.iter().map(|client| (*client, shared)));
    } else {
        for client in clients {
            let Place::Client(number) = client else { continue };
            places.insert(client, lane(format!("client {number}"), 76, true));
        }
    }
    for node in 0..trace.nodes {
        places.insert(Place::Node(node), lane(format!("node {node}"), width, false));
    }
    (lanes, places, width, left + RIGHT)
}

/// What is wrong with the network, each with its column.
pub(super) fn of_network(trace: &Trace) -> Vec<(usize, &Span)> {
    let mut free: Vec<usize> = Vec::new();
    let network = trace.spans.iter().filter(|span| {
        span.place == Place::Network && matches!(span.state, Lasting::Cut | Lasting::Clogged)
    });
    let placed = network.map(|span| {
        let column = free.iter().position(|until| *until <= span.from).unwrap_or(free.len());
        free.resize(free.len().max(column + 1), 0);
        free[column] = span.to.unwrap_or(usize::MAX);
        (column.min(MOST_COLUMNS - 1), span)
    });
    placed.collect()
}

fn columns(trace: &Trace) -> usize {
    of_network(trace).iter().map(|(column, _)| column + 1).max().unwrap_or(0)
}

/// The middle of the column of something that is wrong with the network.
pub(super) fn column_x(column: usize) -> i32 {
    TIMES + column as i32 * NETWORK + NETWORK / 2
}
