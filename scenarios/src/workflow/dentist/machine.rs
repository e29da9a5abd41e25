//! The state machine: ask for a hold, book the slot, or let the hold go.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use stormglass_machine::Kind;
use stormglass_workflow::{
    Action, Actions, ActionsContainer, InMemory, Input, NoRoom, StateMachine, TrackedActionTypes,
    Workflow,
};

use super::processor::Processor;
use super::week::{Appointment, GRID, Range, Slot, is_open, overlap};
use crate::workflow::example::bugs;

bugs! {
    /// A hold counts whatever the request has come to, so that one told twice lets its own slot go.
    NoStatusGuard "no-status-guard"
    /// Whether a slot is free is looked at only when it is asked for.
    NoCheckAtEnd "no-check-at-end"
    /// Two appointments overlap only if they begin at the same time.
    ComparesStarts "compares-starts"
    /// There may be no room to release a hold, and then it is not released.
    SwallowsNoRoom "swallows-no-room"
    /// A restart asks for the status of requests that have come to their end.
    RestoresFinished "restores-finished"
    /// A result is taken for the oldest request that waits.
    HitsOldest "hits-oldest"
    /// A hold is released by a message that nobody waits for.
    ReleasesUntracked "releases-untracked"
}

/// The state machine.
pub struct Dentist;

/// The book of appointments.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct State {
    /// What is booked, and by which request.
    pub bookings: BTreeMap<Slot, Booking>,
    /// The requests that are under way, and those that have ended and are not forgotten.
    pub requests: BTreeMap<u64, Request>,
    next_id: u64,
    bug: Option<Bug>,
}

/// A slot that is taken.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Booking {
    /// By which request.
    pub id: u64,
    /// By whom.
    pub user: u32,
    /// For what.
    pub kind: Appointment,
}

/// Somebody wants an appointment.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Request {
    /// Who.
    pub user: u32,
    /// When.
    pub slot: Slot,
    /// What.
    pub kind: Appointment,
    /// How far it is.
    pub status: Status,
}

/// How far a request is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Status {
    /// The processor was asked to hold the money.
    AwaitingPreauth,
    /// It is booked.
    SlotConfirmed,
    /// Somebody was faster; the processor was asked to release the hold.
    SlotTaken,
    /// There will be no appointment.
    NoSlot,
}

impl Status {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Status::AwaitingPreauth => "AwaitingPreauth",
            Status::SlotConfirmed => "SlotConfirmed",
            Status::SlotTaken => "SlotTaken",
            Status::NoSlot => "NoSlot",
        }
    }

    /// Nothing follows.
    pub fn is_final(self) -> bool {
        matches!(self, Status::SlotConfirmed | Status::NoSlot)
    }
}

/// So many requests that came to nothing are remembered.
pub const REMEMBERED: usize = 4;

impl State {
    /// Nothing is booked.
    pub fn new(bug: Option<Bug>) -> Self {
        State { bookings: BTreeMap::new(), requests: BTreeMap::new(), next_id: 1, bug }
    }

    fn has(&self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }

    /// True if the dentist is there and nobody else is.
    pub fn is_free(&self, slot: Slot, kind: Appointment) -> bool {
        let clash = |(booked, booking): (&Slot, &Booking)| match self.has(Bug::ComparesStarts) {
            true => *booked == slot,
            false => overlap((*booked, booking.kind), (slot, kind)),
        };
        is_open(slot, kind) && !self.bookings.iter().any(clash)
    }

    /// The first free slot on one of the days, in their order, within the range.
    pub fn first_fit(&self, days: &[u8], range: Range, kind: Appointment) -> Option<Slot> {
        let minutes = kind.minutes();
        let times = (range.from.next_multiple_of(GRID)..range.to).step_by(GRID as usize);
        let times = times.filter(|at| range.can_fit(*at, minutes));
        let mut slots = days.iter().flat_map(|day| times.clone().map(|at| Slot { day: *day, at }));
        slots.find(|slot| self.is_free(*slot, kind))
    }

    fn forget_the_oldest(&mut self) {
        let ended = |(_, request): &(&u64, &Request)| request.status == Status::NoSlot;
        if self.requests.iter().filter(ended).count() > REMEMBERED {
            let oldest = self.requests.iter().find(ended).map(|(id, _)| *id);
            oldest.and_then(|id| self.requests.remove(&id));
        }
    }
}

impl InMemory for State {}

/// What can be asked for.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Ask {
    /// This slot.
    RequestSlot {
        /// For whom.
        user: u32,
        /// When.
        slot: Slot,
        /// For what.
        kind: Appointment,
    },
    /// Any slot on one of these days.
    RequestAuto {
        /// For whom.
        user: u32,
        /// The days, the dearest first.
        days: Vec<u8>,
        /// From when to when.
        range: Range,
        /// For what.
        kind: Appointment,
    },
}

impl Kind for Ask {
    fn kind(&self) -> &'static str {
        match self {
            Ask::RequestSlot { .. } => "RequestSlot",
            Ask::RequestAuto { .. } => "RequestAuto",
        }
    }
}

/// What the processor is told.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Command {
    /// Hold this much.
    Preauth {
        /// On whose card.
        user: u32,
        /// How much.
        cents: u64,
    },
    /// Let a hold go.
    Release,
    /// What has become of a hold?
    CheckStatus,
}

impl Kind for Command {
    fn kind(&self) -> &'static str {
        match self {
            Command::Preauth { .. } => "Preauth",
            Command::Release => "Release",
            Command::CheckStatus => "CheckStatus",
        }
    }
}

/// What the processor says.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Answer {
    /// So much is held.
    Success(u64),
    /// Nothing is, and nothing will be.
    Failed,
    /// The hold is gone.
    Released,
    /// Not yet.
    Pending,
}

impl Kind for Answer {
    fn kind(&self) -> &'static str {
        match self {
            Answer::Success(_) => "Success",
            Answer::Failed => "Failed",
            Answer::Released => "Released",
            Answer::Pending => "Pending",
        }
    }
}

/// What others may like to hear.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Notice {
    /// A letter to a user.
    Mail(u32),
    /// A hold may go: what should have been tracked.
    Release(u64),
}

/// Why an input is refused.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Refused {
    /// There is no such slot, or it is taken.
    NotAvailable,
    /// No request waits for this answer.
    UnknownRequest,
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
    type Action = Command;
    type Result = Answer;
}

type Queue = Actions<Notice, Tracked>;

impl StateMachine for Dentist {
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
            Input::Normal(Ask::RequestSlot { user, slot, kind }) => {
                let slot = state.is_free(slot, kind).then_some(slot);
                request(state, user, slot, kind, actions)
            }
            Input::Normal(Ask::RequestAuto { user, days, range, kind }) => {
                let slot = state.first_fit(&days, range, kind);
                request(state, user, slot, kind, actions)
            }
            Input::TrackedActionCompleted { id, result } => answered(state, id, result, actions),
        }
    }

    async fn restore(state: &State, actions: &mut Queue) -> Result<(), NoRoom> {
        for (id, request) in &state.requests {
            let command = match request.status {
                Status::AwaitingPreauth => Command::CheckStatus,
                Status::SlotTaken => Command::Release,
                _ if state.has(Bug::RestoresFinished) => Command::CheckStatus,
                Status::SlotConfirmed | Status::NoSlot => continue,
            };
            actions.add(Action::new_tracked(*id, command))?;
        }
        Ok(())
    }
}

fn request(
    state: &mut State,
    user: u32,
    slot: Option<Slot>,
    kind: Appointment,
    actions: &mut Queue,
) -> Result<(), Refused> {
    let slot = slot.ok_or(Refused::NotAvailable)?;
    let id = state.next_id;
    let cents = kind.cents();
    actions.add(Action::new_tracked(id, Command::Preauth { user, cents }))?;
    state.next_id += 1;
    let status = Status::AwaitingPreauth;
    state.requests.insert(id, Request { user, slot, kind, status });
    Ok(())
}

fn answered(
    state: &mut State,
    id: u64,
    answer: Answer,
    actions: &mut Queue,
) -> Result<(), Refused> {
    let waits = |(_, request): &(&u64, &Request)| request.status == Status::AwaitingPreauth;
    let oldest = state.requests.iter().find(waits).map(|(id, _)| *id);
    let is_known = state.requests.contains_key(&id);
    let id = match oldest.filter(|_| is_known && state.has(Bug::HitsOldest)) {
        Some(oldest) => oldest,
        None => id,
    };
    let Request { user, slot, kind, status } =
        state.requests.get(&id).cloned().ok_or(Refused::UnknownRequest)?;
    let status = match state.has(Bug::NoStatusGuard) && matches!(answer, Answer::Success(_)) {
        true => Status::AwaitingPreauth,
        false => status,
    };
    let next = match (status, answer) {
        (Status::AwaitingPreauth, Answer::Success(_)) => {
            if state.is_free(slot, kind) || state.has(Bug::NoCheckAtEnd) {
                actions.add(Action::new_untracked(Notice::Mail(user)))?;
                state.bookings.insert(slot, Booking { id, user, kind });
                Status::SlotConfirmed
            } else {
                release(state, id, actions)?
            }
        }
        (Status::AwaitingPreauth, Answer::Failed) | (Status::SlotTaken, Answer::Released) => {
            actions.add(Action::new_untracked(Notice::Mail(user)))?;
            Status::NoSlot
        }
        (Status::AwaitingPreauth, Answer::Pending) => {
            actions.add(Action::new_tracked(id, Command::CheckStatus))?;
            Status::AwaitingPreauth
        }
        // Late, or told once more.
        _ => return Err(Refused::UnknownRequest),
    };
    if let Some(request) = state.requests.get_mut(&id) {
        request.status = next;
    }
    state.forget_the_oldest();
    Ok(())
}

/// Somebody else has the slot: the hold goes.
fn release(state: &State, id: u64, actions: &mut Queue) -> Result<Status, Refused> {
    if state.has(Bug::ReleasesUntracked) {
        actions.add(Action::new_untracked(Notice::Release(id)))?;
        return Ok(Status::NoSlot);
    }
    let added = actions.add(Action::new_tracked(id, Command::Release));
    if !state.has(Bug::SwallowsNoRoom) {
        added?;
    }
    Ok(Status::SlotTaken)
}

impl Workflow for Dentist {
    type External = Processor;

    fn view(committed: &State) -> &State {
        committed
    }
}
