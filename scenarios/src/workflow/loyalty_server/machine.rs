//! The state machine: points are taken at once, and given back if the till refuses.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use stormglass_machine::Kind;
use stormglass_workflow::{
    Action, Actions, ActionsContainer, InMemory, Input, NoRoom, Process, StateMachine,
    TrackedActionTypes, Workflow,
};

use super::till::Till;
use crate::workflow::example::bugs;

bugs! {
    /// A redemption is sent to the till and is not kept in the state.
    NotStored "not-stored"
    /// A restart sends the discount once more instead of asking for its status.
    ResendsDiscount "resends-discount"
    /// The till answers that it has not seen a discount, and does not refuse it later.
    NoFence "no-fence"
    /// That the till does not know a discount is taken for its having given it.
    UnknownIsDone "unknown-is-done"
    /// The counter of ids does not move.
    IdStandsStill "id-stands-still"
    /// Points beyond the largest number are lost without a word.
    SaturatingPoints "saturating-points"
    /// A restart goes through the redemptions in the order of a hash map.
    HashOrder "hash-order"
    /// A discount that takes time is never asked about again.
    NeverAsksAgain "never-asks-again"
    /// A discount that was given is left among those that are not.
    IgnoresResult "ignores-result"
}

/// The state machine.
pub struct LoyaltyServer;

/// Who has how many points, and which are on their way to the till.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct State {
    /// The points of each user.
    pub points: BTreeMap<u32, u32>,
    /// What the till was asked for.
    pub pending: BTreeMap<u64, Redemption>,
    next_id: u64,
    process: Process,
    bug: Option<Bug>,
}

/// Points that are to become a discount.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Redemption {
    /// Whose points.
    pub user: u32,
    /// The order that becomes cheaper.
    pub order: u32,
    /// How many points.
    pub points: u32,
    /// By how much.
    pub cents: u64,
}

/// So many cents a point is worth.
pub const CENTS: u64 = 5;

/// So many points the first user has at the beginning.
pub const POINTS: u32 = 100;

impl State {
    /// The first user has some points, and nothing is on its way.
    pub fn new(bug: Option<Bug>) -> Self {
        State {
            points: BTreeMap::from([(0, POINTS)]),
            pending: BTreeMap::new(),
            next_id: 1,
            process: Process::default(),
            bug,
        }
    }

    fn has(&self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }
}

impl InMemory for State {
    fn enter(&mut self, process: &Process) {
        self.process = process.clone();
    }
}

/// What can be asked for.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Ask {
    /// A new user.
    CreateAccount {
        /// Who.
        user: u32,
    },
    /// Points are granted.
    AddPoints {
        /// To whom.
        user: u32,
        /// How many.
        points: u32,
    },
    /// Points are to become a discount.
    RedeemPoints {
        /// Whose.
        user: u32,
        /// For which order.
        order: u32,
        /// How many.
        points: u32,
    },
}

impl Kind for Ask {
    fn kind(&self) -> &'static str {
        match self {
            Ask::CreateAccount { .. } => "CreateAccount",
            Ask::AddPoints { .. } => "AddPoints",
            Ask::RedeemPoints { .. } => "RedeemPoints",
        }
    }
}

/// What the till is told.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Command {
    /// Take this off an order.
    ApplyDiscount {
        /// Which order.
        order: u32,
        /// How much.
        cents: u64,
    },
    /// What has become of it?
    CheckDiscountStatus,
}

impl Kind for Command {
    fn kind(&self) -> &'static str {
        match self {
            Command::ApplyDiscount { .. } => "ApplyDiscount",
            Command::CheckDiscountStatus => "CheckDiscountStatus",
        }
    }
}

/// What the till says.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Answer {
    /// The order is cheaper.
    DiscountApplied,
    /// It is not, and will not be.
    Failed(Reason),
    /// Not yet.
    Pending,
}

/// Why there is no discount.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Reason {
    /// The till does not give it.
    Refused,
    /// The till had not heard of it when it was asked.
    Unseen,
}

impl Kind for Answer {
    fn kind(&self) -> &'static str {
        match self {
            Answer::DiscountApplied => "DiscountApplied",
            Answer::Failed(_) => "Failed",
            Answer::Pending => "Pending",
        }
    }
}

/// What others may like to hear.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Notice {
    /// A line in a journal.
    Event(&'static str),
    /// A message to a user.
    Push(u32),
}

/// Why an input is refused.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Refused {
    /// There is no such user.
    UserNotFound,
    /// There is one already.
    UserAlreadyExists,
    /// There are too few points.
    InsufficientPoints,
    /// There are too many.
    TooManyPoints,
    /// Nothing waits for this answer.
    RedemptionNotFound,
    /// There is no room for the actions.
    Actions(NoRoom),
}

impl From<NoRoom> for Refused {
    fn from(error: NoRoom) -> Self {
        Refused::Actions(error)
    }
}

/// The types of the till.
pub struct Tracked;

impl TrackedActionTypes for Tracked {
    type Id = u64;
    type Action = Command;
    type Result = Answer;
}

type Queue = Actions<Notice, Tracked>;

impl StateMachine for LoyaltyServer {
    type State = State;
    type RestoreState = State;
    type Input = Ask;
    type TrackedAction = Tracked;
    type UntrackedAction = Notice;
    type Actions = Queue;
    type TransitionError = Refused;
    type RestoreError = NoRoom;

    async fn stf(
        state: &mut State,
        input: Input<Tracked, Ask>,
        actions: &mut Queue,
    ) -> Result<(), Refused> {
        match input {
            Input::Normal(Ask::CreateAccount { user }) => create(state, user),
            Input::Normal(Ask::AddPoints { user, points }) => add(state, user, points, actions),
            Input::Normal(Ask::RedeemPoints { user, order, points }) => {
                redeem(state, user, order, points, actions)
            }
            Input::TrackedActionCompleted { id, result } => answered(state, id, result, actions),
        }
    }

    async fn restore(state: &State, actions: &mut Queue) -> Result<(), NoRoom> {
        let mut pending: Vec<_> = state.pending.iter().collect();
        if state.has(Bug::HashOrder) {
            // As a hash map with the seed of this process would have it.
            pending.sort_by_key(|(id, _)| {
                (**id ^ state.process.hash_seed).wrapping_mul(0x9e37_79b9_7f4a_7c15)
            });
        }
        for (id, redemption) in pending {
            let Redemption { order, cents, .. } = *redemption;
            let command = match state.has(Bug::ResendsDiscount) {
                true => Command::ApplyDiscount { order, cents },
                false => Command::CheckDiscountStatus,
            };
            actions.add(Action::new_tracked(*id, command))?;
        }
        Ok(())
    }
}

fn create(state: &mut State, user: u32) -> Result<(), Refused> {
    if state.points.contains_key(&user) {
        return Err(Refused::UserAlreadyExists);
    }
    state.points.insert(user, 0);
    Ok(())
}

fn add(state: &mut State, user: u32, points: u32, actions: &mut Queue) -> Result<(), Refused> {
    let balance = *state.points.get(&user).ok_or(Refused::UserNotFound)?;
    let more = match state.has(Bug::SaturatingPoints) {
        true => balance.saturating_add(points),
        // What is on its way to the till may come back.
        false => {
            let away = state.pending.values().filter(|pending| pending.user == user);
            let away = away.map(|pending| u64::from(pending.points)).sum::<u64>();
            let all = u64::from(balance) + u64::from(points) + away;
            u32::try_from(all).map_err(|_| Refused::TooManyPoints)?;
            balance + points
        }
    };
    actions.add(Action::new_untracked(Notice::Push(user)))?;
    state.points.insert(user, more);
    Ok(())
}

fn redeem(
    state: &mut State,
    user: u32,
    order: u32,
    points: u32,
    actions: &mut Queue,
) -> Result<(), Refused> {
    let balance = *state.points.get(&user).ok_or(Refused::UserNotFound)?;
    let rest = balance.checked_sub(points).ok_or(Refused::InsufficientPoints)?;
    let (id, cents) = (state.next_id, CENTS * u64::from(points));
    actions.add(Action::new_untracked(Notice::Event("redemption")))?;
    actions.add(Action::new_tracked(id, Command::ApplyDiscount { order, cents }))?;
    actions.add(Action::new_untracked(Notice::Push(user)))?;
    state.points.insert(user, rest);
    if !state.has(Bug::NotStored) {
        state.pending.insert(id, Redemption { user, order, points, cents });
    }
    if !state.has(Bug::IdStandsStill) {
        state.next_id += 1;
    }
    Ok(())
}

fn answered(
    state: &mut State,
    id: u64,
    answer: Answer,
    actions: &mut Queue,
) -> Result<(), Refused> {
    let pending = state.pending.get(&id).ok_or(Refused::RedemptionNotFound)?;
    let (user, points) = (pending.user, pending.points);
    match answer {
        Answer::DiscountApplied => {
            actions.add(Action::new_untracked(Notice::Push(user)))?;
            if !state.has(Bug::IgnoresResult) {
                state.pending.remove(&id);
            }
        }
        Answer::Failed(Reason::Unseen) if state.has(Bug::UnknownIsDone) => {
            state.pending.remove(&id);
        }
        Answer::Failed(_) => {
            actions.add(Action::new_untracked(Notice::Push(user)))?;
            let balance = state.points.get_mut(&user).ok_or(Refused::UserNotFound)?;
            // There was room for them when the last points were added.
            *balance += points;
            state.pending.remove(&id);
        }
        Answer::Pending if state.has(Bug::NeverAsksAgain) => {}
        Answer::Pending => {
            actions.add(Action::new_tracked(id, Command::CheckDiscountStatus))?;
        }
    }
    Ok(())
}

impl Workflow for LoyaltyServer {
    type External = Till;

    fn view(committed: &State) -> &State {
        committed
    }
}
