//! The state machine: one redemption at a time, and a way back.

use serde::{Deserialize, Serialize};
use stormglass_machine::Kind;
use stormglass_workflow::{
    Action, Actions, ActionsContainer, InMemory, Input, NoRoom, StateMachine, TrackedActionTypes,
    Workflow,
};

use super::server::Server;
use crate::workflow::example::bugs;

bugs! {
    /// The points of a cancelled order that the server has taken all the same are not asked back.
    ForgetsCancelled "forgets-cancelled"
    /// Cancelling asks the points back at once, not knowing whether they were taken, and again each time.
    CancelRefunds "cancel-refunds"
    /// A redemption that has succeeded stays pending.
    IgnoresSuccess "ignores-success"
    /// What the server has taken is taken from what is not there, down to zero, without a word.
    FloorsBalance "floors-balance"
}

/// The state machine.
pub struct LoyaltyClient;

/// What the app knows.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct State {
    /// The points of the user.
    pub balance: u32,
    /// What the order costs, in cents.
    pub total: u64,
    /// The redemption under way.
    pub pending: Option<Redemption>,
    /// The id of the next.
    pub next_id: u64,
    bug: Option<Bug>,
}

/// Points that are to be redeemed.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Redemption {
    /// Its id.
    pub id: u64,
    /// How many points.
    pub points: u32,
    /// How far it is.
    pub status: Status,
}

/// How far a redemption is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Status {
    /// The server was asked.
    Requested,
    /// The order was cancelled, and the server may have taken the points.
    Cancelled,
    /// The server has taken the points, and was asked to give them back.
    Refunding,
}

impl Status {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Status::Requested => "Requested",
            Status::Cancelled => "Cancelled",
            Status::Refunding => "Refunding",
        }
    }
}

/// What the user has at the beginning.
pub const BALANCE: u32 = 300;
/// What the order costs at the beginning, in cents.
pub const TOTAL: u64 = 600;

impl State {
    /// Nothing is under way.
    pub fn new(bug: Option<Bug>) -> Self {
        State { balance: BALANCE, total: TOTAL, pending: None, next_id: 1, bug }
    }

    fn has(&self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }
}

impl InMemory for State {}

/// What the user does.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Ask {
    /// Makes the order cheaper.
    RedeemPoints {
        /// By so many points.
        points: u32,
    },
    /// Cancels the order.
    CancelOrder,
}

impl Kind for Ask {
    fn kind(&self) -> &'static str {
        match self {
            Ask::RedeemPoints { .. } => "RedeemPoints",
            Ask::CancelOrder => "CancelOrder",
        }
    }
}

/// What the server is told.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Command {
    /// Take points.
    Redeem {
        /// How many.
        points: u32,
    },
    /// What has become of it?
    CheckStatus,
    /// Give back what was taken.
    Refund,
}

impl Kind for Command {
    fn kind(&self) -> &'static str {
        match self {
            Command::Redeem { .. } => "Redeem",
            Command::CheckStatus => "CheckStatus",
            Command::Refund => "Refund",
        }
    }
}

/// What the server says.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Answer {
    /// So many points were taken.
    Success {
        /// How many.
        points: u32,
    },
    /// None were, and none will be.
    Failed,
    /// Not yet.
    Pending,
    /// The points are back.
    Refunded,
}

impl Kind for Answer {
    fn kind(&self) -> &'static str {
        match self {
            Answer::Success { .. } => "Success",
            Answer::Failed => "Failed",
            Answer::Pending => "Pending",
            Answer::Refunded => "Refunded",
        }
    }
}

/// What the app shows.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Show {
    /// The cup spins.
    Spinner,
    /// The points of the user.
    Balance(u32),
    /// It did not work.
    Failure,
}

/// Why something is refused.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Refused {
    /// One is under way.
    RedemptionAlreadyPending,
    /// There are too few points.
    InsufficientPoints,
    /// The answer is not to what is under way.
    InvalidRedemptionId,
    /// There is no room for the actions.
    Actions(NoRoom),
}

impl From<NoRoom> for Refused {
    fn from(error: NoRoom) -> Self {
        Refused::Actions(error)
    }
}

/// The types of the server.
pub struct Tracked;

impl TrackedActionTypes for Tracked {
    type Id = u64;
    type Action = Command;
    type Result = Answer;
}

type Queue = Actions<Show, Tracked>;

impl StateMachine for LoyaltyClient {
    type State = State;
    type RestoreState = State;
    type Input = Ask;
    type TrackedAction = Tracked;
    type UntrackedAction = Show;
    type Actions = Queue;
    type TransitionError = Refused;
    type RestoreError = NoRoom;

    async fn stf(
        state: &mut State,
        input: Input<Tracked, Ask>,
        actions: &mut Queue,
    ) -> Result<(), Refused> {
        match input {
            Input::Normal(Ask::RedeemPoints { points }) => redeem(state, points, actions),
            Input::Normal(Ask::CancelOrder) => cancel(state, actions),
            Input::TrackedActionCompleted { id, result } => answered(state, id, result, actions),
        }
    }

    async fn restore(state: &State, actions: &mut Queue) -> Result<(), NoRoom> {
        let Some(redemption) = &state.pending else { return Ok(()) };
        let command = match redemption.status {
            Status::Requested | Status::Cancelled => Command::CheckStatus,
            Status::Refunding => Command::Refund,
        };
        actions.add(Action::new_tracked(redemption.id, command))
    }
}

fn redeem(state: &mut State, points: u32, actions: &mut Queue) -> Result<(), Refused> {
    if state.pending.is_some() {
        return Err(Refused::RedemptionAlreadyPending);
    }
    if state.balance < points {
        return Err(Refused::InsufficientPoints);
    }
    let id = state.next_id;
    actions.add(Action::new_untracked(Show::Spinner))?;
    actions.add(Action::new_tracked(id, Command::Redeem { points }))?;
    state.next_id += 1;
    state.pending = Some(Redemption { id, points, status: Status::Requested });
    Ok(())
}

/// Only who has asked the server can be too late; everything else is done with.
fn cancel(state: &mut State, actions: &mut Queue) -> Result<(), Refused> {
    let refunds = state.has(Bug::CancelRefunds);
    let Some(redemption) = &mut state.pending else { return Ok(()) };
    if refunds {
        actions.add(Action::new_tracked(redemption.id, Command::Refund))?;
        redemption.status = Status::Refunding;
    } else if redemption.status == Status::Requested {
        redemption.status = Status::Cancelled;
    }
    Ok(())
}

fn answered(
    state: &mut State,
    id: u64,
    answer: Answer,
    actions: &mut Queue,
) -> Result<(), Refused> {
    let forgets = state.has(Bug::ForgetsCancelled);
    let pending = state.pending.as_mut().filter(|pending| pending.id == id);
    let redemption = pending.ok_or(Refused::InvalidRedemptionId)?;
    match (redemption.status, answer) {
        (Status::Requested, Answer::Success { points }) => succeed(state, points, actions)?,
        (Status::Cancelled, Answer::Success { .. }) if !forgets => {
            actions.add(Action::new_tracked(id, Command::Refund))?;
            redemption.status = Status::Refunding;
        }
        (Status::Cancelled, Answer::Success { .. })
        | (Status::Cancelled, Answer::Failed)
        | (Status::Refunding, Answer::Refunded) => state.pending = None,
        (Status::Requested, Answer::Failed) => {
            actions.add(Action::new_untracked(Show::Failure))?;
            state.pending = None;
        }
        (Status::Requested | Status::Cancelled, Answer::Pending) => {
            actions.add(Action::new_tracked(id, Command::CheckStatus))?;
        }
        // Late answers to what was asked before.
        (Status::Refunding, _) | (_, Answer::Refunded) => {
            return Err(Refused::InvalidRedemptionId);
        }
    }
    Ok(())
}

fn succeed(state: &mut State, points: u32, actions: &mut Queue) -> Result<(), Refused> {
    let rest = match state.has(Bug::FloorsBalance) {
        true => state.balance.saturating_sub(2 * points),
        false => state.balance.checked_sub(points).ok_or(Refused::InsufficientPoints)?,
    };
    actions.add(Action::new_untracked(Show::Balance(rest)))?;
    state.balance = rest;
    state.total = state.total.saturating_sub(5 * u64::from(points));
    if !state.has(Bug::IgnoresSuccess) {
        state.pending = None;
    }
    Ok(())
}

impl Workflow for LoyaltyClient {
    type External = Server;

    fn view(committed: &State) -> &State {
        committed
    }
}
