//! The payment processor: it knows payments by their ids.

use stormglass_workflow::{Execute, External};

use super::machine::{Answer, Bug, Charge, Notice, Tracked};

/// Somebody looks at payments of more cents than this.
const LARGE: u64 = 40;

/// The rules of the processor.
#[derive(Clone, Debug)]
pub struct Processor {
    /// The bug that is planted.
    pub bug: Option<Bug>,
}

/// What the processor knows of a payment.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Charged {
    /// Somebody looks at it.
    Examined,
    /// The card was charged.
    Cents(u64),
    /// It was declined.
    Declined,
}

impl External<Tracked, Notice> for Processor {
    type Entry = Charged;

    fn handle(
        &self,
        entry: Option<&Charged>,
        command: &Execute<u64, Charge>,
        sometimes: &mut dyn FnMut(&'static str) -> bool,
    ) -> (Option<Charged>, Option<Answer>) {
        let charged = match entry {
            Some(charged @ (Charged::Cents(_) | Charged::Declined)) => *charged,
            None if sometimes("the processor is busy") => return (None, Some(Answer::Pending)),
            None if command.action.cents > LARGE => Charged::Examined,
            _ if sometimes("a card is declined") => Charged::Declined,
            _ => {
                let fee = u64::from(self.bug == Some(Bug::HiddenFee));
                Charged::Cents(command.action.cents + fee)
            }
        };
        let answer = match charged {
            Charged::Examined => Answer::Pending,
            Charged::Cents(_) => Answer::Charged,
            Charged::Declined => Answer::Declined,
        };
        (Some(charged), Some(answer))
    }
}
