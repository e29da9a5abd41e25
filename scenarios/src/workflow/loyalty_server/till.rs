//! The till: gives discounts, as often as it is told.

use stormglass_workflow::{Execute, External, Taken};

use super::machine::{Answer, Bug, Command, Notice, Reason, Tracked};

/// A discount of more cents than this takes time.
const LARGE: u64 = 200;

/// The rules of the till.
#[derive(Clone, Debug)]
pub struct Till {
    /// The bug that is planted.
    pub bug: Option<Bug>,
}

/// What the till knows of a discount.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Discount {
    /// How often it was given.
    pub times: u32,
    /// By how much the order has become cheaper.
    pub cents: u64,
    /// It is not given any more.
    pub refused: Option<Refusal>,
    /// It is to be given, and was not yet.
    waits: u64,
    taken: Taken,
}

/// Why it is not given.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Refusal {
    /// The till does not want to.
    Unwilling,
    /// It was asked about before it was heard of.
    Fenced,
}

impl Discount {
    fn answer(&self) -> Answer {
        match self.refused {
            Some(Refusal::Unwilling) => Answer::Failed(Reason::Refused),
            Some(Refusal::Fenced) => Answer::Failed(Reason::Unseen),
            None if self.waits > 0 => Answer::Pending,
            None => Answer::DiscountApplied,
        }
    }

    fn give(&mut self, cents: u64) {
        self.times += 1;
        self.cents += cents;
        self.waits = 0;
    }
}

impl External<Tracked, Notice> for Till {
    type Entry = Discount;

    fn handle(
        &self,
        entry: Option<&Discount>,
        command: &Execute<u64, Command>,
        sometimes: &mut dyn FnMut(&'static str) -> bool,
    ) -> (Option<Discount>, Option<Answer>) {
        let mut discount = entry.cloned().unwrap_or_default();
        match command.action {
            Command::ApplyDiscount { cents, .. } => {
                if discount.taken.take(command.transmission) && discount.refused.is_none() {
                    if sometimes("the till refuses a discount") {
                        discount.refused = Some(Refusal::Unwilling);
                    } else if cents > LARGE || sometimes("a discount takes time") {
                        discount.waits = cents;
                    } else {
                        discount.give(cents);
                    }
                }
            }
            Command::CheckDiscountStatus if entry.is_none() => {
                discount.refused = Some(Refusal::Fenced);
                if self.bug == Some(Bug::NoFence) {
                    return (None, Some(discount.answer()));
                }
            }
            Command::CheckDiscountStatus => {
                if discount.waits > 0 && !sometimes("a discount takes even longer") {
                    discount.give(discount.waits);
                }
            }
        }
        let answer = discount.answer();
        (Some(discount), Some(answer))
    }
}
