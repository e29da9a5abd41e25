//! Blackouts: a fact that only lives in the memory of all.

use std::ops::RangeInclusive;
use std::time::Duration;

use stormglass_machine::{Dice, Effect, Env, Input, Kind, Machine, NodeId, RequestId};
use stormglass_simulator::{
    Asked, Cluster, Event, Faults, Property, Scenario, Settings, Violation,
};

use crate::only::{only_finds, without_other_crashes};

/// Each of three nodes can be told the fact. It tells the others until they know, and then answers.
/// Who knows the fact goes on telling. It is written down; with the bug, it is only remembered.
#[derive(Default)]
struct Member {
    planted: bool,
    knows: bool,
    /// Who else is known to know.
    known_by: [bool; 3],
    asked: Option<RequestId>,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Message {
    Fact,
    Known,
}

impl Kind for Message {
    fn kind(&self) -> &'static str {
        match self {
            Message::Fact => "Fact",
            Message::Known => "Known",
        }
    }
}

impl Member {
    fn learn(&mut self, env: &mut Env<'_, Self>) {
        if !self.knows {
            self.knows = true;
            if !self.planted {
                env.persist(());
            }
        }
    }

    fn others(env: &Env<'_, Self>) -> impl Iterator<Item = NodeId> + use<> {
        let this = env.node();
        (0..3).map(NodeId).filter(move |node| *node != this)
    }
}

impl Machine for Member {
    type Message = Message;
    type Request = u64;
    type Response = ();
    type Timer = ();
    type Record = ();

    fn restore(&mut self, (): ()) {
        self.knows = true;
    }

    fn step(&mut self, input: Input<Self>, env: &mut Env<'_, Self>) {
        match input {
            Input::Request { id, .. } => {
                self.learn(env);
                self.asked = Some(id);
            }
            Input::Message { from, message: Message::Fact } => {
                self.learn(env);
                env.send(from, Message::Known);
            }
            Input::Message { from, message: Message::Known } => {
                self.known_by[from.index()] = true;
                if Self::others(env).all(|node| self.known_by[node.index()])
                    && let Some(id) = self.asked.take()
                {
                    env.respond(id, ());
                }
            }
            Input::Start | Input::Timer(()) => {
                if self.knows {
                    Self::others(env).for_each(|node| env.send(node, Message::Fact));
                }
                env.set_timer((), Duration::from_millis(100));
            }
        }
    }

    fn state(&self) -> &'static str {
        if self.knows { "Knowing" } else { "Ignorant" }
    }
}

struct Members {
    faults: Faults,
    planted: bool,
}

impl Scenario for Members {
    type Machine = Member;
    /// Somebody has been answered.
    type Ghost = bool;

    fn name(&self) -> &str {
        "members"
    }

    fn nodes(&self) -> RangeInclusive<u32> {
        3..=3
    }

    fn machine(&self, _: NodeId, _: u32) -> Member {
        Member { planted: self.planted, ..Member::default() }
    }

    fn settings(&self) -> Settings {
        Settings { faults: self.faults.clone(), ..Settings::default() }
    }

    fn requests(&self, _: u32, dice: &mut Dice, asked: &mut Vec<Asked<u64>>) {
        let node = NodeId(dice.below(3) as u32);
        asked.push(Asked { client: 0, at: Duration::from_secs(1), node, request: 0 });
    }

    fn observe(&self, answered: &mut bool, _: &Cluster<Member>, event: Event<'_, Member>) {
        if let Event::Effect { effect: Effect::Respond { .. }, .. } = event {
            *answered = true;
        }
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let known = "what was answered is known";
        vec![Property::finally(known, |world| {
            match !world.ghost() || world.live().any(|(_, member)| member.knows) {
                true => Ok(()),
                false => Err(Violation::new("nobody knows it")),
            }
        })]
    }
}

#[test]
fn only_blackout_finds_a_fact_that_only_lives_in_the_memory_of_all() {
    only_finds("blackout", 0..200, |faults, planted| {
        // Crashes of some can take down all, one after the other.
        let blackout = faults.blackout;
        let faults = Faults { crash: false, blackout, ..without_other_crashes(faults) };
        Members { faults, planted }
    });
}
