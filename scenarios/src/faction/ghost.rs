use stormglass_faction::{Command, FactionNode, Message, PeerState, Request, Timer};
use stormglass_machine::{Input, Kind as _, NodeId};
use stormglass_simulator::{Cluster, Event, Scenario};

use super::oracle::cells::Cells;
use super::oracle::conclusion::Conclusions;
use super::oracle::promise::Promises;
use super::oracle::table::Table;
use super::oracle::talk::Talk;
use super::standing::Standing;

/// No cluster here has more nodes than this.
pub const MOST_NODES: usize = 8;

/// A scenario of the faction machine that the oracles can judge.
pub trait Judged: Scenario<Machine = FactionNode, Ghost = Ghost> {}

impl<S: Scenario<Machine = FactionNode, Ghost = Ghost>> Judged for S {}

/// What the oracles remember of a run.
#[derive(Clone, Default)]
pub struct Ghost {
    /// Each node's last step.
    steps: [Step; MOST_NODES],
    /// What the rules say.
    pub table: Table,
    /// Conclusions that cannot be taken back.
    pub conclusions: Conclusions,
    /// Readiness that was announced.
    pub promises: Promises,
    /// Who speaks when.
    pub talk: Talk,
    /// Which cells of the table were visited.
    pub cells: Cells,
}

/// What a node was given last, and how things stood before.
#[derive(Clone, Copy, Default)]
pub struct Step {
    /// How things stood, as the node itself said.
    pub before: Standing,
    /// The node has just started.
    pub is_start: bool,
    /// The timer that has fired, if one has.
    pub timer: Option<Timer>,
    /// The command that the input came to, if it came to one.
    pub command: Option<Command>,
    /// How things stand differs from before, or the node has just started.
    pub has_changed: bool,
}

impl Ghost {
    /// The last step of a node.
    pub fn step(&self, node: NodeId) -> &Step {
        &self.steps[node.index()]
    }

    /// Feeds every oracle.
    pub fn observe(&mut self, cluster: &Cluster<FactionNode>, event: Event<'_, FactionNode>) {
        match event {
            Event::Started { node } => {
                self.table.start(node, Standing::recorded(cluster.records(node)));
                self.conclusions.start(node, cluster);
            }
            Event::Input { node, input } => {
                let machine = cluster.machine(node);
                let command = command(input);
                self.steps[node.index()] = Step {
                    before: Standing::of(machine.view()),
                    is_start: matches!(input, Input::Start),
                    timer: match input {
                        Input::Timer(timer) => Some(*timer),
                        _ => None,
                    },
                    command,
                    has_changed: false,
                };
                self.table.input(node, command, &machine.config().cluster);
                self.talk.input(input);
            }
            Event::Stepped { node, effects } => {
                let machine = cluster.machine(node);
                let step = &mut self.steps[node.index()];
                step.has_changed = step.is_start || !step.before.is(machine.view());
                self.talk.stepped(node, machine, step.has_changed, effects);
                self.cells.stepped(machine);
            }
            Event::Effect { node, effect } => {
                self.table.effect(node, effect);
                self.conclusions.effect(node, effect);
                self.promises.effect(node, effect, cluster);
                self.talk.effect(effect, cluster.now());
            }
            Event::Crashed { lost, .. } => self.promises.crashed(lost),
            _ => {}
        }
    }
}

impl Step {
    /// The cell of the table that the step was in, as text that names a cause.
    pub fn cell(&self) -> String {
        match self.command {
            Some(command) => format!("{} × {}", self.before.state.name(), command.kind()),
            None if self.is_start => format!("start in {}", self.before.state.name()),
            None => self.before.state.name().to_owned(),
        }
    }

    /// The node has just gone from one state to another, not by a restart.
    pub fn has_moved(&self, from: PeerState, to: PeerState, now: PeerState) -> bool {
        !self.is_start && self.before.state == from && now == to
    }
}

/// What an input tells the machine.
fn command(input: &Input<FactionNode>) -> Option<Command> {
    Some(match *input {
        Input::Message { from, message: Message::Participation { .. } } => {
            Command::ParticipationObserved { peer_id: from.0.into() }
        }
        Input::Message { from, message: Message::Ready { .. } | Message::Bootstrapped } => {
            Command::ReadyObserved { peer_id: from.0.into() }
        }
        Input::Timer(Timer::CollectionWindow)
        | Input::Request { request: Request::CompleteLocalParticipation, .. } => {
            Command::LocalParticipationCompleted
        }
        Input::Timer(Timer::Deadline) | Input::Request { request: Request::ExpireDeadline, .. } => {
            Command::DeadlineExpired
        }
        Input::Request { request: Request::Probe, .. } => Command::Probe,
        Input::Timer(Timer::RetryParticipation | Timer::RetryReady) | Input::Start => return None,
    })
}
