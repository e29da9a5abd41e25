//! Faults of disks are found, shrunk, told and replayed; also those beyond what is tolerated.

use std::ops::RangeInclusive;
use std::time::Duration;

use stormglass_campaign::{Options, Report, campaign};
use stormglass_machine::{Env, Input, Machine, NodeId};
use stormglass_replay::{LogOf, RawLog, Verdict, replay};
use stormglass_simulator::{
    Cluster, Deviation, Event, Faults, Property, Redundancy, Scenario, Settings, Violation,
};

/// Writes something down ten times a second.
struct Scribe;

const PERIOD: Duration = Duration::from_millis(100);

impl Machine for Scribe {
    type Message = ();
    type Request = u64;
    type Response = ();
    type Timer = ();
    type Record = ();

    fn restore(&mut self, (): ()) {}

    fn step(&mut self, input: Input<Self>, env: &mut Env<'_, Self>) {
        if let Input::Timer(()) = input {
            env.persist(());
        }
        env.set_timer((), PERIOD);
    }

    fn state(&self) -> &'static str {
        "Writing"
    }
}

/// Two scribes whose disks must do what they are asked.
struct Scribes {
    faults: Faults,
    losable: u32,
}

impl Scenario for Scribes {
    type Machine = Scribe;
    /// A disk did something else.
    type Ghost = bool;

    fn name(&self) -> &str {
        "scribes"
    }

    fn nodes(&self) -> RangeInclusive<u32> {
        2..=3
    }

    fn machine(&self, _: NodeId, _: u32) -> Scribe {
        Scribe
    }

    fn settings(&self) -> Settings {
        let flush = Duration::from_millis(5);
        Settings { faults: self.faults.clone(), flush, ..Settings::default() }
    }

    fn tolerates(&self, count: u32) -> Vec<Redundancy> {
        let holders = (0..count).map(NodeId).collect();
        vec![Redundancy { holders, losable: self.losable }]
    }

    fn observe(&self, odd: &mut bool, _: &Cluster<Scribe>, event: Event<'_, Scribe>) {
        *odd |= matches!(event, Event::Slow { .. } | Event::Disk { .. } | Event::Replaced { .. });
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("disks do what they are asked", |world, _| match world.ghost() {
                true => Err(Violation::new("one does not")),
                false => Ok(()),
            }),
            Property::finally("there is no end", |_| Err(Violation::new("there is one"))),
        ]
    }
}

fn family(name: &str) -> Faults {
    let family = Faults::FAMILIES.iter().find(|family| family.name == name).expect("it is listed");
    let mut faults = Faults { crash: name == "torn record", ..Faults::NONE };
    (family.switch)(&mut faults, true);
    faults
}

/// Runs a campaign and reads the log of what it finds under this property.
fn find(scenario: &Scribes, property: &str, beyond: bool) -> (Report, LogOf<Scribes>) {
    let out = tempfile::tempdir().expect("there is room for a folder");
    let options = Options { out: out.path().to_owned(), beyond, ..Options::new(0..100) };
    let report = campaign(scenario, &options);
    let found = report.failures.iter().find(|found| found.property == property);
    let found = found.unwrap_or_else(|| panic!("{report}"));
    assert!(found.shrunk.expect("it was shrunk").minimal);
    let log = RawLog::open(found.log.as_ref().expect("it was written")).expect("it can be read");
    let log = log.read(scenario).expect("it is of this scenario");
    assert_eq!(replay(scenario, &log).verdict, Verdict::Exact);
    (report, log)
}

#[test]
fn each_fault_of_disks_is_found_shrunk_told_and_replayed() {
    let families = [
        ("failing flush", 1, "the disk of node 0 fails to flush; the machine stops"),
        ("full disk", 1, "the disk of node 0 has no room to flush; the machine stops"),
        ("slow disk", 1, "the disk of node 0 takes 1ms longer"),
        ("torn record", 2, "the disk of node 0 has only half of record"),
        ("lost flush", 1, "the disk of node 0 says it has flushed, and has not"),
        ("rotten record", 1, "the disk of node 0 spoils record"),
        ("misdirected write", 1, "the disk of node 0 puts record"),
        ("replaced disk", 1, "the disk of node 0 is replaced by an empty one"),
    ];
    for (name, deviations, words) in families {
        let scribes = Scribes { faults: family(name), losable: 1 };
        let (_, log) = find(&scribes, "disks do what they are asked", false);
        let story = log.story.join("\n").replace("node 1", "node 0");
        assert_eq!(log.deviations.len(), deviations, "{name}: {:?}", log.deviations);
        assert!(story.contains(words), "{name}: {words:?} is not in\n{story}");
    }
}

#[test]
fn what_is_not_tolerated_strikes_beyond_only_and_its_log_says_so() {
    let rot = |losable| Scribes { faults: family("rotten record"), losable };
    let (report, _) = find(&rot(0), "there is no end", false);
    assert_eq!((report.failures.len(), report.beyond), (1, false), "{report}");
    let (report, log) = find(&rot(0), "disks do what they are asked", true);
    assert_eq!((report.failures.len(), report.beyond), (1, true), "{report}");
    assert!(log.deviations.contains(&Deviation::Beyond), "{:?}", log.deviations);
    // What fails within what is tolerated, too, is a log like any other.
    let (_, log) = find(&rot(1), "disks do what they are asked", true);
    assert!(!log.deviations.contains(&Deviation::Beyond), "{:?}", log.deviations);
}
