//! The server behind the app: it knows redemptions by their ids.

use stormglass_workflow::{Execute, External};

use super::machine::{Answer, Command, Show, Tracked};

/// More points than this are not taken at once.
const LARGE: u32 = 70;

/// The rules of the server.
#[derive(Clone, Debug)]
pub struct Server;

/// What the server knows of a redemption.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Redeemed {
    /// The points are to be taken.
    Waiting(u32),
    /// They are taken.
    Taken(u32),
    /// They were given back.
    Returned,
    /// They never will be.
    Refused,
}

impl Redeemed {
    fn answer(self) -> Answer {
        match self {
            Redeemed::Waiting(_) => Answer::Pending,
            Redeemed::Taken(points) => Answer::Success { points },
            Redeemed::Returned => Answer::Refunded,
            Redeemed::Refused => Answer::Failed,
        }
    }
}

impl External<Tracked, Show> for Server {
    type Entry = Redeemed;

    fn handle(
        &self,
        entry: Option<&Redeemed>,
        command: &Execute<u64, Command>,
        sometimes: &mut dyn FnMut(&'static str) -> bool,
    ) -> (Option<Redeemed>, Option<Answer>) {
        let now = match (&command.action, entry.copied()) {
            (Command::Redeem { .. }, None) if sometimes("the server refuses a redemption") => {
                Redeemed::Refused
            }
            (Command::Redeem { points }, None) => {
                match *points > LARGE || sometimes("a redemption takes time") {
                    true => Redeemed::Waiting(*points),
                    false => Redeemed::Taken(*points),
                }
            }
            // Whatever has not come by now is too late.
            (Command::CheckStatus | Command::Refund, None) => Redeemed::Refused,
            (Command::CheckStatus, Some(Redeemed::Waiting(points)))
                if !sometimes("a redemption takes even longer") =>
            {
                Redeemed::Taken(points)
            }
            (Command::Refund, Some(Redeemed::Taken(_) | Redeemed::Waiting(_))) => {
                Redeemed::Returned
            }
            (_, Some(same)) => same,
        };
        (Some(now), Some(now.answer()))
    }
}
