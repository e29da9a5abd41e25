use alloc::boxed::Box;

use stormglass_machine::{Env, Input, Machine};

use crate::external::System;
use crate::workflow::{ActionOf, CommitOf, EntryOf, IdOf, ResultOf, SnapshotOf};
use crate::{Config, Message, Record, Request, Response, Timer, Worker, Workflow};

/// A node: the worker, or a system outside.
pub enum Node<W: Workflow> {
    /// Runs the state machine.
    Worker(Box<Worker<W>>),
    /// Does what the actions say.
    System(System<W>),
}

impl<W: Workflow> Node<W> {
    /// A worker that begins with this state, if its disk has none.
    pub fn worker(state: SnapshotOf<W>, config: Config) -> Self {
        Node::Worker(Box::new(Worker::new(state, config)))
    }

    /// A system outside with an empty ledger.
    pub fn system(external: W::External, config: &Config) -> Self {
        Node::System(System::new(external, config.lateness))
    }

    /// The worker, if it is one.
    pub fn as_worker(&self) -> Option<&Worker<W>> {
        match self {
            Node::Worker(worker) => Some(worker),
            Node::System(_) => None,
        }
    }

    /// The system outside, if it is one.
    pub fn as_system(&self) -> Option<&System<W>> {
        match self {
            Node::System(system) => Some(system),
            Node::Worker(_) => None,
        }
    }
}

impl<W: Workflow> Machine for Node<W> {
    type Message = Message<IdOf<W>, ActionOf<W>, ResultOf<W>, W::UntrackedAction>;
    type Request = Request<W::Input>;
    type Response = Response<W::TransitionError>;
    type Timer = Timer;
    type Record = Record<CommitOf<W>, IdOf<W>, EntryOf<W>>;

    fn restore(&mut self, record: Self::Record) {
        match (self, record) {
            (Node::Worker(worker), Record::Commit(commit)) => worker.take_back(commit),
            (Node::System(system), Record::Entry(id, entry)) => system.restore(id, entry),
            _ => {
                panic!("the disk of a worker was given to a system outside, or the other way round")
            }
        }
    }

    fn step(&mut self, input: Input<Self>, env: &mut Env<'_, Self>) {
        match self {
            Node::Worker(worker) => worker.step(input, env),
            Node::System(system) => system.step(input, env),
        }
    }

    fn state(&self) -> &'static str {
        match self {
            Node::Worker(worker) => worker.state(),
            Node::System(_) => "System",
        }
    }
}
