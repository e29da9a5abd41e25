//! Whether what clients saw can be explained by one object that does one thing after the other.

use stormglass_history::{Bounds, Model, Outcome, Verdict as Answer, check};
use stormglass_machine::Machine;

use crate::faults::RequestOf;
use crate::property::{Verdict, Violation};
use crate::{Facts, Scenario, World};

/// What is counted of histories of which it is not known whether they are linearizable.
pub const UNDECIDED: &str = "histories too hard to judge within the bounds";

const COMPLETED: &str = "operations of clients: completed";
const FAILED: &str = "operations of clients: failed";
const UNKNOWN: &str = "operations of clients: of unknown outcome";

impl<S: Scenario> World<'_, S> {
    /// Holds if the [history](crate::Cluster::history) of this run is linearizable: if an object
    /// that follows the model and does one thing after the other could have answered like that.
    /// For a property that is looked at once, [at the end](crate::Property::finally).
    ///
    /// `operation` says what a request is to the model; what is nothing to it is left out.
    /// `result` says what an answer is; it is asked only for what is [done](crate::Reply::Done).
    ///
    /// What cannot be judged within the bounds holds, and is counted as a fact ([`UNDECIDED`]):
    /// campaigns report it.
    ///
    /// # Errors
    ///
    /// If it is not linearizable: with the longest beginning that is, and the call that cannot be
    /// placed behind it.
    pub fn linearizable<M: Model>(
        &self,
        model: &M,
        bounds: Bounds,
        operation: impl FnMut(&RequestOf<S>) -> Option<M::Operation>,
        result: impl FnMut(&RequestOf<S>, &<S::Machine as Machine>::Response) -> M::Result,
    ) -> Verdict {
        let history = self.history().map(operation, result);
        match check(model, &history, bounds).verdict {
            Answer::Linearizable(_) => Ok(()),
            Answer::NotLinearizable(violation) => {
                Err(Violation::new(violation.describe(model, &history).trim_end()))
            }
            Answer::GaveUp(_) => {
                self.undecided.set(self.undecided.get() + 1);
                Ok(())
            }
        }
    }

    /// Counts what came of the operations of clients, and what could not be judged.
    pub(crate) fn count_operations(&self, facts: &mut Facts) {
        facts.add(UNDECIDED, self.undecided.get());
        let count = |like: fn(&Outcome<_>) -> bool| {
            let calls = self.history().calls().iter();
            calls.filter(|call| like(&call.outcome)).count() as u64
        };
        facts.add(COMPLETED, count(|outcome| matches!(outcome, Outcome::Completed { .. })));
        facts.add(FAILED, count(|outcome| matches!(outcome, Outcome::Failed { .. })));
        facts.add(UNKNOWN, count(|outcome| matches!(outcome, Outcome::Unknown { .. })));
    }
}
