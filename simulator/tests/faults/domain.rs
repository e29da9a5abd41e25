//! Racks that fail at once: two copies in one rack that are taken for as good as a disk.

use std::collections::BTreeSet;
use std::time::Duration;

use stormglass_machine::{Env, Input, Kind, Machine, NodeId};
use stormglass_simulator::{Faults, Plain, Settings, ensure};

use crate::only::{only_finds, without_other_crashes};

/// Keeps what clients have been promised. In no rack.
const LEDGER: NodeId = NodeId(6);

#[derive(Clone, Debug, Hash)]
enum Message {
    Copy(u64),
    Held(u64),
    Promised(u64),
}

impl Kind for Message {
    fn kind(&self) -> &'static str {
        match self {
            Message::Copy(_) => "Copy",
            Message::Held(_) => "Held",
            Message::Promised(_) => "Promised",
        }
    }
}

/// Six nodes in two racks keep what they are asked to: it is promised once it is durable. With the
/// bug it is promised once a neighbour holds a copy, and both write it down within a second.
#[derive(Default)]
struct Keeper {
    planted: bool,
    kept: BTreeSet<u64>,
}

impl Machine for Keeper {
    type Message = Message;
    type Request = u64;
    type Response = ();
    type Timer = ();
    type Record = u64;

    fn restore(&mut self, value: u64) {
        self.kept.insert(value);
    }

    fn step(&mut self, input: Input<Self>, env: &mut Env<'_, Self>) {
        let node = env.node();
        match input {
            Input::Request { request: value, .. } if node != LEDGER => {
                self.kept.insert(value);
                if self.planted {
                    let neighbour = node.0 / 3 * 3 + (node.0 + 1) % 3;
                    env.send(NodeId(neighbour), Message::Copy(value));
                    env.set_timer((), Duration::from_secs(1));
                } else {
                    env.persist(value);
                    env.send(LEDGER, Message::Promised(value));
                }
            }
            Input::Message { from, message: Message::Copy(value) } => {
                self.kept.insert(value);
                env.send(from, Message::Held(value));
                env.set_timer((), Duration::from_secs(1));
            }
            Input::Message { message: Message::Held(value), .. } => {
                env.send(LEDGER, Message::Promised(value));
            }
            Input::Message { message: Message::Promised(value), .. } => {
                self.kept.insert(value);
            }
            Input::Timer(()) => self.kept.iter().for_each(|value| env.persist(*value)),
            _ => {}
        }
    }

    fn state(&self) -> &'static str {
        "Keeping"
    }
}

#[test]
fn only_domain_finds_two_copies_in_one_rack_that_are_taken_for_as_good_as_a_disk() {
    only_finds("domain", 0..200, |faults, planted| {
        // Crashes that have nothing to do with each other can meet in a rack, too.
        let faults = Faults { crash: false, ..without_other_crashes(faults) };
        let keeper = match planted {
            true => |_| Keeper { planted: true, ..Keeper::default() },
            false => |_| Keeper::default(),
        };
        Plain::new("keeper", 7, keeper)
            .settings(Settings { faults, ..Settings::default() })
            .domains(|_| vec![(0..3).map(NodeId).collect(), (3..6).map(NodeId).collect()])
            .ask(10, |dice| dice.below(1_000_000))
            .finally("what was promised is kept", |world| {
                let kept = |value: &&u64| {
                    let mut keepers = world.live().filter(|(node, _)| *node != LEDGER);
                    keepers.any(|(_, keeper)| keeper.kept.contains(*value))
                };
                let lost = world.machine(LEDGER).kept.iter().find(|value| !kept(value));
                ensure(lost.is_none(), || format!("{lost:?} is lost"))
            })
    });
}
