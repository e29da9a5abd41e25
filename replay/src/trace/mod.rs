//! What happened in a run, in words and without types: what stories and pictures are made of.
//!
//! A trace is a list of entries, in order of time. Each knows what made it possible, so that one can
//! walk from any of them back to its roots.

use std::time::Duration;

use stormglass_machine::Time;
use stormglass_simulator::Failure;

mod clients;
mod faults;
mod flights;
mod recorder;
mod words;

pub(crate) use recorder::Recorder;
pub(crate) use words::clock;

/// A trace keeps the last entries of a long run, at least so many.
pub(crate) const KEPT: usize = 20_000;

/// A run.
pub(crate) struct Trace {
    /// How many nodes there are.
    pub(crate) nodes: u32,
    /// What a message takes.
    pub(crate) latency: Duration,
    /// What is kept of what happened; the number of the first is `forgotten`.
    entries: Vec<Entry>,
    /// So many came before.
    pub(crate) forgotten: usize,
    /// What was sent, in that order.
    pub(crate) messages: Vec<Message>,
    /// What lasted.
    pub(crate) spans: Vec<Span>,
    /// What each node is like in the end; nothing if it is down.
    pub(crate) looks: Vec<Option<Look>>,
    /// When it ended, and how.
    pub(crate) end: Time,
    pub(crate) violation: Option<Told>,
}

/// A violation, in words.
pub(crate) struct Told {
    /// Property and cause.
    pub(crate) signature: String,
    /// What was seen, line by line; at least one.
    pub(crate) detail: Vec<String>,
    /// The entry at which it was seen; nothing if something has not come true for long enough.
    pub(crate) at: Option<usize>,
}

/// One thing that happened.
pub(crate) struct Entry {
    pub(crate) time: Time,
    pub(crate) place: Place,
    pub(crate) what: What,
    /// In a few words, for lists of many.
    pub(crate) name: String,
    /// In a sentence, without what came of it.
    pub(crate) words: String,
    /// What a machine did, in full, and in few words.
    pub(crate) effects: Vec<String>,
    pub(crate) summary: Vec<String>,
    /// What a node was like, and what it was like then.
    pub(crate) before: Option<Look>,
    pub(crate) after: Option<Look>,
    pub(crate) cause: Option<Cause>,
    pub(crate) weight: Weight,
}

/// Where something happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    Client(u32),
    Node(u32),
    /// Between the nodes, or everywhere.
    Network,
}

/// What sort of thing happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// A step of a machine, by its input.
    Start,
    Message,
    Timer,
    Request,
    /// The effects of a step go on, after a flush.
    GoesOn,
    /// Something is wrong with what a step does.
    Note,
    /// An episode begins or ends.
    Begins,
    Ends,
    Crash,
    /// A client does or learns something.
    Client,
    /// Every fault is over.
    Healed,
}

/// How much something matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Weight {
    /// Nothing happened that a reader must know.
    Quiet,
    Matters,
    /// It is a deviation.
    Deviates,
}

/// What a machine is like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Look {
    pub(crate) state: &'static str,
    /// What the scenario says of it; may be empty.
    pub(crate) picture: String,
}

/// What made an entry possible: an earlier one, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cause {
    pub(crate) number: usize,
    pub(crate) how: How,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    Sent,
    Set,
    Asked,
    Answered,
    /// It follows from it on the same node or client.
    Follows,
}

impl How {
    /// Before the number of the cause.
    pub(crate) fn in_words(self) -> &'static str {
        match self {
            How::Sent => "sent in",
            How::Set => "set in",
            How::Asked => "asked in",
            How::Answered => "answered in",
            How::Follows => "after",
        }
    }
}

/// Something that was sent, by a node or a client.
pub(crate) struct Message {
    pub(crate) from: Place,
    pub(crate) to: Place,
    pub(crate) kind: String,
    pub(crate) sent: usize,
    /// The entry in which it was taken; nothing if it never was.
    pub(crate) received: Option<usize>,
    /// When it arrives, or would.
    pub(crate) due: Time,
    pub(crate) fate: Passage,
}

/// What becomes of something that is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Passage {
    OnTime,
    Late,
    /// One of two.
    Doubled,
    Corrupt,
    /// Lost on its way.
    Lost,
    /// Lost, since the link is cut.
    CutOff,
    /// Nobody was there to take it, or wanted to.
    Missed,
    /// The run ended before it arrived.
    UnderWay,
}

/// Something that lasted.
#[derive(Clone, Debug)]
pub(crate) struct Span {
    pub(crate) state: Lasting,
    pub(crate) place: Place,
    pub(crate) from: usize,
    /// The entry in which it ended; nothing if it lasted to the end.
    pub(crate) to: Option<usize>,
    pub(crate) words: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Lasting {
    Down,
    Paused,
    Flushing,
    BadDisk,
    WrongClock,
    Cut,
    Clogged,
}

impl Entry {
    /// True if a node is another one afterwards.
    pub(crate) fn changes(&self) -> bool {
        self.before != self.after
    }

    /// The state a node is in afterwards, if that is another one.
    pub(crate) fn becomes(&self) -> Option<&'static str> {
        let (before, after) = (self.before.as_ref()?, self.after.as_ref()?);
        (before.state != after.state).then_some(after.state)
    }

    /// True if a machine makes a step in it.
    pub(crate) fn is_step(&self) -> bool {
        matches!(self.what, What::Start | What::Message | What::Timer | What::Request)
    }
}

impl Trace {
    fn new(latency: Duration) -> Trace {
        Trace {
            nodes: 0,
            latency,
            entries: Vec::new(),
            forgotten: 0,
            messages: Vec::new(),
            spans: Vec::new(),
            looks: Vec::new(),
            end: Time::ZERO,
            violation: None,
        }
    }

    /// The numbers of the entries that are kept.
    pub(crate) fn numbers(&self) -> std::ops::Range<usize> {
        self.forgotten..self.forgotten + self.entries.len()
    }

    /// The entry of this number, if it is kept.
    pub(crate) fn get(&self, number: usize) -> Option<&Entry> {
        self.entries.get(number.checked_sub(self.forgotten)?)
    }

    /// The entry of this number.
    ///
    /// # Panics
    ///
    /// If it is not kept.
    pub(crate) fn entry(&self, number: usize) -> &Entry {
        self.get(number).expect("a number from `numbers`")
    }

    /// The number of the first entry that came after this time.
    pub(crate) fn after(&self, time: Time) -> usize {
        self.forgotten + self.entries.partition_point(|entry| entry.time <= time)
    }

    fn get_mut(&mut self, number: usize) -> Option<&mut Entry> {
        self.entries.get_mut(number.checked_sub(self.forgotten)?)
    }

    /// The cause of an entry, if it is kept.
    pub(crate) fn cause(&self, number: usize) -> Option<usize> {
        let cause = self.get(number)?.cause?;
        self.get(cause.number).map(|_| cause.number)
    }

    fn push(&mut self, entry: Entry) -> usize {
        if self.entries.len() == 2 * KEPT {
            self.forget(KEPT);
        }
        self.entries.push(entry);
        self.forgotten + self.entries.len() - 1
    }

    fn forget(&mut self, count: usize) {
        self.entries.drain(..count);
        self.forgotten += count;
        let first = self.forgotten;
        self.messages.retain(|message| message.received.unwrap_or(message.sent) >= first);
        // What is over. What is not is with the recorder.
        self.spans.retain(|span| span.to.is_some_and(|to| to >= first));
    }

    /// The end of the run, and what was violated: seen at an event, or when something had not come
    /// true for long enough.
    fn ends(&mut self, failure: Option<&Failure>, at_an_event: bool, end: Time) {
        self.end = end;
        self.messages.sort_by_key(|message| (message.sent, message.due));
        self.violation = failure.map(|failure| {
            let detail: Vec<_> = failure.violation.detail.lines().map(words::as_it_is).collect();
            Told {
                signature: words::as_it_is(&failure.signature().to_string()),
                detail: if detail.is_empty() { vec![String::new()] } else { detail },
                at: self.last_event().filter(|_| at_an_event),
            }
        });
    }

    /// The last entry that a property may have looked at, if it is of the end.
    fn last_event(&self) -> Option<usize> {
        let last = self.numbers().rev().find(|number| {
            let entry = self.entry(*number);
            entry.is_step() || matches!(entry.what, What::GoesOn | What::Crash)
        })?;
        (self.entry(last).time == self.end).then_some(last)
    }
}
