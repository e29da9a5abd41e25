//! A transition or a restore, run by a checker on a copy.

use std::task::Poll;

use stormglass_workflow::{
    Action, ActionList, ActionsContainer, Input, Process, SnapshotOf, TrackedAction, Transaction,
    poll_once,
};

use crate::workflow::example::Example;

/// What an input is, as a transition takes it.
pub type InputOf<E> = Input<
    <E as stormglass_workflow::StateMachine>::TrackedAction,
    <E as stormglass_workflow::StateMachine>::Input,
>;
/// What a transition asks for.
pub type ActionsOf<E> = Vec<
    Action<
        <E as stormglass_workflow::StateMachine>::UntrackedAction,
        <E as stormglass_workflow::StateMachine>::TrackedAction,
    >,
>;
/// A tracked action of an example.
pub type TrackedOf<E> = TrackedAction<<E as stormglass_workflow::StateMachine>::TrackedAction>;

/// How a trial went.
pub struct Trial<E: Example> {
    /// What came of it.
    pub result: Result<(), E::TransitionError>,
    /// The state afterwards; after an error, as the transition has left it.
    pub state: SnapshotOf<E>,
    /// What it asked for.
    pub actions: ActionsOf<E>,
}

impl<E: Example> Trial<E> {
    /// Runs a transition in a process, with room for so many actions.
    pub fn run(
        before: &SnapshotOf<E>,
        input: &InputOf<E>,
        process: &Process,
        room: usize,
    ) -> Trial<E> {
        let mut state = before.clone();
        E::State::enter(&mut state, process);
        let mut actions = container::<E>(room);
        let mut reads = Default::default();
        loop {
            actions.clear().expect("a container can be cleared");
            let mut transaction = E::State::begin(&state, &reads);
            match poll_once(E::stf(&mut transaction, input.clone(), &mut actions)) {
                Poll::Ready(result) => {
                    transaction.commit(&mut state);
                    return Trial { result, state, actions: actions.list().to_vec() };
                }
                Poll::Pending => {
                    let fetched = transaction.fetch(&state, &mut reads);
                    assert!(fetched, "a transition awaits nothing but its store");
                }
            }
        }
    }

    /// Its tracked actions.
    pub fn tracked(&self) -> impl Iterator<Item = &TrackedOf<E>> {
        tracked::<E>(&self.actions)
    }

    /// Its untracked actions.
    pub fn untracked(&self) -> impl Iterator<Item = &E::UntrackedAction> {
        self.actions.iter().filter_map(|action| match action {
            Action::Untracked(untracked) => Some(untracked),
            Action::Tracked(_) => None,
        })
    }
}

/// Those of the actions that are tracked.
pub fn tracked<E: Example>(
    actions: &[Action<E::UntrackedAction, E::TrackedAction>],
) -> impl Iterator<Item = &TrackedOf<E>> {
    actions.iter().filter_map(|action| match action {
        Action::Tracked(tracked) => Some(tracked),
        Action::Untracked(_) => None,
    })
}

/// What a restart would ask for in this state, in a process; and the state afterwards.
pub fn restored<E: Example>(
    state: &SnapshotOf<E>,
    process: &Process,
) -> (ActionsOf<E>, SnapshotOf<E>) {
    let mut state = state.clone();
    E::State::enter(&mut state, process);
    let mut actions = container::<E>(usize::MAX);
    match poll_once(E::restore(E::view(&state), &mut actions)) {
        Poll::Ready(Ok(())) => (actions.list().to_vec(), state),
        _ => panic!("there is room for the unfinished actions, and nothing to await"),
    }
}

fn container<E: Example>(room: usize) -> E::Actions {
    let mut actions = E::Actions::new().expect("there is room for an empty container");
    actions.set_room(room);
    actions
}

/// Two processes that have nothing in common.
pub fn processes() -> [Process; 2] {
    [1, 2].map(|hash_seed| Process {
        hash_seed,
        wall: stormglass_machine::Time::from_nanos(hash_seed << 40),
        ..Process::default()
    })
}
