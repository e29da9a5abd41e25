//! What disks do to machines, fault by fault, and what a scenario tolerates.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::time::Duration;

use stormglass_machine::{
    AfterFlush, AfterGap, Dice, Effect, Env, FlushError, Gap, Input, Machine, NodeId,
};
use stormglass_simulator::{
    Asked, Cluster, Crash, Deviation, DiskFault, Event, FailingFlush, FullDisk, LostFlush,
    MisdirectedWrite, Property, Redundancy, ReplacedDisk, RottenRecord, Scenario, Settings,
    SlowDisk, TornRecord, Violation, Watch, World,
};

/// Writes each request down before it answers; a request of 100 and more is a checkpoint.
struct Keeper {
    kept: Vec<u64>,
    after_flush: AfterFlush,
    after_gap: Option<AfterGap>,
}

impl Machine for Keeper {
    type Message = ();
    type Request = u64;
    type Response = u64;
    type Timer = ();
    type Record = u64;

    fn restore(&mut self, record: u64) {
        self.kept.push(record);
    }

    fn restore_gap(&mut self, gap: Gap) -> AfterGap {
        let usual = if gap.at_end { AfterGap::Continue } else { AfterGap::Refuse };
        self.after_gap.unwrap_or(usual)
    }

    fn flush_failed(&mut self, _: FlushError) -> AfterFlush {
        self.after_flush
    }

    fn step(&mut self, input: Input<Self>, env: &mut Env<'_, Self>) {
        if let Input::Request { id, request } = input {
            self.kept.push(request);
            match request >= 100 {
                true => env.checkpoint(request),
                false => env.persist(request),
            }
            env.respond(id, request);
        }
    }

    fn state(&self) -> &'static str {
        "Keeping"
    }
}

/// So many keepers, of which so many may lose what they have.
struct Keepers {
    nodes: RangeInclusive<u32>,
    losable: fn(u32) -> u32,
    after_flush: AfterFlush,
    after_gap: Option<AfterGap>,
    storm: Duration,
}

const USUAL: Keepers = Keepers {
    nodes: 1..=1,
    losable: |_| 1,
    after_flush: AfterFlush::Stop,
    after_gap: None,
    storm: Duration::from_secs(10),
};

impl Scenario for Keepers {
    type Machine = Keeper;
    type Ghost = ();

    fn name(&self) -> &str {
        "keepers"
    }

    fn nodes(&self) -> RangeInclusive<u32> {
        self.nodes.clone()
    }

    fn machine(&self, _: NodeId, _: u32) -> Keeper {
        let Keepers { after_flush, after_gap, .. } = *self;
        Keeper { kept: Vec::new(), after_flush, after_gap }
    }

    fn settings(&self) -> Settings {
        Settings { flush: 2 * MS, storm: self.storm, ..Settings::default() }
    }

    fn tolerates(&self, count: u32) -> Vec<Redundancy> {
        let holders = (0..count).map(NodeId).collect();
        vec![Redundancy { holders, losable: (self.losable)(count) }]
    }

    fn requests(&self, count: u32, dice: &mut Dice, asked: &mut Vec<Asked<u64>>) {
        for request in 1..=200 {
            let at = Duration::from_millis(dice.below(10_000));
            let node = NodeId(dice.below(u64::from(count)) as u32);
            asked.push(Asked { client: 0, at, node, request: request % 107 });
        }
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::finally("nobody refuses its disk", |world| {
                match world.ids().find(|node| world.refused(*node)) {
                    Some(node) => Err(Violation::new(format!("node {node} does"))),
                    None => Ok(()),
                }
            }),
            Property::sometimes("within what is tolerated", |world, _| {
                assert!(!world.is_beyond_tolerance(), "nobody looks for it beyond");
                true
            }),
        ]
    }
}

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
const NODE: NodeId = NodeId(0);

/// What was seen, and at which millisecond.
#[derive(Debug, Default, PartialEq)]
struct Tape {
    answered: Vec<(u64, u64)>,
    crashed: Vec<(u64, usize)>,
    /// What each later life has taken back.
    started: Vec<(u64, Vec<u64>)>,
    faults: Vec<(u64, DiskFault)>,
    gaps: Vec<(Gap, AfterGap)>,
    replaced: Vec<usize>,
    ended: Vec<u64>,
}

impl Watch<Keeper> for Tape {
    fn event(&mut self, cluster: &Cluster<Keeper>, event: Event<'_, Keeper>) {
        let now = cluster.now().as_nanos() / 1_000_000;
        match event {
            Event::Effect { effect: Effect::Respond { response, .. }, .. } => {
                self.answered.push((now, *response));
            }
            Event::Started { node } if now > 0 => {
                self.started.push((now, cluster.machine(node).kept.clone()));
            }
            Event::Crashed { lost, .. } => self.crashed.push((now, lost)),
            Event::Disk { fault, .. } => self.faults.push((now, fault)),
            Event::Gap { gap, after, .. } => self.gaps.push((gap, after)),
            Event::Replaced { lost, .. } => self.replaced.push(lost),
            Event::Ended(_) => self.ended.push(now),
            _ => {}
        }
    }
}

/// Requests 1, 2, 3... in the seconds 1, 2, 3... and these deviations.
fn play(scenario: &Keepers, requests: u64, more: &[Deviation<u64>]) -> (Tape, Vec<bool>) {
    let values: Vec<_> = (1..=requests).collect();
    play_with(scenario, &values, more)
}

fn play_with(scenario: &Keepers, requests: &[u64], more: &[Deviation<u64>]) -> (Tape, Vec<bool>) {
    let mut deviations = more.to_vec();
    deviations.extend(requests.iter().zip(0..).map(|(request, nth)| Deviation::Request {
        client: 0,
        nth,
        at: (nth + 1) * SECOND,
        node: NODE,
        request: *request,
    }));
    let mut tape = Tape::default();
    let replayed = World::new(scenario).replay(1, &deviations, u64::MAX, &mut tape);
    (tape, replayed.matched[..more.len()].to_vec())
}

fn failing(times: u32, lose: u32) -> Deviation<u64> {
    Deviation::FailingFlush(FailingFlush { node: NODE, nth: 1, times, lose })
}

fn crash(at: Duration, lose: u32) -> Deviation<u64> {
    Deviation::Crash(Crash { nodes: vec![NODE], at, after_effects: None, down: SECOND, lose })
}

fn rotten(nth: u32) -> Deviation<u64> {
    Deviation::RottenRecord(RottenRecord { node: NODE, nth })
}

fn replaced(at: Duration) -> Deviation<u64> {
    Deviation::ReplacedDisk(ReplacedDisk { node: NODE, at, down: SECOND })
}

/// At a time in the middle of the flush of this request.
fn during(request: u32) -> Duration {
    request * SECOND + MS
}

const STOP: AfterFlush = AfterFlush::Stop;
const RETRY: AfterFlush = AfterFlush::Retry;

#[test]
fn a_machine_that_stops_at_a_failed_flush_starts_again_a_second_later() {
    for (lose, kept) in [(0, vec![1, 2]), (1, vec![1])] {
        let (tape, matched) = play(&USUAL, 4, &[failing(9, lose)]);
        assert_eq!(matched, [true]);
        let failed = DiskFault::FlushFailed { error: FlushError::Io, after: STOP };
        assert_eq!(tape.faults, [(2_002, failed)]);
        assert_eq!(tape.crashed, [(2_002, lose as usize)]);
        assert_eq!(tape.started, [(3_002, kept)]);
        // What was asked while it was down is lost.
        assert_eq!(tape.answered, [(1_002, 1), (4_002, 4)]);
    }
}

#[test]
fn a_machine_that_tries_again_waits_and_is_believed_though_something_is_gone() {
    let stubborn = Keepers { after_flush: RETRY, ..USUAL };
    let failed = DiskFault::FlushFailed { error: FlushError::Io, after: RETRY };
    let (tape, _) = play(&stubborn, 2, &[failing(3, 0), crash(3 * SECOND, 9)]);
    assert_eq!(tape.faults, [2_002, 2_012, 2_022].map(|at| (at, failed)));
    assert_eq!(tape.answered, [(1_002, 1), (2_032, 2)]);
    assert_eq!(tape.started, [(4_000, vec![1, 2])]);
    let (tape, _) = play(&stubborn, 2, &[failing(1, 1), crash(3 * SECOND, 0)]);
    assert_eq!(tape.faults, [(2_002, failed), (2_012, DiskFault::FlushLost)]);
    assert_eq!(tape.answered, [(1_002, 1), (2_012, 2)]);
    assert_eq!(tape.started, [(4_000, vec![1])]);
}

#[test]
fn nobody_tries_for_ever() {
    let stubborn = Keepers { after_flush: RETRY, ..USUAL };
    let full = Deviation::FullDisk(FullDisk { node: NODE, at: Duration::ZERO, lasts: 10 * SECOND });
    let (tape, _) = play_with(&stubborn, &[7], &[full]);
    assert_eq!(tape.answered, [(10_002, 7)], "the storm ends first");
    let long = Deviation::FailingFlush(FailingFlush { node: NODE, nth: 0, times: 1_000, lose: 0 });
    let patient = Keepers { storm: 60 * SECOND, ..stubborn };
    let (tape, _) = play_with(&patient, &[7], &[long]);
    assert_eq!((tape.faults.len(), tape.crashed.len()), (1_000, 1));
    assert_eq!(tape.faults[999].1, DiskFault::FlushFailed { error: FlushError::Io, after: STOP });
}

#[test]
fn what_a_flush_lied_about_is_lost_in_a_crash_unless_a_later_flush_is_honest() {
    let lost = Deviation::LostFlush(LostFlush { node: NODE, nth: 1 });
    let (tape, matched) = play(&USUAL, 2, &[lost.clone(), crash(2_500 * MS, 0)]);
    assert_eq!((matched, tape.answered.len()), (vec![true, true], 2));
    assert_eq!((tape.crashed, tape.started), (vec![(2_500, 1)], vec![(3_500, vec![1])]));
    let (tape, _) = play(&USUAL, 3, &[lost, crash(3_500 * MS, 9)]);
    assert_eq!(tape.started, [(4_500, vec![1, 2, 3])]);
}

#[test]
fn a_torn_record_is_a_gap_at_the_end_that_is_cut_off() {
    let torn = |nth| Deviation::TornRecord(TornRecord { node: NODE, nth });
    let at_end = Gap { records: 1, at_end: true };
    for lose in [0, 1, 9] {
        let crashes = [torn(1), crash(during(2), lose), crash(6 * SECOND, 0)];
        let (tape, matched) = play(&USUAL, 2, &crashes);
        assert_eq!(matched, [true, true, true]);
        assert_eq!(tape.faults, [(2_001, DiskFault::Torn { nth: 1 })]);
        assert_eq!(tape.gaps, [(at_end, AfterGap::Continue)], "it is found once");
        assert_eq!(tape.started, [(3_001, vec![1]), (7_000, vec![1])]);
    }
    let (tape, matched) = play(&USUAL, 2, &[torn(0), crash(during(2), 0)]);
    assert_eq!((matched, tape.gaps), (vec![false, true], vec![]), "it was durable");
    // A checkpoint has its place only when it is durable.
    let (tape, _) = play_with(&USUAL, &[1, 100], &[torn(1), crash(during(2), 1)]);
    assert_eq!((tape.gaps, tape.started), (vec![], vec![(3_001, vec![1])]));
}

#[test]
fn a_machine_that_refuses_its_disk_is_down_until_it_gets_another() {
    let in_between = Gap { records: 1, at_end: false };
    let (tape, _) = play(&USUAL, 9, &[rotten(1), crash(3_500 * MS, 0)]);
    assert_eq!(tape.gaps, [(in_between, AfterGap::Refuse)]);
    assert_eq!((tape.started.len(), tape.answered.len()), (0, 3));
    let more = [rotten(1), crash(3_500 * MS, 0), crash(5_500 * MS, 0), replaced(6_500 * MS)];
    let (tape, matched) = play(&USUAL, 9, &more);
    assert_eq!(matched, [true, true, false, true]);
    assert_eq!((tape.replaced, tape.started), (vec![3], vec![(7_500, vec![])]));
    assert_eq!(tape.answered[3..], [(8_002, 8), (9_002, 9)]);
}

#[test]
fn a_machine_may_go_on_without_what_cannot_be_read() {
    let careless = Keepers { after_gap: Some(AfterGap::Continue), ..USUAL };
    let both = |records, at_end| (Gap { records, at_end }, AfterGap::Continue);
    let more = [rotten(0), rotten(1), rotten(3), crash(4_500 * MS, 0), crash(7_500 * MS, 0)];
    let (tape, _) = play(&careless, 4, &more);
    assert_eq!(tape.gaps, [both(2, false), both(1, true), both(2, false)]);
    assert_eq!(tape.started, [(5_500, vec![3]), (8_500, vec![3])]);
    let astray = Deviation::MisdirectedWrite(MisdirectedWrite { node: NODE, nth: 3, back: 2 });
    let (tape, _) = play(&careless, 5, &[astray, crash(5_500 * MS, 0)]);
    assert_eq!(tape.gaps, [both(1, false), both(1, false)]);
    assert_eq!(tape.started, [(6_500, vec![1, 3, 5])]);
    // A checkpoint that cannot be read was promised, though nothing follows.
    let (tape, _) = play_with(&USUAL, &[1, 100], &[rotten(1), crash(2_500 * MS, 0)]);
    assert_eq!(tape.gaps, [(Gap { records: 1, at_end: false }, AfterGap::Refuse)]);
}

#[test]
fn a_full_disk_fails_flushes_and_loses_what_waits_for_it() {
    let full = |lasts| Deviation::FullDisk(FullDisk { node: NODE, at: 1_500 * MS, lasts });
    let failed = |after| DiskFault::FlushFailed { error: FlushError::Full, after };
    let (tape, _) = play(&USUAL, 4, &[full(SECOND)]);
    assert_eq!(tape.faults, [(2_002, failed(STOP))]);
    assert_eq!((tape.crashed, &tape.started[0]), (vec![(2_002, 1)], &(3_002, vec![1])));
    assert_eq!((tape.ended, tape.answered.last()), (vec![2_500], Some(&(4_002, 4))));
    let stubborn = Keepers { after_flush: RETRY, ..USUAL };
    let (tape, _) = play(&stubborn, 2, &[full(521 * MS)]);
    assert_eq!(tape.faults, [2_002, 2_012].map(|at| (at, failed(RETRY))));
    assert_eq!(tape.answered, [(1_002, 1), (2_022, 2)]);
}

#[test]
fn a_slow_disk_makes_each_flush_take_longer_for_a_while() {
    let (at, lasts, slow) = (1_500 * MS, 2 * SECOND, 300 * MS);
    let (tape, matched) =
        play(&USUAL, 4, &[Deviation::SlowDisk(SlowDisk { node: NODE, at, lasts, slow })]);
    assert_eq!(tape.answered, [(1_002, 1), (2_302, 2), (3_302, 3), (4_002, 4)]);
    assert_eq!((matched, tape.ended), (vec![true], vec![3_500]));
}

#[test]
fn a_disk_may_be_replaced_while_its_node_is_down() {
    let (tape, _) = play(&USUAL, 1, &[crash(2 * SECOND, 0), replaced(2_500 * MS)]);
    assert_eq!((tape.crashed.len(), tape.replaced), (1, vec![1]));
    assert_eq!(tape.started, [(3_000, vec![])], "it starts when it would have");
}

/// Each of the nodes gets an empty disk.
fn all_replaced(count: u32) -> Vec<Deviation<u64>> {
    let replaced = |node| ReplacedDisk { node: NodeId(node), at: SECOND, down: SECOND };
    let mut all = vec![Deviation::Nodes { count }];
    all.extend((0..count).map(|node| Deviation::ReplacedDisk(replaced(node))));
    all
}

#[test]
fn a_list_destroys_no_more_than_is_tolerated_by_a_cluster_of_its_size() {
    let minority = Keepers { nodes: 1..=5, losable: |count| (count - 1) / 2, ..USUAL };
    let struck = |list: &[Deviation<u64>]| {
        let replayed = World::new(&minority).replay(1, list, u64::MAX, &mut ());
        replayed.matched.iter().filter(|matched| **matched).count() - 1
    };
    assert_eq!([1, 2, 3, 4, 5].map(|count| struck(&all_replaced(count))), [0, 0, 1, 1, 2]);
    let beyond = |count| [&[Deviation::Beyond], &all_replaced(count)[..]].concat();
    assert_eq!([1, 3, 5].map(|count| struck(&beyond(count))), [2, 4, 6]);
}

#[test]
fn beyond_what_is_tolerated_only_what_must_hold_always_is_looked_at() {
    let list = [rotten(0), rotten(1), crash(3_500 * MS, 0)];
    let requests = (1..=3).map(|nth| Deviation::Request {
        client: 0,
        nth,
        at: nth * SECOND,
        node: NODE,
        request: 7,
    });
    let list: Vec<_> = list.into_iter().chain(requests).collect();
    let fails = |list: &[Deviation<u64>]| {
        World::new(&USUAL).replay(1, list, u64::MAX, &mut ()).outcome.failure.is_some()
    };
    assert!(fails(&list));
    assert!(!fails(&[&list[..], &[Deviation::Beyond]].concat()));
    let mut world = World::new(&USUAL).beyond_tolerance();
    assert!((0..50).all(|seed| world.search(seed).failure.is_none()));
    assert_eq!(world.sometimes(), [("within what is tolerated", 0)]);
    assert!(world.facts().get("nodes that refused their disks").runs > 0);
}

/// Runs seeds in three ways, and lists what deviated in them.
fn kinds_of_searched_recorded_and_replayed(
    scenario: &Keepers,
    mut world: World<'_, Keepers>,
) -> BTreeSet<String> {
    let mut kinds = BTreeSet::new();
    for seed in 0..60 {
        let outcome = world.search(seed);
        let recorded = world.record(seed);
        assert_eq!(recorded.outcome, outcome, "seed {seed}");
        let list = &recorded.deviations;
        let replayed = World::new(scenario).replay(seed, list, u64::MAX, &mut ());
        assert_eq!(replayed.outcome, outcome, "seed {seed}");
        for deviation in list {
            let text = format!("{deviation:?}");
            kinds.extend(text.split('(').next().map(str::to_owned));
        }
    }
    kinds
}

#[test]
fn what_is_searched_is_recorded_and_replayed_with_every_fault_of_disks() {
    for after_gap in [None, Some(AfterGap::Continue)] {
        for after_flush in [STOP, RETRY] {
            let scenario = Keepers { nodes: 3..=5, after_flush, after_gap, ..USUAL };
            let within = World::new(&scenario);
            let beyond = World::new(&scenario).beyond_tolerance();
            for world in [within, beyond] {
                let kinds = kinds_of_searched_recorded_and_replayed(&scenario, world);
                let missing: Vec<_> = KINDS.iter().filter(|kind| !kinds.contains(**kind)).collect();
                assert!(missing.is_empty(), "{missing:?}");
            }
        }
    }
}

const KINDS: [&str; 8] = [
    "FailingFlush",
    "FullDisk",
    "LostFlush",
    "MisdirectedWrite",
    "ReplacedDisk",
    "RottenRecord",
    "SlowDisk",
    "TornRecord",
];
