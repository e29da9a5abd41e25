//! One file for each command.

mod campaign;
mod convert;
mod corpus;
mod list;
mod planted;
mod repair;
mod replay;
mod run;
mod shrink;
mod shrinking;
mod story;

use crate::arguments::Command;
use crate::exit::Exit;
use crate::problem::Problem;
use crate::session::Session;

/// So many of something: "1 run", "2 runs".
fn counted(count: u64, what: &str) -> String {
    let more = if count == 1 { "" } else { "s" };
    format!("{count} {what}{more}")
}

pub(crate) fn execute(session: &mut Session, command: Command) -> Result<Exit, Problem> {
    match command {
        Command::List(_) => Ok(list::list(session)),
        Command::Run(arguments) => run::run(session, &arguments),
        Command::Campaign(arguments) => campaign::campaign(session, &arguments),
        Command::Planted(arguments) => planted::planted(session, &arguments),
        Command::Replay(arguments) if arguments.repair => repair::repair(session, &arguments),
        Command::Replay(arguments) => replay::replay(session, &arguments),
        Command::Story(arguments) => story::story(session, &arguments),
        Command::Shrink(arguments) => shrink::shrink(session, &arguments),
        Command::Shrinking(arguments) => shrinking::shrinking(session, &arguments),
        Command::Convert(arguments) => convert::convert(session, &arguments),
        Command::Corpus(arguments) => corpus::corpus(session, &arguments),
    }
}
