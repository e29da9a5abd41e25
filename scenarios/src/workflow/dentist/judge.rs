//! What must hold of appointments: nobody meets anybody, and each has its hold.

use stormglass_machine::Dice;
use stormglass_workflow::{ActionOf, Cause, CommitOf, LedgerOf, ResultOf};

use super::machine::{
    Answer, Ask, Bug, Command, Dentist, Notice, REMEMBERED, Request, State, Status,
};
use super::processor::{Hold, Processor};
use super::week::{Appointment, GRID, Range, Slot, is_open, overlap};
use crate::workflow::example::{Example, Item, Judgement, Meets};
use crate::workflow::properties::name;
use crate::workflow::scenario::Plant;

impl Example for Dentist {
    const NAME: &'static str = "workflow-dentist";
    const ABOUT: &'static str = "Slots are booked once the money for them is held.";
    const SOUND: &'static str = "appointments do not overlap, and are those that were confirmed";
    const AGREES: &'static str = "every appointment has its hold, and every hold an appointment";

    type Bug = Bug;
    type Tally = ();

    const PLANTED: &'static [(Plant<Bug>, &'static str)] = &[
        (Plant::Own(Bug::NoStatusGuard), name::IDEMPOTENT),
        (Plant::Own(Bug::NoCheckAtEnd), Self::SOUND),
        (Plant::Own(Bug::ComparesStarts), Self::SOUND),
        (Plant::Own(Bug::SwallowsNoRoom), name::STORED),
        (Plant::Own(Bug::RestoresFinished), name::EXACT),
        (Plant::Own(Bug::HitsOldest), name::CORRELATED),
        (Plant::Own(Bug::ReleasesUntracked), Self::AGREES),
    ];

    fn initial(bug: Option<Bug>) -> State {
        State::new(bug)
    }

    fn external(_bug: Option<Bug>) -> Processor {
        Processor
    }

    fn input(dice: &mut Dice) -> Ask {
        let user = dice.below(10) as u32;
        let kind = *dice.pick(&Appointment::ALL);
        // A morning and no more, so that many want the same.
        let at = 9 * 60 + GRID * dice.below(5) as u32;
        if dice.below(3) > 0 {
            return Ask::RequestSlot {
                user,
                slot: Slot { day: dice.below(3) as u8 * 2, at },
                kind,
            };
        }
        let days = match dice.below(3) {
            0 => vec![5, 6],
            1 => vec![2, 0],
            _ => vec![dice.below(5) as u8],
        };
        let range = Range { from: at, to: at + 60 * dice.within(1..=2) as u32 };
        Ask::RequestAuto { user, days, range, kind }
    }

    fn simpler(input: &Ask) -> Vec<Ask> {
        let first = Slot { day: 0, at: 9 * 60 };
        let request = |user, slot, kind| Ask::RequestSlot { user, slot, kind };
        match *input {
            Ask::RequestAuto { user, kind, .. } => vec![request(user, first, kind)],
            Ask::RequestSlot { user, slot, kind } => {
                let mut simpler = Vec::new();
                simpler.extend((slot != first).then_some(request(user, first, kind)));
                let cleaning = Appointment::Cleaning;
                simpler.extend((kind != cleaning).then_some(request(user, slot, cleaning)));
                simpler.extend((user > 0).then_some(request(0, slot, kind)));
                simpler
            }
        }
    }

    fn items(state: &State) -> Vec<Item<u64>> {
        let item = |(id, request): (&u64, &Request)| Item {
            id: *id,
            status: request.status.name(),
            is_final: request.status.is_final(),
            content: format!("{request:?}"),
        };
        state.requests.iter().map(item).collect()
    }

    fn unknown_id() -> u64 {
        u64::MAX
    }

    fn awaits(status: &'static str, result: &Answer) -> bool {
        match result {
            Answer::Success(_) | Answer::Failed | Answer::Pending => {
                status == Status::AwaitingPreauth.name()
            }
            Answer::Released => status == Status::SlotTaken.name(),
        }
    }

    fn is_pending(result: &ResultOf<Self>) -> bool {
        *result == Answer::Pending
    }

    fn begins(action: &ActionOf<Self>) -> bool {
        matches!(action, Command::Preauth { .. })
    }

    /// Who asks for any slot is given one of those that were asked for.
    fn commit(
        _tally: &mut (),
        _before: &State,
        commit: &CommitOf<Self>,
        _untracked: &[Notice],
    ) -> Judgement {
        let Cause::Asked(request) = &commit.cause else { return Ok(()) };
        let Ask::RequestAuto { days, range, kind, .. } = &request.input else { return Ok(()) };
        let given = commit.state.requests.last_key_value().map(|(_, request)| request.slot);
        let suits =
            |slot: &Slot| days.contains(&slot.day) && range.can_fit(slot.at, kind.minutes());
        match given.is_some_and(|slot| suits(&slot)) {
            true => Ok(()),
            false => Err(format!("{:?} was asked for, and {given:?} given", request.input)),
        }
    }

    fn sound(_tally: &(), state: &State) -> Judgement {
        let bookings: Vec<_> = state.bookings.iter().collect();
        for (position, (slot, booking)) in bookings.iter().enumerate() {
            let (slot, kind) = (**slot, booking.kind);
            if !is_open(slot, kind) {
                return Err(format!("nobody is there at {slot:?} for {booking:?}"));
            }
            let mut later = bookings[position + 1..].iter();
            if let Some(clash) =
                later.find(|(other, booked)| overlap((slot, kind), (**other, booked.kind)))
            {
                return Err(format!("{:?} overlaps with {clash:?}", bookings[position]));
            }
            let request = state.requests.get(&booking.id);
            let is_confirmed = request.is_some_and(|request| {
                let Request { user, slot: wanted, kind, status } = *request;
                (user, wanted, kind) == (booking.user, slot, booking.kind)
                    && status == Status::SlotConfirmed
            });
            if !is_confirmed {
                return Err(format!("{booking:?} at {slot:?} is what became of {request:?}"));
            }
        }
        let confirmed = |request: &&Request| request.status == Status::SlotConfirmed;
        let confirmed = state.requests.values().filter(confirmed).count();
        match confirmed == bookings.len() {
            true => Ok(()),
            false => Err(format!("{confirmed} requests are confirmed: {bookings:?}")),
        }
    }

    fn finished(state: &State) -> (usize, usize) {
        let ended = |request: &&Request| request.status == Status::NoSlot;
        (state.requests.values().filter(ended).count(), REMEMBERED)
    }

    fn agrees(_tally: &(), state: &State, ledger: &LedgerOf<Self>) -> Judgement {
        let live =
            ledger.iter().filter(|(_, hold)| matches!(hold, Hold::Held(_) | Hold::Waiting(_)));
        let mut holds: Vec<_> = live.map(|(id, _)| *id).collect();
        let mut booked: Vec<_> = state.bookings.values().map(|booking| booking.id).collect();
        holds.sort_unstable();
        booked.sort_unstable();
        match holds == booked {
            true => Ok(()),
            false => Err(format!("the holds are {holds:?}, the appointments {booked:?}")),
        }
    }

    fn status(state: &State, input: Meets<'_, Self>) -> &'static str {
        let is_free = match input {
            Meets::Completed(id) => {
                return state.requests.get(id).map_or("Unknown", |request| request.status.name());
            }
            Meets::Asked(Ask::RequestSlot { slot, kind, .. }) => state.is_free(*slot, *kind),
            Meets::Asked(Ask::RequestAuto { days, range, kind, .. }) => {
                state.first_fit(days, *range, *kind).is_some()
            }
        };
        if is_free { "Free" } else { "Taken" }
    }

    fn pairs() -> Vec<(&'static str, &'static str)> {
        let mut all = Vec::new();
        for status in ["Free", "Taken"] {
            all.extend([(status, "RequestSlot"), (status, "RequestAuto")]);
        }
        for status in ["AwaitingPreauth", "SlotConfirmed", "SlotTaken"] {
            all.extend([(status, "Success"), (status, "Pending")]);
        }
        for answer in ["Success", "Failed", "Released", "Pending"] {
            all.push(("NoSlot", answer));
        }
        all.extend([("AwaitingPreauth", "Failed"), ("SlotTaken", "Released")]);
        all.extend([("Unknown", "Failed"), ("Unknown", "Released")]);
        all
    }
}
