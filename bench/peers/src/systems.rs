//! What is compared: pieces of work, and the systems that can do them.

/// A piece of work.
pub struct Workload {
    /// What it is called, here and in the programs that do it.
    pub name: &'static str,
    /// What it is.
    pub about: &'static str,
    /// What is counted.
    pub unit: &'static str,
    /// Who can do it, in the order of the table.
    pub systems: &'static [System],
}

/// A system that does a piece of work in one way.
pub struct System {
    /// What it is called in the table.
    pub name: &'static str,
    /// The crate whose release is named in the table; none for what is no release.
    pub release: Option<&'static str>,
    /// The package in `systems/`.
    pub package: &'static str,
    /// Which of the ways of that program.
    pub way: &'static str,
    /// What the compiler has to be told, since the system needs it.
    pub rustflags: &'static [&'static str],
    /// How large a timed run is: in messages, or for raft in virtual seconds.
    pub size: u64,
    /// How large the short and the long run are between which allocations and instructions are
    /// counted. Where seeds differ in what they draw, these are many seeds.
    pub counted: [u64; 2],
}

/// What the others are compared with.
pub const STORMGLASS: &str = "Stormglass";

/// All work there is.
pub const WORKLOADS: &[Workload] = &[PING_PONG, RAFT];

const PING_PONG: Workload = Workload {
    name: "ping-pong",
    about: "Five nodes, five games, one message in flight in each.",
    unit: "message",
    systems: &[
        System {
            name: "floor: a heap and a ChaCha8 draw",
            release: None,
            package: "peer-floor",
            way: "heap",
            rustflags: &[],
            size: 5_000_000,
            counted: [2_000, 12_000],
        },
        System {
            name: STORMGLASS,
            release: None,
            package: "peer-stormglass",
            way: "no-faults",
            rustflags: &[],
            size: 2_000_000,
            counted: [2_000, 12_000],
        },
        System {
            name: "Stormglass, delays drawn",
            release: None,
            package: "peer-stormglass",
            way: "delays",
            rustflags: &[],
            size: 2_000_000,
            counted: [100_000, 600_000],
        },
        System {
            name: "Stormglass, all faults",
            release: None,
            package: "peer-stormglass",
            way: "all-faults",
            rustflags: &[],
            size: 2_000_000,
            counted: [100_000, 600_000],
        },
        System {
            name: "Stateright",
            release: Some("stateright"),
            package: "peer-stateright",
            way: "simulation",
            rustflags: &[],
            size: 300_000,
            counted: [2_000, 12_000],
        },
        System {
            name: "Moonpool, raw",
            release: Some("moonpool-sim"),
            package: "peer-moonpool",
            way: "raw",
            rustflags: &[],
            size: 300_000,
            counted: [2_000, 12_000],
        },
        System {
            name: "MadSim",
            release: Some("madsim"),
            package: "peer-madsim",
            way: "endpoint",
            rustflags: &["--cfg", "madsim"],
            size: 300_000,
            counted: [2_000, 12_000],
        },
        System {
            name: "Turmoil, tick = latency",
            release: Some("turmoil"),
            package: "peer-turmoil",
            way: "tick-of-latency",
            rustflags: &[],
            size: 200_000,
            counted: [2_000, 12_000],
        },
        System {
            name: "AnySystem",
            release: Some("anysystem"),
            package: "peer-anysystem",
            way: "simulation",
            rustflags: &[],
            size: 200_000,
            counted: [2_000, 12_000],
        },
        System {
            name: "Moonpool, SimulationBuilder",
            release: Some("moonpool-sim"),
            package: "peer-moonpool",
            way: "builder",
            rustflags: &[],
            size: 200_000,
            counted: [2_000, 12_000],
        },
        System {
            name: "Turmoil, defaults",
            release: Some("turmoil"),
            package: "peer-turmoil",
            way: "defaults",
            rustflags: &[],
            size: 20_000,
            counted: [1_000, 4_000],
        },
    ],
};

const RAFT: Workload = Workload {
    name: "raft",
    about: "Five nodes, ten clients that ask without a pause, one message in a hundred lost.",
    unit: "event",
    systems: &[
        System {
            name: STORMGLASS,
            release: None,
            package: "peer-stormglass",
            way: "judged",
            rustflags: &[],
            size: 60,
            counted: [20, 60],
        },
        System {
            name: "Stormglass, no properties",
            release: None,
            package: "peer-stormglass",
            way: "alone",
            rustflags: &[],
            size: 100,
            counted: [20, 60],
        },
        System {
            name: "raft of TiKV, bare loop",
            release: Some("raft"),
            package: "peer-tikv-raft",
            way: "bare-loop",
            rustflags: &[],
            size: 60,
            counted: [20, 60],
        },
    ],
};

/// The names of all work there is.
pub fn names() -> Vec<&'static str> {
    WORKLOADS.iter().map(|workload| workload.name).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn systems_have_names_of_their_own_and_one_is_compared_with() {
        for workload in WORKLOADS {
            let names: BTreeSet<_> = workload.systems.iter().map(|system| system.name).collect();
            assert_eq!(names.len(), workload.systems.len(), "in {}", workload.name);
            assert!(names.contains(STORMGLASS), "in {}", workload.name);
        }
    }
}
