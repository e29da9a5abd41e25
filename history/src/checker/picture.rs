//! A picture of calls in time, one row for each client.

use std::collections::BTreeMap;

use crate::call::{Call, CallId, ClientId};
use crate::model::{HistoryOf, Model};

/// The most characters of a call.
const WIDEST: usize = 32;

/// A call in the picture.
struct Bar {
    id: CallId,
    client: ClientId,
    label: String,
    /// The number of the event of its invocation.
    from: u32,
    /// The number of the event of its completion, or of the next invocation of its client, if its
    /// outcome is unknown; it is drawn up to there.
    to: Option<u32>,
    unknown: bool,
}

/// Draws the calls, which are in the order of their invocations; one is marked.
pub(crate) fn draw<M: Model>(
    model: &M,
    history: &HistoryOf<M>,
    calls: &[CallId],
    marked: CallId,
) -> String {
    let bars: Vec<Bar> = calls
        .iter()
        .enumerate()
        .map(|(place, &id)| {
            let call = history.call(id);
            let next = calls[place + 1..].iter().map(|&next| history.call(next));
            let next = next.filter(|next| next.client == call.client).map(|it| it.invoked.event);
            bar(model, id, call, next.min())
        })
        .collect();
    let columns = columns(&bars);
    let mut rows: BTreeMap<ClientId, String> = BTreeMap::new();
    let mut mark = String::new();
    for bar in &bars {
        let row = rows.entry(bar.client).or_default();
        pad(row, columns[&bar.from]);
        let from = row.chars().count();
        row.push_str(&drawn(bar, bar.to.map(|to| columns[&to] - columns[&bar.from])));
        if bar.id == marked {
            pad(&mut mark, from);
            mark.push_str(&"^".repeat(row.chars().count() - from));
        }
    }
    text(&rows, &mark, history.call(marked).client)
}

fn bar<M: Model>(
    model: &M,
    id: CallId,
    call: &Call<M::Operation, M::Result>,
    next: Option<u32>,
) -> Bar {
    let mut label = model.describe(&call.operation, call.result());
    if label.chars().count() > WIDEST {
        label = label.chars().take(WIDEST - 3).chain("...".chars()).collect();
    }
    let completed = call.completion().map(|(at, _)| at.event);
    Bar {
        id,
        client: call.client,
        label,
        from: call.invoked.event,
        to: completed.or(next),
        unknown: completed.is_none(),
    }
}

/// The room that a bar needs from its first character to the one at its end.
fn room(bar: &Bar) -> usize {
    bar.label.chars().count() + if bar.unknown { 9 } else { 7 }
}

/// The column of each event: in order, and wide enough for what is written between.
fn columns(bars: &[Bar]) -> BTreeMap<u32, usize> {
    let mut columns: BTreeMap<u32, usize> = BTreeMap::new();
    for bar in bars {
        columns.extend([(bar.from, 0)]);
        columns.extend(bar.to.map(|to| (to, 0)));
    }
    let events: Vec<u32> = columns.keys().copied().collect();
    let mut column = 0;
    for event in events {
        for bar in bars.iter().filter(|bar| bar.to == Some(event)) {
            column = column.max(columns[&bar.from] + room(bar));
        }
        columns.insert(event, column);
        column += 2;
    }
    columns
}

fn drawn(bar: &Bar, width: Option<usize>) -> String {
    let room = room(bar);
    let width = width.unwrap_or(room);
    if bar.unknown {
        let dots = ".".repeat(width - room + 3);
        return format!("|-- {} {dots}", bar.label);
    }
    format!("|-- {} {}|", bar.label, "-".repeat(width - room + 2))
}

fn pad(row: &mut String, column: usize) {
    let missing = column.saturating_sub(row.chars().count());
    row.push_str(&" ".repeat(missing));
}

fn text(rows: &BTreeMap<ClientId, String>, mark: &str, marked: ClientId) -> String {
    let names: Vec<String> = rows.keys().map(|client| client.to_string()).collect();
    let widest = names.iter().map(String::len).max().unwrap_or(0);
    let mut text = String::new();
    for (name, (client, row)) in names.iter().zip(rows) {
        text.push_str(&format!("{name:widest$}  {}\n", row.trim_end()));
        if *client == marked {
            text.push_str(&format!("{:widest$}  {mark}\n", ""));
        }
    }
    text
}
