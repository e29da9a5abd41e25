//! Why a history is not linearizable: as data, and told.

use std::fmt::{self, Debug, Write};

use crate::call::{Call, CallId};
use crate::model::{HistoryOf, Model};

use super::bounds::Effort;
use super::dead_end::{Candidate, DeadEnd, Fate};
use super::picture;

/// The violation in a history of a model.
pub type ViolationOf<M> = Violation<<M as Model>::Key, <M as Model>::State>;

/// The most calls in a picture.
const MOST_IN_PICTURE: usize = 12;

/// The most dead ends, and the most candidates in one, that are told.
const MOST_TOLD: usize = 8;

/// Why a history is not linearizable, for a model with keys `K` and states `S`.
#[derive(Clone, Debug)]
pub struct Violation<K, S> {
    /// The part of the object that it is about.
    pub key: K,
    /// The call that cannot be placed: up to its completion everything can be explained, its
    /// result cannot.
    pub call: CallId,
    /// Whether nothing shorter is wrong: the history before the completion of the call, with all
    /// calls that are open then of unknown outcome, is linearizable. (`false` only if a bound was
    /// reached while looking for that; then the call is the one at which the search ended.)
    pub shortest: bool,
    /// An order of the calls of this key before that: the longest linearizable prefix.
    pub prefix: Vec<CallId>,
    /// The possible states before the call, and why nothing fits there. No more than
    /// [`MOST_DEAD_ENDS`](super::MOST_DEAD_ENDS).
    pub dead_ends: Vec<DeadEnd<S>>,
    /// Whether all dead ends are listed. Of several orders that lead to one state, one is.
    pub all_dead_ends: bool,
    /// What it did cost to find this out, besides the verdict.
    pub effort: Effort,
}

impl<K: Debug, S> Violation<K, S> {
    /// The violation as text, with its [picture](Violation::picture). The model and the history
    /// are those of the check.
    pub fn describe<M>(&self, model: &M, history: &HistoryOf<M>) -> String
    where
        M: Model<Key = K, State = S>,
    {
        let mut text = String::new();
        let teller = Teller { model, history, violation: self };
        teller.tell(&mut text).expect("a string takes any text");
        text.push('\n');
        text.push_str(&self.picture(model, history));
        text
    }

    /// A picture of the call that cannot be placed, those that could come next instead, and those
    /// that come last before it, one row for each client. Time goes to the right, in the order of
    /// events and not to scale.
    ///
    /// `|-- read -> 3 --|` is a call from its invocation to its completion, `|-- write 1 ...` one
    /// of unknown outcome, which may go on behind the next call of its client. The call that
    /// cannot be placed is underlined.
    pub fn picture<M>(&self, model: &M, history: &HistoryOf<M>) -> String
    where
        M: Model<Key = K, State = S>,
    {
        picture::draw(model, history, &self.concerned(), self.call)
    }

    /// The calls of the picture, in the order of their invocations.
    fn concerned(&self) -> Vec<CallId> {
        let candidates = self.dead_ends.iter().flat_map(|end| &end.candidates).map(|it| it.call);
        let after = self.dead_ends.iter().flat_map(|end| end.after.iter().copied());
        let before = self.dead_ends.iter().flat_map(|end| end.before.iter().rev().copied());
        let mut calls = vec![self.call];
        for call in candidates.chain(after).chain(before) {
            if calls.len() < MOST_IN_PICTURE && !calls.contains(&call) {
                calls.push(call);
            }
        }
        calls.sort();
        calls
    }
}

struct Teller<'a, M: Model> {
    model: &'a M,
    history: &'a HistoryOf<M>,
    violation: &'a ViolationOf<M>,
}

impl<M: Model> Teller<'_, M> {
    fn tell(&self, text: &mut String) -> fmt::Result {
        let Violation { key, call, prefix, dead_ends, .. } = self.violation;
        let name = self.model.name();
        match self.model.describe_key(key) {
            None => writeln!(text, "{name}: not linearizable")?,
            Some(key) => writeln!(text, "{name}, key {key}: not linearizable")?,
        }
        writeln!(text, "{} fits nowhere", self.name(*call))?;
        self.tell_times(text, self.history.call(*call))?;
        let order = self.names(prefix, MOST_TOLD);
        match prefix.len() {
            0 => writeln!(text, "it is the first call that matters")?,
            1 => writeln!(text, "before its completion one call can be placed: {order}")?,
            calls => {
                writeln!(text, "before its completion {calls} calls can be put in order: {order}")?
            }
        }
        for dead_end in dead_ends.iter().take(MOST_TOLD) {
            self.tell_dead_end(text, dead_end)?;
        }
        if dead_ends.len() > MOST_TOLD || !self.violation.all_dead_ends {
            writeln!(text, "and so in every other state that is possible there")?;
        }
        Ok(())
    }

    fn tell_times(&self, text: &mut String, call: &Call<M::Operation, M::Result>) -> fmt::Result {
        let (at, _) = call.completion().expect("what cannot be placed completed");
        let (from, to) = (call.invoked, at);
        writeln!(
            text,
            "  invoked at {} ns (event {}), completed at {} ns (event {})",
            from.nanoseconds, from.event, to.nanoseconds, to.event
        )
    }

    fn tell_dead_end(&self, text: &mut String, dead_end: &DeadEnd<M::State>) -> fmt::Result {
        let state = self.model.describe_state(&dead_end.state);
        match dead_end.before.is_empty() {
            true => writeln!(text, "in state {state}, at the beginning:")?,
            false => {
                writeln!(text, "in state {state}, after {}:", self.names(&dead_end.before, 3))?
            }
        }
        for candidate in dead_end.candidates.iter().take(MOST_TOLD) {
            self.tell_candidate(text, dead_end, candidate)?;
        }
        let more = dead_end.candidates.len().saturating_sub(MOST_TOLD);
        if more > 0 {
            writeln!(text, "  and {more} more that do not help")?;
        }
        Ok(())
    }

    fn tell_candidate(
        &self,
        text: &mut String,
        dead_end: &DeadEnd<M::State>,
        candidate: &Candidate<M::State>,
    ) -> fmt::Result {
        let call = self.history.call(candidate.call);
        let name = match candidate.call == self.violation.call {
            true => self.name(candidate.call),
            false => self.name_before(candidate.call),
        };
        write!(text, "  {name}")?;
        match (&candidate.fate, call.result()) {
            (Fate::LeadsTo(states), _) => {
                let states: Vec<_> =
                    states.iter().map(|state| self.model.describe_state(state)).collect();
                write!(text, " leads to state {}", states.join(" or "))?;
            }
            (Fate::Refused, Some(result)) => {
                let why = self.model.describe_refusal(&dead_end.state, &call.operation, result);
                write!(text, " {why}")?;
            }
            (Fate::Refused, None) => write!(text, " can do nothing")?,
        }
        if candidate.call == self.violation.call && !dead_end.after.is_empty() {
            write!(text, ", and it must come before {}", self.names(&dead_end.after, 3))?;
        }
        writeln!(text)
    }

    /// The call with its client and its result.
    fn name(&self, id: CallId) -> String {
        let call = self.history.call(id);
        format!("{}: {}", call.client, self.model.describe(&call.operation, call.result()))
    }

    /// The call with its client, as it is known just before the call that cannot be placed
    /// completes.
    fn name_before(&self, id: CallId) -> String {
        let call = self.history.call(id);
        let end = self.history.call(self.violation.call).completion();
        let (end, _) = end.expect("what cannot be placed completed");
        match call.completion() {
            Some((at, _)) if at.event < end.event => self.name(id),
            _ => format!("{}: {} (open)", call.client, self.model.describe(&call.operation, None)),
        }
    }

    /// The last calls of an order.
    fn names(&self, calls: &[CallId], most: usize) -> String {
        let first = calls.len().saturating_sub(most);
        let mut names: Vec<_> = calls[first..].iter().map(|&call| self.name_before(call)).collect();
        if first > 0 {
            names.insert(0, "...".to_owned());
        }
        names.join(", ")
    }
}
