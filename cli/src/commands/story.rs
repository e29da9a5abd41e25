use std::fmt::Write as _;
use std::path::Path;

use serde::Serialize;
use stormglass_replay::{Picture, Verdict, write_whole};

use crate::arguments::Story;
use crate::exit::Exit;
use crate::log::Opened;
use crate::problem::Problem;
use crate::session::{Session, folder};

#[derive(Serialize)]
struct Told<'r> {
    scenario: &'r str,
    planted: Option<&'r str>,
    story: Vec<String>,
    #[serde(flatten)]
    drawn: Option<Drawn<'r>>,
}

/// What was written.
#[derive(Serialize)]
struct Drawn<'r> {
    verdict: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    html: Option<&'r Path>,
    #[serde(skip_serializing_if = "Option::is_none")]
    svg: Option<&'r Path>,
}

pub(crate) fn story(session: &mut Session, arguments: &Story) -> Result<Exit, Problem> {
    let log = Opened::open(session, &arguments.log, false)?;
    let story = log.scenario.story(&log.raw)?;
    let drawn = match (&arguments.html, &arguments.svg) {
        (None, None) => None,
        _ => Some(draw(&log, arguments)?),
    };
    let reproduced = drawn.as_ref().is_none_or(|drawn| drawn.verdict != Verdict::Absent.name());
    let head = log.raw.head();
    let told = Told { scenario: &head.scenario, planted: head.planted.as_deref(), story, drawn };
    session.tell(&told, || in_words(&told));
    Ok(Exit::of(reproduced))
}

fn in_words(told: &Told) -> String {
    let Some(Drawn { verdict, html, svg }) = &told.drawn else { return told.story.join("\n") };
    let mut words = String::new();
    for path in [html, svg].into_iter().flatten() {
        let _ = writeln!(words, "{} written", path.display());
    }
    let _ = writeln!(words, "{verdict}");
    words
}

/// Makes sure that all can be written, runs the log, and draws it.
fn draw<'r>(log: &Opened, arguments: &'r Story) -> Result<Drawn<'r>, Problem> {
    let Story { html, svg, .. } = arguments;
    for path in [html, svg].into_iter().flatten() {
        if is_same(path, &arguments.log) {
            let path = path.display();
            return Err(Problem::new(format!("{path}: is the log itself; name another file")));
        }
        Session::probe(folder(path), "no file can be made there, name another")?;
    }
    if let (Some(html), Some(svg)) = (html, svg)
        && is_same(html, svg)
    {
        let path = html.display();
        return Err(Problem::new(format!("{path}: is named twice; name a file for each")));
    }
    let picture = log.scenario.picture(&log.raw)?;
    let pages = [(html, Picture::html as fn(&Picture) -> String), (svg, Picture::svg)];
    for (path, drawn) in pages {
        if let Some(path) = path {
            write_whole(path, drawn(&picture).as_bytes())?;
        }
    }
    let verdict = picture.verdict().name();
    Ok(Drawn { verdict, html: html.as_deref(), svg: svg.as_deref() })
}

/// True if two paths lead to the same file, be it there or not.
fn is_same(one: &Path, other: &Path) -> bool {
    let whole = |path: &Path| match std::fs::canonicalize(path) {
        Ok(there) => Some(there),
        Err(_) => Some(std::fs::canonicalize(folder(path)).ok()?.join(path.file_name()?)),
    };
    matches!((whole(one), whole(other)), (Some(one), Some(other)) if one == other)
}
