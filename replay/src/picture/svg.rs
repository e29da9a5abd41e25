//! The space-time diagram.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use stormglass_machine::Time;

use super::layout::{Layout, Shown, TIMES, column_x, of_network};
use super::{arrows, escaped};
use crate::story::{sentence, sorts};
use crate::trace::{Entry, Lasting, Place, Span, Trace, What, clock};

/// Colours of states; more states share them, and are told apart by their names.
const COLOURS: usize = 8;
/// What stands beside the picture if it is alone.
const SENTENCES: i32 = 620;
const LETTERS: usize = 104;
/// The last line is bold.
const BOLD_LETTERS: usize = 88;
/// The heads of the lanes.
pub(super) const HEAD: i32 = 30;

/// Colours and lines.
pub(super) const STYLE: &str = include_str!("picture.css");

/// The diagram as a file of its own, with the sentences beside it.
pub(super) fn alone(layout: &Layout<'_>, title: &str, about: &str) -> String {
    let (width, height) = (layout.width + SENTENCES, layout.height + HEAD + 34);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         width=\"{width}\" height=\"{height}\" role=\"img\" aria-labelledby=\"title about\" \
         class=\"picture alone\">\n<title id=\"title\">{}</title>\n<desc id=\"about\">{}</desc>\n\
         <style>{STYLE}</style>\n<rect class=\"paper\" width=\"{width}\" height=\"{height}\"/>\n\
         <text class=\"title\" x=\"14\" y=\"22\">{}</text>\n",
        escaped(title),
        escaped(about),
        escaped(title),
    );
    let _ = writeln!(svg, "<g transform=\"translate(0 30)\">{}</g>", heads(layout));
    let _ = write!(svg, "<g transform=\"translate(0 {})\">\n{}", 30 + HEAD, drawing(layout));
    for row in &layout.rows {
        let (class, text) = match &row.what {
            Shown::Entry { told: false, .. } => continue,
            Shown::Entry { number, .. } => {
                let entry = layout.trace.entry(*number);
                (
                    weight(layout, *number),
                    format!("{}  {}", number + 1, sentence(entry).trim_start()),
                )
            }
            Shown::LeftOut(numbers) => ("quiet", left_out(layout.trace, numbers.clone())),
        };
        sentence_at(&mut svg, layout, row.y, class, &shortened(&text, LETTERS));
    }
    let ending = shortened(&ending(layout.trace), BOLD_LETTERS);
    sentence_at(&mut svg, layout, layout.end, "violated", &ending);
    svg.push_str("</g>\n</svg>\n");
    svg
}

fn sentence_at(svg: &mut String, layout: &Layout<'_>, y: i32, class: &str, text: &str) {
    let (x, y) = (layout.width + 8, y + 4);
    let _ = writeln!(
        svg,
        "<text class=\"sentence {class}\" x=\"{x}\" y=\"{y}\">{}</text>",
        escaped(text)
    );
}

pub(super) fn shortened(text: &str, most: usize) -> String {
    let mut shown: String = text.chars().take(most).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

/// How a run ended, in a line.
pub(super) fn ending(trace: &Trace) -> String {
    match &trace.violation {
        Some(told) => format!("VIOLATED: {}: {}", told.signature, told.detail[0]),
        None => "the end; everything held".to_owned(),
    }
}

/// What is not drawn, in words.
pub(super) fn left_out(trace: &Trace, numbers: std::ops::Range<usize>) -> String {
    let entries: Vec<_> = numbers.map(|number| trace.entry(number)).collect();
    format!("{} not drawn: {}", entries.len(), sorts(&entries))
}

/// How much an entry matters, as a class.
pub(super) fn weight(layout: &Layout<'_>, number: usize) -> &'static str {
    match layout.chain.has(number) {
        true => "chain",
        false => "",
    }
}

/// The names of the lanes.
pub(super) fn heads(layout: &Layout<'_>) -> String {
    let mut svg = String::new();
    for lane in &layout.lanes {
        let class = if lane.is_client { "head client" } else { "head" };
        let name = match layout.lane_width < 60 && !lane.is_client {
            true => lane.name.trim_start_matches("node "),
            false => &lane.name,
        };
        let _ = writeln!(
            svg,
            "<text class=\"{class}\" x=\"{}\" y=\"20\">{}</text>",
            lane.x,
            escaped(name)
        );
    }
    svg
}

/// Everything below the heads.
pub(super) fn drawing(layout: &Layout<'_>) -> String {
    let mut svg = markers();
    network(&mut svg, layout);
    pauses(&mut svg, layout);
    lanes(&mut svg, layout);
    bars(&mut svg, layout);
    spans(&mut svg, layout);
    arrows::draw(&mut svg, layout);
    violation(&mut svg, layout);
    svg.push_str("<g class=\"entries\">\n");
    for row in &layout.rows {
        match &row.what {
            Shown::Entry { number, told } => {
                if row.is_dated {
                    svg.push_str(&time_at(layout.trace.entry(*number).time, row.y));
                }
                entry(&mut svg, layout, *number, *told, row.y);
            }
            Shown::LeftOut(_) => {
                let _ = writeln!(
                    svg,
                    "<path class=\"tear\" d=\"M{} {}h{}\"/>",
                    TIMES,
                    row.y,
                    layout.width - TIMES
                );
            }
        }
    }
    svg.push_str("</g>\n");
    svg
}

/// The heads of arrows. Each has the colour of its line.
fn markers() -> String {
    let mut svg = "<defs>\n".to_owned();
    for class in ["ontime", "late", "doubled", "corrupt", "thread", "chain"] {
        let _ = writeln!(
            svg,
            "<marker id=\"tip-{class}\" class=\"tip {class}\" viewBox=\"0 0 10 10\" refX=\"16\" refY=\"5\" \
             markerWidth=\"9\" markerHeight=\"9\" markerUnits=\"userSpaceOnUse\" orient=\"auto\">\
             <path d=\"M0 1L10 5L0 9z\"/></marker>"
        );
    }
    svg.push_str(
        "<pattern id=\"hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" \
         patternTransform=\"rotate(45)\"><path class=\"hatch\" d=\"M0 0V6\"/></pattern>\n</defs>\n",
    );
    svg
}

/// Cuts and clogs, as bands across all lanes, each with a bar in its column.
fn network(svg: &mut String, layout: &Layout<'_>) {
    for (column, span) in of_network(layout.trace) {
        let (class, sign) = match span.state {
            Lasting::Cut => ("cut", "✂"),
            _ => ("clogged", "≈"),
        };
        let (from, to) = extent(layout, span);
        let (x, height) = (column_x(column), (to - from).max(4));
        let left = TIMES;
        let _ = writeln!(
            svg,
            "<g class=\"network {class}\"><title>{}</title><rect class=\"band\" x=\"{left}\" \
             y=\"{from}\" width=\"{}\" height=\"{height}\"/><rect class=\"column\" x=\"{}\" y=\"{from}\" \
             width=\"6\" height=\"{height}\" rx=\"3\"/><text x=\"{x}\" y=\"{}\">{sign}</text></g>",
            escaped(&span.words),
            layout.width - left,
            x - 3,
            from - 3,
        );
    }
}

fn pauses(svg: &mut String, layout: &Layout<'_>) {
    let (left, right) = (TIMES, layout.width);
    for pause in &layout.pauses {
        let y = pause.y;
        let _ = writeln!(
            svg,
            "<path class=\"pause\" d=\"M{left} {y}H{right}\"/>\
             <text class=\"pause\" x=\"{}\" y=\"{}\">{}</text>",
            left - 8,
            y + 3,
            escaped(&pause.words)
        );
    }
}

fn lanes(svg: &mut String, layout: &Layout<'_>) {
    for lane in &layout.lanes {
        let class = if lane.is_client { "lane client" } else { "lane" };
        let _ = writeln!(svg, "<path class=\"{class}\" d=\"M{} 0V{}\"/>", lane.x, layout.height);
    }
}

/// What states nodes are in. A state has the same colour everywhere.
fn bars(svg: &mut String, layout: &Layout<'_>) {
    let trace = layout.trace;
    let mut colours: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut now: BTreeMap<Place, (&'static str, i32)> = BTreeMap::new();
    for number in trace.numbers() {
        let entry = trace.entry(number);
        if !matches!(entry.place, Place::Node(_)) || entry.what == What::Note {
            continue;
        }
        let state = entry.after.as_ref().map(|look| look.state);
        let before = now.get(&entry.place).copied();
        if before.map(|(state, _)| state) == state
            || matches!(entry.what, What::Begins | What::Ends)
        {
            continue;
        }
        let y = layout.y(number);
        if let Some((state, from)) = before {
            bar(svg, layout, entry.place, state, (from, y), &mut colours);
        }
        match state {
            Some(state) => now.insert(entry.place, (state, y)),
            None => now.remove(&entry.place),
        };
    }
    for (place, (state, from)) in now {
        bar(svg, layout, place, state, (from, layout.end), &mut colours);
        let Some(x) = layout.x(place) else { continue };
        if layout.lane_width > 60 {
            let y = layout.end + 16;
            let _ =
                writeln!(svg, "<text class=\"last\" x=\"{x}\" y=\"{y}\">{}</text>", escaped(state));
        }
    }
}

fn bar(
    svg: &mut String,
    layout: &Layout<'_>,
    place: Place,
    state: &'static str,
    (from, to): (i32, i32),
    colours: &mut BTreeMap<&'static str, usize>,
) {
    let Some(x) = layout.x(place) else { return };
    let next = colours.len();
    let colour = *colours.entry(state).or_insert(next) % COLOURS;
    let _ = writeln!(
        svg,
        "<rect class=\"state s{colour}\" x=\"{}\" y=\"{from}\" width=\"10\" height=\"{}\" rx=\"2\">\
         <title>{}</title></rect>",
        x - 5,
        (to - from).max(2),
        escaped(state)
    );
}

/// From where to where something lasts.
fn extent(layout: &Layout<'_>, span: &Span) -> (i32, i32) {
    let to = span.to.map_or(layout.end, |to| layout.y(to));
    (layout.y(span.from), to)
}

/// What lasts on a node.
fn spans(svg: &mut String, layout: &Layout<'_>) {
    for span in &layout.trace.spans {
        let Some(x) = layout.x(span.place) else { continue };
        let (from, to) = extent(layout, span);
        let height = (to - from).max(2);
        let (class, left, width) = match span.state {
            Lasting::Down => ("down", x - 5, 10),
            Lasting::Paused => ("paused", x - 5, 10),
            Lasting::Flushing => ("flushing", x - 2, 4),
            Lasting::BadDisk => ("disk", x - 10, 3),
            Lasting::WrongClock => ("clock", x - 15, 3),
            Lasting::Cut | Lasting::Clogged => continue,
        };
        let _ = writeln!(
            svg,
            "<rect class=\"span {class}\" x=\"{left}\" y=\"{from}\" width=\"{width}\" \
             height=\"{height}\"><title>{}</title></rect>",
            escaped(&span.words)
        );
    }
}

/// Where something was violated.
fn violation(svg: &mut String, layout: &Layout<'_>) {
    let Some(told) = &layout.trace.violation else { return };
    let (left, right, y) = (TIMES, layout.width, layout.end);
    let _ = writeln!(
        svg,
        "<g class=\"violation\"><title>{}</title><path d=\"M{left} {y}H{right}\"/>",
        escaped(&told.signature)
    );
    if let Some(at) = told.at
        && let Some(x) = layout.x(layout.trace.entry(at).place)
    {
        let _ = writeln!(svg, "<circle cx=\"{x}\" cy=\"{}\" r=\"11\"/>", layout.y(at));
        let _ = writeln!(svg, "<path class=\"drop\" d=\"M{x} {}V{y}\"/>", layout.y(at) + 11);
    }
    let _ = writeln!(svg, "{}</g>", time_at(layout.trace.end, y));
}

/// An entry: its sign on its lane, and what it is, in a word.
fn entry(svg: &mut String, layout: &Layout<'_>, number: usize, told: bool, y: i32) {
    let entry = layout.trace.entry(number);
    let x = layout.x(entry.place).unwrap_or(TIMES);
    let (sort, sign) = sign(entry, told, x, y);
    let (left, width) = layout.room(entry.place);
    let (kind, shown) = if told { (" told", 24) } else { (" quiet", 10) };
    let chain = if layout.chain.has(number) { " chain" } else { "" };
    let at = layout.trace.violation.as_ref().and_then(|told| told.at);
    let violates = if at == Some(number) { " violates" } else { "" };
    let _ = writeln!(
        svg,
        "<g class=\"entry {sort}{kind}{chain}{violates}\" id=\"e{0}\" data-entry=\"{0}\">\
         <title>{1}</title><rect class=\"hit\" x=\"{2}\" y=\"{3}\" width=\"{4}\" height=\"{shown}\"/>\
         {sign}{5}</g>",
        number + 1,
        escaped(sentence(entry).trim_start()),
        left,
        y - shown / 2,
        width,
        label(layout, entry, told, x, y),
    );
}

fn time_at(time: Time, y: i32) -> String {
    let time = clock(time);
    let time = time.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("<text class=\"time\" x=\"{}\" y=\"{}\">{time}</text>", TIMES - 8, y + 4)
}

/// The sign of an entry, and its class.
fn sign(entry: &Entry, told: bool, x: i32, y: i32) -> (&'static str, String) {
    let size = if told { 5 } else { 3 };
    let (low, wide) = (size + 1, 2 * size);
    let square = format!(
        "<rect class=\"sign\" x=\"{}\" y=\"{}\" width=\"{wide}\" height=\"{wide}\"/>",
        x - size,
        y - size
    );
    let diamond = format!(
        "<path class=\"sign\" d=\"M{x} {}l{low} {low}l-{low} {low}l-{low} -{low}z\"/>",
        y - low
    );
    let triangle = format!(
        "<path class=\"sign\" d=\"M{} {}l{wide} {low}l-{wide} {low}z\"/>",
        x - size,
        y - low
    );
    let circle = format!("<circle class=\"sign\" cx=\"{x}\" cy=\"{y}\" r=\"{size}\"/>");
    match entry.what {
        What::Start => ("start", square),
        What::Message => ("message", circle),
        What::Timer => ("timer", diamond),
        What::Request => ("request", triangle),
        What::Client => ("asks", circle),
        What::GoesOn => ("goes-on", circle),
        What::Crash => (
            "crash",
            format!("<path class=\"sign\" d=\"M{} {}l14 14m0 -14l-14 14\"/>", x - 7, y - 7),
        ),
        What::Note => ("note", format!("<circle class=\"sign\" cx=\"{x}\" cy=\"{y}\" r=\"3\"/>")),
        What::Begins | What::Ends => ("episode", String::new()),
        What::Healed => ("healed", String::new()),
    }
}

/// What an entry is, in a word: the state a node comes to, or what it was given.
fn label(layout: &Layout<'_>, entry: &Entry, told: bool, x: i32, y: i32) -> String {
    if !told || layout.lane_width < 90 {
        return String::new();
    }
    let (class, text) = match (entry.becomes(), entry.what) {
        (Some(state), _) => ("becomes", state.to_owned()),
        (_, What::Start) => {
            ("becomes", entry.after.as_ref().map_or("", |look| look.state).to_owned())
        }
        (_, What::Crash) => ("crashes", "crashes".to_owned()),
        (_, What::Message | What::Request | What::Timer) => {
            let word = entry.name.rsplit(' ').next().unwrap_or_default();
            ("given", word.trim_end_matches(')').to_owned())
        }
        _ => return String::new(),
    };
    let most = (layout.lane_width as usize - 20) / 6;
    let mut short: String = text.chars().take(most).collect();
    if short.len() < text.len() {
        short.pop();
        short.push('…');
    }
    format!("<text class=\"{class}\" x=\"{}\" y=\"{}\">{}</text>", x + 10, y + 3, escaped(&short))
}
