//! The payment processor: holds money, and lets it go.

use std::collections::BTreeMap;

use stormglass_workflow::{Execute, External};

use super::machine::{Answer, Command, Notice, Tracked};

/// The bank takes its time with more cents than this.
const LARGE: u64 = 18_000;

/// The rules of the processor.
#[derive(Clone, Debug)]
pub struct Processor;

/// What the processor knows of a hold.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Hold {
    /// The bank thinks about it.
    Waiting(u64),
    /// So much is held.
    Held(u64),
    /// It was let go.
    Released,
    /// It never will be, whatever comes.
    Refused,
}

impl Hold {
    fn answer(self) -> Answer {
        match self {
            Hold::Waiting(_) => Answer::Pending,
            Hold::Held(cents) => Answer::Success(cents),
            Hold::Released => Answer::Released,
            Hold::Refused => Answer::Failed,
        }
    }
}

impl External<Tracked, Notice> for Processor {
    type Entry = Hold;

    fn handle(
        &self,
        entry: Option<&Hold>,
        command: &Execute<u64, Command>,
        sometimes: &mut dyn FnMut(&'static str) -> bool,
    ) -> (Option<Hold>, Option<Answer>) {
        let now = match (&command.action, entry.copied()) {
            (Command::Preauth { .. }, None) if sometimes("the bank refuses") => Hold::Refused,
            (Command::Preauth { cents, .. }, None) => {
                match *cents > LARGE || sometimes("the bank takes time") {
                    true => Hold::Waiting(*cents),
                    false => Hold::Held(*cents),
                }
            }
            (Command::CheckStatus, None) => Hold::Refused,
            (Command::CheckStatus, Some(Hold::Waiting(cents)))
                if !sometimes("the bank takes even longer") =>
            {
                Hold::Held(cents)
            }
            (Command::Release, _) => Hold::Released,
            (_, Some(same)) => same,
        };
        (Some(now), Some(now.answer()))
    }

    fn hear(&self, notice: &Notice, _ledger: &BTreeMap<u64, Hold>) -> Option<(u64, Hold)> {
        match notice {
            Notice::Release(id) => Some((*id, Hold::Released)),
            Notice::Mail(_) => None,
        }
    }
}
