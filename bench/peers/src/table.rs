//! The figures as a table, and as data.

use serde_json::{Value, json};

use crate::figures::Figures;
use crate::program::release;
use crate::systems::STORMGLASS;
use crate::{System, Workload};

const HEAD: [&str; 9] = [
    "system",
    "messages",
    "CPU s",
    "ns/message",
    "messages/CPU s",
    "allocations/message",
    "instructions/message",
    "× CPU",
    "× instructions",
];

/// The table, in Markdown that can be read as it is.
pub fn markdown(workload: &Workload, all: &[Figures<'_>]) -> String {
    let mut rows = vec![HEAD.map(str::to_owned)];
    rows.extend(all.iter().map(|figures| row(figures, &Ratios::of(figures, all))));
    let widths: Vec<_> = (0..HEAD.len())
        .map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0))
        .collect();
    let rule = widths.iter().enumerate().map(|(column, width)| match column {
        0 => format!("|{}", "-".repeat(width + 2)),
        _ => format!("|{}:", "-".repeat(width + 1)),
    });
    let mut lines: Vec<_> = rows.iter().map(|row| line(row, &widths)).collect();
    lines.insert(1, rule.collect::<String>() + "|");
    let about = workload.about;
    format!("{}: {about} × is to {STORMGLASS}.\n\n{}\n", workload.name, lines.join("\n"))
}

/// The same, as one object.
pub fn json(workload: &Workload, all: &[Figures<'_>]) -> Value {
    let systems = all.iter().map(|figures| {
        let (system, median) = (figures.program.system, figures.median());
        let ratios = Ratios::of(figures, all);
        json!({
            "system": system.name,
            "release": system.release.and_then(release),
            "messages": median.delivered,
            "cpu_s": median.cpu_s,
            "cpu_ns_per_message": median.ns_per_message(),
            "messages_per_cpu_s": median.messages_per_s(),
            "allocations_per_message": figures.allocations,
            "instructions_per_message": figures.instructions,
            "cpu_ratio": ratios.cpu,
            "instructions_ratio": ratios.instructions,
        })
    });
    json!({ "workload": workload.name, "systems": systems.collect::<Vec<_>>() })
}

/// How many times as much a system needs as Stormglass does, if that was measured.
struct Ratios {
    cpu: Option<f64>,
    instructions: Option<f64>,
}

impl Ratios {
    fn of(figures: &Figures<'_>, all: &[Figures<'_>]) -> Ratios {
        let ours = all.iter().find(|figures| figures.program.system.name == STORMGLASS);
        let ns = |figures: &Figures<'_>| figures.median().ns_per_message();
        let instructions = ours.and_then(|ours| ours.instructions);
        Ratios {
            cpu: ours.map(|ours| ns(figures) / ns(ours)),
            instructions: figures.instructions.zip(instructions).map(|(this, ours)| this / ours),
        }
    }
}

fn row(figures: &Figures<'_>, ratios: &Ratios) -> [String; HEAD.len()] {
    let median = figures.median();
    // Rounded first, and nothing added: what rounds to zero has no sign then.
    let hundredths = |figure: f64| format!("{:.2}", (figure * 100.0).round() / 100.0 + 0.0);
    let maybe = |figure: Option<f64>| figure.map_or("-".to_owned(), hundredths);
    [
        name(figures.program.system),
        thousands(median.delivered),
        format!("{:.3}", median.cpu_s),
        thousands(median.ns_per_message().round() as u64),
        thousands(median.messages_per_s().round() as u64),
        maybe(figures.allocations),
        figures.instructions.map_or("-".to_owned(), |count| thousands(count.round() as u64)),
        maybe(ratios.cpu),
        maybe(ratios.instructions),
    ]
}

fn name(system: &System) -> String {
    match system.release.and_then(release) {
        Some(release) => format!("{} ({release})", system.name),
        None => system.name.to_owned(),
    }
}

fn line(row: &[String], widths: &[usize]) -> String {
    let cells = row.iter().zip(widths).enumerate().map(|(column, (cell, &width))| match column {
        0 => format!("| {cell:<width$} "),
        _ => format!("| {cell:>width$} "),
    });
    cells.collect::<String>() + "|"
}

/// With a comma after each three digits.
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_stand_in_threes() {
        let shown = [0, 999, 1_000, 12_345_678].map(thousands);
        assert_eq!(shown, ["0", "999", "1,000", "12,345,678"]);
    }

    #[test]
    fn every_release_is_known() {
        for system in crate::systems::WORKLOADS.iter().flat_map(|workload| workload.systems) {
            let known = system.release.map(|name| release(name).is_some());
            assert_ne!(known, Some(false), "{} is not in Cargo.lock", system.name);
        }
    }
}
