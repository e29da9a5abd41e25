use std::path::Path;

use serde::Serialize;

use crate::arguments::Convert;
use crate::exit::Exit;
use crate::log::Opened;
use crate::problem::Problem;
use crate::session::Session;

#[derive(Serialize)]
struct Told<'r> {
    from: &'r Path,
    to: &'r Path,
}

pub(crate) fn convert(session: &mut Session, arguments: &Convert) -> Result<Exit, Problem> {
    let Convert { from, to } = arguments;
    let log = Opened::open(session, from, false)?;
    log.scenario.convert(&log.raw, to)?;
    session.tell(&Told { from, to }, || format!("{} written", to.display()));
    Ok(Exit::Fine)
}
