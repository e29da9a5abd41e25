//! What must hold of money: none appears or disappears.

use stormglass_machine::Dice;
use stormglass_workflow::{ActionOf, Bug as Runtime, Cause, CommitOf, LedgerOf, ResultOf};

use super::machine::{Answer, Ask, Bug, Notice, Payment, Payments, RECEIPTS, State};
use super::processor::{Charged, Processor};
use crate::workflow::example::{Example, Item, Judgement, Meets};
use crate::workflow::properties::name;
use crate::workflow::scenario::Plant;

/// Money that came in, and money that was charged.
#[derive(Clone, Default)]
pub struct Money {
    deposited: u64,
    charged: u64,
}

impl Example for Payments {
    const NAME: &'static str = "workflow-payment";
    const ABOUT: &'static str = "Accounts pay by a processor that is asked until it answers.";
    const SOUND: &'static str = "money is in an account, set aside or charged";
    const AGREES: &'static str = "the processor has charged what the accounts have paid";

    type Bug = Bug;
    type Tally = Money;

    const PLANTED: &'static [(Plant<Bug>, &'static str)] = &[
        (Plant::Own(Bug::RandomId), name::DETERMINISTIC),
        (Plant::Own(Bug::IdFromContent), name::UNIQUE),
        (Plant::Own(Bug::GlobalCounter), name::REPLAYED),
        (Plant::Own(Bug::ReadsClock), name::DETERMINISTIC),
        (Plant::Own(Bug::MutatesFirst), name::ATOMIC),
        (Plant::Own(Bug::NothingSetAside), Self::SOUND),
        (Plant::Own(Bug::ForgetsReceipts), name::IDEMPOTENT),
        (Plant::Own(Bug::KeepsReceipts), name::BOUNDED),
        (Plant::Own(Bug::RefundsUnknown), name::UNKNOWN),
        (Plant::Own(Bug::ReopensDeclined), name::TERMINAL),
        (Plant::Own(Bug::HiddenFee), Self::AGREES),
        (Plant::Runtime(Runtime::ExecutesBeforeCommit), name::COMMITTED),
        (Plant::Runtime(Runtime::NeverRetries), name::FINISHED),
        (Plant::Runtime(Runtime::WaitsForWindow), name::NO_CIRCLE),
    ];

    fn initial(bug: Option<Bug>) -> State {
        State::new(bug)
    }

    fn external(bug: Option<Bug>) -> Processor {
        Processor { bug }
    }

    fn input(dice: &mut Dice) -> Ask {
        let (user, cents) = (dice.below(2) as u32, dice.within(1..=100));
        match dice.below(5) {
            0 if dice.below(8) == 0 => Ask::Deposit { user, cents: u64::MAX / 2 },
            0 | 1 => Ask::Deposit { user, cents },
            _ => Ask::Pay { user, cents: cents.min(60), at: dice.below(1_000) },
        }
    }

    fn simpler(input: &Ask) -> Vec<Ask> {
        match *input {
            Ask::Deposit { user: 0, cents: 1 } => Vec::new(),
            Ask::Deposit { user, cents } => {
                let mut simpler = Vec::new();
                simpler.extend((cents > 1).then_some(Ask::Deposit { user, cents: 1 }));
                simpler.extend((cents > 100).then_some(Ask::Deposit { user, cents: 100 }));
                simpler.extend((user > 0).then_some(Ask::Deposit { user: 0, cents }));
                simpler
            }
            Ask::Pay { user, cents, at } => {
                let mut simpler = vec![Ask::Deposit { user, cents }];
                simpler.extend((at > 0).then_some(Ask::Pay { user, cents, at: 0 }));
                simpler.extend((cents > 1).then_some(Ask::Pay { user, cents: 1, at }));
                simpler.extend((user > 0).then_some(Ask::Pay { user: 0, cents, at }));
                simpler
            }
        }
    }

    fn items(state: &State) -> Vec<Item<u64>> {
        let item = |id: u64, status, is_final, payment: &Payment| {
            let content = format!("{payment:?}");
            Item { id, status, is_final, content }
        };
        let pending = state.pending.iter();
        let pending = pending.map(|(id, payment)| item(*id, "Charging", false, payment));
        let finished = state.receipts.iter().map(|receipt| {
            let status = if receipt.charged { "Charged" } else { "Declined" };
            item(receipt.id, status, true, &receipt.payment)
        });
        pending.chain(finished).collect()
    }

    fn unknown_id() -> u64 {
        u64::MAX
    }

    fn awaits(status: &'static str, _result: &Answer) -> bool {
        status == "Charging"
    }

    fn is_pending(result: &ResultOf<Self>) -> bool {
        *result == Answer::Pending
    }

    fn begins(_action: &ActionOf<Self>) -> bool {
        true
    }

    fn commit(
        money: &mut Money,
        before: &State,
        commit: &CommitOf<Self>,
        _untracked: &[Notice],
    ) -> Judgement {
        match &commit.cause {
            Cause::Asked(request) => {
                if let Ask::Deposit { cents, .. } = request.input {
                    money.deposited = money.deposited.wrapping_add(cents);
                }
            }
            Cause::Completed { id, result: Answer::Charged } => {
                if let Some(payment) = before.pending.get(id) {
                    money.charged += payment.cents;
                }
            }
            Cause::Completed { .. } => {}
        }
        Ok(())
    }

    fn sound(money: &Money, state: &State) -> Judgement {
        // Each account has less than there can be, two together may not.
        let sum = |all: &mut dyn Iterator<Item = u64>| all.fold(0, u64::wrapping_add);
        let kept = sum(&mut state.accounts.values().copied());
        let aside = sum(&mut state.pending.values().map(|payment| payment.cents));
        let Money { deposited, charged } = *money;
        match kept.wrapping_add(aside).wrapping_add(charged) == deposited {
            true => Ok(()),
            false => Err(format!(
                "{deposited} cents came in; {kept} are kept, {aside} set aside, {charged} charged"
            )),
        }
    }

    fn finished(state: &State) -> (usize, usize) {
        (state.receipts.len(), RECEIPTS)
    }

    fn agrees(money: &Money, state: &State, ledger: &LedgerOf<Self>) -> Judgement {
        let cents = |charged: &Charged| match charged {
            Charged::Cents(cents) => *cents,
            Charged::Examined | Charged::Declined => 0,
        };
        let charged: u64 = ledger.values().map(cents).sum();
        match charged == money.charged && state.pending.is_empty() {
            true => Ok(()),
            false => Err(format!("{charged} cents were charged, and {} paid", money.charged)),
        }
    }

    fn status(state: &State, input: Meets<'_, Self>) -> &'static str {
        match input {
            Meets::Completed(id) => {
                let items = Self::items(state);
                items.iter().find(|item| item.id == *id).map_or("Unknown", |item| item.status)
            }
            Meets::Asked(Ask::Deposit { user, .. } | Ask::Pay { user, .. }) => {
                match state.accounts.get(user) {
                    Some(0) => "NoMoney",
                    Some(_) => "Money",
                    None => "NoAccount",
                }
            }
        }
    }

    fn pairs() -> Vec<(&'static str, &'static str)> {
        let mut all = Vec::new();
        for status in ["NoAccount", "NoMoney", "Money"] {
            all.extend([(status, "Deposit"), (status, "Pay")]);
        }
        for status in ["Charging", "Unknown"] {
            all.extend([(status, "Charged"), (status, "Declined"), (status, "Pending")]);
        }
        // What was charged is never declined, and the other way round.
        all.extend([("Charged", "Charged"), ("Charged", "Pending")]);
        all.extend([("Declined", "Declined"), ("Declined", "Pending")]);
        all
    }
}
