//! The figures as the tables of docs/performance.md.

use stormglass_bench::STRUCTURES;

use crate::goals::{Bound, Goal};
use crate::report::Report;
use crate::table::{Table, count, figure};

/// All tables that have rows, each under its head.
pub fn markdown(report: &Report) -> String {
    let tables = [
        (!report.events.is_empty()).then(|| events(report)),
        (!report.threads.is_empty()).then(|| threads(report)),
        (!report.shrinking.is_empty()).then(|| shrinking(report)),
        (!report.agendas.is_empty()).then(|| agendas(report)),
    ];
    let rounds = report.rounds;
    let about = format!("Measured on {}; medians of {rounds} rounds.", report.computer);
    let mut parts = vec![about];
    parts.extend(tables.into_iter().flatten());
    parts.push(goals(report));
    parts.join("\n\n") + "\n"
}

fn part(head: &str, table: &Table) -> String {
    format!("## {head}\n\n{}", table.markdown().trim_end())
}

fn events(report: &Report) -> String {
    let mut table = Table::new([
        "work",
        "seeds",
        "events/seed",
        "ns/event",
        "M events/s",
        "seeds/s",
        "simulated s/s",
        "operations/s",
        "allocations/event",
        "instructions/event",
        "× floor",
    ]);
    for event in &report.events {
        let instructions = event.instructions_per_event;
        table.row([
            event.name.to_owned(),
            count(event.seeds),
            figure(event.events_per_seed),
            figure(event.ns_per_event),
            figure(event.million_events_per_cpu_s),
            figure(event.seeds_per_cpu_s),
            figure(event.simulated_s_per_cpu_s),
            event.operations_per_cpu_s.map_or_else(|| "-".to_owned(), figure),
            figure(event.allocations_per_event),
            instructions.map_or_else(|| "not available".to_owned(), figure),
            figure(event.times_the_floor),
        ]);
    }
    part("What an event costs", &table)
}

fn threads(report: &Report) -> String {
    let mut table = Table::new([
        "campaign",
        "seeds",
        "seeds/s, one thread",
        "seeds/s, two",
        "× seeds",
        "× CPU time",
    ]);
    for threads in &report.threads {
        let [one, two] = threads.seeds_per_s.map(figure);
        table.row([
            threads.name.to_owned(),
            count(threads.seeds),
            one,
            two,
            figure(threads.speed_up),
            figure(threads.times_the_cpu),
        ]);
    }
    part("Two threads", &table)
}

fn shrinking(report: &Report) -> String {
    let mut table = Table::new([
        "bug",
        "deviations before",
        "after",
        "events before",
        "after",
        "attempts",
        "CPU s",
        "attempts/s",
    ]);
    for shrinking in &report.shrinking {
        let deviations = shrinking.deviations.map(|number| count(number as u64));
        let events = shrinking.events.map(count);
        let [attempts, cpu_s, rate] = [
            count(shrinking.attempts),
            figure(shrinking.cpu_s),
            figure(shrinking.attempts_per_cpu_s),
        ];
        let cells = [vec![shrinking.name.clone()], deviations.into(), events.into()];
        table.row(cells.into_iter().flatten().chain([attempts, cpu_s, rate]));
    }
    part("Shrinking", &table)
}

fn agendas(report: &Report) -> String {
    let names = STRUCTURES.iter().map(|structure| structure.name);
    let mut table = Table::new(["ns to take one out and put it in again"].into_iter().chain(names));
    for agenda in &report.agendas {
        table.row([agenda.name.clone()].into_iter().chain(agenda.ns.map(figure)));
    }
    part("Agendas", &table)
}

fn goals(report: &Report) -> String {
    let mut lines: Vec<_> = report.goals.iter().map(goal).collect();
    if let Some(idle) = &report.idle {
        let [bytes, nodes] = [figure(idle.bytes_per_node), count(idle.nodes.into())];
        let machine = idle.machine_bytes;
        lines.push(format!(
            "* an idle node in a world of {nodes} takes {bytes} bytes, {machine} of them its machine"
        ));
    }
    format!("## Goals\n\n{}", lines.join("\n"))
}

fn goal(goal: &Goal) -> String {
    let (word, bound) = match goal.bound {
        Bound::AtMost(bound) => ("at most", bound),
        Bound::AtLeast(bound) => ("at least", bound),
        Bound::LessThan(bound) => ("less than", bound),
    };
    let bound = figure(bound);
    let verdict = match (goal.figure, goal.met) {
        (Some(number), Some(true)) => format!("{}: **met**", figure(number)),
        (Some(number), _) => format!("{}: **not met**", figure(number)),
        (None, _) => "not measured".to_owned(),
    };
    format!("* {}, {word} {bound}: {verdict}", goal.what)
}
