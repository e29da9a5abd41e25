//! A run in sentences.

use std::collections::{BTreeMap, BTreeSet};

use stormglass_machine::Time;
use stormglass_simulator::{Cluster, Deviation, Event, Failure, RequestOf, Scenario, Watch};

use crate::causes::{Chain, LeadsTo};
use crate::trace::{Entry, Lasting, Look, Passage, Place, Recorder, Trace, Weight, What, clock};

/// A story of up to this many entries is told whole.
const WHOLE: usize = 48;
/// At the end of a longer one, so many are told in any case.
const ENDING: usize = 12;
/// So many of what matters are told at the most; of more, those in the middle are left out.
const MOST_TOLD: usize = 2_000;
/// Lines are broken before they get wider.
const WIDTH: usize = 112;
/// What was given to a machine, and what it did, is cut off after so many characters.
const LONGEST_INPUT: usize = 100;
const LONGEST_EFFECTS: usize = 200;
/// So many sorts of what is left out are named.
const MOST_SORTS: usize = 4;
/// So many nodes are told of at the end, and so many paths of the causal chain.
const MOST_NODES: usize = 32;
const MOST_PATHS: usize = 12;

/// Tells a run in words: what each machine was given, what it became and what it did; what every
/// node was like in the end; and the causal chain that led to it.
///
/// Entries are numbered, and each names the one that made it possible. Of a long run, what happened
/// that does not matter is left out and only counted: what matters is a deviation, a request, a
/// change of a machine's state, what is in the causal chain, and what came last.
pub struct Story<'s, S: Scenario>(Recorder<'s, S>);

impl<'s, S: Scenario> Story<'s, S> {
    /// A story-teller for a run that these deviations make.
    pub fn new(scenario: &'s S, deviations: &'s [Deviation<RequestOf<S>>]) -> Self {
        Story(Recorder::new(scenario, deviations))
    }

    /// The story of a run that goes on, up to this time.
    pub fn so_far(self, time: Time) -> Vec<String> {
        let trace = self.0.end(None, time);
        let mut lines = Lines::of(&trace);
        lines.entries(&Chain::of(&trace));
        lines.nodes("so far");
        lines.told
    }

    /// The story, with its end.
    pub fn tell(self, failure: Option<&Failure>, time: Time) -> Vec<String> {
        tell(&self.0.end(failure, time))
    }
}

impl<S: Scenario> Watch<S::Machine> for Story<'_, S> {
    fn event(&mut self, cluster: &Cluster<S::Machine>, event: Event<'_, S::Machine>) {
        self.0.event(cluster, event);
    }
}

/// The story of a run that has ended.
pub(crate) fn tell(trace: &Trace) -> Vec<String> {
    let chain = Chain::of(trace);
    let mut lines = Lines::of(trace);
    lines.entries(&chain);
    let Some(violation) = &trace.violation else {
        lines.put(trace.end, None, "the end; everything held");
        return lines.told;
    };
    let [first, others @ ..] = &violation.detail[..] else { unreachable!("there is a line") };
    lines.put(trace.end, None, &format!("VIOLATED: {}: {first}", violation.signature));
    // They may be a drawing, whose parts stand below each other.
    let margin = lines.margin();
    lines
        .told
        .extend(others.iter().map(|line| format!("{:margin$}{line}", "").trim_end().to_owned()));
    lines.nodes("then");
    lines.chain(&chain);
    lines.told
}

/// The numbers of what is told of a run, in order: what matters, and what came last.
pub(crate) fn told(trace: &Trace, chain: &Chain) -> BTreeSet<usize> {
    let numbers = trace.numbers();
    if numbers.len() <= WHOLE {
        return numbers.collect();
    }
    let ending = numbers.end - ENDING;
    let matters = |number: &usize| {
        let quiet = trace.entry(*number).weight == Weight::Quiet;
        !quiet || *number >= ending || chain.tells(*number)
    };
    let mut told: Vec<_> = numbers.filter(matters).collect();
    if told.len() > MOST_TOLD {
        let half = MOST_TOLD / 2;
        let middle = half..told.len() - half;
        let kept = told.drain(middle).filter(|number| chain.tells(*number)).collect::<Vec<_>>();
        told.extend(kept);
    }
    told.into_iter().collect()
}

/// The lines of a story, as they come to be.
struct Lines<'t> {
    trace: &'t Trace,
    /// How wide the numbers of entries are.
    digits: usize,
    told: Vec<String>,
}

impl<'t> Lines<'t> {
    fn of(trace: &'t Trace) -> Self {
        let digits = trace.numbers().end.to_string().len().max(2);
        Lines { trace, digits, told: Vec::new() }
    }

    /// The column in which sentences begin.
    fn margin(&self) -> usize {
        15 + self.digits + 2
    }

    fn put(&mut self, time: Time, number: Option<usize>, text: &str) {
        let number = number.map(|number| (number + 1).to_string()).unwrap_or_default();
        let head = format!("{}  {number:>digits$}  ", clock(time), digits = self.digits);
        self.wrapped(&head, text);
    }

    fn below(&mut self, text: &str) {
        self.wrapped(&" ".repeat(self.margin()), text);
    }

    fn wrapped(&mut self, head: &str, text: &str) {
        let margin = self.margin();
        for (nth, line) in wrap(text, WIDTH - margin).into_iter().enumerate() {
            let line = match nth {
                0 => format!("{head}{line}"),
                _ => format!("{:>margin$}    {line}", ""),
            };
            self.told.push(line.trim_end().to_owned());
        }
    }

    fn entries(&mut self, chain: &Chain) {
        let trace = self.trace;
        if trace.forgotten > 0 {
            self.below(&format!("(the first {} are not told)", trace.forgotten));
        }
        let told = told(trace, chain);
        let mut left_out = Vec::new();
        for number in trace.numbers() {
            let entry = trace.entry(number);
            if told.contains(&number) {
                self.left_out(&mut left_out);
                self.put(entry.time, Some(number), &sentence(entry));
            } else {
                left_out.push(entry);
            }
        }
        self.left_out(&mut left_out);
    }

    fn left_out(&mut self, entries: &mut Vec<&Entry>) {
        if !entries.is_empty() {
            let text = format!("({} quiet: {})", entries.len(), sorts(entries));
            self.below(&text);
            entries.clear();
        }
    }

    /// What every node is like.
    fn nodes(&mut self, when: &str) {
        let looks = &self.trace.looks;
        if looks.is_empty() {
            return;
        }
        self.told.push(String::new());
        self.told.push(format!("  {when}:"));
        let state = |look: &Option<Look>| look.as_ref().map_or("down", |look| look.state);
        let widest = looks.iter().map(|look| state(look).chars().count()).max().unwrap_or_default();
        let digits = (looks.len() - 1).to_string().len();
        for (node, look) in looks.iter().enumerate().take(MOST_NODES) {
            let picture = look.as_ref().map_or("", |look| &look.picture);
            let head = format!("    node {node:>digits$}  {:widest$}  ", state(look));
            let room = WIDTH.saturating_sub(head.chars().count()).max(40);
            for (nth, line) in wrap(picture, room).into_iter().enumerate() {
                let head = if nth == 0 { head.clone() } else { " ".repeat(head.chars().count()) };
                self.told.push(format!("{head}{line}").trim_end().to_owned());
            }
        }
        if looks.len() > MOST_NODES {
            self.told.push(format!("    and {} more nodes", looks.len() - MOST_NODES));
        }
    }

    /// What led to the violation.
    fn chain(&mut self, chain: &Chain) {
        if chain.paths.is_empty() {
            return;
        }
        self.told.push(String::new());
        self.told.push("  how it came to this:".to_owned());
        for path in chain.paths.iter().take(MOST_PATHS) {
            let text = hops(self.trace, &path.entries) + &leads_to(self.trace, path.leads_to);
            for (nth, line) in wrap(&text, WIDTH - 8).into_iter().enumerate() {
                let indent = if nth == 0 { 4 } else { 8 };
                self.told.push(format!("{:indent$}{line}", ""));
            }
        }
        let more = chain.paths.len().saturating_sub(MOST_PATHS);
        if more > 0 || chain.cut_short {
            self.told.push("    and so on, further back".to_owned());
        }
    }
}

/// An entry in a sentence: what happened, what made it possible, and what came of it.
pub(crate) fn sentence(entry: &Entry) -> String {
    let mut text = match entry.what {
        What::Note => format!("    {}", shortened(&entry.words, LONGEST_INPUT)),
        _ => shortened(&entry.words, LONGEST_INPUT),
    };
    if let Some(cause) = entry.cause.filter(|_| entry.what != What::Note) {
        text.push_str(&format!(" ({} {})", cause.how.in_words(), cause.number + 1));
    }
    if let Some(state) = entry.becomes() {
        text.push_str(&format!(" — becomes {state}"));
    }
    if !entry.summary.is_empty() {
        let summary = shortened(&entry.summary.join("; "), LONGEST_EFFECTS);
        text.push_str(&format!(" → {summary}"));
    }
    text
}

/// Where a path ends, in words.
pub(crate) fn leads_to(trace: &Trace, end: LeadsTo) -> String {
    match end {
        LeadsTo::Violation => " → VIOLATED".to_owned(),
        LeadsTo::State(number) => match trace.entry(number).place {
            Place::Node(node) => format!(" → what node {node} was in {}", number + 1),
            Place::Client(_) | Place::Network => String::new(),
        },
        LeadsTo::Nothing => String::new(),
    }
}

/// Entries by their numbers and names, each made possible by the one before. Several of one name
/// are named once.
fn hops(trace: &Trace, numbers: &[usize]) -> String {
    let mut told: Vec<(Vec<String>, &str)> = Vec::new();
    for number in numbers {
        let name = &*trace.entry(*number).name;
        match told.last_mut().filter(|(_, last)| *last == name) {
            Some((numbers, _)) => numbers.push((number + 1).to_string()),
            None => told.push((vec![(number + 1).to_string()], name)),
        }
    }
    let told = told.into_iter().map(|(numbers, name)| match &numbers[..] {
        [first, _, .., last] if numbers.len() > 3 => format!("{first} … {last} {name}"),
        _ => format!("{} {name}", numbers.join(", ")),
    });
    let mut text = told.collect::<Vec<_>>().join(" → ");
    if let [only] = numbers {
        text.push_str(&what_it_cost(trace, *only));
    }
    text
}

/// What a cut has taken away.
fn what_it_cost(trace: &Trace, number: usize) -> String {
    let is_it = |span: &&crate::trace::Span| span.from == number && span.state == Lasting::Cut;
    let Some(span) = trace.spans.iter().find(is_it) else { return String::new() };
    let meanwhile = number..=span.to.unwrap_or(usize::MAX);
    let lost = trace.messages.iter().filter(|message| message.fate == Passage::CutOff);
    let lost: Vec<_> =
        lost.map(|message| message.sent).filter(|sent| meanwhile.contains(sent)).collect();
    match &lost[..] {
        [] => String::new(),
        [one] => format!(" → a message of {} is cut off", one + 1),
        [first, .., last] => {
            format!(" → {} messages of {} to {} are cut off", lost.len(), first + 1, last + 1)
        }
    }
}

/// What sorts of things there are, and how many of each, the most frequent first.
pub(crate) fn sorts(entries: &[&Entry]) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for entry in entries {
        *counts.entry(sort(entry)).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let others: usize = counts.iter().skip(MOST_SORTS).map(|(_, count)| count).sum();
    counts.truncate(MOST_SORTS);
    if others > 0 {
        counts.push(("other".to_owned(), others));
    }
    let told = counts.into_iter().map(|(sort, count)| format!("{count} {sort}"));
    told.collect::<Vec<_>>().join(", ")
}

/// The sort of thing that an entry is: its name, without who it is about.
fn sort(entry: &Entry) -> String {
    let name = entry.name.as_str();
    match entry.what {
        What::Message => name.rsplit_once(" hears ").map_or(name, |(_, kind)| kind).to_owned(),
        What::Note if name.ends_with("is cut off") => "cut off".to_owned(),
        What::Note => "held up".to_owned(),
        What::GoesOn => "flushed".to_owned(),
        _ => name.splitn(3, ' ').nth(2).unwrap_or(name).to_owned(),
    }
}

/// Text of about this many characters, up to the end of a word.
fn shortened(text: &str, most: usize) -> String {
    let Some((cut, _)) = text.char_indices().nth(most) else { return text.to_owned() };
    let text = &text[..cut];
    let end = text.rfind(' ').filter(|end| *end > cut / 2).unwrap_or(cut);
    format!("{} …", text[..end].trim_end_matches([' ', ',', ';']))
}

/// Lines of at most this width, broken between words; what has no blanks is broken anywhere.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut rest = text;
    while let Some((cut, _)) = rest.char_indices().nth(width) {
        let blank = rest[..cut].rfind(' ').filter(|blank| !rest[..*blank].trim().is_empty());
        let end = blank.unwrap_or(cut);
        lines.push(rest[..end].trim_end().to_owned());
        rest = rest[end..].trim_start();
    }
    lines.push(rest.to_owned());
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_between_words_and_lose_nothing() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("    one two", 8), ["    one", "two"]);
        assert_eq!(wrap("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap("", 4), [""]);
    }

    #[test]
    fn what_is_cut_off_ends_with_a_word() {
        assert_eq!(shortened("one two three", 9), "one two …");
        assert_eq!(shortened("one", 9), "one");
    }
}
