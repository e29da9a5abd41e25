//! What leads from one entry of a diagram to another: messages, and causes that are none.

use std::fmt::Write as _;

use super::escaped;
use super::layout::Layout;
use crate::trace::{Message, Passage, What};

/// What never arrives is drawn at most so far down.
const LOST: i32 = 64;

/// All of them.
pub(super) fn draw(svg: &mut String, layout: &Layout<'_>) {
    svg.push_str("<g class=\"arrows\">\n");
    for message in &layout.trace.messages {
        arrow(svg, layout, message);
    }
    threads(svg, layout);
    svg.push_str("</g>\n");
}

/// A message from the lane where it is sent to the one where it is taken, or to where it is lost.
fn arrow(svg: &mut String, layout: &Layout<'_>, message: &Message) {
    let drawn = |number| layout.is_drawn(number);
    if !drawn(message.sent) && !message.received.is_some_and(drawn) {
        return;
    }
    let Some(from) = layout.x(message.from) else { return };
    let to = layout.x(message.to).unwrap_or(from + 24);
    let (above, below) = (layout.y(message.sent), arrives(layout, message));
    let (class, tip) = match message.fate {
        Passage::OnTime => ("ontime", "ontime"),
        Passage::Late => ("late", "late"),
        Passage::Doubled => ("doubled", "doubled"),
        Passage::Corrupt => ("corrupt", "corrupt"),
        Passage::Lost => ("lost", ""),
        Passage::CutOff => ("cutoff", ""),
        Passage::Missed => ("missed", ""),
        Passage::UnderWay => ("underway", ""),
    };
    let chain = message.received.is_some_and(|received| {
        layout.chain.has(received)
            && layout.chain.has(message.sent)
            && layout.trace.cause(received) == Some(message.sent)
    });
    let lost_in_chain = message.received.is_none() && layout.chain.has(message.sent + 1);
    let chain = if chain || lost_in_chain { " chain" } else { "" };
    let tip = if !chain.is_empty() && tip == "ontime" { "chain" } else { tip };
    let received = message.received.map(|received| format!(" data-to=\"{}\"", received + 1));
    let marker = match tip {
        "" => String::new(),
        tip if message.received.is_some() => format!(" marker-end=\"url(#tip-{tip})\""),
        _ => String::new(),
    };
    let (x, y) = match message.received.is_some() || message.fate == Passage::Missed {
        true => (to, below),
        // It ends on its way.
        false => (from + (to - from) * 6 / 10, above + (below - above) * 6 / 10),
    };
    let path = match from == to {
        true => format!("M{from} {above}C{0} {above} {0} {y} {x} {y}", from + 40),
        false => format!("M{from} {above}L{x} {y}"),
    };
    let _ = writeln!(
        svg,
        "<g class=\"arrow {class}{chain}\" data-from=\"{}\"{}><title>{} {}</title><path class=\"line\" \
         d=\"{path}\"{marker}/>{}</g>",
        message.sent + 1,
        received.unwrap_or_default(),
        escaped(&message.kind),
        passage(message.fate),
        ends_in(message, x, y),
    );
}

/// What has become of a message, in words.
fn passage(fate: Passage) -> &'static str {
    match fate {
        Passage::OnTime => "arrives",
        Passage::Late => "is late",
        Passage::Doubled => "comes twice",
        Passage::Corrupt => "is corrupted",
        Passage::Lost => "is lost",
        Passage::CutOff => "is cut off",
        Passage::Missed => "is taken by nobody",
        Passage::UnderWay => "is still on its way",
    }
}

/// How far down a message is drawn.
fn arrives(layout: &Layout<'_>, message: &Message) -> i32 {
    if let Some(received) = message.received {
        return layout.y(received);
    }
    let above = layout.y(message.sent);
    match message.fate {
        Passage::UnderWay => layout.end,
        Passage::Missed => layout.y_at(message.due).clamp(above + 8, above + 4 * LOST),
        _ => layout.y_at(message.due).clamp(above + 16, above + LOST),
    }
}

/// A sign where a message ends that does not arrive.
fn ends_in(message: &Message, x: i32, y: i32) -> String {
    match message.fate {
        _ if message.received.is_some() => String::new(),
        Passage::Lost | Passage::CutOff | Passage::Missed | Passage::Corrupt => {
            format!("<path class=\"sign\" d=\"M{} {}l8 8m0 -8l-8 8\"/>", x - 4, y - 4)
        }
        _ => String::new(),
    }
}

/// Causes that are no messages: timers from where they were set to where they fire, and what
/// follows from something on the same node.
fn threads(svg: &mut String, layout: &Layout<'_>) {
    for number in layout.trace.numbers() {
        let Some(cause) = layout.trace.cause(number) else { continue };
        let entry = layout.trace.entry(number);
        let follows = matches!(
            entry.what,
            What::Timer | What::Start | What::GoesOn | What::Crash | What::Client
        );
        if !follows || layout.trace.entry(cause).place != entry.place || !layout.is_drawn(number) {
            continue;
        }
        let Some(x) = layout.x(entry.place) else { continue };
        let (from, to) = (layout.y(cause), layout.y(number));
        let side = x - 10 - ((to - from) / 12).min(16);
        let chain = match layout.chain.has(cause) && layout.chain.has(number) {
            true => " chain",
            false => "",
        };
        let _ = writeln!(
            svg,
            "<path class=\"thread{chain}\" data-from=\"{}\" data-to=\"{}\" \
             d=\"M{x} {from}C{side} {from} {side} {to} {x} {to}\" marker-end=\"url(#tip-thread)\"/>",
            cause + 1,
            number + 1
        );
    }
}
