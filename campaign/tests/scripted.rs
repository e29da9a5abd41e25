//! A run that is written down by hand, kept as a log and shrunk to the rule that matters.

use std::time::Duration;

use stormglass_campaign::shrink;
use stormglass_machine::{Env, Input, Kind, Machine, NodeId};
use stormglass_replay::{RawLog, Verdict, replay, script, write};
use stormglass_shrinker::Budget;
use stormglass_simulator::{
    Deviation, Fate, Faults, MessageFault, Plain, Script, Settings, World, ensure,
};

const MS: Duration = Duration::from_millis(1);
const A: NodeId = NodeId(0);
const B: NodeId = NodeId(1);
const C: NodeId = NodeId(2);

/// Node 1 asks the others for their votes, once a second and three times in all. With two votes it
/// leads.
#[derive(Default)]
struct Voter {
    asked: u64,
    heard: u64,
    leads: bool,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Message {
    VoteRequest(u64),
    Vote,
}

impl Kind for Message {
    fn kind(&self) -> &'static str {
        match self {
            Message::VoteRequest(_) => "VoteRequest",
            Message::Vote => "Vote",
        }
    }
}

impl Voter {
    fn ask(&mut self, env: &mut Env<'_, Self>) {
        if env.node() == B && self.asked < 3 {
            env.send(A, Message::VoteRequest(self.asked));
            env.send(C, Message::VoteRequest(self.asked));
            env.set_timer((), 1_000 * MS);
            self.asked += 1;
        }
    }
}

impl Machine for Voter {
    type Message = Message;
    type Request = ();
    type Response = ();
    type Timer = ();
    type Record = u64;

    fn restore(&mut self, heard: u64) {
        self.heard = heard;
    }

    fn step(&mut self, input: Input<Self>, env: &mut Env<'_, Self>) {
        match input {
            Input::Start | Input::Timer(()) => self.ask(env),
            Input::Message { from, message: Message::VoteRequest(_) } => {
                self.heard += 1;
                env.persist(self.heard);
                env.send(from, Message::Vote);
            }
            Input::Message { message: Message::Vote, .. } => {
                self.heard += 1;
                self.leads = self.heard >= 2;
            }
            Input::Request { .. } => {}
        }
    }

    fn state(&self) -> &'static str {
        if self.leads { "Leading" } else { "Voting" }
    }
}

/// Nothing happens to messages as a cut would have it, which is no larger than one that is lost.
fn voters() -> Plain<Voter> {
    let faults = Faults { delay: true, drop: true, ..Faults::NONE };
    Plain::new("voters", 3, |_| Voter::default())
        .settings(Settings { faults, ..Settings::default() })
        .finally("node 2 has heard all", |world| {
            let heard = world.machine(C).heard;
            ensure(heard == 3, || format!("it has heard {heard}"))
        })
}

fn leads(world: &World<'_, Plain<Voter>>) -> bool {
    world.get(B).is_some_and(|voter| voter.state() == "Leading")
}

/// Crashes node 0 as soon as node 1 leads, has what is sent to it wait, and starts it again when
/// node 2 has heard twice; on the way, the second request to node 2 is lost.
fn second_request_lost(cluster: &mut Script<'_, Plain<Voter>>) {
    cluster.drop_nth("VoteRequest", B, C, 1);
    cluster.delay_next("Vote", C, B, 5 * MS);
    cluster.run_until(leads);
    cluster.crash(A);
    cluster.hold("VoteRequest", B, A);
    cluster.run_until(|world| world.machine(C).heard == 2);
    assert!(!cluster.is_up(A));
    cluster.restart(A);
    assert_eq!(cluster.machine(A).heard, 1);
    cluster.release("VoteRequest", B, A);
    assert_eq!(cluster.machine(A).heard, 3, "what was held arrives after the restart");
}

#[test]
fn what_a_script_says_of_packets_replays_and_shrinks_to_what_matters() {
    let scenario = voters();
    let mut cluster = script(&scenario, 3);
    second_request_lost(&mut cluster);
    let failure = cluster.run_to_violation();
    assert_eq!(failure.violation.detail, "it has heard 2");

    let list = cluster.deviations();
    let lost = |nth| {
        let (kind, fate) = ("VoteRequest".to_owned(), Fate::Dropped);
        Deviation::Message(MessageFault { from: B, to: C, kind, nth, fate })
    };
    assert!(list.contains(&lost(1)) && list.len() >= 4, "{list:?}");
    let seed = Script::<Plain<Voter>>::SEED;
    let replayed = World::new(&scenario).replay(seed, &list, u64::MAX, &mut ());
    assert_eq!(replayed.outcome, cluster.outcome());
    assert!(replayed.matched.iter().all(|matched| *matched), "{list:?}");

    let shrunk = shrink(&scenario, seed, list, Budget::new(1_000)).expect("it fails");
    assert_eq!(shrunk.log.deviations, [lost(0)], "the first that does");
    let told =
        shrunk.log.story.iter().any(|line| line.ends_with("VoteRequest from 1 to 2 is lost"));
    assert!(told, "{:?}", shrunk.log.story);
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let path = folder.path().join("voters.json");
    write(&path, &shrunk.log).expect("it can be written");
    let read = RawLog::open(&path).expect("it is there").read(&scenario).expect("it makes sense");
    assert_eq!(replay(&scenario, &read).verdict, Verdict::Exact);
}
