//! The executor: what is ready is run at once and on the stack, what waits is run again.

use std::collections::BTreeMap;
use std::task::Poll;

use allocation_counter::measure;
use stormglass_workflow::{
    Action, ActionList, Actions, ActionsContainer, Input, KeyValue, NoRoom, StateMachine,
    TrackedActionTypes, Transaction, poll_once,
};

/// Adds what it is told.
struct Sum;

struct Tracked;

impl TrackedActionTypes for Tracked {
    type Id = u64;
    type Action = u64;
    type Result = ();
}

type Queue = Actions<(), Tracked>;

impl StateMachine for Sum {
    type State = u64;
    type RestoreState = u64;
    type Input = u64;
    type TrackedAction = Tracked;
    type UntrackedAction = ();
    type Actions = Queue;
    type TransitionError = NoRoom;
    type RestoreError = NoRoom;

    async fn stf(
        state: &mut u64,
        input: Input<Tracked, u64>,
        actions: &mut Queue,
    ) -> Result<(), NoRoom> {
        if let Input::Normal(more) = input {
            actions.add(Action::new_tracked(*state, more))?;
            *state += more;
        }
        Ok(())
    }

    async fn restore(state: &u64, actions: &mut Queue) -> Result<(), NoRoom> {
        actions.add(Action::new_tracked(*state, 0))
    }
}

#[test]
fn a_transition_that_is_ready_allocates_nothing() {
    let mut state = 0;
    let mut actions = Queue::with_capacity(4).expect("there is room");
    let counted = measure(|| {
        for more in 0..100 {
            actions.clear().expect("it can be cleared");
            let polled = poll_once(Sum::stf(&mut state, Input::Normal(more), &mut actions));
            assert_eq!(polled, Poll::Ready(Ok(())));
            let polled = poll_once(Sum::restore(&state, &mut actions));
            assert_eq!(polled, Poll::Ready(Ok(())));
            assert_eq!(actions.list().len(), 2);
        }
    });
    assert_eq!(state, 99 * 100 / 2);
    assert_eq!(counted.count_total, 0);
}

#[test]
fn a_container_takes_what_it_has_room_for() {
    let mut actions = Queue::new().expect("there is room");
    for room in 0..4 {
        actions.clear().expect("it can be cleared");
        actions.set_room(room);
        for nth in 0..5 {
            let added = actions.add(Action::new_untracked(()));
            assert_eq!(added.is_ok(), nth < room);
        }
        assert_eq!(actions.list().len(), room);
    }
}

/// Moves a value from one key to another.
async fn moved(store: &mut KeyValue<u8, u64>, from: u8, to: u8) -> u64 {
    let value = store.get(&from).await.unwrap_or(0);
    let before = store.get(&to).await.unwrap_or(0);
    store.remove(from);
    store.set(to, before + value);
    store.get(&to).await.unwrap_or(0)
}

#[test]
fn a_transition_that_waits_is_run_again_on_what_was_read() {
    let mut committed = BTreeMap::from([(1, 30), (2, 12)]);
    let mut reads = Default::default();
    let mut runs = 0;
    let (store, sum) = loop {
        runs += 1;
        let mut store = KeyValue::begin(&committed, &reads);
        match poll_once(moved(&mut store, 1, 2)) {
            Poll::Ready(sum) => break (store, sum),
            Poll::Pending => assert!(store.fetch(&committed, &mut reads)),
        }
    };
    // Once for each key, and what it has written it reads at once.
    assert_eq!((runs, sum), (3, 42));
    assert_eq!(committed, BTreeMap::from([(1, 30), (2, 12)]));
    store.commit(&mut committed);
    assert_eq!(committed, BTreeMap::from([(2, 42)]));
}

#[test]
fn who_waits_for_nothing_fetches_nothing() {
    let committed = BTreeMap::<u8, u64>::new();
    let store = KeyValue::begin(&committed, &Default::default());
    assert!(!store.fetch(&committed, &mut Default::default()));
    assert!(!plain_fetches());
}

fn plain_fetches() -> bool {
    #[derive(Clone, PartialEq, Hash, Debug)]
    struct Plain;
    impl stormglass_workflow::InMemory for Plain {}
    Plain.fetch(&Plain, &mut ())
}
