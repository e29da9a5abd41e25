use std::fmt::{self, Write as _};
use std::time::Duration;

use stormglass_machine::{
    AfterFlush, AfterGap, Effect, FlushError, Gap, Input, Kind as _, Machine, NodeId, Time,
};
use stormglass_simulator::{
    ClientEvent, Cluster, Deviation, DiskFault, Event, Failure, Fate, Watch, Way,
};

/// A story of up to this many lines is told whole.
const WHOLE: usize = 48;
/// At the end of a longer one, so many lines are told in any case.
const ENDING: usize = 12;
/// Longer lines are cut.
const WIDEST: usize = 140;
/// Effects with longer values are told by kind only.
const BRIEF: usize = 48;

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

    /// The story of a run that goes on.
    pub fn so_far(self) -> Vec<String> {
        condense(self.lines)
    }

    /// The story, with its end.
    pub fn tell(self, failure: Option<&Failure>, time: Time) -> Vec<String> {
        let mut told = condense(self.lines);
        let time = clock(time);
        let Some(failure) = failure else {
            told.push(format!("{time}  the end; everything held"));
            return told;
        };
        let mut detail = failure.violation.detail.lines();
        let first = detail.next().unwrap_or_default();
        told.push(format!("{time}  VIOLATED: {}: {first}", failure.signature()));
        told.extend(detail.map(|line| format!("{:>13}  {line}", "").trim_end().to_owned()));
        told
    }

    fn line(&mut self, now: Time, matters: bool, text: &str) {
        self.lines.push(Line { text: format!("{}  {text}", clock(now)), matters });
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
        if let Some(text) = self.deviations[position].begins() {
            self.line(now, true, &text);
        }
    }

    fn ended(&mut self, now: Time, position: usize) {
        if let Some(text) = self.deviations[position].ends() {
            self.line(now, true, &text);
        }
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
                        (false, format!("hears from {from}: {}", in_full(message)))
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
                let kind = message.kind();
                let fate = match fate {
                    Fate::Dull => return,
                    Fate::Delayed { by } => format!("is delayed by {}", span(by)),
                    Fate::Dropped => "is lost".to_owned(),
                    Fate::Duplicated { by } => format!("will come again {} later", span(by)),
                    Fate::Corrupted { .. } => "is corrupted".to_owned(),
                };
                self.line(now, true, &format!("    {kind} from {from} to {to} {fate}"));
            }
            Event::CutOff { from, to, message } => {
                let kind = message.kind();
                self.line(now, false, &format!("    {kind} from {from} to {to} is cut off"));
            }
            Event::HeldUp { from, to, message, by } => {
                let (kind, by) = (message.kind(), span(by));
                self.line(
                    now,
                    false,
                    &format!("    {kind} from {from} to {to} is held up for {by}"),
                );
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
            Event::Misbehaved { node, site } => {
                self.line(now, true, &format!("    node {node} misbehaves: {site}"));
            }
            Event::Disk { node, fault } => {
                self.line(now, true, &format!("    the disk of node {node} {}", disk_fault(fault)));
            }
            Event::Gap { node, gap, after } => {
                self.line(now, true, &format!("node {node} {}", gap_in_words(gap, after)));
            }
            Event::Replaced { node, lost } => {
                let text = format!("node {node} has an empty disk, without its {lost} records");
                self.line(now, true, &text);
            }
            Event::Struck(position) => self.struck(now, position),
            Event::Ended(position) => self.ended(now, position),
            Event::Crashed { node, lost } => self.crashed(now, node, lost),
            Event::Client { client, what, .. } => {
                let (matters, what) = client_does(what);
                self.line(now, matters, &format!("client {client} {what}"));
            }
            Event::Healed => self.line(now, true, "every fault is over"),
        }
    }
}

/// What a client does or learns, after "client 1", and whether it matters.
fn client_does<M: Machine>(what: ClientEvent<'_, M>) -> (bool, String) {
    match what {
        ClientEvent::Invoked { request } => (true, format!("wants {request:?}")),
        ClientEvent::AskedAgain { node } => (false, format!("asks again, node {node} now")),
        ClientEvent::Fated { way, fate } => {
            let what = match way {
                Way::Request => "asks, and that",
                Way::Answer => "is being answered, and that",
            };
            let fate = match fate {
                Fate::Delayed { by } => format!("is delayed by {}", span(by)),
                _ => "is lost".to_owned(),
            };
            (true, format!("{what} {fate}"))
        }
        ClientEvent::Completed { response } => (true, format!("is answered: {response:?}")),
        ClientEvent::Failed => (true, "knows that it has failed".to_owned()),
        ClientEvent::GaveUp => (true, "gives up, and does not know".to_owned()),
    }
}

/// What a disk does, after "the disk of node 1".
fn disk_fault(fault: DiskFault) -> String {
    match fault {
        DiskFault::FlushFailed { error, after } => {
            let error = match error {
                FlushError::Io => "fails to flush",
                FlushError::Full => "has no room to flush",
            };
            let after = match after {
                AfterFlush::Retry => "the machine will try again",
                AfterFlush::Stop => "the machine stops",
            };
            format!("{error}; {after}")
        }
        DiskFault::FlushLost => "says it has flushed, and has not".to_owned(),
        DiskFault::Rotten { nth } => format!("spoils record {nth}"),
        DiskFault::Misdirected { nth, back } => {
            format!("puts record {nth} in a place {back} before its own")
        }
        DiskFault::Torn { nth } => format!("has only half of record {nth}"),
    }
}

/// What a restart finds, after "node 1".
fn gap_in_words(gap: Gap, after: AfterGap) -> String {
    let Gap { records, at_end } = gap;
    let noun = if records == 1 { "record" } else { "records" };
    let place = if at_end { "at the end" } else { "in between" };
    let after = match after {
        AfterGap::Continue => "goes on without",
        AfterGap::Refuse => "refuses to start",
    };
    format!("cannot read {records} {noun} {place}: {after}")
}

/// Counts what does not matter where there is too much of it.
fn condense(lines: Vec<Line>) -> Vec<String> {
    let whole = lines.len() <= WHOLE;
    let ending = lines.len().saturating_sub(ENDING);
    let mut told = Vec::new();
    let mut quiet = 0;
    let note = |quiet: usize| {
        let steps = if quiet == 1 { "step" } else { "steps" };
        format!("{:>13}  ({quiet} quiet {steps})", "")
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
        let what = match effect {
            Effect::Send { to, message } => {
                let what = briefly(message, message.kind());
                match parts.last_mut().filter(|_| what == said) {
                    Some(last) => {
                        let _ = write!(last, ", {to}");
                    }
                    None => parts.push(format!("sends {what} to {to}")),
                }
                said = what;
                continue;
            }
            Effect::SetTimer { timer, after } => format!("sets {timer:?} in {}", span(*after)),
            Effect::CancelTimer { timer } => format!("cancels {timer:?}"),
            Effect::Write(record) => format!("writes {}", briefly(record, "")),
            Effect::Checkpoint(record) => format!("checkpoints {}", briefly(record, "")),
            Effect::Flush => "flushes".to_owned(),
            Effect::Respond { response, .. } => format!("answers {}", briefly(response, "")),
        };
        parts.push(what);
        said.clear();
    }
    parts.join("; ")
}

/// A value in words; of a long one only its kind, or its beginning.
fn briefly(value: &impl fmt::Debug, kind: &str) -> String {
    let text = in_full(value);
    match text.char_indices().nth(BRIEF) {
        None => text,
        Some(_) if !kind.is_empty() => format!("{kind} {{…}}"),
        Some((cut, _)) => format!("{}…", &text[..cut]),
    }
}

/// A value in words. `Vote(Vote { term: 1 })` is said once.
fn in_full(value: &impl fmt::Debug) -> String {
    let text = format!("{value:?}");
    match text.split_once('(') {
        Some((outer, inner)) if inner.starts_with(outer) && inner.ends_with("})") => {
            inner[..inner.len() - 1].to_owned()
        }
        _ => text,
    }
}

/// The time, to the microsecond.
fn clock(now: Time) -> String {
    let micros = now.as_nanos() / 1_000 % 1_000_000;
    let seconds = now.as_nanos() / 1_000_000_000;
    match micros % 1_000 {
        0 => format!("{seconds:>4}.{:03}    s", micros / 1_000),
        _ => format!("{seconds:>4}.{micros:06} s"),
    }
}

fn span(span: Duration) -> String {
    format!("{span:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    #[expect(dead_code, reason = "shown only")]
    enum Message {
        Vote(Vote),
        Pair(u8, u8),
    }

    #[derive(Debug)]
    #[expect(dead_code, reason = "shown only")]
    struct Vote {
        term: u64,
    }

    impl Vote {
        fn of(term: u64) -> Message {
            Message::Vote(Vote { term })
        }
    }

    #[test]
    fn a_value_in_a_variant_of_its_own_name_is_said_once() {
        assert_eq!(in_full(&Vote::of(1)), "Vote { term: 1 }");
        assert_eq!(in_full(&Message::Pair(1, 2)), "Pair(1, 2)");
        assert_eq!(in_full(&7), "7");
    }

    #[test]
    fn long_values_are_told_briefly() {
        let long = [1_234_567_u64; 9];
        assert_eq!(briefly(&long, "Append"), "Append {…}");
        assert_eq!(briefly(&long, ""), "[1234567, 1234567, 1234567, 1234567, 1234567, 12…");
        assert_eq!(briefly(&[1], "Append"), "[1]");
    }

    #[test]
    fn times_are_told_to_the_microsecond_and_stand_below_each_other() {
        let times = [0, 1_250_000_000, 733_333_333, 12_000_001_000].map(Time::from_nanos);
        let told = times.map(clock);
        assert_eq!(told, ["   0.000    s", "   1.250    s", "   0.733333 s", "  12.000001 s"]);
    }

    #[test]
    fn quiet_steps_of_a_long_story_are_counted() {
        let line = |number: usize| Line { text: number.to_string(), matters: number == 20 };
        assert_eq!(condense((0..WHOLE).map(line).collect()).len(), WHOLE);
        let told = condense((0..100).map(line).collect());
        assert_eq!(told[0].trim(), "(20 quiet steps)");
        assert_eq!(told[1], "20");
        assert_eq!(told[2].trim(), "(67 quiet steps)");
        assert_eq!(told.len(), 3 + ENDING);
    }
}
