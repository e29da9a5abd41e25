//! The bugs that were shrunk by DEMi, beside its own figures.
//!
//! C. Scott, A. Panda, V. Brajkovic, G. Necula, A. Krishnamurthy and S. Shenker, "Minimizing Faulty
//! Executions of Distributed Systems", NSDI 2016; deliveries and times from the raw data that was
//! published with it.

use std::fmt::Write as _;

use super::{Row, cells};

/// A bug of Raft as DEMi shrank it, and the name under which it can be planted here.
struct Theirs {
    name: &'static str,
    about: &'static str,
    bug: &'static str,
    /// Messages and timers delivered: as found, as shrunk, and as shrunk by hand.
    deliveries: [u32; 3],
    seconds: u32,
}

const ALL: &[Theirs] = &[
    Theirs {
        name: "raft-45",
        about: "duplicate votes counted",
        bug: "R06-duplicate-grants",
        deliveries: [2160, 23, 22],
        seconds: 170,
    },
    Theirs {
        name: "raft-46",
        about: "votes of earlier terms counted",
        bug: "R07-old-grants",
        deliveries: [1250, 35, 23],
        seconds: 282,
    },
    Theirs {
        name: "raft-56",
        about: "forgotten vote",
        bug: "R04-vote-cleared-in-term",
        deliveries: [2380, 82, 21],
        seconds: 2132,
    },
    Theirs {
        name: "raft-58a",
        about: "client commands before initialisation",
        bug: "R35-commands-before-elected",
        deliveries: [2850, 226, 51],
        seconds: 43482,
    },
    Theirs {
        name: "raft-58b",
        about: "ambiguous log indexing",
        bug: "R17-index-ambiguous",
        deliveries: [1500, 40, 28],
        seconds: 69,
    },
    Theirs {
        name: "raft-42",
        about: "quorum computed wrongly",
        bug: "R15-half-is-majority",
        deliveries: [1710, 180, 39],
        seconds: 10676,
    },
    Theirs {
        name: "raft-66",
        about: "leader overwrites entries needlessly",
        bug: "R20-overwrites-needlessly",
        deliveries: [400, 77, 29],
        seconds: 348,
    },
];

/// The table, if any of these bugs was measured.
pub(super) fn in_markdown(rows: &[Row]) -> String {
    let ours = |theirs: &Theirs| rows.iter().find(|row| row.bug == theirs.bug);
    let mut text = String::new();
    for theirs in ALL {
        let Some(row) = ours(theirs) else { continue };
        if text.is_empty() {
            text.push_str(
                "\nThe same bugs, as DEMi shrank them and as they are shrunk here:\n\n\
                 | DEMi | bug | deliveries | after | by hand | ratio | time | here | failures | \
                 deviations | after | proven | ratio | events | after | time | longest |\n\
                 |---|---|---:|---:|---:|---:|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|\
                 ---:|\n",
            );
        }
        let Theirs { name, about, deliveries: [found, shrunk, by_hand], seconds, .. } = theirs;
        let ratio = f64::from(*shrunk) / f64::from(*by_hand);
        let [_, bug, failures, before, after, _, proven, ours, events, soon, _, _, time, longest] =
            cells(row);
        let _ = writeln!(
            text,
            "| {name} | {about} | {found} | {shrunk} | {by_hand} | {ratio:.2} | {seconds} s | \
             {bug} | {failures} | {before} | {after} | {proven} | {ours} | {events} | {soon} | \
             {time} | {longest} |",
        );
    }
    text
}
