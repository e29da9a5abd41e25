use std::time::Duration;

use stormglass_machine::{Effect, Input, Machine, NodeId};

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
    /// An episode of the plan begins to strike: a crash, a cut, a pause; a knob, when the run
    /// begins. The number is its position in the list of deviations.
    Struck(usize),
    /// A cut, or a pause, is over.
    Ended(usize),
    /// A node has crashed.
    Crashed {
        /// Which node.
        node: NodeId,
        /// How many unflushed records it lost.
        lost: usize,
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
