//! What a check says.

use std::fmt;

use crate::model::Model;

use super::bounds::{Bound, Effort};
use super::violation::Violation;
use super::witness::Witness;

/// The verdict on a history of a model.
pub type VerdictOf<M> = Verdict<<M as Model>::Key, <M as Model>::State>;

/// A checked history of a model.
pub type CheckedOf<M> = Checked<<M as Model>::Key, <M as Model>::State>;

/// Whether a history is linearizable, for a model with keys `K` and states `S`.
#[derive(Clone, Debug)]
pub enum Verdict<K, S> {
    /// Yes, in this order.
    Linearizable(Witness),
    /// No, and this is why.
    NotLinearizable(Box<Violation<K, S>>),
    /// A bound was reached before there was an answer. With a larger bound there may be one.
    GaveUp(GaveUp<K>),
}

impl<K, S> Verdict<K, S> {
    /// The order, if the history is linearizable.
    pub fn witness(&self) -> Option<&Witness> {
        match self {
            Verdict::Linearizable(witness) => Some(witness),
            Verdict::NotLinearizable(_) | Verdict::GaveUp(_) => None,
        }
    }

    /// The violation, if the history is not linearizable.
    pub fn violation(&self) -> Option<&Violation<K, S>> {
        match self {
            Verdict::NotLinearizable(violation) => Some(violation),
            Verdict::Linearizable(_) | Verdict::GaveUp(_) => None,
        }
    }
}

/// Where a check gave up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GaveUp<K> {
    /// The first key without an answer.
    pub key: K,
    /// At which bound.
    pub bound: Bound,
    /// The calls of this key up to this many completions can be put in order.
    pub placed: usize,
    /// So many calls of this key completed.
    pub completed: usize,
}

impl<K: fmt::Debug> fmt::Display for GaveUp<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let GaveUp { key, bound, placed, completed } = self;
        write!(f, "gave up at {bound}, key {key:?}, {placed} of {completed} completions in order")
    }
}

/// A verdict, and what it did cost.
#[derive(Clone, Debug)]
pub struct Checked<K, S> {
    /// What was found.
    pub verdict: Verdict<K, S>,
    /// The cost of the verdict alone. What it cost to explain a violation is
    /// [with the violation](Violation::effort).
    pub effort: Effort,
}
