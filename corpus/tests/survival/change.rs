//! The changes after which logs should still mean something.

/// What somebody may do to a machine, or to its cluster, without meaning to change what it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// Nothing: whatever differs then is due to the test itself.
    Nothing,
    /// A message of a new kind goes out before the others of a step.
    NewMessage,
    /// Each step draws once more from the node's dice.
    DrawMore,
    /// What is sent to several peers is sent to them in the opposite order.
    SendOrder,
    /// Timers are set to up to a twentieth more, at random.
    Jitter,
    /// Timers have other names.
    TimerNames,
    /// Messages have other names.
    MessageNames,
    /// Every node sends every other a sign of life, again and again.
    Heartbeat,
    /// Each record is preceded by one of a new sort.
    NewRecord,
    /// Each start is recorded, and that is flushed before anything else is done.
    StartRecord,
    /// What a step has written is flushed at its end.
    Flush,
    /// There is one node more, which takes no part.
    Bystander,
}

impl Change {
    /// In the order of the table.
    pub const ALL: [Change; 12] = [
        Change::Nothing,
        Change::NewMessage,
        Change::DrawMore,
        Change::SendOrder,
        Change::Jitter,
        Change::TimerNames,
        Change::MessageNames,
        Change::Heartbeat,
        Change::NewRecord,
        Change::StartRecord,
        Change::Flush,
        Change::Bystander,
    ];

    /// In words.
    pub fn about(self) -> &'static str {
        match self {
            Change::Nothing => "nothing",
            Change::NewMessage => "a new kind of message, sent before the others of a step",
            Change::DrawMore => "each step draws once more from the node's dice",
            Change::SendOrder => "what goes to several peers is sent in the opposite order",
            Change::Jitter => "timers are set to up to 5 % more, at random",
            Change::TimerNames => "all timers have other names",
            Change::MessageNames => "all messages have other names",
            Change::Heartbeat => "a heartbeat from everybody to everybody, every 30 ms",
            Change::NewRecord => "each record is preceded by one of a new sort",
            Change::StartRecord => "each start is recorded, and flushed first",
            Change::Flush => "each step ends with a flush",
            Change::Bystander => "one node more, which takes no part",
        }
    }
}
