//! A machine around another that makes one change to what it does.

use std::collections::BTreeMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Mutex;
use std::time::Duration;

use stormglass_machine::{
    AfterFlush, AfterGap, Effect, Env, FlushError, Gap, Input, Kind, Machine, NodeId,
};
use stormglass_simulator::Around;

use super::change::Change;

/// How often nodes give a sign of life.
const BEAT: Duration = Duration::from_millis(30);

/// A machine that has changed; a bystander if there is none inside.
pub struct Changed<M> {
    pub inside: Option<M>,
    pub change: Change,
    /// How many nodes there are.
    pub count: u32,
}

/// What is the machine's own, under a name that may have changed, or what is new.
#[derive(Clone)]
pub enum With<T> {
    Own { own: T, renamed: bool },
    New,
}

/// A record of the machine, or one of a new sort.
#[derive(Clone)]
pub enum Record<R> {
    Own(R),
    New,
}

impl<R: fmt::Debug> fmt::Debug for Record<R> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Record::Own(own) => own.fmt(formatter),
            Record::New => formatter.write_str("Note"),
        }
    }
}

impl<T> With<T> {
    fn own(&self) -> Option<&T> {
        match self {
            With::Own { own, .. } => Some(own),
            With::New => None,
        }
    }
}

impl<T: Copy> Copy for With<T> {}

impl<T: PartialEq> PartialEq for With<T> {
    fn eq(&self, other: &Self) -> bool {
        self.own() == other.own()
    }
}

impl<T: Eq> Eq for With<T> {}

/// What is as it was has the hash that it had, so that a run in which nothing has changed is the
/// same run.
impl<T: Hash> Hash for With<T> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        match self {
            With::Own { own, .. } => own.hash(hasher),
            With::New => hasher.write_u64(u64::MAX),
        }
    }
}

impl<R: Hash> Hash for Record<R> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        match self {
            Record::Own(own) => own.hash(hasher),
            Record::New => hasher.write_u64(u64::MAX),
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for With<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            With::Own { own, .. } => own.fmt(formatter),
            With::New => formatter.write_str("Alive"),
        }
    }
}

impl<T: Kind> Kind for With<T> {
    fn kind(&self) -> &'static str {
        match self {
            With::Own { own, renamed: false } => own.kind(),
            With::Own { own, renamed: true } => other_name(own.kind()),
            With::New => "Alive",
        }
    }

    fn plane(&self) -> &'static str {
        self.own().map_or("", Kind::plane)
    }
}

/// A name that has nothing in common with this one.
fn other_name(name: &'static str) -> &'static str {
    static NAMES: Mutex<BTreeMap<&str, &str>> = Mutex::new(BTreeMap::new());
    let mut names = NAMES.lock().expect("nobody panics with it");
    names.entry(name).or_insert_with(|| {
        let turned = name.bytes().map(|letter| match letter.to_ascii_lowercase() {
            letter @ b'a'..=b'm' => letter + 13,
            letter @ b'n'..=b'z' => letter - 13,
            letter => letter,
        });
        String::leak(turned.map(char::from).collect())
    })
}

type Own<'a, M> = Env<'a, Changed<M>>;

impl<M: Machine> Changed<M> {
    fn message(&self, own: M::Message) -> With<M::Message> {
        With::Own { own, renamed: self.change == Change::MessageNames }
    }

    fn timer(&self, own: M::Timer) -> With<M::Timer> {
        With::Own { own, renamed: self.change == Change::TimerNames }
    }

    fn peers(&self, env: &Own<'_, M>) -> impl Iterator<Item = NodeId> + use<M> {
        let node = env.node();
        (0..self.count).map(NodeId).filter(move |peer| *peer != node)
    }

    fn beat(&self, env: &mut Own<'_, M>) {
        self.peers(env).for_each(|peer| env.send(peer, With::New));
        env.set_timer(With::New, BEAT);
    }

    /// Does what the machine inside has written down.
    fn write_down(&self, mut effects: Vec<Effect<M>>, env: &mut Own<'_, M>) {
        let sends = |effect: &Effect<M>| matches!(effect, Effect::Send { .. });
        match self.change {
            Change::NewMessage if effects.iter().any(sends) => {
                self.peers(env).for_each(|peer| env.send(peer, With::New));
            }
            Change::SendOrder => {
                let several = |one: &_, next: &_| sends(one) && sends(next);
                effects.chunk_by_mut(several).for_each(<[_]>::reverse);
            }
            Change::Flush => effects.push(Effect::Flush),
            _ => {}
        }
        let mut effects = effects.into_iter().peekable();
        while let Some(effect) = effects.next() {
            match effect {
                Effect::Send { to, message } => env.send(to, self.message(message)),
                Effect::SetTimer { timer, after } => {
                    let mut after = after;
                    if self.change == Change::Jitter {
                        let most = after.as_nanos() as u64 / 20;
                        after += Duration::from_nanos(env.dice().below(most + 1));
                    }
                    env.set_timer(self.timer(timer), after);
                }
                Effect::CancelTimer { timer } => env.cancel_timer(self.timer(timer)),
                Effect::Write(record) => {
                    if self.change == Change::NewRecord {
                        env.write(Record::New);
                    }
                    env.write(Record::Own(record));
                }
                Effect::Checkpoint(record) => {
                    env.checkpoint(Record::Own(record));
                    effects.next_if(|next| matches!(next, Effect::Flush));
                }
                Effect::Flush => env.flush(),
                Effect::Respond { id, response } => env.respond(id, response),
            }
        }
    }
}

impl<M: Machine> Machine for Changed<M> {
    type Message = With<M::Message>;
    type Request = M::Request;
    type Response = M::Response;
    type Timer = With<M::Timer>;
    type Record = Record<M::Record>;

    fn restore(&mut self, record: Self::Record) {
        if let (Some(inside), Record::Own(record)) = (&mut self.inside, record) {
            inside.restore(record);
        }
    }

    fn restore_gap(&mut self, gap: Gap) -> AfterGap {
        self.inside.as_mut().map_or(AfterGap::Continue, |inside| inside.restore_gap(gap))
    }

    fn flush_failed(&mut self, error: FlushError) -> AfterFlush {
        self.inside.as_mut().map_or(AfterFlush::Stop, |inside| inside.flush_failed(error))
    }

    fn step(&mut self, input: Input<Self>, env: &mut Env<'_, Self>) {
        if let Input::Timer(With::New) = input {
            return self.beat(env);
        }
        if let Input::Start = input {
            match self.change {
                Change::Heartbeat => self.beat(env),
                Change::StartRecord => env.persist(Record::New),
                _ => {}
            }
        }
        let (Some(inside), Some(input)) = (&mut self.inside, Self::input(&input)) else { return };
        if self.change == Change::DrawMore {
            env.dice().next_u64();
        }
        let mut effects = Vec::new();
        inside.step(input, &mut env.part(&mut effects));
        self.write_down(effects, env);
    }

    fn state(&self) -> &'static str {
        self.inside.as_ref().map_or("Bystander", Machine::state)
    }
}

impl<M: Machine> Around<M> for Changed<M> {
    fn inside(&self) -> Option<&M> {
        self.inside.as_ref()
    }

    fn input(input: &Input<Self>) -> Option<Input<M>> {
        Some(match input {
            Input::Start => Input::Start,
            Input::Message { from, message } => {
                Input::Message { from: *from, message: message.own()?.clone() }
            }
            Input::Timer(timer) => Input::Timer(*timer.own()?),
            Input::Request { id, request } => Input::Request { id: *id, request: request.clone() },
        })
    }

    fn effect(effect: &Effect<Self>) -> Option<Effect<M>> {
        Some(match effect {
            Effect::Send { to, message } => {
                Effect::Send { to: *to, message: message.own()?.clone() }
            }
            Effect::SetTimer { timer, after } => {
                Effect::SetTimer { timer: *timer.own()?, after: *after }
            }
            Effect::CancelTimer { timer } => Effect::CancelTimer { timer: *timer.own()? },
            Effect::Write(record) => Effect::Write(Self::record(record)?.clone()),
            Effect::Checkpoint(record) => Effect::Checkpoint(Self::record(record)?.clone()),
            Effect::Flush => Effect::Flush,
            Effect::Respond { id, response } => {
                Effect::Respond { id: *id, response: response.clone() }
            }
        })
    }

    fn message(message: &Self::Message) -> Option<&M::Message> {
        message.own()
    }

    fn timer(timer: Self::Timer) -> Option<M::Timer> {
        timer.own().copied()
    }

    fn record(record: &Self::Record) -> Option<&M::Record> {
        match record {
            Record::Own(own) => Some(own),
            Record::New => None,
        }
    }
}
