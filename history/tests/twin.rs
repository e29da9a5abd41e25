//! The checker and its dumb twin agree, and the histories on which they do are such that a
//! checker with a mistake would not.

mod support;

use stormglass_history::models::counter::Counter;
use stormglass_history::models::keyed::Keyed;
use stormglass_history::models::list::List;
use stormglass_history::models::lock::Lock;
use stormglass_history::models::map::Map;
use stormglass_history::models::queue::Queue;
use stormglass_history::models::register::Register;
use stormglass_history::{
    Bounds, HistoryOf, MOST_DEAD_ENDS, Model, Object, Verdict, check, verify,
};

use support::clients::Clients;
use support::dice::Dice;
use support::draw::Draw;
use support::mutate::mutate;
use support::script::{Script, Step};
use support::twin::{Rules, is_linearizable};

/// Of each of nine models: more than a hundred thousand in all.
const HISTORIES: u64 = 11_500;

/// A history of up to eight calls: of clients of an object that works, changed in up to
/// four places in two of three cases.
fn history<T: Draw>(object: &T, seed: u64) -> (HistoryOf<T>, bool) {
    let mut dice = Dice::new(seed);
    let clients = Clients {
        clients: 1 + dice.below(4),
        calls: 8 - dice.below(8) * dice.below(8) / 7,
        unknown: [0, 200, 400][dice.below(3)],
        failing: [0, 150][dice.below(2)],
    };
    let mut script = clients.run(object, &mut dice, &mut |dice| object.draw(dice));
    let good = script.history().expect("clients make no malformed history");
    let changes = [0, 2, 4][dice.below(3)];
    for _ in 0..changes {
        mutate(object, &mut dice, &mut script);
    }
    // What became malformed is not changed.
    match script.history() {
        Ok(changed) if changes > 0 => (changed, false),
        _ => (good, true),
    }
}

/// Compares the two on histories of the object; each verdict must be frequent.
fn agree<T: Draw>(object: &T) {
    let mut linearizable = 0;
    for seed in 0..HISTORIES {
        let (history, unchanged) = history(object, seed);
        let expected = is_linearizable(object, &history, Rules::Right);
        assert!(expected || !unchanged, "seed {seed}: not linearizable by construction");
        agree_on(object, &history, expected, seed);
        linearizable += u64::from(expected);
    }
    let violations = HISTORIES - linearizable;
    assert!(linearizable > HISTORIES / 3, "only {linearizable} linearizable");
    assert!(violations > HISTORIES / 12, "only {violations} violations");
}

fn agree_on<M: Model>(model: &M, history: &HistoryOf<M>, expected: bool, seed: u64) {
    let checked = check(model, history, Bounds::default());
    match &checked.verdict {
        Verdict::Linearizable(witness) => {
            assert!(expected, "seed {seed}: the twin finds no order: {history:?}");
            assert_eq!(verify(model, history, witness), Ok(()), "seed {seed}: {history:?}");
        }
        Verdict::NotLinearizable(violation) => {
            assert!(!expected, "seed {seed}: the twin finds an order: {history:?}");
            let at = history.call(violation.call).completion().expect("it completed").0.event;
            let (key, ends) = (&violation.key, &violation.dead_ends);
            assert!(holds(model, history, key, at), "seed {seed}: not the longest prefix");
            assert!(!holds(model, history, key, at + 1), "seed {seed}: this can be explained");
            assert!(violation.shortest, "seed {seed}");
            assert!(violation.all_dead_ends || ends.len() == MOST_DEAD_ENDS, "seed {seed}");
            assert!(!ends.is_empty(), "seed {seed}: {history:?}");
            assert!(violation.describe(model, history).contains("fits nowhere"));
        }
        Verdict::GaveUp(gave_up) => panic!("seed {seed}: {gave_up}"),
    }
}

/// Whether the twin finds an order of the calls of this key for the events before this one, when
/// calls that failed later are left out.
fn holds<M: Model>(model: &M, history: &HistoryOf<M>, key: &M::Key, end: u32) -> bool {
    let script = Script::of(history);
    let events = script.steps.into_iter().zip(history.events()).take(end as usize);
    let events = events.filter(|(_, (_, id, _))| {
        let call = history.call(*id);
        call.may_have_happened() && model.key(&call.operation) == *key
    });
    let steps = events.map(|(step, _)| step).collect();
    let prefix = Script { steps }.history().expect("a prefix is well formed");
    is_linearizable(model, &prefix, Rules::Right)
}

#[test]
fn agree_on_registers() {
    agree(&Register::<i64>::default());
}

#[test]
fn agree_on_maps() {
    agree(&Map::<i64, i64>::new());
}

#[test]
fn agree_on_lists() {
    agree(&List::<i64>::new());
}

#[test]
fn agree_on_counters() {
    agree(&Counter);
}

#[test]
fn agree_on_queues() {
    agree(&Queue::<i64>::new());
}

#[test]
fn agree_on_locks() {
    agree(&Lock);
}

#[test]
fn agree_on_many_queues_at_once() {
    let model = Keyed::<_, i64>::new(Queue::<i64>::new());
    let mut linearizable = 0;
    for seed in 0..HISTORIES {
        let mut dice = Dice::new(seed);
        let (one, _) = history(&Queue::<i64>::new(), seed);
        // Which queue, by chance, but the same for an operation and its result.
        let mut script = Script { steps: Vec::new() };
        for (client, step) in Script::of(&one).steps {
            script.steps.push((
                client,
                match step {
                    Step::Invoke(operation) => Step::Invoke((dice.below(2) as i64, operation)),
                    Step::Complete(result) => Step::Complete(result),
                    Step::Fail => Step::Fail,
                    Step::Unknown => Step::Unknown,
                },
            ));
        }
        let keyed = script.history().expect("only the keys are new");
        let expected = is_linearizable(&model, &keyed, Rules::Right);
        agree_on(&model, &keyed, expected, seed);
        linearizable += u64::from(expected);
    }
    assert!(linearizable > HISTORIES / 10, "only {linearizable} linearizable");
    assert!(HISTORIES - linearizable > HISTORIES / 10, "{linearizable} linearizable");
}

/// How often, on the histories above, a checker that goes by other rules gives another answer.
fn caught<T: Draw>(object: &T, rules: Rules) -> usize {
    let differs = |seed: &u64| {
        let (history, _) = history(object, *seed);
        let right = is_linearizable(object, &history, Rules::Right);
        right != is_linearizable(object, &history, rules)
    };
    (0..2_000).filter(differs).count()
}

#[test]
fn mistakes_that_a_checker_could_make_would_be_caught() {
    for rules in [
        Rules::NoRealTime,
        Rules::ProgramOrder,
        Rules::UnknownFailed,
        Rules::UnknownCompleted,
        Rules::UnknownUntilTimeout,
        Rules::FailedUnknown,
        Rules::OffByOne,
    ] {
        let found = [
            caught(&Register::<i64>::default(), rules),
            caught(&Map::<i64, i64>::new(), rules),
            caught(&List::<i64>::new(), rules),
            caught(&Counter, rules),
            caught(&Queue::<i64>::new(), rules),
            caught(&Lock, rules),
        ];
        assert!(found.iter().all(|&found| found >= 5), "{rules:?}: {found:?} of 2000");
    }
}

/// An object of one key that gives no hint which operations read only.
struct NoHints<T>(T);

impl<T: Object<Key = ()>> Object for NoHints<T> {
    type Operation = T::Operation;
    type Result = T::Result;
    type State = T::State;
    type Key = ();

    fn name(&self) -> &str {
        Object::name(&self.0)
    }

    fn key(&self, _: &T::Operation) {}

    fn initial(&self, _: &()) -> T::State {
        Object::initial(&self.0, &())
    }

    fn apply(&self, state: &T::State, operation: &T::Operation) -> (T::State, T::Result) {
        self.0.apply(state, operation)
    }
}

impl<T: Draw<Key = ()>> Draw for NoHints<T> {
    fn draw(&self, dice: &mut Dice) -> T::Operation {
        self.0.draw(dice)
    }
}

#[test]
fn agree_without_hints() {
    agree(&NoHints(Register::<i64>::default()));
}

/// A die that lies on a table: who throws it may say what it shows, or not.
struct Die;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Throw {
    /// It shows anything but what it showed.
    Any,
    /// It shows one or two more, if it showed less than four.
    Nudge,
    Look,
}

impl Model for Die {
    type Operation = Throw;
    type Result = u8;
    type State = u8;
    type Key = ();

    fn name(&self) -> &str {
        "die"
    }

    fn key(&self, _: &Throw) {}

    fn initial(&self, _: &()) -> u8 {
        1
    }

    fn step(&self, state: &u8, operation: &Throw, shows: &u8) -> Option<u8> {
        let mut after = Vec::new();
        self.step_unknown(state, operation, &mut after);
        after.contains(shows).then_some(*shows)
    }

    fn step_unknown(&self, state: &u8, operation: &Throw, after: &mut Vec<u8>) {
        match operation {
            Throw::Any => after.extend((1..=6).filter(|shows| shows != state)),
            Throw::Nudge if *state < 4 => after.extend([state + 1, state + 2]),
            Throw::Nudge => {}
            Throw::Look => after.push(*state),
        }
    }

    fn reads_only(&self, operation: &Throw, _: Option<&u8>) -> bool {
        *operation == Throw::Look
    }
}

/// Throws by up to four clients, a third of unknown outcome, with results by chance.
fn throws(seed: u64) -> HistoryOf<Die> {
    let mut dice = Dice::new(seed);
    let mut open = [false; 4];
    let mut steps = Vec::new();
    for _ in 0..4 + dice.below(12) {
        let client = dice.below(4);
        let step = match (open[client], dice.below(3)) {
            (false, 0) => Step::Invoke(Throw::Any),
            (false, 1) => Step::Invoke(Throw::Nudge),
            (false, _) => Step::Invoke(Throw::Look),
            (true, 0) => Step::Unknown,
            (true, _) => Step::Complete(1 + dice.below(4) as u8),
        };
        open[client] = !open[client];
        steps.push((client as u32, step));
    }
    Script { steps }.history().expect("calls are opened and ended in turn")
}

#[test]
fn agree_on_an_object_that_chooses() {
    let mut linearizable = 0;
    for seed in 0..HISTORIES {
        let history = throws(seed);
        let expected = is_linearizable(&Die, &history, Rules::Right);
        agree_on(&Die, &history, expected, seed);
        linearizable += u64::from(expected);
    }
    assert!(linearizable > HISTORIES / 3, "only {linearizable} linearizable");
    assert!(HISTORIES - linearizable > HISTORIES / 5, "{linearizable} linearizable");
}
