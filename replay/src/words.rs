//! Deviations in words, for people who are told that one of them met nothing.

use std::fmt::Debug;
use std::time::Duration;

use stormglass_simulator::{ClientLink, Crash, Deviation, Fate, Way};

/// Longer requests are cut.
const LONGEST_REQUEST: usize = 60;

/// What a deviation says.
pub(crate) fn in_words<R: Debug>(deviation: &Deviation<R>) -> String {
    match deviation {
        Deviation::Nodes { count } => format!("there are {count} nodes"),
        Deviation::Beyond => "faults may destroy more than is tolerated".to_owned(),
        Deviation::Request { client, at, node, request, .. } => {
            let request = shortened(&format!("{request:?}"));
            format!("client {client} asks node {node} at {}: {request}", span(*at))
        }
        Deviation::Message(fault) => {
            let (from, to, kind) = (fault.from, fault.to, &fault.kind);
            let message = format!("the {} {kind} from {from} to {to}", ordinal(fault.nth));
            format!("{message} {}", fated(fault.fate))
        }
        Deviation::Timer(late) => {
            let (node, kind, by) = (late.node, &late.kind, span(late.late));
            format!("the {} {kind} timer of node {node} is {by} late", ordinal(late.nth))
        }
        Deviation::Flush(slow) => {
            let (nth, node, by) = (ordinal(slow.nth), slow.node, span(slow.slow));
            format!("the {nth} flush of node {node} takes {by} longer")
        }
        Deviation::FailingFlush(failing) => {
            let (nth, node, times) = (ordinal(failing.nth), failing.node, failing.times);
            let times = if times == 1 { String::new() } else { format!(" {times} times") };
            format!("the {nth} flush of node {node} fails{times}")
        }
        Deviation::LostFlush(lost) => {
            format!("the {} flush of node {} is a lie", ordinal(lost.nth), lost.node)
        }
        Deviation::TornRecord(torn) => {
            format!("the {} record of node {} is torn", ordinal(torn.nth), torn.node)
        }
        Deviation::RottenRecord(rotten) => {
            format!("the {} record of node {} goes bad", ordinal(rotten.nth), rotten.node)
        }
        Deviation::MisdirectedWrite(write) => {
            let (nth, node, back) = (ordinal(write.nth), write.node, write.back);
            format!("the {nth} record of node {node} lands {back} places too early")
        }
        Deviation::Crash(crash) => crashes(crash),
        Deviation::ClientLink(ClientLink { client, nth, attempt, way, fate }) => {
            let (nth, attempt) = (ordinal(*nth), ordinal(*attempt));
            let what = match way {
                Way::Request => "request",
                Way::Answer => "answer",
            };
            let fate = fated(*fate);
            format!(
                "the {what} of the {attempt} attempt at client {client}'s {nth} operation {fate}"
            )
        }
        Deviation::Knob(tuned) => format!("{} is set to {}", tuned.name, tuned.value),
        Deviation::Site(site) => {
            let (node, nth) = (site.node, ordinal(site.nth));
            format!("node {node} misbehaves when it comes by for the {nth} time: {}", site.site)
        }
        Deviation::Clock(clock) => {
            let (node, ahead, drift) = (clock.node, clock.ahead_ns, clock.drift_ppm);
            format!("the clocks of node {node} are {ahead} ns ahead and drift by {drift} ppm")
        }
        Deviation::Broken(broken) => format!("nodes {:?} do not heal", broken.nodes),
        episode => match (episode.at(), episode.begins()) {
            (Some(at), Some(begins)) => format!("{begins}, from {}", span(at)),
            _ => format!("{episode:?}"),
        },
    }
}

fn crashes(crash: &Crash) -> String {
    let Crash { nodes, at, after_effects, down, .. } = crash;
    let names: Vec<_> = nodes.iter().map(ToString::to_string).collect();
    let (names, plural) = (names.join(", "), nodes.len() > 1);
    let who = if plural { format!("nodes {names} crash") } else { format!("node {names} crashes") };
    let when = match after_effects {
        None => format!("at {}", span(*at)),
        Some(effects) => format!("after {effects} effects of a step from {} on", span(*at)),
    };
    format!("{who} {when}, for {}", span(*down))
}

fn fated(fate: Fate) -> String {
    match fate {
        Fate::Dull => "arrives".to_owned(),
        Fate::Delayed { by } => format!("is delayed by {}", span(by)),
        Fate::Dropped => "is lost".to_owned(),
        Fate::Duplicated { by } => format!("comes again {} later", span(by)),
        Fate::Corrupted { .. } => "is corrupted".to_owned(),
    }
}

/// `1st` for the one with number 0.
pub(crate) fn ordinal(nth: u32) -> String {
    let number = u64::from(nth) + 1;
    let ending = match (number % 10, number % 100) {
        (1, 1 | 21..) => "st",
        (2, 2 | 22..) => "nd",
        (3, 3 | 23..) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

/// As it stands in the log.
fn span(span: Duration) -> String {
    humantime::format_duration(span).to_string()
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST_REQUEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinals_are_english() {
        let numbers = [0, 1, 2, 3, 9, 10, 11, 12, 20, 21, 100, 110, 111].map(ordinal);
        let words = [
            "1st", "2nd", "3rd", "4th", "10th", "11th", "12th", "13th", "21st", "22nd", "101st",
            "111th", "112th",
        ];
        assert_eq!(numbers, words);
    }
}
