//! What must come true in the calm, in runs that are written down by hand.

use std::hash::{Hash, Hasher};
use std::time::Duration;

use stormglass_machine::{Env, Input, Machine, NodeId};
use stormglass_simulator::{Breakage, Plain, Property, Script, World, ensure};

const A: NodeId = NodeId(0);
const B: NodeId = NodeId(1);
const SECOND: Duration = Duration::from_secs(1);
const TOLD: &str = "node 1 is told";

/// Hands what it is asked to the other, ten times a second.
#[derive(Default)]
struct Teller {
    known: u64,
}

impl Machine for Teller {
    type Message = u64;
    type Request = u64;
    type Response = ();
    type Timer = ();
    type Record = ();

    fn restore(&mut self, (): ()) {}

    fn step(&mut self, input: Input<Self>, env: &mut Env<'_, Self>) {
        match input {
            Input::Request { request: news, .. } | Input::Message { message: news, .. } => {
                self.known = self.known.max(news);
            }
            Input::Start | Input::Timer(()) => {
                env.send(NodeId(1 - env.node().0), self.known);
                env.set_timer((), SECOND / 10);
            }
        }
    }

    fn state(&self) -> &'static str {
        "Telling"
    }
}

fn tellers(property: Property<Plain<Teller>>) -> Plain<Teller> {
    Plain::new("tellers", 2, |_| Teller::default()).property(property).core(1).fingerprint(
        |teller, _| {
            let mut hasher = std::hash::DefaultHasher::new();
            teller.known.hash(&mut hasher);
            hasher.finish()
        },
    )
}

fn is_told(world: &World<'_, Plain<Teller>>) -> Result<(), stormglass_simulator::Violation> {
    ensure(world.machine(B).known == 7, || format!("it knows {}", world.machine(B).known))
}

/// A script is the same run as the replay of its list.
fn assert_replayable(cluster: &Script<'_, Plain<Teller>>) {
    let mut world = World::new(cluster.scenario());
    let list = cluster.deviations();
    let replayed = world.replay(Script::<Plain<Teller>>::SEED, &list, u64::MAX, &mut ());
    assert_eq!(replayed.outcome, cluster.outcome(), "{list:?}");
}

#[test]
fn a_loop_is_no_loop_while_there_may_be_more_to_come() {
    let scenario = tellers(Property::inevitable(TOLD, is_told));
    let mut cluster = Script::new(&scenario, 2);
    cluster.run_for(15 * SECOND);
    cluster.ask(A, 7);
    cluster.finish();
    assert_replayable(&cluster);
}

#[test]
fn a_loop_is_found_when_nothing_more_is_to_come() {
    let scenario = tellers(Property::inevitable(TOLD, is_told));
    let mut cluster = Script::new(&scenario, 2);
    cluster.run_for(15 * SECOND);
    let failure = cluster.run_to_violation();
    assert_eq!(failure.property, TOLD);
    let detail = &failure.violation.detail;
    assert!(detail.contains("it goes round in circles"), "{detail}");
    assert!(cluster.now() < stormglass_machine::Time::ZERO + 11 * SECOND, "{}", cluster.now());
    assert_replayable(&cluster);
}

#[test]
fn a_deadline_that_has_passed_is_noticed_in_the_end() {
    let scenario = tellers(Property::eventually(TOLD, SECOND, is_told));
    for (asked_after, fails) in [(10, false), (15, true)] {
        let mut cluster = Script::new(&scenario, 2);
        cluster.run_for(asked_after * SECOND);
        cluster.ask(A, 7);
        cluster.run_until(|world| world.machine(B).known == 7);
        cluster.run_for(SECOND);
        if fails {
            let failure = cluster.run_to_violation();
            assert_eq!(failure.property, TOLD);
            assert_eq!(failure.violation.detail, "it knows 0");
        } else {
            cluster.finish();
        }
        assert_replayable(&cluster);
    }
}

#[test]
#[should_panic(expected = "VIOLATED: node 1 is told: it knows 0")]
fn a_deadline_that_has_passed_fails_the_test() {
    let scenario = tellers(Property::eventually(TOLD, SECOND, is_told));
    let mut cluster = Script::new(&scenario, 2);
    cluster.run_for(12 * SECOND);
    cluster.ask(A, 7);
    cluster.finish();
}

#[test]
fn the_earlier_of_two_violations_is_told() {
    let scenario = tellers(Property::eventually(TOLD, SECOND, is_told))
        .always("nobody knows 666", |world, node| {
            ensure(world.machine(node).known != 666, || "somebody does")
        });
    let mut cluster = Script::new(&scenario, 2);
    cluster.run_for(15 * SECOND);
    let run = std::panic::AssertUnwindSafe(|| cluster.ask(A, 666));
    let panic = std::panic::catch_unwind(run).expect_err("it fails");
    let text = panic.downcast::<String>().expect("a panic has a text");
    assert!(text.starts_with("VIOLATED: node 1 is told: it knows 0"), "{text}");
    assert_replayable(&cluster);
}

#[test]
fn who_is_broken_stays_broken() {
    let scenario = Plain::new("tellers", 2, |_| Teller::default()).core(1);
    let mut cluster = Script::new(&scenario, 2).broken(vec![A], Breakage::Down);
    cluster.run_for(9 * SECOND);
    assert!(cluster.is_up(A));
    cluster.run_for(2 * SECOND);
    assert!(!cluster.is_up(A));
    cluster.finish();
    assert!(!cluster.is_up(A));
    assert_replayable(&cluster);
}
