//! What concurrent clients asked and were answered, in the order in which it happened.

use std::collections::BTreeMap;

use crate::call::{Call, CallId, ClientId, Moment, Outcome};

/// The most events that a history holds.
pub const MOST_EVENTS: usize = 1 << 28;

/// Why an event does not fit the history so far. The history is as it was before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HistoryError {
    /// A client has one call at a time; use another client for a second one.
    #[error("{client} invokes an operation while its call {open} is open")]
    Busy {
        /// Who.
        client: ClientId,
        /// The call that must end first.
        open: CallId,
    },
    /// A completion needs an invocation before it, and ends it once.
    #[error("{client} has no open call that could complete, fail or time out")]
    NothingOpen {
        /// Who.
        client: ClientId,
    },
    /// Events are given in the order in which they happened.
    #[error("the event at {nanoseconds} ns comes after one at {before} ns")]
    TimeGoesBack {
        /// The time of the event that was refused.
        nanoseconds: u64,
        /// The time of the event before it.
        before: u64,
    },
    /// No history is that long.
    #[error("a history holds at most {MOST_EVENTS} events")]
    TooLong,
}

/// One event of a history, as [`History::events`] gives them.
#[derive(Debug, PartialEq, Eq)]
pub enum Event<'a, O, R> {
    /// A client asked for an operation.
    Invoked(&'a O),
    /// It got the result.
    Completed(&'a R),
    /// It learned that the operation did not take effect.
    Failed,
    /// It gave up waiting.
    Unknown,
}

/// What concurrent clients asked for and were answered, with operations `O` and results `R`.
///
/// Events are added in the order in which they happened; [`invoke`](History::invoke) opens a
/// call, and [`complete`](History::complete), [`fail`](History::fail) or
/// [`unknown`](History::unknown) end it. What does not fit is refused, so a history is well formed
/// at any time: each client has at most one open call, and time does not go back. Calls that are
/// open are of unknown outcome. A client whose call timed out may go on with another one: the old
/// call may still take effect later.
///
/// ```
/// use stormglass_history::{ClientId, History, HistoryError};
///
/// let (a, b) = (ClientId(0), ClientId(1));
/// let mut history = History::new();
/// history.invoke(a, 10, "write 1")?;
/// history.invoke(b, 20, "read")?;
/// history.complete(b, 30, "1")?;
/// history.unknown(a, 40)?;
///
/// let late = history.complete(a, 50, "done");
/// assert_eq!(late, Err(HistoryError::NothingOpen { client: a }));
/// assert_eq!(history.calls().len(), 2);
/// # Ok::<(), HistoryError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History<O, R> {
    calls: Vec<Call<O, R>>,
    /// The call of each event.
    events: Vec<CallId>,
    open: BTreeMap<ClientId, CallId>,
    now: u64,
}

impl<O, R> Default for History<O, R> {
    fn default() -> Self {
        History { calls: Vec::new(), events: Vec::new(), open: BTreeMap::new(), now: 0 }
    }
}

impl<O, R> History<O, R> {
    /// A history in which nothing happened yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A client asks for an operation.
    ///
    /// # Errors
    ///
    /// If the client has an open call, or time would go back.
    pub fn invoke(
        &mut self,
        client: ClientId,
        nanoseconds: u64,
        operation: O,
    ) -> Result<CallId, HistoryError> {
        if let Some(&open) = self.open.get(&client) {
            return Err(HistoryError::Busy { client, open });
        }
        let invoked = self.next_moment(nanoseconds)?;
        let call = CallId(self.calls.len() as u32);
        self.calls.push(Call {
            client,
            operation,
            invoked,
            outcome: Outcome::Unknown { at: None },
        });
        self.open.insert(client, call);
        self.happened(call, nanoseconds);
        Ok(call)
    }

    /// The open call of the client has taken effect and gives this result.
    ///
    /// # Errors
    ///
    /// If the client has no open call, or time would go back.
    pub fn complete(
        &mut self,
        client: ClientId,
        nanoseconds: u64,
        result: R,
    ) -> Result<CallId, HistoryError> {
        self.end(client, nanoseconds, |at| Outcome::Completed { at, result })
    }

    /// The open call of the client has not taken effect and never will.
    ///
    /// This is a strong claim. "The server answered with an error" is often not enough for it;
    /// when in doubt, the outcome is [unknown](History::unknown).
    ///
    /// # Errors
    ///
    /// If the client has no open call, or time would go back.
    pub fn fail(&mut self, client: ClientId, nanoseconds: u64) -> Result<CallId, HistoryError> {
        self.end(client, nanoseconds, |at| Outcome::Failed { at })
    }

    /// The client gives up waiting for its open call, which may have taken effect, or may yet.
    ///
    /// # Errors
    ///
    /// If the client has no open call, or time would go back.
    pub fn unknown(&mut self, client: ClientId, nanoseconds: u64) -> Result<CallId, HistoryError> {
        self.end(client, nanoseconds, |at| Outcome::Unknown { at: Some(at) })
    }

    fn end(
        &mut self,
        client: ClientId,
        nanoseconds: u64,
        outcome: impl FnOnce(Moment) -> Outcome<R>,
    ) -> Result<CallId, HistoryError> {
        let Some(&call) = self.open.get(&client) else {
            return Err(HistoryError::NothingOpen { client });
        };
        let at = self.next_moment(nanoseconds)?;
        self.open.remove(&client);
        self.calls[call.index()].outcome = outcome(at);
        self.happened(call, nanoseconds);
        Ok(call)
    }

    fn next_moment(&self, nanoseconds: u64) -> Result<Moment, HistoryError> {
        if nanoseconds < self.now {
            return Err(HistoryError::TimeGoesBack { nanoseconds, before: self.now });
        }
        if self.events.len() == MOST_EVENTS {
            return Err(HistoryError::TooLong);
        }
        Ok(Moment { event: self.events.len() as u32, nanoseconds })
    }

    fn happened(&mut self, call: CallId, nanoseconds: u64) {
        self.events.push(call);
        self.now = nanoseconds;
    }

    /// The calls, in the order of their invocations.
    pub fn calls(&self) -> &[Call<O, R>] {
        &self.calls
    }

    /// A call.
    ///
    /// # Panics
    ///
    /// If the call is of another history and this one has none of its number.
    pub fn call(&self, call: CallId) -> &Call<O, R> {
        assert!(call.index() < self.calls.len(), "there is no call {call} in this history");
        &self.calls[call.index()]
    }

    /// The open call of a client, if there is one.
    pub fn open_call(&self, client: ClientId) -> Option<&Call<O, R>> {
        self.open.get(&client).map(|&call| self.call(call))
    }

    /// The time of the last event, in nanoseconds.
    pub fn now(&self) -> u64 {
        self.now
    }

    /// The calls with their numbers, in the order of their invocations.
    pub fn numbered(&self) -> impl Iterator<Item = (CallId, &Call<O, R>)> {
        self.calls.iter().enumerate().map(|(index, call)| (CallId(index as u32), call))
    }

    /// The same history in other words: with what `operation` makes of each operation, and `result`
    /// of its result. Calls of which it makes nothing are left out.
    ///
    /// ```
    /// use stormglass_history::{ClientId, History};
    ///
    /// let mut history = History::new();
    /// history.invoke(ClientId(0), 10, "write 1")?;
    /// history.complete(ClientId(0), 30, "done")?;
    /// history.invoke(ClientId(0), 40, "how are you?")?;
    ///
    /// let words = history.map(|asked| asked.strip_prefix("write "), |_, answer| answer.len());
    /// assert_eq!(words.calls().len(), 1);
    /// assert_eq!(words.calls()[0].operation, "1");
    /// # Ok::<(), stormglass_history::HistoryError>(())
    /// ```
    pub fn map<P, Q>(
        &self,
        mut operation: impl FnMut(&O) -> Option<P>,
        mut result: impl FnMut(&O, &R) -> Q,
    ) -> History<P, Q> {
        let mut mapped = History::new();
        let mut left_out = vec![false; self.calls.len()];
        for (moment, id, event) in self.events() {
            let Call { client, operation: asked, .. } = self.call(id);
            if left_out[id.index()] {
                continue;
            }
            let fits = match event {
                Event::Invoked(_) => match operation(asked) {
                    Some(operation) => mapped.invoke(*client, moment.nanoseconds, operation),
                    None => {
                        left_out[id.index()] = true;
                        continue;
                    }
                },
                Event::Completed(answer) => {
                    mapped.complete(*client, moment.nanoseconds, result(asked, answer))
                }
                Event::Failed => mapped.fail(*client, moment.nanoseconds),
                Event::Unknown => mapped.unknown(*client, moment.nanoseconds),
            };
            fits.expect("what fits one history fits another");
        }
        mapped
    }

    /// The events in the order in which they happened, each with its moment and its call.
    pub fn events(&self) -> impl Iterator<Item = (Moment, CallId, Event<'_, O, R>)> {
        self.events.iter().enumerate().map(|(number, &id)| {
            let call = self.call(id);
            if call.invoked.event as usize == number {
                return (call.invoked, id, Event::Invoked(&call.operation));
            }
            match &call.outcome {
                Outcome::Completed { at, result } => (*at, id, Event::Completed(result)),
                Outcome::Failed { at } => (*at, id, Event::Failed),
                Outcome::Unknown { at: Some(at) } => (*at, id, Event::Unknown),
                Outcome::Unknown { at: None } => {
                    unreachable!("an open call has no event but its invocation")
                }
            }
        })
    }
}
