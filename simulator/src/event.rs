use std::time::Duration;

use stormglass_machine::{AfterFlush, AfterGap, Effect, FlushError, Gap, Input, Machine, NodeId};

use crate::clients::ClientEvent;
use crate::faults::Fate;

/// What happens in a world, as checkers and story-tellers are told of it, when it happens.
pub enum Event<'a, M: Machine> {
    /// A process starts: its records have been restored, and it is about to be told so.
    Started {
        /// Which node.
        node: NodeId,
    },
    /// A machine is about to be given an input.
    Input {
        /// Which node.
        node: NodeId,
        /// What it is given.
        input: &'a Input<M>,
    },
    /// A machine has taken its input. None of the effects has happened yet.
    Stepped {
        /// Which node.
        node: NodeId,
        /// What it wrote down, in order.
        effects: &'a [Effect<M>],
    },
    /// An effect is happening. For a flush: has been asked for.
    Effect {
        /// Whose effect.
        node: NodeId,
        /// Which.
        effect: &'a Effect<M>,
    },
    /// A message that is being sent has a fate other than to arrive after the base latency.
    Fated {
        /// The sender.
        from: NodeId,
        /// The receiver.
        to: NodeId,
        /// The message.
        message: &'a M::Message,
        /// Its fate.
        fate: Fate,
    },
    /// A message that is being sent is lost, since the link is cut.
    CutOff {
        /// The sender.
        from: NodeId,
        /// The receiver.
        to: NodeId,
        /// The message.
        message: &'a M::Message,
    },
    /// A message that is being sent will arrive later than it would, since the link is clogged or
    /// has little bandwidth.
    HeldUp {
        /// The sender.
        from: NodeId,
        /// The receiver.
        to: NodeId,
        /// The message.
        message: &'a M::Message,
        /// How much later.
        by: Duration,
    },
    /// A timer that is being set will fire late.
    Late {
        /// Whose timer.
        node: NodeId,
        /// Which.
        timer: M::Timer,
        /// How late.
        by: Duration,
    },
    /// A flush that is being asked for will be slow.
    Slow {
        /// Whose disk.
        node: NodeId,
        /// How much slower than usual.
        by: Duration,
    },
    /// A machine was asked to misbehave in the step it has just made.
    Misbehaved {
        /// Which node.
        node: NodeId,
        /// At which of its sites.
        site: &'static str,
    },
    /// A disk does something other than what it is asked.
    Disk {
        /// Whose disk.
        node: NodeId,
        /// What it does.
        fault: DiskFault,
    },
    /// A process is starting, and some records of its disk cannot be read.
    Gap {
        /// Whose disk.
        node: NodeId,
        /// Which records.
        gap: Gap,
        /// What its machine does about it. If it refuses, the node stays down until its disk is
        /// replaced.
        after: AfterGap,
    },
    /// The disk of a node, which is down, has been replaced by an empty one.
    Replaced {
        /// Which node.
        node: NodeId,
        /// How many durable records are gone.
        lost: usize,
    },
    /// An episode of the plan begins to strike: a crash, a cut, a pause, a bad disk; a knob or a wrong
    /// clock, when the run begins. The number is its position in the list of deviations.
    Struck(usize),
    /// A cut, a clog, a throttle, a pause or a bad disk is over.
    Ended(usize),
    /// A node has crashed.
    Crashed {
        /// Which node.
        node: NodeId,
        /// How many records it lost that were not durable.
        lost: usize,
    },
    /// A client that waits for answers does or learns something.
    Client {
        /// Which client.
        client: u32,
        /// Which of its operations.
        nth: u32,
        /// What.
        what: ClientEvent<'a, M>,
    },
    /// The storm is over: every fault has ended.
    Healed,
}

impl<M: Machine> Clone for Event<'_, M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M: Machine> Copy for Event<'_, M> {}

/// What a disk does other than what it is asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DiskFault {
    /// A flush has failed.
    FlushFailed {
        /// Why.
        error: FlushError,
        /// What the machine does about it.
        after: AfterFlush,
    },
    /// A flush is acknowledged, and nothing is durable.
    FlushLost,
    /// A record that is being written will not be readable.
    Rotten {
        /// Which record that the node has written, from 0.
        nth: u32,
    },
    /// A record that is being written will be in the place of another.
    Misdirected {
        /// Which record that the node has written, from 0.
        nth: u32,
        /// How many records before its own its place is.
        back: u32,
    },
    /// A record that was not durable is torn by a crash.
    Torn {
        /// Which record that the node has written, from 0.
        nth: u32,
    },
}
