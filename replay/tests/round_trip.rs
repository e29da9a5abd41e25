//! A log is the same after it was written and read, in both forms, and after it was converted from
//! one to the other.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use stormglass_machine::{Env, Input, Kind, Machine, NodeId};
use stormglass_replay::{Expected, FORMAT, Log, LogError, RawLog, write};
use stormglass_simulator::{
    Breakage, Broken, ClientLink, ClockStep, Clog, Crash, Cut, Deviation, FailingFlush, Fate,
    FullDisk, Impaired, LateTimer, LostFlush, MAX_DRIFT_PPM, MessageFault, MisdirectedWrite, Pause,
    Plane, Property, ReplacedDisk, RottenRecord, Scenario, Shape, SiteFires, SlowDisk, SlowFlush,
    Throttle, TornRecord, Tuned, Way, WrongClock,
};

/// A request of every shape that serde knows.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
enum Request {
    Nothing,
    Number(u64),
    Pair(i64, Option<char>),
    Fields { text: String, bytes: Vec<u8>, nested: Box<Option<Request>> },
}

impl Kind for Request {
    fn kind(&self) -> &'static str {
        "Request"
    }
}

/// Does nothing: only its requests matter here.
struct Idle;

impl Machine for Idle {
    type Message = ();
    type Request = Request;
    type Response = ();
    type Timer = ();
    type Record = ();

    fn restore(&mut self, (): ()) {}

    fn step(&mut self, _: Input<Self>, _: &mut Env<'_, Self>) {}

    fn state(&self) -> &'static str {
        "Idle"
    }
}

struct Idles;

const FEWEST: u32 = 2;
const MOST: u32 = 9;

impl Scenario for Idles {
    type Machine = Idle;
    type Ghost = ();

    fn name(&self) -> &str {
        "idles"
    }

    fn nodes(&self) -> RangeInclusive<u32> {
        FEWEST..=MOST
    }

    fn machine(&self, _: NodeId, _: u32) -> Idle {
        Idle
    }

    fn properties(&self) -> Vec<Property<Self>> {
        Vec::new()
    }
}

/// From nothing to a year, to the nanosecond.
fn span() -> impl Strategy<Value = Duration> {
    let year = 365 * 24 * 3600 * 1_000_000_000_u64;
    let odd = prop_oneof![Just(0), Just(1), Just(year), 0..1_000_000_000_u64, 0..=year];
    odd.prop_map(Duration::from_nanos)
}

fn node() -> impl Strategy<Value = NodeId> {
    (0..MOST).prop_map(NodeId)
}

fn nodes() -> impl Strategy<Value = Vec<NodeId>> {
    btree_set(node(), 1..5).prop_map(|nodes| nodes.into_iter().collect())
}

fn request() -> impl Strategy<Value = Request> {
    let leaf = prop_oneof![
        Just(Request::Nothing),
        any::<u64>().prop_map(Request::Number),
        any::<(i64, Option<char>)>().prop_map(|(number, letter)| Request::Pair(number, letter)),
    ];
    leaf.prop_recursive(3, 3, 1, |inner| {
        let inner = prop::option::of(inner).prop_map(Box::new);
        (any::<String>(), any::<Vec<u8>>(), inner)
            .prop_map(|(text, bytes, nested)| Request::Fields { text, bytes, nested })
    })
}

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![
        Just(Fate::Dull),
        Just(Fate::Dropped),
        span().prop_map(|by| Fate::Delayed { by }),
        span().prop_map(|by| Fate::Duplicated { by }),
        any::<u64>().prop_map(|value| Fate::Corrupted { value }),
    ]
}

fn shape() -> impl Strategy<Value = Shape> {
    prop_oneof![
        nodes().prop_map(Shape::Split),
        nodes().prop_map(Shape::Mute),
        nodes().prop_map(Shape::Deaf),
        (nodes(), node()).prop_map(|(side, bridge)| Shape::Bridge { side, bridge }),
        Just(Shape::Ring),
        btree_set((node(), node()), 0..6)
            .prop_map(|links| Shape::Links(links.into_iter().collect())),
        node().prop_map(|hub| Shape::Star { hub }),
    ]
}

/// What links can do.
fn impaired() -> impl Strategy<Value = Vec<Deviation<Request>>> {
    let cut = (shape(), span(), span()).prop_map(|(shape, at, lasts)| Cut { shape, at, lasts });
    let clog = (shape(), span(), span()).prop_map(|(shape, at, lasts)| Clog { shape, at, lasts });
    let throttle = (shape(), span(), span(), span())
        .prop_map(|(shape, at, lasts, every)| Throttle { shape, at, lasts, every });
    (cut, clog, throttle, any::<[String; 2]>()).prop_map(|(cut, clog, throttle, [one, other])| {
        let plane = |name: String, is| Deviation::Plane(Plane { plane: name.into(), is });
        vec![
            plane(one, Impaired::Cut(cut.clone())),
            plane(other, Impaired::Clogged(clog.clone())),
            Deviation::Cut(cut),
            Deviation::Clog(clog),
            Deviation::Throttle(throttle),
        ]
    })
}

fn client_link() -> impl Strategy<Value = Deviation<Request>> {
    let fate = prop_oneof![Just(Fate::Dropped), span().prop_map(|by| Fate::Delayed { by })];
    let way = prop_oneof![Just(Way::Request), Just(Way::Answer)];
    (any::<[u32; 3]>(), way, fate).prop_map(|([client, nth, attempt], way, fate)| {
        Deviation::ClientLink(ClientLink { client, nth, attempt, way, fate })
    })
}

fn broken() -> impl Strategy<Value = Broken> {
    let how = prop_oneof![Just(Breakage::Down), Just(Breakage::CutOff)];
    (nodes(), how).prop_map(|(nodes, how)| Broken { nodes, how })
}

/// A fault of each kind that a disk has, and that all of them are allowed.
fn faults_of_disks() -> impl Strategy<Value = Vec<Deviation<Request>>> {
    let named = (node(), any::<u32>(), any::<u32>(), 0..=1_000_u32);
    let timed = (node(), span(), span(), span());
    (named, timed).prop_map(|((node, nth, other, times), (at_node, at, lasts, slow))| {
        vec![
            Deviation::FailingFlush(FailingFlush { node, nth, times, lose: other }),
            Deviation::LostFlush(LostFlush { node, nth }),
            Deviation::TornRecord(TornRecord { node, nth }),
            Deviation::RottenRecord(RottenRecord { node, nth }),
            Deviation::MisdirectedWrite(MisdirectedWrite { node, nth, back: other }),
            Deviation::FullDisk(FullDisk { node: at_node, at, lasts }),
            Deviation::SlowDisk(SlowDisk { node: at_node, at, lasts, slow }),
            Deviation::ReplacedDisk(ReplacedDisk { node: at_node, at, down: lasts }),
            Deviation::Beyond,
        ]
    })
}

/// A deviation of each kind but what a log says once: the number of nodes, and which stay broken.
fn one_of_each() -> impl Strategy<Value = Vec<Deviation<Request>>> {
    let asked = (any::<u32>(), any::<u32>(), span(), node(), request()).prop_map(
        |(client, nth, at, node, request)| Deviation::Request { client, nth, at, node, request },
    );
    let fated = (node(), node(), any::<String>(), any::<u32>(), fate()).prop_map(
        |(from, to, kind, nth, fate)| {
            Deviation::Message(MessageFault { from, to, kind, nth, fate })
        },
    );
    let late = (node(), any::<String>(), any::<u32>(), span())
        .prop_map(|(node, kind, nth, late)| Deviation::Timer(LateTimer { node, kind, nth, late }));
    let slow = (node(), any::<u32>(), span())
        .prop_map(|(node, nth, slow)| Deviation::Flush(SlowFlush { node, nth, slow }));
    let crash = (nodes(), span(), any::<Option<u32>>(), span(), any::<u32>()).prop_map(
        |(nodes, at, after_effects, down, lose)| {
            Deviation::Crash(Crash { nodes, at, after_effects, down, lose })
        },
    );
    let pause = (node(), span(), span())
        .prop_map(|(node, at, lasts)| Deviation::Pause(Pause { node, at, lasts }));
    let clock = (node(), any::<i64>(), -MAX_DRIFT_PPM..=MAX_DRIFT_PPM).prop_map(
        |(node, ahead_ns, drift_ppm)| Deviation::Clock(WrongClock { node, ahead_ns, drift_ppm }),
    );
    let year = 365 * 24 * 3600 * 1_000_000_000_i64;
    let step = (node(), span(), -year..=year)
        .prop_map(|(node, at, ahead_ns)| Deviation::ClockStep(ClockStep { node, at, ahead_ns }));
    let knob = (any::<String>(), any::<u64>())
        .prop_map(|(name, value)| Deviation::Knob(Tuned { name, value }));
    let site = (node(), any::<String>(), any::<u32>())
        .prop_map(|(node, site, nth)| Deviation::Site(SiteFires { node, site, nth }));
    let more = (clock, step, client_link()).prop_map(|(clock, step, link)| vec![clock, step, link]);
    let others = (asked, fated, late, slow, crash, pause, more, knob, site).prop_map(
        |(asked, fated, late, slow, crash, pause, more, knob, site)| {
            [vec![asked, fated, late, slow, crash, pause, knob, site], more].concat()
        },
    );
    (others, impaired()).prop_map(|(others, impaired)| [others, impaired].concat())
}

fn deviations() -> impl Strategy<Value = Vec<Deviation<Request>>> {
    (vec(one_of_each(), 1..4), faults_of_disks(), broken()).prop_map(|(each, of_disks, broken)| {
        let mut all = each.concat();
        all.extend(of_disks);
        all.push(Deviation::Nodes { count: MOST });
        all.push(Deviation::Broken(broken));
        all
    })
}

fn log() -> impl Strategy<Value = Log<Request>> {
    let expected =
        (any::<[String; 3]>(), any::<u64>(), any::<u64>()).prop_map(|(texts, event, chain)| {
            let [property, cause, detail] = texts;
            Expected { property, cause, detail, event, chain }
        });
    let texts = (any::<Option<String>>(), any::<String>(), any::<Vec<String>>());
    (texts, any::<u64>(), expected, deviations().prop_shuffle()).prop_map(
        |((planted, made_by, story), seed, expected, deviations)| Log {
            format: FORMAT,
            scenario: "idles".to_owned(),
            planted: planted.map(|bug| bug.chars().take(50).collect()),
            seed,
            made_by,
            expected,
            deviations,
            context: None,
            story,
        },
    )
}

fn read(path: &Path) -> Result<Log<Request>, LogError> {
    RawLog::open(path)?.read(&Idles)
}

fn bytes(path: &Path) -> Vec<u8> {
    std::fs::read(path).expect("it was written")
}

proptest! {
    #[test]
    fn a_log_is_the_same_in_both_forms_and_after_every_conversion(log in log()) {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let file = |name: &str| -> PathBuf { folder.path().join(name) };
        let (json, compact) = (file("a.json"), file("a.bin"));
        for path in [&json, &compact] {
            write(path, &log).expect("it can be written");
            prop_assert_eq!(&read(path).expect("it can be read"), &log);
        }
        // From each form to the other: as if it had been written in that form at once.
        let converted = [(&json, file("b.bin"), &compact), (&compact, file("b.json"), &json)];
        for (from, to, direct) in converted {
            write(&to, &read(from).expect("it can be read")).expect("it can be written");
            prop_assert_eq!(bytes(&to), bytes(direct));
        }
    }
}

/// A small log, in its compact form.
fn compact(planted: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let path = folder.path().join("a.bin");
    let texts = ["property", "cause", "detail"].map(str::to_owned);
    let [property, cause, detail] = texts;
    let log = Log::<Request> {
        format: FORMAT,
        scenario: "idles".to_owned(),
        planted: Some(planted.to_owned()),
        seed: 7,
        made_by: "a test".to_owned(),
        expected: Expected { property, cause, detail, event: 1, chain: 2 },
        deviations: Vec::new(),
        context: None,
        story: Vec::new(),
    };
    write(&path, &log).expect("it can be written");
    bytes(&path)
}

#[test]
fn a_compact_log_says_the_same_in_its_head_and_in_itself() {
    let (left, right) = (compact("left"), compact("also"));
    assert_eq!(left.len(), right.len());
    let head = left.windows(4).position(|four| four == b"left").expect("the head names it") + 4;
    let read = |bytes| RawLog::parse("a.bin".into(), bytes)?.read(&Idles);
    assert!(read(left.clone()).is_ok());
    let error = read([&left[..head], &right[head..]].concat()).expect_err("they differ");
    assert!(error.to_string().contains("different scenarios or bugs"), "{error}");
}
