//! Watches a run and writes it down.

use std::time::Duration;

use stormglass_machine::{Effect, Input, Kind as _, Machine, NodeId, RequestId, Time};
use stormglass_simulator::{
    Cluster, Deviation, Event, Failure, Fate, KNOWN_RECEIVER, NO_PANIC, RequestOf, Scenario, Watch,
};

use super::clients::Conversations;
use super::flights::{Flights, digest};
use super::words::{as_it_is, effect_in_full, in_full, span, summary};
use super::{
    Cause, Entry, How, Lasting, Look, Message, Passage, Place, Span, Trace, Weight, What, faults,
};

/// Writes a run down.
pub(crate) struct Recorder<'s, S: Scenario> {
    scenario: &'s S,
    pub(super) deviations: &'s [Deviation<RequestOf<S>>],
    heal: Time,
    pub(super) trace: Trace,
    nodes: Vec<Node<<S::Machine as Machine>::Timer>>,
    flights: Flights,
    pub(super) conversations: Option<Conversations>,
    /// What has begun and not ended; with the position of the episode, if it is one.
    open: Vec<(Option<usize>, Span)>,
}

/// What is known of a node.
struct Node<T> {
    look: Option<Look>,
    timers: Vec<(T, usize)>,
    /// Its latest entry in which it did something, and how many effects there were.
    doing: usize,
    effects: usize,
    happened: usize,
    /// When the effects that happen now began to.
    since: Time,
    /// The latest entry that says what is wrong with its disk.
    trouble: Option<usize>,
    /// Its crash, while it is down: the entry, and the moment.
    crash: Option<(usize, u64)>,
    records: usize,
}

/// An entry without what is not known yet.
pub(super) fn entry(time: Time, place: Place, what: What, words: String) -> Entry {
    Entry {
        time,
        place,
        what,
        name: words.clone(),
        words,
        effects: Vec::new(),
        summary: Vec::new(),
        before: None,
        after: None,
        cause: None,
        weight: Weight::Matters,
    }
}

impl<'s, S: Scenario> Recorder<'s, S> {
    /// For a run that these deviations make.
    pub(crate) fn new(scenario: &'s S, deviations: &'s [Deviation<RequestOf<S>>]) -> Self {
        let settings = scenario.settings();
        Recorder {
            scenario,
            deviations,
            heal: Time::ZERO + settings.storm,
            trace: Trace::new(settings.latency),
            nodes: Vec::new(),
            flights: Flights::default(),
            conversations: scenario.clients().map(|_| Conversations::default()),
            open: Vec::new(),
        }
    }

    /// What happened, in a run that has ended like this.
    pub(crate) fn end(mut self, failure: Option<&Failure>, end: Time) -> Trace {
        let nodes = &self.nodes;
        let is_up = |node: NodeId| nodes[node.index()].look.is_some();
        self.trace.messages.extend(self.flights.end(end, is_up));
        if let Some(conversations) = self.conversations {
            self.trace.messages.extend(conversations.end(end));
        }
        self.trace.spans.extend(self.open.into_iter().map(|(_, span)| span));
        self.trace.spans.sort_by_key(|span| (span.from, span.state, span.place));
        self.trace.looks = self.nodes.into_iter().map(|node| node.look).collect();
        let at_an_event = failure.is_some_and(|failure| {
            let always = |name: &str| {
                let properties = self.scenario.properties();
                properties.iter().any(|property| property.name() == name && property.is_always())
            };
            let property = failure.property.as_str();
            [NO_PANIC, KNOWN_RECEIVER].contains(&property) || always(property)
        });
        self.trace.ends(failure, at_an_event, end);
        self.trace
    }

    /// What a node is like.
    fn look(&self, cluster: &Cluster<S::Machine>, node: NodeId) -> Option<Look> {
        let machine = cluster.get(node)?;
        let picture = as_it_is(&self.scenario.describe(machine));
        Some(Look { state: machine.state(), picture })
    }

    fn node(&mut self, node: NodeId) -> &mut Node<<S::Machine as Machine>::Timer> {
        &mut self.nodes[node.index()]
    }

    fn meet(&mut self, cluster: &Cluster<S::Machine>) {
        if self.nodes.is_empty() {
            self.trace.nodes = cluster.count();
            self.nodes.extend(cluster.ids().map(|_| Node {
                look: None,
                timers: Vec::new(),
                doing: 0,
                effects: 0,
                happened: 0,
                since: Time::ZERO,
                trouble: None,
                crash: None,
                records: 0,
            }));
        }
    }

    fn input(&mut self, cluster: &Cluster<S::Machine>, node: NodeId, input: &Input<S::Machine>) {
        let now = cluster.now();
        let before = self.look(cluster, node);
        let state = before.as_ref().map_or("", |look| look.state);
        let (what, name, words, cause) = match input {
            Input::Start => self.start(node, now),
            Input::Message { from, message } => self.message(*from, node, message, now),
            Input::Timer(timer) => self.timer(node, *timer),
            Input::Request { id, request } => self.request(node, *id, request, now),
        };
        let deviates = what == What::Request && self.conversations.is_none();
        let matters = what == What::Request || what == What::Start && cause.is_some();
        let weight = match (deviates, matters) {
            (true, _) => Weight::Deviates,
            (_, true) => Weight::Matters,
            _ => Weight::Quiet,
        };
        let words = format!("node {node} [{state}] {words}");
        let name = format!("node {node} {name}");
        let place = Place::Node(node.0);
        // Until the step is made, the node is as it was: it may panic.
        let after = before.clone();
        let entry = Entry { name, before, after, cause, weight, ..entry(now, place, what, words) };
        let number = self.trace.push(entry);
        let node = self.node(node);
        (node.doing, node.effects, node.happened, node.since) = (number, 0, 0, now);
        if what == What::Start {
            self.close(number, |_, span| span.state == Lasting::Down && span.place == place);
        }
    }

    /// Something that lasted is over.
    fn close(&mut self, number: usize, is_it: impl Fn(Option<usize>, &Span) -> bool) {
        let over = self.open.extract_if(.., |(episode, span)| is_it(*episode, span));
        self.trace.spans.extend(over.map(|(_, span)| Span { to: Some(number), ..span }));
    }
}

/// What happens to a node: what sort of thing, in few words, in a sentence, and its cause.
type Happens = (What, String, String, Option<Cause>);

impl<S: Scenario> Recorder<'_, S> {
    fn start(&mut self, node: NodeId, now: Time) -> Happens {
        let Some((crash, order)) = self.node(node).crash.take() else {
            return (What::Start, "starts".to_owned(), "starts".to_owned(), None);
        };
        self.flights.started(node, order, now);
        let records = self.node(node).records;
        let noun = if records == 1 { "record" } else { "records" };
        let words = format!("starts again with {records} {noun}");
        let cause = Some(Cause { number: crash, how: How::Follows });
        (What::Start, "starts again".to_owned(), words, cause)
    }

    fn message(
        &mut self,
        from: NodeId,
        node: NodeId,
        message: &<S::Machine as Machine>::Message,
        now: Time,
    ) -> Happens {
        let kind = as_it_is(message.kind());
        let words = format!("hears from {from}: {}", in_full(message));
        let sent = self.flights.take((from, node), digest(message), now).map(|mut taken| {
            let cause = Cause { number: taken.sent, how: How::Sent };
            taken.received = Some(self.trace.numbers().end);
            self.trace.messages.push(taken);
            cause
        });
        (What::Message, format!("hears {kind}"), words, sent)
    }

    fn timer(&mut self, node: NodeId, timer: <S::Machine as Machine>::Timer) -> Happens {
        let timers = &mut self.node(node).timers;
        let position = timers.iter().position(|(set, _)| *set == timer);
        let set = position.map(|position| timers.swap_remove(position).1);
        let words = format!("timer {}", in_full(&timer));
        let cause = set.map(|number| Cause { number, how: How::Set });
        (What::Timer, words.clone(), words, cause)
    }

    fn request(
        &mut self,
        node: NodeId,
        id: RequestId,
        request: &<S::Machine as Machine>::Request,
        now: Time,
    ) -> Happens {
        let name = format!("is asked {}", as_it_is(request.kind()));
        let words = format!("is asked: {}", in_full(request));
        let number = self.trace.numbers().end;
        if let Some(conversations) = &mut self.conversations {
            let taken = conversations.taken(id, node, number);
            let cause = taken.as_ref().map(|taken| Cause { number: taken.sent, how: How::Asked });
            self.trace.messages.extend(taken);
            return (What::Request, name, words, cause);
        }
        // Nobody waits for an answer, and asking takes no time.
        self.trace.messages.push(Message {
            from: Place::Client((id.0 >> 32) as u32),
            to: Place::Node(node.0),
            kind: as_it_is(request.kind()),
            sent: number,
            received: Some(number),
            due: now,
            fate: Passage::OnTime,
        });
        (What::Request, name, words, None)
    }

    fn stepped(
        &mut self,
        cluster: &Cluster<S::Machine>,
        node: NodeId,
        effects: &[Effect<S::Machine>],
    ) {
        let after = self.look(cluster, node);
        let slot = self.node(node);
        (slot.look, slot.effects) = (after.clone(), effects.len());
        let doing = slot.doing;
        if let Some(entry) = self.trace.get_mut(doing) {
            entry.after = after;
            entry.effects = effects.iter().map(effect_in_full).collect();
            entry.summary = summary(effects);
            if entry.becomes().is_some() {
                entry.weight = entry.weight.max(Weight::Matters);
            }
        }
    }

    fn effect(&mut self, node: NodeId, effect: &Effect<S::Machine>, now: Time) {
        if self.node(node).since < now {
            self.goes_on(node, now);
        }
        let slot = self.node(node);
        slot.happened += 1;
        let doing = slot.doing;
        match effect {
            Effect::Send { to, message } => {
                let due = now + self.trace.latency;
                let what = (as_it_is(message.kind()), digest(message));
                self.flights.send((node, *to), what, (doing, due));
                let settled: Vec<_> = self.flights.settle().collect();
                self.trace.messages.extend(settled);
            }
            Effect::SetTimer { timer, .. } => {
                slot.timers.retain(|(set, _)| set != timer);
                slot.timers.push((*timer, doing));
            }
            Effect::CancelTimer { timer } => slot.timers.retain(|(set, _)| set != timer),
            Effect::Respond { id, response } => {
                if let Some(conversations) = &mut self.conversations {
                    let kind = super::words::briefly(response, "answer");
                    conversations.respond(*id, node, (doing, now), kind);
                }
            }
            Effect::Write(_) | Effect::Checkpoint(_) | Effect::Flush => {}
        }
    }

    /// The effects of a step that have waited for the disk happen.
    fn goes_on(&mut self, node: NodeId, now: Time) {
        let words = format!("node {node} has flushed, and goes on");
        let place = Place::Node(node.0);
        let slot = &self.nodes[node.index()];
        let (doing, look) = (slot.doing, slot.look.clone());
        let cause = Some(Cause { number: doing, how: How::Follows });
        let number = self.trace.push(Entry {
            cause,
            weight: Weight::Quiet,
            before: look.clone(),
            after: look,
            ..entry(now, place, What::GoesOn, words.clone())
        });
        let (state, to) = (Lasting::Flushing, Some(number));
        self.trace.spans.push(Span {
            state,
            place,
            from: doing,
            to,
            words: "waits for its disk".to_owned(),
        });
        let slot = self.node(node);
        (slot.doing, slot.since) = (number, now);
    }

    /// Something is wrong with what a node does.
    fn note(&mut self, now: Time, node: NodeId, weight: Weight, words: String) -> usize {
        let cause = self.nodes[node.index()].doing;
        let cause = self.trace.get(cause).map(|_| Cause { number: cause, how: How::Follows });
        let place = Place::Node(node.0);
        self.trace.push(Entry { cause, weight, ..entry(now, place, What::Note, words) })
    }

    fn struck(&mut self, now: Time, position: usize) {
        let deviation = &self.deviations[position];
        let Some(words) = deviation.begins() else { return };
        let (place, lasting) = faults::of(deviation);
        let words = as_it_is(&words);
        let weight = Weight::Deviates;
        let entry = Entry { weight, ..entry(now, place, What::Begins, words.clone()) };
        let from = self.trace.push(entry);
        if let Some(state) = lasting {
            // A clock that is set anew is wrong in another way.
            let clock = Lasting::WrongClock;
            self.close(from, |_, other| {
                state == clock && other.state == clock && other.place == place
            });
            self.open.push((Some(position), Span { state, place, from, to: None, words }));
        }
    }

    fn ended(&mut self, now: Time, position: usize) {
        let deviation = &self.deviations[position];
        let Some(words) = deviation.ends() else { return };
        let (place, _) = faults::of(deviation);
        let number = self.trace.push(entry(now, place, What::Ends, as_it_is(&words)));
        self.close(number, |episode, _| episode == Some(position));
    }

    fn healed(&mut self, now: Time) {
        let words = "every fault is over".to_owned();
        let number = self.trace.push(entry(now, Place::Network, What::Healed, words));
        // What begins now, with this, is what does not heal. Clocks stay as they are.
        self.close(number, |episode, span| {
            episode.is_some() && !matches!(span.state, Lasting::WrongClock | Lasting::Paused)
        });
    }

    fn crashed(&mut self, now: Time, node: NodeId, lost: usize) {
        let slot = &self.nodes[node.index()];
        let mut words = format!("node {node} CRASHES");
        let mut cause = slot.trouble.map(|number| Cause { number, how: How::Follows });
        if slot.happened < slot.effects {
            let (happened, all) = (slot.happened, slot.effects);
            words.push_str(&format!(" after {happened} of the {all} effects of its step"));
            cause = cause.or(Some(Cause { number: slot.doing, how: How::Follows }));
        }
        if lost > 0 {
            words.push_str(&format!(", losing {lost} unflushed"));
        }
        let place = Place::Node(node.0);
        let name = format!("node {node} crashes");
        let before = slot.look.clone();
        let weight = Weight::Deviates;
        let entry = entry(now, place, What::Crash, words);
        let number = self.trace.push(Entry { name, before, cause, weight, ..entry });
        let order = self.flights.crashed(node, now);
        // A process that is paused stands still no more.
        self.close(number, |_, span| span.state == Lasting::Paused && span.place == place);
        let (state, words) = (Lasting::Down, "is down".to_owned());
        self.open.push((None, Span { state, place, from: number, to: None, words }));
        let slot = self.node(node);
        (slot.look, slot.trouble, slot.effects, slot.happened) = (None, None, 0, 0);
        slot.crash = Some((number, order));
        slot.timers.clear();
    }

    /// What becomes of a message that is being sent.
    fn fated(
        &mut self,
        (from, to): (NodeId, NodeId),
        message: &<S::Machine as Machine>::Message,
        fate: Fate,
    ) -> Option<String> {
        let corrupted = match fate {
            Fate::Corrupted { value } => self.scenario.corrupt(message, value),
            _ => None,
        };
        self.flights.fated(fate, corrupted.as_ref().map(digest));
        let kind = as_it_is(message.kind());
        let fate = match fate {
            Fate::Dull => return None,
            Fate::Delayed { by } => format!("is delayed by {}", span(by)),
            Fate::Dropped => "is lost".to_owned(),
            Fate::Duplicated { by } => format!("will come again {} later", span(by)),
            Fate::Corrupted { .. } => match corrupted {
                Some(other) => format!("is corrupted: {}", in_full(&other)),
                None => "is corrupted, and a checksum finds it out".to_owned(),
            },
        };
        Some(format!("{kind} from {from} to {to} {fate}"))
    }

    fn held_up(&mut self, now: Time, by: Duration) {
        let base = now + self.trace.latency;
        self.flights.held_up(by, base, self.heal);
    }
}

impl<S: Scenario> Watch<S::Machine> for Recorder<'_, S> {
    fn event(&mut self, cluster: &Cluster<S::Machine>, event: Event<'_, S::Machine>) {
        self.meet(cluster);
        let now = cluster.now();
        match event {
            Event::Started { node } => {
                self.node(node).records = cluster.records(node).len();
            }
            Event::Input { node, input } => self.input(cluster, node, input),
            Event::Stepped { node, effects } => self.stepped(cluster, node, effects),
            Event::Effect { node, effect } => self.effect(node, effect, now),
            Event::Fated { from, to, message, fate } => {
                if let Some(words) = self.fated((from, to), message, fate) {
                    self.note(now, from, Weight::Deviates, words);
                }
            }
            Event::CutOff { from, to, message } => {
                self.flights.cut_off();
                let kind = as_it_is(message.kind());
                let words = format!("{kind} from {from} to {to} is cut off");
                self.note(now, from, Weight::Quiet, words);
            }
            Event::HeldUp { from, to, message, by } => {
                self.held_up(now, by);
                let kind = as_it_is(message.kind());
                let words = format!("{kind} from {from} to {to} is held up for {}", span(by));
                self.note(now, from, Weight::Quiet, words);
            }
            Event::Late { node, timer, by } => {
                let words =
                    format!("timer {} of node {node} will be {} late", in_full(&timer), span(by));
                self.note(now, node, Weight::Deviates, words);
            }
            Event::Slow { node, by } => {
                let words = format!("the disk of node {node} takes {} longer", span(by));
                self.note(now, node, Weight::Deviates, words);
            }
            Event::Misbehaved { node, site } => {
                let words = format!("node {node} misbehaves: {site}");
                self.note(now, node, Weight::Deviates, words);
            }
            Event::Disk { node, fault } => {
                let words = format!("the disk of node {node} {}", faults::of_a_disk(fault));
                let trouble = self.note(now, node, Weight::Deviates, words);
                self.node(node).trouble = Some(trouble);
                // A machine that is asked what to do about it may have changed.
                let look = self.look(cluster, node);
                self.node(node).look = look;
            }
            Event::Gap { node, gap, after } => {
                let words = format!("node {node} {}", faults::gap_in_words(gap, after));
                self.note(now, node, Weight::Matters, words);
            }
            Event::Replaced { node, lost } => {
                let words = format!("node {node} has an empty disk, without its {lost} records");
                self.note(now, node, Weight::Matters, words);
                if let Some((crash, _)) = self.node(node).crash {
                    let order = self.flights.crashed(node, now);
                    self.node(node).crash = Some((crash, order));
                }
            }
            Event::Struck(position) => self.struck(now, position),
            Event::Ended(position) => self.ended(now, position),
            Event::Crashed { node, lost } => self.crashed(now, node, lost),
            Event::Client { client, nth, what } => self.client(now, (client, nth), what),
            Event::Healed => self.healed(now),
        }
    }
}
