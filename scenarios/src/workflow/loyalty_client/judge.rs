//! What must hold of the app: it takes what the server has taken, no more and no less.

use stormglass_machine::Dice;
use stormglass_workflow::{ActionOf, Cause, CommitOf, LedgerOf, ResultOf, SnapshotOf};

use super::machine::{Answer, Ask, BALANCE, Bug, Command, LoyaltyClient, Show, State, Status};
use super::server::{Redeemed, Server};
use crate::workflow::example::{Example, Item, Judgement, Meets};
use crate::workflow::properties::name;
use crate::workflow::scenario::Plant;

impl Example for LoyaltyClient {
    const NAME: &'static str = "workflow-loyalty-client";
    const ABOUT: &'static str =
        "Points are redeemed one order at a time, and orders are cancelled.";
    const SOUND: &'static str = "the balance moves by what was confirmed for what is pending";
    const AGREES: &'static str = "the server has taken what the app has taken";

    type Bug = Bug;
    /// The points that were confirmed.
    type Tally = u32;

    const PLANTED: &'static [(Plant<Bug>, &'static str)] = &[
        (Plant::Own(Bug::ForgetsCancelled), Self::AGREES),
        (Plant::Own(Bug::CancelRefunds), name::IDEMPOTENT),
        (Plant::Own(Bug::IgnoresSuccess), name::IDEMPOTENT),
        (Plant::Own(Bug::FloorsBalance), Self::SOUND),
    ];

    fn initial(bug: Option<Bug>) -> State {
        State::new(bug)
    }

    fn external(_bug: Option<Bug>) -> Server {
        Server
    }

    fn input(dice: &mut Dice) -> Ask {
        match dice.below(3) {
            0 => Ask::CancelOrder,
            _ => Ask::RedeemPoints { points: dice.within(1..=100) as u32 },
        }
    }

    fn simpler(input: &Ask) -> Vec<Ask> {
        match input {
            Ask::CancelOrder | Ask::RedeemPoints { points: 1 } => Vec::new(),
            Ask::RedeemPoints { .. } => vec![Ask::RedeemPoints { points: 1 }],
        }
    }

    fn items(state: &State) -> Vec<Item<u64>> {
        let item = |redemption: &super::machine::Redemption| Item {
            id: redemption.id,
            status: redemption.status.name(),
            is_final: false,
            content: format!("{redemption:?}"),
        };
        state.pending.iter().map(item).collect()
    }

    fn unknown_id() -> u64 {
        u64::MAX
    }

    fn awaits(status: &'static str, result: &Answer) -> bool {
        (status == Status::Refunding.name()) == (*result == Answer::Refunded)
    }

    fn is_pending(result: &ResultOf<Self>) -> bool {
        *result == Answer::Pending
    }

    fn is_repeatable(input: &Ask) -> bool {
        *input == Ask::CancelOrder
    }

    fn begins(action: &ActionOf<Self>) -> bool {
        matches!(action, Command::Redeem { .. })
    }

    fn is_single(action: &ActionOf<Self>) -> bool {
        Self::begins(action)
    }

    fn commit(
        confirmed: &mut u32,
        before: &State,
        commit: &CommitOf<Self>,
        _untracked: &[Show],
    ) -> Judgement {
        if let Cause::Completed { id, result: Answer::Success { points } } = commit.cause {
            let pending = before.pending.as_ref().filter(|pending| pending.id == id);
            if pending.is_some_and(|pending| pending.status == Status::Requested) {
                *confirmed += points;
            }
        }
        let newest = commit.state.pending.as_ref().map_or(0, |pending| pending.id);
        match newest < commit.state.next_id && before.next_id <= commit.state.next_id {
            true => Ok(()),
            false => Err(format!("the next id is none that is new: {:?}", commit.state)),
        }
    }

    fn sound(confirmed: &u32, state: &State) -> Judgement {
        match state.balance + confirmed == BALANCE {
            true => Ok(()),
            false => Err(format!("{confirmed} points were confirmed: {state:?}")),
        }
    }

    fn agrees(confirmed: &u32, state: &SnapshotOf<Self>, ledger: &LedgerOf<Self>) -> Judgement {
        let taken = |entry: &Redeemed| match entry {
            Redeemed::Taken(points) => *points,
            _ => 0,
        };
        let taken: u32 = ledger.values().map(taken).sum();
        match taken == *confirmed && state.pending.is_none() {
            true => Ok(()),
            false => Err(format!("the server has taken {taken} points, the app {confirmed}")),
        }
    }

    fn status(state: &State, input: Meets<'_, Self>) -> &'static str {
        match (&state.pending, input) {
            (Some(pending), Meets::Completed(id)) if pending.id != *id => "Another",
            (Some(pending), _) => pending.status.name(),
            (None, _) => "Idle",
        }
    }

    fn pairs() -> Vec<(&'static str, &'static str)> {
        let mut all = Vec::new();
        for status in ["Idle", "Requested", "Cancelled", "Refunding"] {
            all.extend([(status, "RedeemPoints"), (status, "CancelOrder")]);
        }
        for status in ["Idle", "Requested", "Cancelled", "Refunding", "Another"] {
            all.extend([(status, "Success"), (status, "Pending")]);
        }
        // What is asked back was taken, so it never fails.
        for status in ["Idle", "Requested", "Cancelled", "Another"] {
            all.push((status, "Failed"));
        }
        // Before it is asked for, nobody answers that the points are back.
        all.extend([("Refunding", "Refunded"), ("Idle", "Refunded"), ("Another", "Refunded")]);
        all
    }
}
