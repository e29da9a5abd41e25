//! What waits to be handled: two lanes, and the tick between them.
//!
//! Answers and shutdowns go first, then a tick that is due, then heartbeats and requests. So after
//! the node was busy for long, its tick looks at the clock before the heartbeats that came in
//! meanwhile have been handled.

use alloc::collections::VecDeque;

use stormglass_machine::{NodeId, RequestId};

use crate::message::Message;

/// Something that waits in a lane.
#[derive(Clone, Debug)]
pub enum Item {
    /// A message.
    Message {
        /// Its sender.
        from: NodeId,
        /// What it says.
        message: Message,
    },
    /// The operator closes the channel.
    Shutdown(RequestId),
}

impl Item {
    fn goes_first(&self) -> bool {
        match self {
            Item::Message { message, .. } => {
                matches!(message, Message::SyncResponse(_) | Message::SyncNack(_))
            }
            Item::Shutdown(_) => true,
        }
    }
}

/// What to do next.
#[derive(Clone, Debug)]
pub enum Work {
    /// Handle this.
    Item(Item),
    /// The tick is due.
    Tick,
}

/// A lane was full, and what was to wait in it is lost.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LaneFull;

/// The lanes.
///
/// Invariant: neither lane is longer than its capacity.
#[derive(Clone, Debug)]
pub struct Inbox {
    high: VecDeque<Item>,
    low: VecDeque<Item>,
    high_capacity: usize,
    low_capacity: usize,
    single_lane: bool,
    tick_due: bool,
    dropped_high: u64,
    dropped_low: u64,
}

impl Inbox {
    /// Nothing waits. With a `single_lane` everything waits in the low one.
    pub fn new(high_capacity: usize, low_capacity: usize, single_lane: bool) -> Inbox {
        Inbox {
            high: VecDeque::new(),
            low: VecDeque::new(),
            high_capacity,
            low_capacity,
            single_lane,
            tick_due: false,
            dropped_high: 0,
            dropped_low: 0,
        }
    }

    /// Puts something into its lane.
    pub fn push(&mut self, item: Item) -> Result<(), LaneFull> {
        let first = item.goes_first();
        let (lane, capacity) = if first && !self.single_lane {
            (&mut self.high, self.high_capacity)
        } else {
            (&mut self.low, self.low_capacity)
        };
        if lane.len() < capacity {
            lane.push_back(item);
            return Ok(());
        }
        let dropped = if first { &mut self.dropped_high } else { &mut self.dropped_low };
        *dropped += 1;
        Err(LaneFull)
    }

    /// The tick is due. Ticks do not pile up.
    pub fn tick_is_due(&mut self) {
        self.tick_due = true;
    }

    /// What to do next.
    pub fn pop(&mut self) -> Option<Work> {
        if let Some(item) = self.high.pop_front() {
            return Some(Work::Item(item));
        }
        if core::mem::take(&mut self.tick_due) {
            return Some(Work::Tick);
        }
        self.low.pop_front().map(Work::Item)
    }

    /// Is there nothing to do?
    pub fn is_empty(&self) -> bool {
        self.high.is_empty() && self.low.is_empty() && !self.tick_due
    }

    /// How many answers and shutdowns wait.
    pub fn high_len(&self) -> usize {
        self.high.len()
    }

    /// How many heartbeats and requests wait.
    pub fn low_len(&self) -> usize {
        self.low.len()
    }

    /// How many answers and shutdowns were lost since their lane was full.
    pub fn dropped_high(&self) -> u64 {
        self.dropped_high
    }

    /// How many heartbeats and requests were lost since their lane was full.
    pub fn dropped_low(&self) -> u64 {
        self.dropped_low
    }

    /// Forgets everything that waits.
    pub fn clear(&mut self) {
        self.high.clear();
        self.low.clear();
        self.tick_due = false;
    }
}
