//! A state machine that is written against the crate `fasm` 0.3 runs under the simulator as it is.
//!
//! The machine is the coffee shop that the crate comes with, retold: an app that redeems points of its
//! user, one redemption at a time. It has a gap that the simulator finds: an order that is cancelled
//! while the shop works on it is forgotten, and the shop takes the points all the same.

use std::fmt::Debug;
use std::hash::Hash;
use std::marker::PhantomData;

use fasm::actions as theirs;
use serde::{Deserialize, Serialize};
use stormglass_campaign::{Options, Report, campaign};
use stormglass_machine::{Dice, Kind};
use stormglass_simulator::{Attempt, Clients, Plain, Reply, ensure};
use stormglass_workflow::{
    Action, Actions, ActionsContainer, Config, Execute, External, InMemory, Input, NoRoom, Node,
    Request, Response, StateMachine, TrackedActionTypes, Workflow,
};

/// What a machine of theirs must be, besides being one: its values can be kept and compared.
trait Adaptable:
    fasm::StateMachine<
        State: InMemory,
        Input: Clone + Hash + Debug + Kind,
        TrackedAction: theirs::TrackedActionTypes<
            Id: Clone + Ord + Hash,
            Action: Clone + Hash + Kind,
            Result: Clone + Eq + Hash + Kind,
        >,
        UntrackedAction: Clone + Eq + Hash + Debug,
        Actions = Vec<
            theirs::Action<
                <Self as fasm::StateMachine>::UntrackedAction,
                <Self as fasm::StateMachine>::TrackedAction,
            >,
        >,
        TransitionError: Clone + Eq + Hash + Debug,
        RestoreError: Debug,
    >
{
    /// The other side of its tracked actions.
    type External: External<Types<Self>, Self::UntrackedAction>;
}

/// A machine of theirs as one of ours.
struct Adapter<F>(PhantomData<F>);

/// The types of its tracked actions.
struct Types<F: ?Sized>(PhantomData<F>);

type Theirs<F> = <F as fasm::StateMachine>::TrackedAction;

impl<F: Adaptable + ?Sized> TrackedActionTypes for Types<F> {
    type Id = <Theirs<F> as theirs::TrackedActionTypes>::Id;
    type Action = <Theirs<F> as theirs::TrackedActionTypes>::Action;
    type Result = <Theirs<F> as theirs::TrackedActionTypes>::Result;
}

/// Why an input is refused.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Refused<E> {
    /// The machine says so.
    Machine(E),
    /// It has no say in how much room there is.
    Actions(NoRoom),
}

type Queue<F> = Actions<<F as fasm::StateMachine>::UntrackedAction, Types<F>>;

impl<F: Adaptable> StateMachine for Adapter<F> {
    type State = F::State;
    type RestoreState = F::State;
    type Input = F::Input;
    type TrackedAction = Types<F>;
    type UntrackedAction = F::UntrackedAction;
    type Actions = Queue<F>;
    type TransitionError = Refused<F::TransitionError>;
    type RestoreError = Refused<F::RestoreError>;

    async fn stf(
        state: &mut F::State,
        input: Input<Types<F>, F::Input>,
        actions: &mut Queue<F>,
    ) -> Result<(), Self::TransitionError> {
        let input = match input {
            Input::Normal(input) => fasm::Input::Normal(input),
            Input::TrackedActionCompleted { id, result } => {
                fasm::Input::TrackedActionCompleted { id, result }
            }
        };
        let mut asked = Vec::new();
        F::stf(state, input, &mut asked).await.map_err(Refused::Machine)?;
        hand_over::<F>(&asked, actions).map_err(Refused::Actions)
    }

    async fn restore(state: &F::State, actions: &mut Queue<F>) -> Result<(), Self::RestoreError> {
        let mut asked = Vec::new();
        F::restore(state, &mut asked).await.map_err(Refused::Machine)?;
        hand_over::<F>(&asked, actions).map_err(Refused::Actions)
    }
}

fn hand_over<F: Adaptable>(asked: &F::Actions, actions: &mut Queue<F>) -> Result<(), NoRoom> {
    asked.iter().try_for_each(|action| {
        actions.add(match action {
            theirs::Action::Tracked(tracked) => {
                Action::new_tracked(tracked.id().clone(), tracked.action().clone())
            }
            theirs::Action::Untracked(untracked) => Action::new_untracked(untracked.clone()),
        })
    })
}

impl<F: Adaptable> Workflow for Adapter<F> {
    type External = F::External;

    fn view(committed: &F::State) -> &F::State {
        committed
    }
}

/// From here on it is theirs: the app of a coffee shop.
struct CoffeeShop;

#[derive(Clone, PartialEq, Hash, Debug)]
struct App {
    balance: u32,
    pending: Option<(u64, u32)>,
    next_id: u64,
}

impl InMemory for App {}

#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
enum Tap {
    Redeem(u32),
    Cancel,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Call {
    Redeem(u32),
    CheckStatus,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Answer {
    Success(u32),
    Failed,
}

impl Kind for Tap {
    fn kind(&self) -> &'static str {
        "Tap"
    }
}

impl Kind for Call {
    fn kind(&self) -> &'static str {
        "Call"
    }
}

impl Kind for Answer {
    fn kind(&self) -> &'static str {
        "Answer"
    }
}

struct Calls;

impl theirs::TrackedActionTypes for Calls {
    type Id = u64;
    type Action = Call;
    type Result = Answer;
}

type Asked = Vec<theirs::Action<&'static str, Calls>>;

impl fasm::StateMachine for CoffeeShop {
    type State = App;
    type Input = Tap;
    type TrackedAction = Calls;
    type UntrackedAction = &'static str;
    type Actions = Asked;
    type TransitionError = &'static str;
    type RestoreError = ();

    async fn stf(
        app: &mut App,
        input: fasm::Input<Calls, Tap>,
        actions: &mut Asked,
    ) -> Result<(), &'static str> {
        match input {
            fasm::Input::Normal(Tap::Redeem(points)) => {
                if app.pending.is_some() {
                    return Err("one is pending");
                }
                if app.balance < points {
                    return Err("too few points");
                }
                let call = theirs::TrackedAction::new(app.next_id, Call::Redeem(points));
                actions.push(theirs::Action::Untracked("a cup spins"));
                actions.push(theirs::Action::Tracked(call));
                app.pending = Some((app.next_id, points));
                app.next_id += 1;
            }
            fasm::Input::Normal(Tap::Cancel) => app.pending = None,
            fasm::Input::TrackedActionCompleted { id, result } => {
                let pending = app.pending.filter(|(pending, _)| *pending == id);
                pending.ok_or("another is pending, or none")?;
                if let Answer::Success(points) = result {
                    app.balance = app.balance.checked_sub(points).ok_or("too few points")?;
                }
                app.pending = None;
            }
        }
        Ok(())
    }

    async fn restore(app: &App, actions: &mut Asked) -> Result<(), ()> {
        if let Some((id, _)) = app.pending {
            let check = theirs::TrackedAction::new(id, Call::CheckStatus);
            actions.push(theirs::Action::Tracked(check));
        }
        Ok(())
    }
}

impl Adaptable for CoffeeShop {
    type External = Shop;
}

/// The other side: it knows redemptions by their ids.
#[derive(Clone, Debug)]
struct Shop;

impl External<Types<CoffeeShop>, &'static str> for Shop {
    type Entry = Answer;

    fn handle(
        &self,
        known: Option<&Answer>,
        command: &Execute<u64, Call>,
        sometimes: &mut dyn FnMut(&'static str) -> bool,
    ) -> (Option<Answer>, Option<Answer>) {
        let answer = match (known, &command.action) {
            (Some(known), _) => known.clone(),
            (None, Call::Redeem(points)) if !sometimes("the shop refuses") => {
                Answer::Success(*points)
            }
            (None, Call::Redeem(_) | Call::CheckStatus) => Answer::Failed,
        };
        (Some(answer.clone()), Some(answer))
    }
}

const POINTS: u32 = 100;

/// A campaign in which a user taps.
fn taps(name: &'static str, tap: fn(&mut Dice) -> Request<Tap>) -> Report {
    let clients = Clients::<Node<Adapter<CoffeeShop>>>::new(|_, response| match response {
        Response::Consumed { .. } => Reply::Done,
        Response::Stale => Reply::Failed,
        Response::Busy => Reply::Elsewhere(None),
        Response::Elsewhere(node) => Reply::Elsewhere(Some(*node)),
    });
    let stamp = |Attempt { client, nth, .. }: Attempt, request: &Request<Tap>| {
        request.clone().in_session(client.into(), nth.into())
    };
    let shop = Plain::new(name, 2, |node| match node.0 {
        0 => Node::worker(App { balance: POINTS, pending: None, next_id: 1 }, Config::default()),
        _ => Node::system(Shop, &Config::default()),
    })
    .ask(20, tap)
    .clients(1, clients.repeat(|_| true).stamp(stamp))
    .finally("the shop has taken what the app has taken", |world| {
        let nodes: Vec<_> = world.live().map(|(_, node)| node).collect();
        let app = nodes[0].as_worker().expect("the first is the app").committed();
        let ledger = nodes[1].as_system().expect("the second is the shop").ledger();
        let taken = |answer: &Answer| match answer {
            Answer::Success(points) => *points,
            Answer::Failed => 0,
        };
        let taken: u32 = ledger.values().map(taken).sum();
        ensure(app.balance + taken == POINTS, || format!("{app:?}, {taken} points were taken"))
    });
    let out = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("workflow-fasm");
    campaign(&shop, &Options { out, ..Options::new(0..200) })
}

#[test]
fn a_machine_of_theirs_recovers_from_whatever_happens() {
    let report = taps("coffee-shop", |dice| Request::new(Tap::Redeem(dice.within(1..=20) as u32)));
    assert!(report.passed, "{report}");
}

#[test]
fn what_is_wrong_with_a_machine_of_theirs_is_found() {
    let report = taps("coffee-shop-cancelled", |dice| match dice.below(2) {
        0 => Request::new(Tap::Cancel),
        _ => Request::new(Tap::Redeem(dice.within(1..=20) as u32)),
    });
    let found = report.failures.first().expect("points are lost");
    assert!(found.deviations.is_some_and(|deviations| deviations <= 3), "{report}");
}
