//! Who speaks when: enough to make progress, and no more.

use std::time::Duration;

use stormglass_faction::{FactionNode, Message, Timer};
use stormglass_machine::{Effect, Input, NodeId, Time};
use stormglass_simulator::{Property, Verdict, World, ensure};

use crate::faction::ghost::Judged;

/// What asks nothing gets no answer, or two nodes would never stop.
pub const NO_ECHO: &str = "an answer is not answered";
/// A retry never takes longer than configured.
pub const BOUNDED: &str = "the wait for a retry stays within its limit";
/// When all have concluded nobody has anything to say.
pub const SILENCE: &str = "the network falls silent once all have concluded";

/// How long the network must have been silent in the end: longer than any wait for a retry, so
/// that who still asks is heard.
pub const QUIET: Duration = Duration::from_secs(1);

/// Who said too much or waits too long, as sets of nodes.
#[derive(Clone, Default)]
pub struct Talk {
    was_told_only: bool,
    echoed: u64,
    dawdled: u64,
    last_said: Time,
}

impl Talk {
    /// A node is about to be given an input.
    pub fn input(&mut self, input: &Input<FactionNode>) {
        self.was_told_only = match input {
            Input::Message { message, .. } => match *message {
                Message::Participation { asks } | Message::Ready { asks } => !asks,
                Message::Bootstrapped => true,
            },
            _ => false,
        };
    }

    /// A node has taken its input.
    pub fn stepped(
        &mut self,
        node: NodeId,
        machine: &FactionNode,
        has_changed: bool,
        effects: &[Effect<FactionNode>],
    ) {
        for effect in effects {
            match effect {
                Effect::Send { .. } if self.was_told_only && !has_changed => {
                    self.echoed |= 1 << node.0;
                }
                Effect::SetTimer {
                    timer: Timer::RetryParticipation | Timer::RetryReady,
                    after,
                } if *after > machine.config().longest_retry() => {
                    self.dawdled |= 1 << node.0;
                }
                _ => {}
            }
        }
    }

    /// Something happens.
    pub fn effect(&mut self, effect: &Effect<FactionNode>, now: Time) {
        if matches!(effect, Effect::Send { .. }) {
            self.last_said = now;
        }
    }
}

/// The properties of this file.
pub fn properties<S: Judged>() -> Vec<Property<S>> {
    vec![
        Property::always(NO_ECHO, no_echo),
        Property::always(BOUNDED, bounded),
        Property::finally(SILENCE, silence),
    ]
}

fn no_echo<S: Judged>(world: &World<'_, S>, node: NodeId) -> Verdict {
    let echoed = world.ghost().talk.echoed & (1 << node.0) != 0;
    ensure(!echoed, || format!("node {node} answered a message that asked nothing"))
}

fn bounded<S: Judged>(world: &World<'_, S>, node: NodeId) -> Verdict {
    let dawdled = world.ghost().talk.dawdled & (1 << node.0) != 0;
    ensure(!dawdled, || {
        let limit = world.machine(node).config().longest_retry();
        format!("node {node} waits more than {limit:?} before it asks again")
    })
}

fn silence<S: Judged>(world: &World<'_, S>) -> Verdict {
    let last_said = world.ghost().talk.last_said;
    let all_concluded = world.live().all(|(_, machine)| machine.view().is_concluded());
    ensure(!all_concluded || last_said + QUIET <= world.now(), || {
        format!("all have concluded, and somebody still spoke at {last_said}")
    })
}
