//! What must hold of points: none appears or disappears.

use stormglass_machine::Dice;
use stormglass_workflow::{ActionOf, Bug as Runtime, Cause, CommitOf, EntryOf, LedgerOf, ResultOf};

use super::machine::{Answer, Ask, Bug, CENTS, Command, LoyaltyServer, Notice, POINTS, State};
use super::till::Till;
use crate::workflow::example::{Example, Item, Judgement, Meets};
use crate::workflow::properties::name;
use crate::workflow::scenario::Plant;

/// Points that were granted, and points that became discounts.
#[derive(Clone, Default)]
pub struct Points {
    granted: u64,
    redeemed: u64,
}

impl Example for LoyaltyServer {
    const NAME: &'static str = "workflow-loyalty-server";
    const ABOUT: &'static str =
        "Points become discounts at a till that does twice what it is told twice.";
    const SOUND: &'static str = "points are granted, kept, on their way or redeemed";
    const AGREES: &'static str = "the till has given what was redeemed";

    type Bug = Bug;
    type Tally = Points;

    const PLANTED: &'static [(Plant<Bug>, &'static str)] = &[
        (Plant::Own(Bug::NotStored), name::STORED),
        (Plant::Own(Bug::ResendsDiscount), name::ONCE),
        (Plant::Own(Bug::NoFence), Self::AGREES),
        (Plant::Own(Bug::UnknownIsDone), Self::SOUND),
        (Plant::Own(Bug::IdStandsStill), name::UNIQUE),
        (Plant::Own(Bug::SaturatingPoints), Self::SOUND),
        (Plant::Own(Bug::HashOrder), name::PURE),
        (Plant::Own(Bug::NeverAsksAgain), name::ASKED_AGAIN),
        (Plant::Own(Bug::IgnoresResult), name::EXACT),
        (Plant::Runtime(Runtime::RetriesRefusedInput), name::DONE_WITH),
        (Plant::Runtime(Runtime::KeepsRefusedActions), name::UNTRACKED),
        (Plant::Runtime(Runtime::NeverClearsActions), name::UNTRACKED),
        (Plant::Runtime(Runtime::DropsCompletionOnConflict), name::KEPT),
        (Plant::Runtime(Runtime::LosesCompletionInRace), name::KEPT),
        (Plant::Runtime(Runtime::AcceptsBeforeRestore), name::UNDER_WAY),
    ];

    fn initial(bug: Option<Bug>) -> State {
        State::new(bug)
    }

    fn external(bug: Option<Bug>) -> Till {
        Till { bug }
    }

    fn input(dice: &mut Dice) -> Ask {
        let user = dice.below(2) as u32;
        match dice.below(10) {
            0 | 1 => Ask::CreateAccount { user },
            2 if dice.below(4) == 0 => Ask::AddPoints { user, points: u32::MAX },
            2..5 => Ask::AddPoints { user, points: dice.within(1..=100) as u32 },
            _ => {
                let (order, points) = (dice.below(3) as u32, dice.within(1..=60) as u32);
                Ask::RedeemPoints { user, order, points }
            }
        }
    }

    fn simpler(input: &Ask) -> Vec<Ask> {
        match *input {
            Ask::CreateAccount { user: 0 } => Vec::new(),
            Ask::CreateAccount { .. } => vec![Ask::CreateAccount { user: 0 }],
            Ask::AddPoints { user, points } => {
                let mut simpler = vec![Ask::CreateAccount { user }];
                simpler.extend((points > 1).then_some(Ask::AddPoints { user, points: 1 }));
                simpler.extend((user > 0).then_some(Ask::AddPoints { user: 0, points }));
                simpler
            }
            Ask::RedeemPoints { user, order, points } => {
                let mut simpler = vec![Ask::AddPoints { user, points }];
                let redeem = |user, order, points| Ask::RedeemPoints { user, order, points };
                simpler.extend((points > 1).then_some(redeem(user, order, 1)));
                simpler.extend((order > 0).then_some(redeem(user, 0, points)));
                simpler.extend((user > 0).then_some(redeem(0, order, points)));
                simpler
            }
        }
    }

    fn items(state: &State) -> Vec<Item<u64>> {
        let item = |(id, redemption): (&u64, &_)| Item {
            id: *id,
            status: "Pending",
            is_final: false,
            content: format!("{redemption:?}"),
        };
        state.pending.iter().map(item).collect()
    }

    fn unknown_id() -> u64 {
        u64::MAX
    }

    fn awaits(_status: &'static str, _result: &Answer) -> bool {
        true
    }

    fn is_pending(result: &ResultOf<Self>) -> bool {
        *result == Answer::Pending
    }

    fn begins(action: &ActionOf<Self>) -> bool {
        matches!(action, Command::ApplyDiscount { .. })
    }

    fn is_single(action: &ActionOf<Self>) -> bool {
        Self::begins(action)
    }

    fn effects(entry: &EntryOf<Self>) -> u32 {
        entry.times
    }

    fn commit(
        points: &mut Points,
        before: &State,
        commit: &CommitOf<Self>,
        _untracked: &[Notice],
    ) -> Judgement {
        match &commit.cause {
            Cause::Asked(request) => {
                if let Ask::AddPoints { points: more, .. } = request.input {
                    points.granted += u64::from(more);
                }
            }
            Cause::Completed { id, result: Answer::DiscountApplied } => {
                if let Some(redemption) = before.pending.get(id) {
                    points.redeemed += u64::from(redemption.points);
                }
            }
            Cause::Completed { .. } => {}
        }
        Ok(())
    }

    fn sound(points: &Points, state: &State) -> Judgement {
        let kept: u64 = state.points.values().copied().map(u64::from).sum();
        let away: u64 = state.pending.values().map(|pending| u64::from(pending.points)).sum();
        let Points { granted, redeemed } = *points;
        match kept + away + redeemed == granted + u64::from(POINTS) {
            true => Ok(()),
            false => Err(format!(
                "{granted} points were granted after {POINTS}; {kept} are kept, {away} are on their way, and \
                 {redeemed} were redeemed"
            )),
        }
    }

    fn agrees(points: &Points, state: &State, ledger: &LedgerOf<Self>) -> Judgement {
        let given: u64 = ledger.values().map(|discount| discount.cents).sum();
        match given == CENTS * points.redeemed && state.pending.is_empty() {
            true => Ok(()),
            false => Err(format!(
                "{} points were redeemed, the till has given {given} cents, and {:?} is pending",
                points.redeemed, state.pending
            )),
        }
    }

    fn status(state: &State, input: Meets<'_, Self>) -> &'static str {
        let user = match input {
            Meets::Completed(id) => {
                return if state.pending.contains_key(id) { "Pending" } else { "Unknown" };
            }
            Meets::Asked(
                Ask::CreateAccount { user }
                | Ask::AddPoints { user, .. }
                | Ask::RedeemPoints { user, .. },
            ) => user,
        };
        match state.points.get(user) {
            None => "NoAccount",
            Some(_) if state.pending.values().any(|pending| pending.user == *user) => "Redeeming",
            Some(0) => "NoPoints",
            Some(_) => "Points",
        }
    }

    fn pairs() -> Vec<(&'static str, &'static str)> {
        let pairs = |statuses: &[&'static str], kinds: [&'static str; 3]| {
            let pair = |status: &&'static str| kinds.map(|kind| (*status, kind));
            statuses.iter().flat_map(pair).collect::<Vec<_>>()
        };
        let asked = ["NoAccount", "NoPoints", "Points", "Redeeming"];
        let mut all = pairs(&asked, ["CreateAccount", "AddPoints", "RedeemPoints"]);
        all.extend(pairs(&["Pending", "Unknown"], ["DiscountApplied", "Failed", "Pending"]));
        all
    }
}
