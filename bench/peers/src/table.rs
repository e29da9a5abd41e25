//! The figures as a table, and as data.

use serde_json::{Value, json};

use crate::figures::Figures;
use crate::program::release;
use crate::systems::STORMGLASS;
use crate::{System, Workload};

/// The heads of the columns, for what is counted. Operations have a column if there are any.
fn head(unit: &str, with_operations: bool) -> Vec<String> {
    let mut head = vec![
        "system".to_owned(),
        format!("{unit}s"),
        "CPU s".to_owned(),
        format!("ns/{unit}"),
        format!("{unit}s/CPU s"),
        format!("allocations/{unit}"),
        format!("instructions/{unit}"),
        "× CPU".to_owned(),
        "× instructions".to_owned(),
    ];
    if with_operations {
        head.extend(["operations/CPU s".to_owned(), "instructions/operation".to_owned()]);
    }
    head
}

/// The table, in Markdown that can be read as it is.
pub fn markdown(workload: &Workload, all: &[Figures<'_>]) -> String {
    let with_operations = all.iter().any(|figures| figures.median().operations > 0);
    let mut rows = vec![head(workload.unit, with_operations)];
    rows.extend(all.iter().map(|figures| row(figures, &Ratios::of(figures, all), with_operations)));
    let widths: Vec<_> = (0..rows[0].len())
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
        let (ratios, unit) = (Ratios::of(figures, all), workload.unit);
        json!({
            "system": system.name,
            "release": system.release.and_then(release),
            (format!("{}s", workload.unit)): median.delivered,
            "operations": median.operations,
            "cpu_s": median.cpu_s,
            (format!("cpu_ns_per_{unit}")): median.ns_per_message(),
            (format!("{unit}s_per_cpu_s")): median.messages_per_s(),
            (format!("allocations_per_{unit}")): figures.allocations,
            (format!("instructions_per_{unit}")): figures.instructions,
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

fn row(figures: &Figures<'_>, ratios: &Ratios, with_operations: bool) -> Vec<String> {
    let median = figures.median();
    // Rounded first, and nothing added: what rounds to zero has no sign then.
    let hundredths = |figure: f64| format!("{:.2}", (figure * 100.0).round() / 100.0 + 0.0);
    let maybe = |figure: Option<f64>| figure.map_or("-".to_owned(), hundredths);
    let whole = |figure: f64| thousands(figure.round() as u64);
    let maybe_whole = |figure: Option<f64>| figure.map_or("-".to_owned(), whole);
    let mut row = vec![
        name(figures.program.system),
        thousands(median.delivered),
        format!("{:.3}", median.cpu_s),
        whole(median.ns_per_message()),
        whole(median.messages_per_s()),
        maybe(figures.allocations),
        maybe_whole(figures.instructions),
        maybe(ratios.cpu),
        maybe(ratios.instructions),
    ];
    if with_operations {
        let per_operation = median.delivered as f64 / median.operations.max(1) as f64;
        let instructions = figures.instructions.map(|count| count * per_operation);
        row.extend([maybe_whole(median.operations_per_s()), maybe_whole(instructions)]);
    }
    row
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
