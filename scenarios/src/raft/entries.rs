//! Every entry that any log has ever had, by index and term, but for a beginning that is forgotten
//! in very long runs.

use stormglass_raft::{Entry, LogIndex, Payload, Term};

use super::store::Command;

/// An entry, and what stood before it.
#[derive(Clone, Debug)]
pub struct Known {
    pub term: Term,
    pub payload: Payload<Command>,
    /// The term at the index before.
    pub before: Term,
}

/// By index, those of each term. Most indices have one.
#[derive(Clone, Debug, Default)]
pub struct Entries {
    /// The index of the first place.
    first: LogIndex,
    places: Vec<Place>,
}

#[derive(Clone, Debug, Default)]
struct Place {
    first: Option<Known>,
    others: Vec<Known>,
}

impl Entries {
    /// The entry of this term at an index, if any log has had one.
    pub fn get(&self, index: LogIndex, term: Term) -> Option<&Known> {
        let place = self.places.get(index.checked_sub(self.first)? as usize)?;
        place.first.iter().chain(&place.others).find(|known| known.term == term)
    }

    /// An entry has been put into a log, behind one of this term. Returns whether it is the same
    /// that others have there, if they have any of its term.
    pub fn add(&mut self, index: LogIndex, entry: &Entry<Command>, before: Term) -> bool {
        if let Some(known) = self.get(index, entry.term) {
            return known.before == before && known.payload == entry.payload;
        }
        let Some(position) = index.checked_sub(self.first) else { return true };
        let position = position as usize;
        if self.places.len() <= position {
            self.places.resize_with(position + 1, Place::default);
        }
        let known = Known { term: entry.term, payload: entry.payload.clone(), before };
        match &mut self.places[position] {
            Place { first: first @ None, .. } => *first = Some(known),
            Place { others, .. } => others.push(known),
        }
        true
    }

    /// Forgets what stood up to here.
    pub fn forget(&mut self, upto: LogIndex) {
        let places = (upto + 1).saturating_sub(self.first) as usize;
        self.places.drain(..places.min(self.places.len()));
        self.first = self.first.max(upto + 1);
    }
}
