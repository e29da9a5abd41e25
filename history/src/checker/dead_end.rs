//! A state in which a call does not fit, and what else could come next there.

use crate::call::CallId;
use crate::model::{HistoryOf, Model};

use super::configuration::What;
use super::search::Search;

/// The most dead ends that a violation lists.
pub const MOST_DEAD_ENDS: usize = 32;

/// The most calls before a dead end that are listed with it.
const MOST_BEFORE: usize = 6;

/// A state that some order of the calls before leads to, and in which the call that cannot be
/// placed is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadEnd<S> {
    /// The last calls of that order, the latest last.
    pub before: Vec<CallId>,
    /// The state after them.
    pub state: S,
    /// Calls that must come after the call that cannot be placed in this order, since it has to
    /// take effect early for their results to be right. Empty in most cases.
    pub after: Vec<CallId>,
    /// What could come next, and why it does not help. First comes the call that cannot be
    /// placed.
    pub candidates: Vec<Candidate<S>>,
}

/// A call that could come next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate<S> {
    /// The call.
    pub call: CallId,
    /// What becomes of it.
    pub fate: Fate<S>,
}

/// What becomes of a call that could come next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate<S> {
    /// The model does not accept its result in this state.
    Refused,
    /// It fits and leads to these states, which are dead ends, too.
    LeadsTo(Vec<S>),
}

/// Where in the present order of a search a call is refused.
pub(crate) struct Place {
    /// How many calls come before it.
    before: usize,
    /// The number of the state there.
    state: u32,
    /// The calls that come after it: none, unless it is placed already, as a call of unknown
    /// outcome, and its result would be another one there.
    after: Vec<CallId>,
}

impl Place {
    /// What makes two dead ends differ.
    pub(crate) fn distinction(&self) -> (u32, Vec<CallId>) {
        (self.state, self.after.clone())
    }
}

/// Where the call is refused in the present order of the search.
pub(crate) fn place<M: Model>(search: &Search<'_, M>, refused: CallId) -> Place {
    let placed = &search.now.placed;
    match placed.iter().rposition(|placed| placed.call == refused) {
        Some(before) => Place {
            before,
            state: placed[before].before,
            after: placed[before + 1..].iter().map(|placed| placed.call).collect(),
        },
        None => Place { before: placed.len(), state: search.now.state, after: Vec::new() },
    }
}

/// The dead end at this place.
pub(crate) fn describe<M: Model>(
    model: &M,
    history: &HistoryOf<M>,
    search: &Search<'_, M>,
    refused: CallId,
    place: &Place,
) -> DeadEnd<M::State> {
    let state = search.state_of(place.state);
    let first = place.before.saturating_sub(MOST_BEFORE);
    let before = &search.now.placed[first..place.before];
    let mut candidates = vec![Candidate { call: refused, fate: Fate::Refused }];
    if place.before == search.now.placed.len() {
        let others = search.now.candidates().filter(|&what| search.now.call_of(what) != refused);
        candidates.extend(others.map(|what| Candidate {
            call: search.now.call_of(what),
            fate: fate(model, history, state, search.now.call_of(what), what),
        }));
    }
    DeadEnd {
        before: before.iter().map(|placed| placed.call).collect(),
        state: state.clone(),
        after: place.after.clone(),
        candidates,
    }
}

fn fate<M: Model>(
    model: &M,
    history: &HistoryOf<M>,
    state: &M::State,
    call: CallId,
    what: What,
) -> Fate<M::State> {
    let call = history.call(call);
    let mut states = Vec::new();
    match (what, call.result()) {
        (What::Completed(_), Some(result)) => {
            states.extend(model.step(state, &call.operation, result));
        }
        _ => model.step_unknown(state, &call.operation, &mut states),
    }
    if states.is_empty() { Fate::Refused } else { Fate::LeadsTo(states) }
}
