//! What must hold of every workflow.

use std::time::Duration;

use stormglass_machine::NodeId;
use stormglass_simulator::{Property, Verdict, World, ensure};
use stormglass_workflow::{Phase, Worker};

use super::example::Example;
use super::ghost::{SYSTEM, WORKER};
use super::oracle::findings::Rule;
use super::scenario::Flow;

/// Names that planted bugs are caught by, with the numbers they have in `docs/workflow.md`.
pub mod name {
    /// F1
    pub const ATOMIC: &str = "a transition that fails changes nothing";
    /// F2
    pub const DETERMINISTIC: &str = "a transition goes the same way in every process";
    /// F3
    pub const COMMITTED: &str = "only what a durable commit wants is executed";
    /// F4
    pub const STORED: &str = "what a commit has asked for, a restart asks for";
    /// F5
    pub const EXACT: &str = "a restart asks for what is unfinished, and for nothing else";
    /// F5, of the worker
    pub const UNDER_WAY: &str = "what is under way is what is unfinished";
    /// F5, of the worker's queues
    pub const KEPT: &str = "an action that was answered has its answer";
    /// F6
    pub const PURE: &str = "a restart changes nothing, and asks for the same in every process";
    /// F7
    pub const UNIQUE: &str = "an id never stands for two actions";
    /// F8
    pub const IDEMPOTENT: &str = "told once more, a completion changes nothing";
    /// F9
    pub const TERMINAL: &str = "what has come to its end stays as it is";
    /// F10
    pub const UNKNOWN: &str = "a completion of an unknown id changes nothing";
    /// F11
    pub const CORRELATED: &str = "a completion changes only what has its id and waits for it";
    /// F12
    pub const ONCE: &str = "outside, an id takes effect once at most";
    /// F13
    pub const CONSUMED: &str = "each input is applied once, together with its being known";
    /// F14
    pub const ANSWERED: &str = "nobody is answered before the commit";
    /// F15
    pub const SERIAL: &str = "transitions do not overlap";
    /// F15, of the worker
    pub const ALONE: &str = "one transition at a time is being made";
    /// F16
    pub const REPLAYED: &str = "the inputs, replayed, lead to the committed states";
    /// F21
    pub const UNTRACKED: &str = "an untracked action is executed once at most, after its commit";
    /// F22
    pub const BOUNDED: &str = "finished business is forgotten";
    /// F22, of the worker
    pub const QUEUES: &str = "queues stay within their bounds";
    /// FL1, FL3
    pub const FINISHED: &str = "in the end nothing is unfinished";
    /// FL2
    pub const ASKED_AGAIN: &str = "who is told to wait asks again";
    /// FL4
    pub const UNBLOCKED: &str = "an input is consumed while an action is under way";
    /// FL5
    pub const DONE_WITH: &str = "in the end every input is done with";
    /// FL6
    pub const NO_CIRCLE: &str = "who has nothing to do takes what waits";
}

/// After so long without faults, everything has come to its end: a few waits of two seconds.
pub const BOUND: Duration = Duration::from_secs(8);

/// A property that says what the oracles have found.
macro_rules! found {
    ($name:expr, $rule:expr) => {
        Property::always($name, |world: &World<'_, Flow<E>>, _| {
            world.ghost().findings.verdict($rule)
        })
    };
}

/// Every property, in the order in which they are looked at: the nearest to a cause come first.
pub fn all<E: Example>() -> Vec<Property<Flow<E>>> {
    let mut all = vec![
        found!(name::DETERMINISTIC, Rule::Deterministic),
        found!(name::ATOMIC, Rule::Atomic),
        found!(name::SERIAL, Rule::Serial),
        Property::always(name::ALONE, alone),
        found!(name::CONSUMED, Rule::Consumed),
        found!(name::REPLAYED, Rule::Replayed),
        found!(name::UNIQUE, Rule::Unique),
        found!(name::CORRELATED, Rule::Correlated),
        found!(name::UNKNOWN, Rule::Unknown),
        found!(name::TERMINAL, Rule::Terminal),
        found!(name::IDEMPOTENT, Rule::Idempotent),
        found!(name::ASKED_AGAIN, Rule::AskedAgain),
        found!(name::PURE, Rule::Pure),
        found!(name::STORED, Rule::Stored),
        found!(name::EXACT, Rule::Exact),
        found!(E::SOUND, Rule::Sound),
        found!(name::COMMITTED, Rule::Committed),
        found!(name::ANSWERED, Rule::Answered),
        found!(name::ONCE, Rule::Once),
        found!(name::UNTRACKED, Rule::Untracked),
        found!(name::BOUNDED, Rule::Bounded),
        Property::always(name::QUEUES, queues),
        Property::always(name::KEPT, kept),
        Property::always(name::UNDER_WAY, under_way),
        Property::always(name::NO_CIRCLE, no_circle),
        Property::eventually(name::DONE_WITH, BOUND, done_with).stays(),
        Property::eventually(name::FINISHED, BOUND, finished).stays(),
        Property::sometimes("a worker crashes again before it has done anything", |world, _| {
            world.ghost().most_starts >= 3
        }),
    ];
    if E::IS_TRACKED {
        all.push(Property::finally(E::AGREES, agrees));
        all.push(Property::sometimes(name::UNBLOCKED, unblocked));
    }
    all
}

/// The worker, if it is up and all that it has decided has happened.
fn settled<'w, E: Example>(world: &'w World<'_, Flow<E>>) -> Option<&'w Worker<E>> {
    match world.is_held(WORKER) {
        true => None,
        false => world.get(WORKER)?.as_worker(),
    }
}

/// Of the attempts at a transition, one has the right to commit (F15).
fn alone<E: Example>(world: &World<'_, Flow<E>>, _: NodeId) -> Verdict {
    let running = settled(world).map_or(0, Worker::running);
    ensure(running <= 1, || format!("{running} transitions are being made at once"))
}

/// The queue of inputs does not grow beyond its bound; the rest is in the state (F22).
fn queues<E: Example>(world: &World<'_, Flow<E>>, _: NodeId) -> Verdict {
    let Some(worker) = settled(world) else { return Ok(()) };
    let (inputs, completions) = worker.waiting();
    let bound = world.knobs().get("queue") as usize;
    let most = bound + worker.outstanding().iter().len();
    ensure(inputs <= bound && completions <= most, || {
        format!("{inputs} inputs and {completions} completions wait, and {bound} should at most")
    })
}

/// Whoever was answered is not asked again, so the answer must not be lost (F5).
fn kept<E: Example>(world: &World<'_, Flow<E>>, node: NodeId) -> Verdict {
    let Some(worker) = settled(world).filter(|_| node == WORKER) else { return Ok(()) };
    let answered = worker.outstanding().iter().filter(|(.., phase)| *phase == Phase::Answered);
    let lost = answered.map(|(id, ..)| id).find(|id| !worker.is_answered(id));
    ensure(lost.is_none(), || format!("the answer to {lost:?} has come and is gone"))
}

/// The worker waits for the actions that commits have left unfinished, and for no others (F5).
fn under_way<E: Example>(world: &World<'_, Flow<E>>, node: NodeId) -> Verdict {
    let Some(worker) = settled(world).filter(|_| node == WORKER) else { return Ok(()) };
    let Some(book) = world.ghost().book() else { return Ok(()) };
    if worker.stage().is_some() {
        return Ok(());
    }
    let known = worker.outstanding().iter().map(|(id, ..)| id);
    ensure(known.eq(book.unfinished.all.keys()), || {
        let known: Vec<_> = worker.outstanding().iter().collect();
        format!("{:?} are unfinished, and {known:?} are waited for", book.unfinished.all)
    })
}

/// A worker without an attempt under way has no reason to leave anything in its queues (FL4, FL6).
fn no_circle<E: Example>(world: &World<'_, Flow<E>>, node: NodeId) -> Verdict {
    let Some(worker) = settled(world).filter(|_| node == WORKER) else { return Ok(()) };
    let waiting = worker.waiting();
    ensure(worker.stage().is_some() || waiting == (0, 0), || {
        format!("{waiting:?} inputs and completions wait, and nothing is done about them")
    })
}

/// No input waits, and none is worked on (FL5).
fn done_with<E: Example>(world: &World<'_, Flow<E>>) -> Verdict {
    let Some(worker) = settled(world) else { return Err("the worker is busy or down".into()) };
    ensure(worker.stage().is_none() && worker.waiting() == (0, 0), || {
        format!("{:?} inputs and completions wait", worker.waiting())
    })
}

/// Nothing is unfinished, however often the worker has started (FL1, FL3).
fn finished<E: Example>(world: &World<'_, Flow<E>>) -> Verdict {
    let Some(worker) = settled(world) else { return Err("the worker is busy or down".into()) };
    let unfinished: Vec<_> = worker.outstanding().iter().collect();
    ensure(unfinished.is_empty(), || format!("{unfinished:?} are unfinished"))
}

/// The state and the ledger outside say the same (F17 to F20).
fn agrees<E: Example>(world: &World<'_, Flow<E>>) -> Verdict {
    let Some(book) = world.ghost().book() else { return Ok(()) };
    let Some(system) = world.get(SYSTEM).and_then(|node| node.as_system()) else { return Ok(()) };
    Ok(E::agrees(&book.tally, &book.history.state, system.ledger())?)
}

/// Something is consumed while an action is under way (FL4).
fn unblocked<E: Example>(world: &World<'_, Flow<E>>, node: NodeId) -> bool {
    node == WORKER && world.ghost().consumed_meanwhile
}
