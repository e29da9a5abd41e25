//! The page: the diagram, the sentences beside it, and what a step was given and what it did.

use std::fmt::Write as _;

use serde::Serialize;

use super::escaped;
use super::layout::{Layout, Shown};
use super::svg::{self, HEAD, STYLE};
use crate::story::{leads_to, sentence, sorts};
use crate::trace::{Look, Place};

const TEMPLATE: &str = include_str!("page.html");
const PAGE_STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// So many paths of the causal chain are listed.
const MOST_PATHS: usize = 24;
/// In them the names of entries are cut off after so many characters.
const LONGEST_NAME: usize = 60;

/// What is told of an entry when it is chosen.
#[derive(Serialize)]
struct Step<'t> {
    number: usize,
    time: String,
    place: String,
    name: &'t str,
    sentence: String,
    given: &'t str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    effects: &'t [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<[&'t str; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<[&'t str; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<(usize, &'static str)>,
}

pub(super) fn html(layout: &Layout<'_>, title: &str, about: &str) -> String {
    filled(|name| match name {
        "title" => escaped(title),
        "about" => escaped(about),
        "verdict" => verdict(layout),
        "part" => part(layout),
        "style" => format!("{STYLE}{PAGE_STYLE}"),
        "width" => layout.width.to_string(),
        "height" => layout.height.to_string(),
        "head" => HEAD.to_string(),
        "heads" => svg::heads(layout),
        "drawing" => svg::drawing(layout),
        "sentences" => sentences(layout),
        "nodes" => nodes(layout),
        "chain" => chain(layout),
        "steps" => json(&steps(layout)),
        "script" => SCRIPT.to_owned(),
        other => unreachable!("nothing is called {other:?}"),
    })
}

/// The template, with each `{{name}}` replaced once; what is put in is not looked at again.
fn filled(value: impl Fn(&str) -> String) -> String {
    let mut page = String::new();
    let mut rest = TEMPLATE;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, after) = after.split_once("}}").expect("what begins ends");
        page.push_str(before);
        page.push_str(&value(name));
        rest = after;
    }
    page.push_str(rest);
    page
}

fn verdict(layout: &Layout<'_>) -> String {
    let Some(told) = &layout.trace.violation else {
        return "<p>Everything held.</p>".to_owned();
    };
    let detail = told.detail.iter().map(|line| escaped(line)).collect::<Vec<_>>().join("\n");
    format!(
        "<p class=\"violated\"><strong>VIOLATED</strong> {}</p><pre class=\"seen\">{detail}</pre>",
        escaped(&told.signature)
    )
}

/// What is not there, if it is not all.
fn part(layout: &Layout<'_>) -> String {
    let left_out = layout.rows.iter().map(|row| match &row.what {
        Shown::LeftOut(numbers) => numbers.len(),
        Shown::Entry { .. } => 0,
    });
    let (left_out, forgotten) = (left_out.sum::<usize>(), layout.trace.forgotten);
    match left_out + forgotten {
        0 => String::new(),
        missing => format!(
            "<p class=\"part\">This is a part of the run: {missing} of {} entries are not drawn. Where \
             some are missing the lanes are torn.</p>",
            layout.trace.numbers().end
        ),
    }
}

/// The sentences, each beside its row.
fn sentences(layout: &Layout<'_>) -> String {
    let mut list = String::new();
    let mut quiet: Vec<usize> = Vec::new();
    for row in &layout.rows {
        match &row.what {
            Shown::Entry { number, told: false } => quiet.push(*number),
            Shown::Entry { number, .. } => {
                quiet_ones(&mut list, layout, &mut quiet);
                let entry = layout.trace.entry(*number);
                let text = escaped(sentence(entry).trim_start());
                let chain = svg::weight(layout, *number);
                let _ = writeln!(
                    list,
                    "<li class=\"told {chain}\" style=\"top:{}px\"><button type=\"button\" tabindex=\"-1\" \
                     data-entry=\"{1}\" title=\"{text}\"><b>{1}</b> {text}</button></li>",
                    row.y - 12,
                    number + 1,
                );
            }
            Shown::LeftOut(numbers) => {
                quiet_ones(&mut list, layout, &mut quiet);
                let text = escaped(&svg::left_out(layout.trace, numbers.clone()));
                quiet_line(&mut list, row.y, &text);
            }
        }
    }
    quiet_ones(&mut list, layout, &mut quiet);
    let (text, top) = (escaped(&svg::ending(layout.trace)), layout.end - 12);
    let _ = writeln!(list, "<li class=\"end\" style=\"top:{top}px\" title=\"{text}\">{text}</li>");
    list
}

fn quiet_line(list: &mut String, y: i32, text: &str) {
    let top = y - 12;
    let _ =
        writeln!(list, "<li class=\"quiet\" style=\"top:{top}px\" title=\"{text}\">{text}</li>");
}

/// Several quiet rows are one line, in their middle.
fn quiet_ones(list: &mut String, layout: &Layout<'_>, quiet: &mut Vec<usize>) {
    if let [first, ..] = quiet[..]
        && let Some(last) = quiet.last()
    {
        let entries: Vec<_> = quiet.iter().map(|number| layout.trace.entry(*number)).collect();
        let text = escaped(&format!("{} quiet: {}", entries.len(), sorts(&entries)));
        quiet_line(list, (layout.y(first) + layout.y(*last)) / 2, &text);
        quiet.clear();
    }
}

/// What each node was like in the end.
fn nodes(layout: &Layout<'_>) -> String {
    let mut table = String::new();
    for (node, look) in layout.trace.looks.iter().enumerate() {
        let (state, picture) = match look {
            Some(Look { state, picture }) => (*state, picture.as_str()),
            None => ("down", ""),
        };
        let _ = writeln!(
            table,
            "<tr><th scope=\"row\">node {node}</th><td>{}</td><td>{}</td></tr>",
            escaped(state),
            escaped(picture)
        );
    }
    table
}

/// The paths of the causal chain; each entry can be chosen.
fn chain(layout: &Layout<'_>) -> String {
    let (trace, chain) = (layout.trace, layout.chain);
    let mut list = String::new();
    for path in chain.paths.iter().take(MOST_PATHS) {
        // Of several alike in a row the first and the last.
        let told = path.entries.iter().filter(|number| chain.tells(**number));
        let hops = told.map(|number| {
            let name = escaped(&svg::shortened(&trace.entry(*number).name, LONGEST_NAME));
            format!(
                "<button type=\"button\" data-entry=\"{0}\"><b>{0}</b> {name}</button>",
                number + 1
            )
        });
        let hops = hops.collect::<Vec<_>>().join(" → ");
        let end = escaped(&leads_to(trace, path.leads_to));
        let _ = writeln!(list, "<li>{hops}{end}</li>");
    }
    if chain.cut_short || chain.paths.len() > MOST_PATHS {
        list.push_str("<li>and so on, further back</li>\n");
    }
    list
}

fn steps<'t>(layout: &Layout<'t>) -> Vec<Step<'t>> {
    let drawn = layout.rows.iter().filter_map(|row| match row.what {
        Shown::Entry { number, .. } => Some(number),
        Shown::LeftOut(_) => None,
    });
    let look = |look: &'t Option<Look>| look.as_ref().map(|look| [look.state, &*look.picture]);
    drawn
        .map(|number| {
            let entry = layout.trace.entry(number);
            Step {
                number: number + 1,
                time: entry.time.to_string(),
                place: match entry.place {
                    Place::Client(client) => format!("client {client}"),
                    Place::Node(node) => format!("node {node}"),
                    Place::Network => "the network".to_owned(),
                },
                name: &entry.name,
                sentence: sentence(entry).trim_start().to_owned(),
                given: &entry.words,
                effects: &entry.effects,
                before: look(&entry.before),
                after: look(&entry.after),
                cause: entry.cause.map(|cause| (cause.number + 1, cause.how.in_words())),
            }
        })
        .collect()
}

/// JSON as it may stand in a script element: nothing in it can end the element.
fn json(value: &impl Serialize) -> String {
    let text = serde_json::to_string(value).expect("texts and numbers");
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '<' | '>' | '&' => {
                let _ = write!(safe, "\\u{:04x}", u32::from(letter));
            }
            letter => safe.push(letter),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_the_element_it_stands_in() {
        let told = json(&["</script><!--", "&"]);
        assert_eq!(told, r#"["\u003c/script\u003e\u003c!--","\u0026"]"#);
        let back: Vec<String> = serde_json::from_str(&told).expect("it is JSON");
        assert_eq!(back, ["</script><!--", "&"]);
    }
}
