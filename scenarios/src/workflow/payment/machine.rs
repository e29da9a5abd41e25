//! The state machine: set aside, charge, keep a receipt.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::Ordering;

use serde::{Deserialize, Serialize};
use stormglass_machine::Kind;
use stormglass_workflow::{
    Action, Actions, ActionsContainer, InMemory, Input, NoRoom, Process, StateMachine,
    TrackedActionTypes, Workflow,
};

use super::processor::Processor;
use crate::workflow::example::bugs;

bugs! {
    /// The id of a payment is drawn by chance.
    RandomId "random-id"
    /// The id of a payment is made from its user and its amount.
    IdFromContent "id-from-content"
    /// The id of a payment comes from a counter beside the state.
    GlobalCounter "global-counter"
    /// When a payment was made is read from the clock.
    ReadsClock "reads-clock"
    /// Money is set aside before there is room for the charge.
    MutatesFirst "mutates-first"
    /// The account is looked at when a payment is asked for, and debited when it is charged.
    NothingSetAside "nothing-set-aside"
    /// A payment without a receipt is taken for one that was never entered.
    ForgetsReceipts "forgets-receipts"
    /// A card that is declined for a payment that nobody knows brings money.
    RefundsUnknown "refunds-unknown"
    /// A payment that was declined is made after all when money comes in.
    ReopensDeclined "reopens-declined"
    /// The processor takes a cent more than it says.
    HiddenFee "hidden-fee"
    /// Every receipt is kept for ever.
    KeepsReceipts "keeps-receipts"
}

/// The state machine.
pub struct Payments;

/// Who has how much, and what is being paid.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct State {
    /// What each user has, in cents.
    pub accounts: BTreeMap<u32, u64>,
    /// What the processor was asked for.
    pub pending: BTreeMap<u64, Payment>,
    /// The last payments that have come to an end.
    pub receipts: VecDeque<Receipt>,
    next_id: u64,
    process: Process,
    bug: Option<Bug>,
}

/// A payment.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Payment {
    /// Who pays.
    pub user: u32,
    /// How much.
    pub cents: u64,
    /// When it was asked for, as the client says.
    pub at: u64,
}

/// A payment that has come to its end.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Receipt {
    /// Its id.
    pub id: u64,
    /// The payment.
    pub payment: Payment,
    /// It was charged; if not, it was declined.
    pub charged: bool,
}

/// So many receipts are kept.
pub const RECEIPTS: usize = 2;

impl State {
    /// Nobody has any money.
    pub fn new(bug: Option<Bug>) -> Self {
        State {
            accounts: BTreeMap::new(),
            pending: BTreeMap::new(),
            receipts: VecDeque::new(),
            next_id: 1,
            process: Process::default(),
            bug,
        }
    }

    fn has(&self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }

    fn new_id(&self, payment: &Payment) -> u64 {
        let Process { hash_seed, global, .. } = &self.process;
        match self.bug {
            Some(Bug::RandomId) => hash_seed.wrapping_mul(self.next_id),
            Some(Bug::GlobalCounter) => global.fetch_add(1, Ordering::Relaxed) + 1,
            Some(Bug::IdFromContent) => u64::from(payment.user) * 1_000 + payment.cents,
            _ => self.next_id,
        }
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
    /// Money comes in.
    Deposit {
        /// Whose.
        user: u32,
        /// How much.
        cents: u64,
    },
    /// Money is to go out.
    Pay {
        /// Whose.
        user: u32,
        /// How much.
        cents: u64,
        /// When, as the client says.
        at: u64,
    },
}

impl Kind for Ask {
    fn kind(&self) -> &'static str {
        match self {
            Ask::Deposit { .. } => "Deposit",
            Ask::Pay { .. } => "Pay",
        }
    }
}

/// What the processor is told.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Charge {
    /// Whose card.
    pub user: u32,
    /// How much.
    pub cents: u64,
}

impl Kind for Charge {
    fn kind(&self) -> &'static str {
        "Charge"
    }
}

/// What the processor says.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Answer {
    /// The card is charged.
    Charged,
    /// It is not, and will not be.
    Declined,
    /// Come back later.
    Pending,
}

impl Kind for Answer {
    fn kind(&self) -> &'static str {
        match self {
            Answer::Charged => "Charged",
            Answer::Declined => "Declined",
            Answer::Pending => "Pending",
        }
    }
}

/// A message to a user.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Notice(pub u32);

/// Why an input is refused.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Refused {
    /// There is too little money.
    InsufficientFunds,
    /// There is too much of it.
    TooMuch,
    /// Nothing waits for this answer.
    UnknownPayment,
    /// There is no room for the actions.
    Actions(NoRoom),
}

impl From<NoRoom> for Refused {
    fn from(error: NoRoom) -> Self {
        Refused::Actions(error)
    }
}

/// The types of the processor.
pub struct Tracked;

impl TrackedActionTypes for Tracked {
    type Id = u64;
    type Action = Charge;
    type Result = Answer;
}

type Queue = Actions<Notice, Tracked>;

impl StateMachine for Payments {
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
            Input::Normal(Ask::Deposit { user, cents }) => deposit(state, user, cents),
            Input::Normal(Ask::Pay { user, cents, at }) => {
                let at = match state.has(Bug::ReadsClock) {
                    true => state.process.wall.as_nanos(),
                    false => at,
                };
                pay(state, Payment { user, cents, at }, actions)
            }
            Input::TrackedActionCompleted { id, result } => answered(state, id, result, actions),
        }
    }

    async fn restore(state: &State, actions: &mut Queue) -> Result<(), NoRoom> {
        for (id, payment) in &state.pending {
            actions.add(charge(*id, payment))?;
        }
        Ok(())
    }
}

fn charge(id: u64, payment: &Payment) -> Action<Notice, Tracked> {
    let Payment { user, cents, .. } = *payment;
    Action::new_tracked(id, Charge { user, cents })
}

fn deposit(state: &mut State, user: u32, cents: u64) -> Result<(), Refused> {
    let balance = state.accounts.get(&user).copied().unwrap_or(0);
    let set_aside = state.pending.values().filter(|payment| payment.user == user);
    let set_aside = set_aside.map(|payment| payment.cents).sum::<u64>();
    let more = balance.checked_add(cents).ok_or(Refused::TooMuch)?;
    // What is set aside may come back.
    more.checked_add(set_aside).ok_or(Refused::TooMuch)?;
    state.accounts.insert(user, more);
    if state.has(Bug::ReopensDeclined) {
        state.receipts.iter_mut().for_each(|receipt| receipt.charged = true);
    }
    Ok(())
}

fn pay(state: &mut State, payment: Payment, actions: &mut Queue) -> Result<(), Refused> {
    let Payment { user, cents, .. } = payment;
    let balance = state.accounts.get(&user).copied().unwrap_or(0);
    let rest = balance.checked_sub(cents).ok_or(Refused::InsufficientFunds)?;
    if state.has(Bug::MutatesFirst) {
        state.accounts.insert(user, rest);
    }
    let id = state.new_id(&payment);
    actions.add(Action::new_untracked(Notice(user)))?;
    actions.add(charge(id, &payment))?;
    if !state.has(Bug::NothingSetAside) {
        state.accounts.insert(user, rest);
    }
    state.pending.insert(id, payment);
    state.next_id += 1;
    Ok(())
}

fn answered(
    state: &mut State,
    id: u64,
    answer: Answer,
    actions: &mut Queue,
) -> Result<(), Refused> {
    let Some(payment) = state.pending.get(&id).cloned() else {
        return late(state, id, answer);
    };
    let charged = match answer {
        Answer::Pending => {
            actions.add(charge(id, &payment))?;
            return Ok(());
        }
        Answer::Charged => true,
        Answer::Declined => false,
    };
    actions.add(Action::new_untracked(Notice(payment.user)))?;
    let balance = state.accounts.entry(payment.user).or_default();
    match (charged, state.bug) {
        (true, Some(Bug::NothingSetAside)) => *balance = balance.saturating_sub(payment.cents),
        (false, Some(Bug::NothingSetAside)) | (true, _) => {}
        // There was room for it when the last money came in.
        (false, _) => *balance += payment.cents,
    }
    state.pending.remove(&id);
    state.receipts.push_back(Receipt { id, payment, charged });
    if state.receipts.len() > RECEIPTS && !state.has(Bug::KeepsReceipts) {
        state.receipts.pop_front();
    }
    Ok(())
}

/// The answer to a payment that is not pending: it has come to an end, or never was.
fn late(state: &mut State, id: u64, answer: Answer) -> Result<(), Refused> {
    let has_receipt = state.receipts.iter().any(|receipt| receipt.id == id);
    if state.has(Bug::RefundsUnknown) && answer == Answer::Declined && !has_receipt {
        *state.accounts.entry(0).or_default() += 1;
        return Ok(());
    }
    if state.has(Bug::ForgetsReceipts)
        && answer == Answer::Charged
        && id < state.next_id
        && !has_receipt
        && let Some(balance) = state.accounts.values_mut().find(|balance| **balance > 0)
    {
        *balance -= 1;
        return Ok(());
    }
    Err(Refused::UnknownPayment)
}

impl Workflow for Payments {
    type External = Processor;

    fn view(committed: &State) -> &State {
        committed
    }
}
