//! What must hold.

use std::fmt;
use std::time::Duration;

use stormglass_machine::NodeId;

use crate::{Scenario, World};

/// What a property says of a world: nothing, or how it was violated.
pub type Verdict = Result<(), Violation>;

/// How a property was violated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// What distinguishes this cause from others of the same property; empty if nothing does.
    /// Violations of one property and one cause count as the same failure.
    pub cause: String,
    /// True if the cause is a known defect of the system under test: counted, and not a failure
    /// unless a strict run is asked for.
    pub known: bool,
    /// What was seen, for people.
    pub detail: String,
    /// The property that is violated, if it is not the one that says so.
    pub(crate) stands_for: Option<&'static str>,
}

impl Violation {
    /// A violation, as it will be told.
    pub fn new(detail: impl Into<String>) -> Self {
        Violation { cause: String::new(), known: false, detail: detail.into(), stands_for: None }
    }

    /// Names what distinguishes its cause.
    pub fn because(self, cause: impl Into<String>) -> Self {
        Violation { cause: cause.into(), ..self }
    }

    /// Names the known defect that explains it.
    pub fn known(self, defect: impl Into<String>) -> Self {
        Violation { cause: defect.into(), known: true, ..self }
    }
}

impl From<String> for Violation {
    fn from(detail: String) -> Self {
        Violation::new(detail)
    }
}

impl From<&str> for Violation {
    fn from(detail: &str) -> Self {
        Violation::new(detail)
    }
}

/// A verdict from a condition; the detail is made only if it does not hold.
///
/// # Errors
///
/// The violation, if the condition is false.
pub fn ensure<D: Into<String>>(condition: bool, detail: impl FnOnce() -> D) -> Verdict {
    if condition { Ok(()) } else { Err(Violation::new(detail())) }
}

/// A named statement about a world, as a plain function.
pub struct Property<S: Scenario> {
    pub(crate) name: &'static str,
    pub(crate) check: Check<S>,
}

impl<S: Scenario> Clone for Property<S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S: Scenario> Copy for Property<S> {}

/// When a property is looked at, and the function that looks.
pub(crate) enum Check<S: Scenario> {
    Always(fn(&World<'_, S>, NodeId) -> Verdict),
    Finally(fn(&World<'_, S>) -> Verdict),
    Sometimes(fn(&World<'_, S>, NodeId) -> bool),
    Eventually(Eventually<S>),
}

/// What must come true in the calm.
pub(crate) struct Eventually<S: Scenario> {
    /// Since the heal; without one, only a proof that it never does is a violation.
    pub(crate) within: Option<Duration>,
    /// It must also stay true.
    pub(crate) stays: bool,
    pub(crate) check: fn(&World<'_, S>) -> Verdict,
}

impl<S: Scenario> Clone for Eventually<S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S: Scenario> Copy for Eventually<S> {}

impl<S: Scenario> Clone for Check<S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S: Scenario> Copy for Check<S> {}

impl<S: Scenario> Property<S> {
    /// Holds after every event. Is given the node that was touched, so that it costs what
    /// changed, not what exists.
    pub fn always(name: &'static str, check: fn(&World<'_, S>, NodeId) -> Verdict) -> Self {
        Property { name, check: Check::Always(check) }
    }

    /// Holds at the end of the calm.
    pub fn finally(name: &'static str, check: fn(&World<'_, S>) -> Verdict) -> Self {
        Property { name, check: Check::Finally(check) }
    }

    /// Is seen in some seed of a campaign: one that never reached the interesting state is not a
    /// pass.
    pub fn sometimes(name: &'static str, check: fn(&World<'_, S>, NodeId) -> bool) -> Self {
        Property { name, check: Check::Sometimes(check) }
    }

    /// Comes true within this time after the heal, and may then become false again. Looked at
    /// whenever time goes on in the calm. Campaigns report how long it took.
    pub fn eventually(
        name: &'static str,
        within: Duration,
        check: fn(&World<'_, S>) -> Verdict,
    ) -> Self {
        let within = Some(within);
        Property { name, check: Check::Eventually(Eventually { within, stays: false, check }) }
    }

    /// Comes true at some time, however late: that it has not at the end of the calm is no
    /// violation. Violated only by a proof that it never will: nothing is scheduled any more, or
    /// the whole cluster is in a state in which it has been before (see
    /// [`Scenario::fingerprint`]).
    pub fn inevitable(name: &'static str, check: fn(&World<'_, S>) -> Verdict) -> Self {
        Property {
            name,
            check: Check::Eventually(Eventually { within: None, stays: false, check }),
        }
    }

    /// What comes true within a time also stays true: from then on it holds whenever it is looked
    /// at. Before, it may come and go; reported is when it came to stay.
    ///
    /// # Panics
    ///
    /// If it is not a property that comes true within a time.
    #[must_use]
    pub fn stays(mut self) -> Self {
        match &mut self.check {
            Check::Eventually(eventually @ Eventually { within: Some(_), .. }) => {
                eventually.stays = true;
            }
            _ => panic!("only what comes true within a time can be asked to stay: {:?}", self.name),
        }
        self
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// True if it is looked at after every event, so that the event at which it is violated is the
    /// one that violates it.
    pub fn is_always(&self) -> bool {
        matches!(self.check, Check::Always(_))
    }
}

/// The name under which a panic of a machine is reported.
pub const NO_PANIC: &str = "nothing panics";
/// The name under which too many events are reported.
pub const BOUNDED_EVENTS: &str = "the run stays within its bound of events";

/// The name under which a machine is reported that does so much at one moment that time never goes
/// on.
pub const TIME_GOES_ON: &str = "time goes on";
/// The name under which a message to a node is reported that is not in the cluster.
pub const KNOWN_RECEIVER: &str = "messages are sent to nodes of the cluster";

/// A violation, and where in a run it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The property.
    pub property: String,
    /// How it was violated.
    pub violation: Violation,
    /// The number of events before it, the last of them included.
    pub event: u64,
}

impl Failure {
    /// What two failures have in common if they are the same bug: property and cause.
    pub fn signature(&self) -> Signature {
        Signature { property: self.property.clone(), cause: self.violation.cause.clone() }
    }
}

/// The property that was violated, and what distinguishes the cause.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Signature {
    /// The property.
    pub property: String,
    /// The cause; may be empty.
    pub cause: String,
}

impl fmt::Display for Signature {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.property)?;
        if !self.cause.is_empty() {
            write!(formatter, " [{}]", self.cause)?;
        }
        Ok(())
    }
}
