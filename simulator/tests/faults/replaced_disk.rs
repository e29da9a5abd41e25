//! Replaced disks: an empty one that is taken for a first start.

use std::time::Duration;

use stormglass_machine::{Env, Input, Kind, Machine, NodeId};
use stormglass_simulator::{Faults, Plain, Settings, Violation};

use crate::only::only_finds;

/// Node 0 counts on ten times a second, has node 1 keep a copy, and tells node 2 what both have.
/// If its disk is empty it asks node 1 first; with the bug, it begins at zero.
#[derive(Default)]
struct Counter {
    planted: bool,
    /// What this node has written down, or was told.
    count: u64,
    /// Names the question that node 0 waits for an answer to.
    question: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Message {
    Ask(u64),
    Answer(u64, u64),
    Copy(u64),
    Copied(u64),
    Tell(u64),
}

impl Kind for Message {
    fn kind(&self) -> &'static str {
        match self {
            Message::Ask(_) => "Ask",
            Message::Answer(..) => "Answer",
            Message::Copy(_) => "Copy",
            Message::Copied(_) => "Copied",
            Message::Tell(_) => "Tell",
        }
    }
}

impl Counter {
    fn count_on(&mut self, env: &mut Env<'_, Self>) {
        if let Some(question) = self.question {
            env.send(NodeId(1), Message::Ask(question));
        } else {
            self.count += 1;
            env.persist(self.count);
            env.send(NodeId(1), Message::Copy(self.count));
        }
        env.set_timer((), Duration::from_millis(100));
    }

    fn hear(&mut self, from: NodeId, message: Message, env: &mut Env<'_, Self>) {
        match message {
            Message::Ask(question) => env.send(from, Message::Answer(question, self.count)),
            Message::Answer(question, count) if self.question == Some(question) => {
                self.question = None;
                self.count = count;
            }
            Message::Answer(..) => {}
            Message::Copy(count) => {
                if count > self.count {
                    self.count = count;
                    env.persist(count);
                }
                env.send(from, Message::Copied(count));
            }
            Message::Copied(count) if self.question.is_none() => {
                env.send(NodeId(2), Message::Tell(count));
            }
            Message::Copied(_) => {}
            Message::Tell(count) => self.count = self.count.max(count),
        }
    }
}

impl Machine for Counter {
    type Message = Message;
    type Request = u64;
    type Response = ();
    type Timer = ();
    type Record = u64;

    fn restore(&mut self, record: u64) {
        self.count = record;
    }

    fn step(&mut self, input: Input<Self>, env: &mut Env<'_, Self>) {
        match input {
            Input::Message { from, message } => self.hear(from, message, env),
            Input::Start if env.node() == NodeId(0) => {
                if self.count == 0 && !self.planted {
                    self.question = Some(env.dice().next_u64());
                }
                self.count_on(env);
            }
            Input::Timer(()) => self.count_on(env),
            _ => {}
        }
    }

    fn state(&self) -> &'static str {
        if self.question.is_some() { "Asking" } else { "Counting" }
    }
}

#[test]
fn only_replaced_disk_finds_an_empty_disk_that_is_taken_for_a_first_start() {
    only_finds("replaced disk", 0..200, |faults, planted| {
        // Other ways to lose what was durable.
        let faults =
            Faults { lost_flush: false, rotten_record: false, misdirected_write: false, ..faults };
        let counter: fn(NodeId) -> Counter = match planted {
            true => |_| Counter { planted: true, ..Counter::default() },
            false => |_| Counter::default(),
        };
        Plain::new("counter", 3, counter)
            .settings(Settings { faults, ..Settings::default() })
            .tolerates(&[NodeId(0), NodeId(1)], 1)
            .always("nobody is told what is forgotten", |world, _| {
                let counts = |node| world.get(NodeId(node)).filter(|node| node.question.is_none());
                let counted = counts(0).map_or(u64::MAX, |node| node.count);
                let told = counts(2).map_or(0, |node| node.count);
                match told <= counted {
                    true => Ok(()),
                    false => Err(Violation::new(format!("{told} was told, {counted} is known"))),
                }
            })
    });
}
