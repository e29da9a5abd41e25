use std::fmt::Write as _;
use std::time::Duration;

use stormglass_machine::{Effect, Input, Machine, NodeId, Time};
use stormglass_simulator::{Cluster, Deviation, Event, Failure, Fate, Shape, Watch};

/// A story of up to this many lines is told whole.
const WHOLE: usize = 48;
/// At the end of a longer one, so many lines are told in any case.
const ENDING: usize = 12;
/// Longer lines are cut.
const WIDEST: usize = 200;

/// Tells a run in words: what each machine was given, what it became and what it did.
///
/// Of a long run, the steps in which nothing happened that matters are only counted: what matters
/// is a deviation, a request, a change of a machine's state, and what came last.
pub struct Story<'d, M: Machine> {
    deviations: &'d [Deviation<M::Request>],
    lines: Vec<Line>,
    /// The state of the machine that is being stepped, before the step.
    before: &'static str,
    /// How many effects of the latest step there are, whose step it is, how many have happened.
    latest: Option<(NodeId, usize, usize)>,
}

struct Line {
    text: String,
    matters: bool,
}

impl<'d, M: Machine> Story<'d, M> {
    /// A story-teller for a run that these deviations make.
    pub fn new(deviations: &'d [Deviation<M::Request>]) -> Self {
        Story { deviations, lines: Vec::new(), before: "", latest: None }
    }

    /// The story, with its end.
    pub fn tell(self, failure: Option<&Failure>, time: Time) -> Vec<String> {
        let mut told = condense(self.lines);
        let time = time.to_string();
        told.push(match failure {
            Some(failure) => format!(
                "{time:>12}  VIOLATED: {}: {}",
                failure.signature(),
                failure.violation.detail
            ),
            None => format!("{time:>12}  the end; everything held"),
        });
        told
    }

    fn line(&mut self, now: Time, matters: bool, text: &str) {
        let time = now.to_string();
        self.lines.push(Line { text: format!("{time:>12}  {text}"), matters });
    }

    fn stepped(&mut self, cluster: &Cluster<M>, node: NodeId, effects: &[Effect<M>]) {
        self.latest = Some((node, effects.len(), 0));
        let after = cluster.machine(node).state();
        let Some(line) = self.lines.last_mut() else { return };
        if after != self.before {
            let _ = write!(line.text, " — becomes {after}");
            line.matters = true;
        }
        if !effects.is_empty() {
            let _ = write!(line.text, " → {}", summary(effects));
        }
    }

    fn struck(&mut self, now: Time, position: usize) {
        let text = match &self.deviations[position] {
            Deviation::Cut { shape, lasts, .. } => {
                format!("✂ {} for {}", shape_in_words(shape), span(*lasts))
            }
            Deviation::Pause { node, lasts, .. } => {
                format!("node {node} stands still for {}", span(*lasts))
            }
            _ => return,
        };
        self.line(now, true, &text);
    }

    fn ended(&mut self, now: Time, position: usize) {
        let text = match &self.deviations[position] {
            Deviation::Cut { shape, .. } => format!("no longer cut: {}", shape_in_words(shape)),
            Deviation::Pause { node, .. } => format!("node {node} goes on"),
            _ => return,
        };
        self.line(now, true, &text);
    }

    fn crashed(&mut self, now: Time, node: NodeId, lost: usize) {
        let mut text = format!("node {node} CRASHES");
        if let Some((stepped, all, happened)) = self.latest
            && stepped == node
            && happened < all
        {
            let _ = write!(text, " after {happened} of the {all} effects of its step");
        }
        if lost > 0 {
            let _ = write!(text, ", losing {lost} unflushed");
        }
        self.line(now, true, &text);
    }
}

impl<M: Machine> Watch<M> for Story<'_, M> {
    fn event(&mut self, cluster: &Cluster<M>, event: Event<'_, M>) {
        let now = cluster.now();
        match event {
            Event::Started { node } => {
                self.before = cluster.machine(node).state();
                if cluster.crashes(node) > 0 {
                    let records = cluster.records(node).len();
                    self.line(
                        now,
                        true,
                        &format!("node {node} starts again with {records} records"),
                    );
                }
            }
            Event::Input { node, input } => {
                let state = cluster.machine(node).state();
                self.before = state;
                let (matters, what) = match input {
                    Input::Start => (false, "starts".to_owned()),
                    Input::Message { from, message } => {
                        (false, format!("hears from {from}: {message:?}"))
                    }
                    Input::Timer(timer) => (false, format!("timer {timer:?}")),
                    Input::Request { request, .. } => (true, format!("is asked: {request:?}")),
                };
                self.line(now, matters, &format!("node {node} [{state}] {what}"));
            }
            Event::Stepped { node, effects } => self.stepped(cluster, node, effects),
            Event::Effect { node, .. } => {
                if let Some((stepped, _, happened)) = &mut self.latest
                    && *stepped == node
                {
                    *happened += 1;
                }
            }
            Event::Fated { from, to, message, fate } => {
                let kind = stormglass_machine::Kind::kind(message);
                let fate = match fate {
                    Fate::Dull => return,
                    Fate::Delayed { by } => format!("is delayed by {}", span(by)),
                    Fate::Dropped => "is lost".to_owned(),
                    Fate::Duplicated { by } => format!("will come again {} later", span(by)),
                };
                self.line(now, true, &format!("    {kind} from {from} to {to} {fate}"));
            }
            Event::CutOff { from, to, message } => {
                let kind = stormglass_machine::Kind::kind(message);
                self.line(now, false, &format!("    {kind} from {from} to {to} is cut off"));
            }
            Event::Late { node, timer, by } => {
                self.line(
                    now,
                    true,
                    &format!("    timer {timer:?} of node {node} will be {} late", span(by)),
                );
            }
            Event::Slow { node, by } => {
                self.line(
                    now,
                    true,
                    &format!("    the disk of node {node} takes {} longer", span(by)),
                );
            }
            Event::Struck(position) => self.struck(now, position),
            Event::Ended(position) => self.ended(now, position),
            Event::Crashed { node, lost } => self.crashed(now, node, lost),
            Event::Healed => self.line(now, true, "every fault is over"),
        }
    }
}

/// Counts what does not matter where there is too much of it.
fn condense(lines: Vec<Line>) -> Vec<String> {
    let whole = lines.len() <= WHOLE;
    let ending = lines.len().saturating_sub(ENDING);
    let mut told = Vec::new();
    let mut quiet = 0;
    let note = |quiet: usize| {
        let steps = if quiet == 1 { "step" } else { "steps" };
        format!("{:>12}  ({quiet} quiet {steps})", "")
    };
    for (position, line) in lines.into_iter().enumerate() {
        if whole || line.matters || position >= ending {
            if quiet > 0 {
                told.push(note(std::mem::take(&mut quiet)));
            }
            told.push(narrow(line.text));
        } else {
            quiet += 1;
        }
    }
    if quiet > 0 {
        told.push(note(quiet));
    }
    told
}

/// Cuts what is too wide to be read.
fn narrow(mut text: String) -> String {
    if let Some((cut, _)) = text.char_indices().nth(WIDEST) {
        text.truncate(cut);
        text.push('…');
    }
    text
}

/// Effects in words; messages of one kind to several nodes are put together.
fn summary<M: Machine>(effects: &[Effect<M>]) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut said = String::new();
    for effect in effects {
        match effect {
            Effect::Send { to, message } => {
                let what = format!("{message:?}");
                if !parts.is_empty() && what == said {
                    let last = parts.last_mut().expect("there is one");
                    let _ = write!(last, ", {to}");
                } else {
                    parts.push(format!("sends {what} to {to}"));
                }
                said = what;
                continue;
            }
            Effect::SetTimer { timer, after } => {
                parts.push(format!("sets {timer:?} in {}", span(*after)))
            }
            Effect::CancelTimer { timer } => parts.push(format!("cancels {timer:?}")),
            Effect::Write(record) => parts.push(format!("writes {record:?}")),
            Effect::Checkpoint(record) => parts.push(format!("checkpoints {record:?}")),
            Effect::Flush => parts.push("flushes".to_owned()),
            Effect::Respond { response, .. } => parts.push(format!("answers {response:?}")),
        }
        said.clear();
    }
    parts.join("; ")
}

fn shape_in_words(shape: &Shape) -> String {
    match shape {
        Shape::Split(side) => format!("{} cut off from the others", nodes(side)),
        Shape::Mute(side) => format!("{} not heard by the others", nodes(side)),
        Shape::Deaf(side) => format!("{} not hearing the others", nodes(side)),
        Shape::Bridge { side, bridge } => {
            format!("{} cut off from the others but node {bridge}", nodes(side))
        }
        Shape::Ring => "only neighbours are linked".to_owned(),
        Shape::Links(links) => {
            let links: Vec<_> = links.iter().map(|(from, to)| format!("{from}→{to}")).collect();
            format!("cut: {}", links.join(" "))
        }
    }
}

fn nodes(side: &[NodeId]) -> String {
    let ids: Vec<_> = side.iter().map(NodeId::to_string).collect();
    format!("node{} {}", if side.len() == 1 { "" } else { "s" }, ids.join(", "))
}

fn span(span: Duration) -> String {
    format!("{span:?}")
}
