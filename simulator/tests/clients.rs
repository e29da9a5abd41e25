//! Clients that wait for answers: what they do with each, and what of it stands in the history.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use stormglass_history::models::register::{Register, RegisterOperation, RegisterResult};
use stormglass_history::{Bounds, Call, Outcome};
use stormglass_machine::{Env, Input, Kind, Machine, NodeId};
use stormglass_simulator::{
    ClientEvent, ClientLink, Clients, Cluster, Deviation, Event, Fate, Faults, Plain, Property,
    Reply, Settings, UNDECIDED, Watch, Way, World, ensure,
};

/// A server that answers each attempt as the request says.
#[derive(Default)]
struct Puppet {
    asked: u32,
}

/// What is to be answered to each attempt; the last to all others, too.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Script {
    answers: Vec<Answer>,
    /// Asking again does no harm.
    repeat: bool,
    /// Filled in by the client.
    attempt: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
enum Answer {
    Done,
    DoneTwice,
    Failed,
    Elsewhere(Option<u32>),
    Unclear(Option<u32>),
    Nothing,
}

impl Kind for Script {
    fn kind(&self) -> &'static str {
        "Script"
    }
}

impl Machine for Puppet {
    type Message = ();
    type Request = Script;
    type Response = Answer;
    type Timer = ();
    type Record = ();

    fn restore(&mut self, (): ()) {}

    fn step(&mut self, input: Input<Self>, env: &mut Env<'_, Self>) {
        let Input::Request { id, request: Script { answers, attempt, .. } } = input else { return };
        self.asked += 1;
        let answer = answers[(attempt as usize).min(answers.len() - 1)];
        if answer != Answer::Nothing {
            env.respond(id, answer);
        }
        if answer == Answer::DoneTwice {
            env.respond(id, answer);
        }
    }

    fn state(&self) -> &'static str {
        "Hanging"
    }
}

const TIMEOUT: Duration = Duration::from_secs(1);

fn clients() -> Clients<Puppet> {
    let clients = Clients::<Puppet>::new(|_, answer| match *answer {
        Answer::Done | Answer::DoneTwice => Reply::Done,
        Answer::Failed => Reply::Failed,
        Answer::Elsewhere(hint) => Reply::Elsewhere(hint.map(NodeId)),
        Answer::Unclear(hint) => Reply::Unclear(hint.map(NodeId)),
        Answer::Nothing => unreachable!("that is not sent"),
    });
    clients
        .repeat(|script| script.repeat)
        .stamp(|attempt, script| Script { attempt: attempt.attempt, ..script.clone() })
        .timeout(TIMEOUT)
        .pause(Duration::from_millis(100))
        .attempts(3)
}

fn puppets() -> Plain<Puppet> {
    let settings = Settings { faults: Faults::NONE, ..Settings::default() };
    Plain::new("puppets", 3, |_| Puppet::default()).settings(settings).clients(1, clients())
}

fn operation(client: u32, nth: u32, at: u64, answers: &[Answer]) -> Deviation<Script> {
    let request = Script { answers: answers.to_vec(), repeat: false, attempt: 0 };
    let at = Duration::from_millis(at);
    Deviation::Request { client, nth, at, node: NodeId(0), request }
}

fn repeatable(mut deviation: Deviation<Script>) -> Deviation<Script> {
    if let Deviation::Request { request, .. } = &mut deviation {
        request.repeat = true;
    }
    deviation
}

/// Whom a client asks, and when.
#[derive(Default)]
struct Asked(Vec<(u64, u32)>);

impl Watch<Puppet> for Asked {
    fn event(&mut self, cluster: &Cluster<Puppet>, event: Event<'_, Puppet>) {
        if let Event::Input { node, input: Input::Request { .. } } = event {
            self.0.push((millis(cluster.now().as_nanos()), node.0));
        }
    }
}

fn millis(nanoseconds: u64) -> u64 {
    nanoseconds / 1_000_000
}

/// How a call ended, and in which millisecond; those that are open end in none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Done(u64),
    Failed(u64),
    Unknown(u64),
    Open,
}

fn end(call: &Call<Script, Answer>) -> End {
    match &call.outcome {
        Outcome::Completed { at, .. } => End::Done(millis(at.nanoseconds)),
        Outcome::Failed { at } => End::Failed(millis(at.nanoseconds)),
        Outcome::Unknown { at: Some(at) } => End::Unknown(millis(at.nanoseconds)),
        Outcome::Unknown { at: None } => End::Open,
    }
}

/// What the clients with these operations ask and learn.
fn told(deviations: &[Deviation<Script>]) -> (Vec<(u64, u32)>, Vec<End>) {
    let scenario = puppets();
    let (mut world, mut asked) = (World::new(&scenario), Asked::default());
    let replayed = world.replay(7, deviations, u64::MAX, &mut asked);
    assert_eq!(replayed.outcome.failure, None);
    assert!(replayed.matched.iter().all(|matched| *matched), "{replayed:?}");
    (asked.0, world.history().calls().iter().map(end).collect())
}

use Answer::{Done, DoneTwice, Elsewhere, Failed, Nothing, Unclear};

#[test]
fn an_answer_ends_an_operation() {
    let (asked, ends) = told(&[operation(0, 0, 100, &[Done])]);
    assert_eq!((asked, ends), (vec![(101, 0)], vec![End::Done(102)]));
    let (_, ends) = told(&[operation(0, 0, 100, &[Failed])]);
    assert_eq!(ends, [End::Failed(102)]);
}

#[test]
fn a_second_answer_to_one_attempt_is_none() {
    let (_, ends) = told(&[operation(0, 0, 100, &[DoneTwice]), operation(0, 1, 100, &[Nothing])]);
    assert_eq!(ends, [End::Done(102), End::Unknown(1_102)]);
}

#[test]
fn a_redirect_is_followed_at_once() {
    let (asked, ends) = told(&[operation(0, 0, 100, &[Elsewhere(Some(2)), Done])]);
    assert_eq!((asked, ends), (vec![(101, 0), (103, 2)], vec![End::Done(104)]));
}

#[test]
fn without_a_hint_that_helps_another_node_is_asked_after_a_pause() {
    for hint in [None, Some(0), Some(99)] {
        let (asked, ends) = told(&[operation(0, 0, 100, &[Elsewhere(hint), Done])]);
        let [(101, 0), (then, other)] = asked[..] else { panic!("{asked:?}") };
        assert!((203..=303).contains(&then) && [1, 2].contains(&other), "{asked:?}");
        assert_eq!(ends, [End::Done(then + 1)]);
    }
}

#[test]
fn who_was_sent_away_by_everybody_knows_that_nothing_has_happened() {
    let (asked, ends) = told(&[operation(0, 0, 100, &[Elsewhere(Some(1)), Elsewhere(Some(2))])]);
    assert_eq!((asked.len(), ends), (3, vec![End::Failed(106)]));
}

#[test]
fn silence_leaves_the_outcome_unknown_unless_asking_again_does_no_harm() {
    let (asked, ends) = told(&[operation(0, 0, 100, &[Nothing, Done])]);
    assert_eq!((asked.len(), ends), (1, vec![End::Unknown(1_100)]));
    let (asked, ends) = told(&[repeatable(operation(0, 0, 100, &[Nothing, Done]))]);
    let [(101, 0), (1_101, other)] = asked[..] else { panic!("{asked:?}") };
    assert_ne!(other, 0);
    assert_eq!(ends, [End::Done(1_102)]);
    let (asked, ends) = told(&[repeatable(operation(0, 0, 100, &[Nothing]))]);
    assert_eq!((asked.len(), ends), (3, vec![End::Unknown(3_100)]));
}

#[test]
fn what_is_unclear_is_unknown_unless_asking_again_does_no_harm() {
    let (_, ends) = told(&[operation(0, 0, 100, &[Unclear(Some(1)), Done])]);
    assert_eq!(ends, [End::Unknown(102)]);
    let (asked, ends) = told(&[repeatable(operation(0, 0, 100, &[Unclear(Some(1)), Done]))]);
    assert_eq!((asked, ends), (vec![(101, 0), (103, 1)], vec![End::Done(104)]));
}

#[test]
fn what_failed_in_the_end_may_have_taken_effect_before() {
    for first in [Nothing, Unclear(Some(1))] {
        let (_, ends) = told(&[repeatable(operation(0, 0, 100, &[first, Failed]))]);
        assert!(matches!(ends[..], [End::Unknown(_)]), "{first:?}: {ends:?}");
    }
    let (_, ends) = told(&[repeatable(operation(0, 0, 100, &[Elsewhere(None), Failed]))]);
    assert!(matches!(ends[..], [End::Failed(_)]), "{ends:?}");
}

#[test]
fn a_client_has_one_operation_at_a_time() {
    let (asked, ends) = told(&[
        operation(0, 0, 100, &[Nothing]),
        operation(0, 1, 100, &[Done]),
        operation(0, 2, 200, &[Done]),
        operation(1, 0, 200, &[Done]),
    ]);
    assert_eq!(asked, [(101, 0), (201, 0), (1_101, 0), (1_103, 0)]);
    assert_eq!(ends, [End::Unknown(1_100), End::Done(202), End::Done(1_102), End::Done(1_104)]);
}

#[test]
fn what_is_open_in_the_end_stays_open() {
    let (_, ends) = told(&[operation(0, 0, 19_500, &[Nothing])]);
    assert_eq!(ends, [End::Open]);
}

fn link(attempt: u32, way: Way, fate: Fate) -> Deviation<Script> {
    Deviation::ClientLink(ClientLink { client: 0, nth: 0, attempt, way, fate })
}

#[test]
fn a_late_answer_to_an_earlier_attempt_counts_and_one_after_the_end_does_not() {
    let late = Fate::Delayed { by: Duration::from_millis(1_200) };
    let once = repeatable(operation(0, 0, 100, &[Done, Nothing]));
    let (asked, ends) = told(&[once, link(0, Way::Answer, late)]);
    assert_eq!((asked.len(), ends), (2, vec![End::Done(1_302)]));
    let once = operation(0, 0, 100, &[Done]);
    let next = operation(0, 1, 100, &[Nothing]);
    let (_, ends) = told(&[once, next, link(0, Way::Answer, late)]);
    assert_eq!(ends, [End::Unknown(1_100), End::Unknown(2_100)]);
}

#[test]
fn a_request_can_arrive_when_the_client_waits_no_more() {
    let late = Fate::Delayed { by: Duration::from_millis(1_200) };
    let (asked, ends) = told(&[operation(0, 0, 100, &[Done]), link(0, Way::Request, late)]);
    assert_eq!((asked, ends), (vec![(1_301, 0)], vec![End::Unknown(1_100)]));
    let lost = link(0, Way::Request, Fate::Dropped);
    let (asked, ends) = told(&[operation(0, 0, 100, &[Done]), lost]);
    assert_eq!((asked, ends), (vec![], vec![End::Unknown(1_100)]));
}

#[test]
fn a_client_of_the_log_of_another_scenario_asks_nothing() {
    let scenario = puppets();
    let mut world = World::new(&scenario);
    let replayed = world.replay(0, &[operation(u32::MAX, 0, 1, &[Done])], u64::MAX, &mut ());
    assert_eq!((replayed.outcome.failure, replayed.matched), (None, vec![false]));
}

#[test]
fn a_cluster_that_a_client_will_ask_again_is_not_dead() {
    let asked_twice = Property::inevitable("somebody is asked again", |world| {
        let asked: u32 = world.live().map(|(_, puppet): (_, &Puppet)| puppet.asked).sum();
        ensure(asked == 2, || format!("asked {asked} times"))
    });
    let scenario = puppets().property(asked_twice);
    let mut world = World::new(&scenario);
    let late = |answers: &[Answer]| repeatable(operation(0, 0, 9_999, answers));
    for answers in [&[Nothing, Done][..], &[Elsewhere(None), Done], &[Elsewhere(Some(1)), Done]] {
        let replayed = world.replay(0, &[late(answers)], u64::MAX, &mut ());
        assert_eq!(replayed.outcome.failure, None, "{answers:?}");
    }
    let failure = world.replay(0, &[late(&[Done])], u64::MAX, &mut ()).outcome.failure;
    assert!(failure.is_some_and(|failure| failure.violation.detail.contains("scheduled any more")));
}

/// Three clients that are sent here and there, under all faults.
fn busy() -> Plain<Puppet> {
    Plain::new("busy puppets", 3, |_| Puppet::default())
        .ask(30, |dice| {
            let answers = [Done, Nothing, Elsewhere(None), Unclear(None), Elsewhere(Some(1))];
            let answers = (0..3).map(|_| *dice.pick(&answers)).collect();
            Script { answers, repeat: dice.below(2) == 0, attempt: 0 }
        })
        .clients(3, clients())
}

/// The calls of a client.
fn calls(world: &World<'_, Plain<Puppet>>, client: u32) -> Vec<(Script, u64, End)> {
    let calls = world.history().calls().iter().filter(|call| call.client.0 == client);
    calls.map(|call| (call.operation.clone(), call.invoked.nanoseconds, end(call))).collect()
}

#[test]
fn histories_are_recorded_and_replayed_alike_and_show_every_end() {
    let scenario = busy();
    let mut world = World::new(&scenario);
    let (mut done, mut failed, mut unknown, mut faults) = (0, 0, 0, 0);
    for seed in 0..200 {
        let outcome = world.search(seed);
        let history = world.history().clone();
        let recorded = world.record(seed);
        assert_eq!((&recorded.outcome, world.history()), (&outcome, &history), "seed {seed}");
        let replayed = world.replay(seed, &recorded.deviations, u64::MAX, &mut ());
        assert_eq!((&replayed.outcome, world.history()), (&outcome, &history), "seed {seed}");
        for call in history.calls() {
            match end(call) {
                End::Done(_) => done += 1,
                End::Failed(_) => failed += 1,
                End::Unknown(_) | End::Open => unknown += 1,
            }
        }
        let is_link = |one: &&Deviation<Script>| matches!(one, Deviation::ClientLink(_));
        faults += recorded.deviations.iter().filter(is_link).count();
    }
    assert!(done > 500 && failed > 100 && unknown > 500, "{done} {failed} {unknown}");
    assert!(faults > 500, "{faults}");
    let counted = |name| world.facts().get(name).total;
    assert_eq!(counted("operations of clients: completed"), done);
    assert_eq!(counted("operations of clients: failed"), failed);
    assert_eq!(counted("operations of clients: of unknown outcome"), unknown);
}

#[test]
fn leaving_out_an_operation_changes_nothing_for_other_clients() {
    let settings = Settings { faults: Faults::NONE, ..Settings::default() };
    let scenario = busy().settings(settings);
    let mut world = World::new(&scenario);
    for seed in 0..5 {
        let recorded = world.record(seed).deviations;
        let before = [0, 1, 2].map(|client| calls(&world, client));
        for (position, left_out) in recorded.iter().enumerate() {
            let Deviation::Request { client: of, .. } = left_out else { panic!("{left_out:?}") };
            let mut fewer = recorded.clone();
            fewer.remove(position);
            world.replay(seed, &fewer, u64::MAX, &mut ());
            for client in 0..3 {
                let (before, after) = (&before[client as usize], calls(&world, client));
                match client == *of {
                    false => assert_eq!(*before, after, "seed {seed}, without {left_out:?}"),
                    true => assert_eq!(before.len(), after.len() + 1),
                }
            }
        }
    }
}

/// What clients do, in words, for each event that there is.
#[derive(Default)]
struct Does(Vec<&'static str>);

impl Watch<Puppet> for Does {
    fn event(&mut self, _: &Cluster<Puppet>, event: Event<'_, Puppet>) {
        if let Event::Client { what, .. } = event {
            self.0.push(match what {
                ClientEvent::Invoked { .. } => "begins",
                ClientEvent::AskedAgain { .. } => "asks again",
                ClientEvent::Fated { .. } => "has bad luck",
                ClientEvent::Answered { .. } => "is answered",
                ClientEvent::Completed { .. } => "is done",
                ClientEvent::Failed => "fails",
                ClientEvent::GaveUp => "gives up",
            });
        }
    }
}

#[test]
fn whoever_watches_is_told_what_clients_do() {
    let scenario = puppets();
    let (mut world, mut does) = (World::new(&scenario), Does::default());
    let deviations = [
        repeatable(operation(0, 0, 100, &[Elsewhere(Some(1)), Done])),
        operation(0, 1, 200, &[Failed]),
        operation(0, 2, 300, &[Done]),
        Deviation::ClientLink(ClientLink {
            client: 0,
            nth: 2,
            attempt: 0,
            way: Way::Answer,
            fate: Fate::Dropped,
        }),
    ];
    world.replay(0, &deviations, u64::MAX, &mut does);
    let expected = [
        "begins",
        "is answered",
        "asks again",
        "is answered",
        "is done",
        "begins",
        "is answered",
        "fails",
        "begins",
        "has bad luck",
        "gives up",
    ];
    assert_eq!(does.0, expected);
}

#[test]
fn a_history_that_is_too_hard_is_no_violation_and_counted() {
    let judged = |bounds: Bounds| {
        let check = match bounds.steps {
            0 => |world: &World<'_, Plain<Puppet>>| judge(world, Bounds { steps: 0, bytes: 0 }),
            _ => |world: &World<'_, Plain<Puppet>>| judge(world, Bounds::default()),
        };
        let scenario = busy().property(Property::finally("clients read a register", check));
        let mut world = World::new(&scenario);
        let failures = (0..20).filter(|seed| world.search(*seed).failure.is_some()).count();
        (failures, world.facts().get(UNDECIDED))
    };
    let (failures, undecided) = judged(Bounds::default());
    assert_eq!((failures, undecided.runs), (0, 0));
    let (failures, undecided) = judged(Bounds { steps: 0, bytes: 0 });
    assert_eq!((failures, undecided.runs, undecided.total), (0, 20, 20));
}

/// All operations are reads of a register that nobody writes.
fn judge(world: &World<'_, Plain<Puppet>>, bounds: Bounds) -> stormglass_simulator::Verdict {
    world.linearizable(
        &Register::<i64>::default(),
        bounds,
        |_| Some(RegisterOperation::Read),
        |_, _| RegisterResult::Value(None),
    )
}
