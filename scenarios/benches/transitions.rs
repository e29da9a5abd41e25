//! A hundred thousand random inputs for a workflow, one after the other, in memory: what its
//! transitions cost without a world around them. Items are inputs.

use std::task::Poll;

use divan::counter::ItemsCount;
use divan::{AllocProfiler, Bencher};
use stormglass_machine::Dice;
use stormglass_scenarios::workflow::payment::{Answer, Ask, Payments, State};
use stormglass_workflow::{
    ActionList, Actions, ActionsContainer, Input, StateMachine, Transaction, poll_once,
};

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

const INPUTS: u64 = 100_000;

fn main() {
    divan::main();
}

type Queue =
    Actions<<Payments as StateMachine>::UntrackedAction, <Payments as StateMachine>::TrackedAction>;

/// An answer to something that is pending, in two of five cases; else a client's input.
fn input(state: &State, dice: &mut Dice) -> Input<<Payments as StateMachine>::TrackedAction, Ask> {
    let pending = state.pending.len() as u64;
    if pending > 0 && dice.below(5) < 2 {
        let nth = dice.below(pending) as usize;
        let id = *state.pending.keys().nth(nth).expect("there are so many");
        let result = if dice.below(20) < 17 { Answer::Charged } else { Answer::Declined };
        return Input::TrackedActionCompleted { id, result };
    }
    let (user, cents) = (dice.below(10) as u32, dice.within(1..=100));
    Input::Normal(match dice.below(2) {
        0 => Ask::Deposit { user, cents },
        _ => Ask::Pay { user, cents, at: dice.below(1_000) },
    })
}

/// In place, as a program does whose transitions change nothing when they fail.
#[divan::bench(sample_count = 10)]
fn in_place(bencher: Bencher) {
    bencher.counter(ItemsCount::new(INPUTS)).bench_local(|| {
        let (mut state, mut dice) = (State::new(None), Dice::new(7, "transitions", 0));
        let mut actions = Queue::new().expect("there is room");
        for _ in 0..INPUTS {
            let input = input(&state, &mut dice);
            actions.clear().expect("it can be cleared");
            let polled = poll_once(Payments::stf(&mut state, input, &mut actions));
            assert!(matches!(polled, Poll::Ready(_)));
        }
        (state, actions.list().len())
    });
}

/// On a copy of the state that is committed if the transition does not fail, as the worker does it.
#[divan::bench(sample_count = 10)]
fn in_transactions(bencher: Bencher) {
    bencher.counter(ItemsCount::new(INPUTS)).bench_local(|| {
        let (mut state, mut dice) = (State::new(None), Dice::new(7, "transitions", 0));
        let mut actions = Queue::new().expect("there is room");
        for _ in 0..INPUTS {
            let input = input(&state, &mut dice);
            actions.clear().expect("it can be cleared");
            let mut transaction = <State as Transaction>::begin(&state, &());
            let polled = poll_once(Payments::stf(&mut transaction, input, &mut actions));
            if matches!(polled, Poll::Ready(Ok(()))) {
                transaction.commit(&mut state);
            }
        }
        state
    });
}
