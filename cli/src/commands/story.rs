use serde::Serialize;

use crate::arguments::Story;
use crate::exit::Exit;
use crate::log::Opened;
use crate::problem::Problem;
use crate::session::Session;

#[derive(Serialize)]
struct Told<'r> {
    scenario: &'r str,
    planted: Option<&'r str>,
    story: Vec<String>,
}

pub(crate) fn story(session: &mut Session, arguments: &Story) -> Result<Exit, Problem> {
    let log = Opened::open(session, &arguments.log, false)?;
    let story = log.scenario.story(&log.raw)?;
    let head = log.raw.head();
    let told = Told { scenario: &head.scenario, planted: head.planted.as_deref(), story };
    session.tell(&told, || told.story.join("\n"));
    Ok(Exit::Fine)
}
