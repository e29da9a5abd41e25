//! Every planted bug shows: what holds without it does not hold with it.

use std::collections::BTreeSet;

use stormglass_machine::{Dice, Effect, Input, NodeId};
use stormglass_replica::{
    BandwidthClass, Bug, Config, Hardening, Message, NackCode, Record, Request, Response,
    Retention, Role, Storage, SyncRequest,
};

use super::cluster::Cluster;
use super::convergence::{configs, heal, storm, unsettled};
use super::node::{
    INTERVAL, Node, config, entries, hardened, heartbeat, nack, persistent, request, response,
};

type Plant<'a> = &'a dyn Fn(Config) -> Config;

/// Does the node that this bug is about go wrong?
fn goes_wrong(bug: Bug, plant: Plant) -> bool {
    match bug {
        Bug::WaitsForBeliefForever
        | Bug::BelievesDemotedLeader
        | Bug::WinsInSilence
        | Bug::RanksByLiveTail
        | Bug::ElectsByDistance
        | Bug::SplicesHistories
        | Bug::AppendsInAnyRole
        | Bug::StaysCandidate => mended_in_roles(bug, plant),
        Bug::PersistentNeverSkips
        | Bug::EmptyLogBeginsAtZero
        | Bug::ForgetsTailOfEmptyLog
        | Bug::TagNeverRefreshed
        | Bug::RegistryUnbounded
        | Bug::ShutdownLeavesTag => mended_in_storage(bug, plant),
        Bug::NoConcession
        | Bug::BelievesLatestLeader
        | Bug::BelievesLowestId
        | Bug::BothConcedeTie
        | Bug::KeepsBeliefOnTagFailure
        | Bug::SilenceByWallClock
        | Bug::NoDistanceNoVote => wrong_leader(bug, plant),
        Bug::IgnoresNotLeader
        | Bug::SkipsOneByOne
        | Bug::AcceptsUnaskedAnswers
        | Bug::ReusesRequests
        | Bug::TrustsFormerLeader
        | Bug::AdvertisesBeforeFsync
        | Bug::RenumbersChunks
        | Bug::WithdrawsAsLeader => wrong_catch_up(bug, plant),
        Bug::AnswersInAnyRole | Bug::ChargesRefusedRequests | Bug::BackgroundUsesWholeBudget => {
            wrong_answer(bug, plant)
        }
        Bug::TagKeptOnRelinquish
        | Bug::StepDownWithoutEvent
        | Bug::TalksToItself
        | Bug::DuplicateHeartbeats
        | Bug::IdleHeartbeats
        | Bug::AcceptsStrangers
        | Bug::SingleLaneInbox => wrong_company(bug, plant),
    }
}

fn mended_in_roles(bug: Bug, plant: Plant) -> bool {
    let mut node = Node::replica(plant(hardened()));
    match bug {
        Bug::WaitsForBeliefForever => {
            node.pass(300);
            node.tick().transitions.is_empty()
        }
        Bug::BelievesDemotedLeader => {
            node.heartbeat(0, Role::Leader, 0);
            node.heartbeat(0, Role::Replica, 0);
            node.replica.belief().is_some()
        }
        Bug::WinsInSilence => {
            node.pass(300);
            let announced = |role| role == Role::Leader;
            !node.tick().heartbeats().iter().any(|(_, heartbeat)| announced(heartbeat.role))
        }
        Bug::RanksByLiveTail => {
            let mut leader = Node::leader(plant(hardened()));
            leader.heartbeat(2, Role::Leader, 9);
            leader.replica.role() == Role::Replica
        }
        Bug::ElectsByDistance => {
            node.pass(200);
            let from = node.wall - std::time::Duration::from_millis(1);
            node.hear(2, heartbeat(Role::Replica, 9, from));
            node.pass(100);
            node.tick();
            node.replica.role() == Role::Leader
        }
        Bug::SplicesHistories => {
            let id = node.lag_behind(0, 3);
            let mut other = response(id, 0..3);
            other.previous.epoch = 9;
            node.hear(0, Message::SyncResponse(other));
            node.replica.tail() > 0
        }
        Bug::AppendsInAnyRole => {
            matches!(node.ask(Request::Append(vec![])), Response::Appended { .. })
        }
        _ => {
            let set = [0, 2].map(NodeId).to_vec();
            let mut node = Node::replica(plant(Config { replica_set: set, ..hardened() }));
            node.pass(300);
            node.tick();
            node.heartbeat(0, Role::Replica, 0);
            node.next_tick();
            node.replica.role() == Role::Candidate
        }
    }
}

fn mended_in_storage(bug: Bug, plant: Plant) -> bool {
    let on_disk = Config { storage: Storage::Persistent, ..hardened() };
    let records: Vec<Record> = entries(0..4).into_iter().map(Record::Append).collect();
    let mut node = Node::replica(plant(on_disk.clone()));
    match bug {
        Bug::PersistentNeverSkips => {
            let id = node.lag_behind(0, 9);
            node.hear(0, nack(id, NackCode::BadRange, 0, 5));
            node.replica.tail() != 5
        }
        Bug::EmptyLogBeginsAtZero => {
            let retention = Retention { entries: Some(0), ..Retention::default() };
            let mut leader = Node::leader(plant(Config { retention, ..hardened() }));
            leader.append(3);
            leader.ask(Request::SweepRetention);
            let happened = leader.hear(0, Message::SyncRequest(request(1)));
            let [(_, Message::SyncNack(nack))] = happened.sent()[..] else { return true };
            nack.floor != 3
        }
        Bug::ForgetsTailOfEmptyLog => {
            let swept = [records, vec![Record::Evict { before: 4 }]].concat();
            Node::restart(plant(on_disk), swept).replica.tail() != 4
        }
        Bug::TagNeverRefreshed => {
            let mut node = Node::start(plant(hardened()));
            node.ask(Request::FailNextTagCalls(1));
            node.ask(Request::select());
            node.next_tick();
            node.replica.tag().announced().is_none()
        }
        Bug::RegistryUnbounded => {
            for _ in 0..260 {
                node.heartbeat(0, Role::Leader, 9);
                node.next_tick();
            }
            node.replica.outstanding().tokens().len() > 256
        }
        _ => {
            for _ in 0..128 {
                let message = nack(1, NackCode::Backpressure, 0, 0);
                node.step(Input::Message { from: NodeId(0), message });
            }
            node.ask(Request::Shutdown);
            node.replica.tag().announced().is_some()
        }
    }
}

fn wrong_leader(bug: Bug, plant: Plant) -> bool {
    let mut node = Node::replica(plant(config()));
    let mut leader = Node::leader(plant(config()));
    match bug {
        Bug::NoConcession => {
            leader.heartbeat(2, Role::Leader, 9);
            leader.replica.role() == Role::Leader
        }
        Bug::BothConcedeTie => {
            leader.heartbeat(2, Role::Leader, 0);
            leader.replica.role() != Role::Leader
        }
        Bug::BelievesLatestLeader => {
            node.heartbeat(0, Role::Leader, 9);
            node.heartbeat(2, Role::Leader, 1);
            node.replica.belief() != Some(NodeId(0))
        }
        Bug::BelievesLowestId => {
            node.heartbeat(0, Role::Leader, 1);
            node.heartbeat(2, Role::Leader, 9);
            node.replica.belief() != Some(NodeId(2))
        }
        Bug::KeepsBeliefOnTagFailure => {
            node.heartbeat(0, Role::Leader, 0);
            node.ask(Request::FailNextTagCalls(1));
            node.pass(300);
            node.tick();
            node.replica.belief().is_some()
        }
        Bug::SilenceByWallClock => {
            node.heartbeat(0, Role::Leader, 0);
            node.wall = node.wall + std::time::Duration::from_secs(9);
            !node.next_tick().transitions.is_empty()
        }
        _ => {
            node.heartbeat(0, Role::Leader, 0);
            node.pass(300);
            node.tick();
            node.replica.role() != Role::Leader
        }
    }
}

fn wrong_catch_up(bug: Bug, plant: Plant) -> bool {
    let mut node = Node::replica(plant(config()));
    let id = node.lag_behind(0, 9);
    let chunk = |id, range| Message::SyncResponse(response(id, range));
    match bug {
        Bug::IgnoresNotLeader => {
            node.hear(0, nack(id, NackCode::NotLeader, 0, 0));
            node.replica.belief().is_some()
        }
        Bug::SkipsOneByOne => {
            node.hear(0, nack(id, NackCode::BadRange, 0, 5));
            node.replica.tail() != 5
        }
        Bug::AcceptsUnaskedAnswers => {
            node.hear(0, chunk(id ^ 1, 0..3));
            node.replica.tail() > 0
        }
        Bug::ReusesRequests => {
            node.hear(0, chunk(id, 0..3));
            node.hear(0, chunk(id, 3..6));
            node.replica.tail() > 3
        }
        Bug::TrustsFormerLeader => {
            node.heartbeat(2, Role::Leader, 99);
            node.hear(0, chunk(id, 0..3));
            node.replica.tail() > 0
        }
        Bug::RenumbersChunks => {
            let second = node.lag_behind(0, 9);
            node.hear(0, chunk(id, 0..3));
            node.hear(0, chunk(second, 0..3));
            node.replica.tail() != 3
        }
        Bug::WithdrawsAsLeader => {
            let mut node = Node::replica(plant(Config { segment_bytes: 5, ..config() }));
            let id = node.lag_behind(0, 9);
            node.hear(0, chunk(id, 0..3));
            node.replica.role() != Role::Idle
        }
        _ => {
            let mut node = Node::replica(plant(persistent()));
            let id = node.lag_behind(0, 9);
            let happened = node.hear(0, chunk(id, 0..3));
            !matches!(happened.disk().last(), Some(Effect::Flush))
        }
    }
}

fn wrong_answer(bug: Bug, plant: Plant) -> bool {
    let small = Config { network_bytes_per_second: 400, ..config() };
    let asked = |node: &mut Node, class| {
        let request = SyncRequest { class, ..request(0) };
        node.hear(0, Message::SyncRequest(request)).responses().len()
    };
    match bug {
        Bug::AnswersInAnyRole => {
            asked(&mut Node::replica(plant(config())), BandwidthClass::Foreground) > 0
        }
        Bug::ChargesRefusedRequests => {
            let mut leader = Node::leader(plant(small));
            leader.append(5);
            while asked(&mut leader, BandwidthClass::Foreground) > 0 {}
            !leader.replica.budget().balances()
        }
        _ => {
            let mut leader = Node::leader(plant(small));
            leader.append(2);
            asked(&mut leader, BandwidthClass::Background) > 0
        }
    }
}

fn wrong_company(bug: Bug, plant: Plant) -> bool {
    let mut leader = Node::leader(plant(config()));
    let relinquish =
        Input::Request { id: stormglass_machine::RequestId(99), request: Request::relinquish() };
    match bug {
        Bug::TagKeptOnRelinquish => {
            leader.run(relinquish);
            leader.replica.tag().announced().is_some()
        }
        Bug::StepDownWithoutEvent => leader.run(relinquish).events.is_empty(),
        Bug::TalksToItself => leader.next_tick().sent().iter().any(|(to, _)| *to == 1),
        Bug::DuplicateHeartbeats => leader.next_tick().sent().len() != 2,
        Bug::IdleHeartbeats => !Node::start(plant(config())).next_tick().sent().is_empty(),
        Bug::AcceptsStrangers => {
            leader.heartbeat(9, Role::Leader, 99);
            leader.replica.role() != Role::Leader
        }
        _ => {
            let mut node = Node::replica(plant(Config { low_lane_capacity: 2, ..config() }));
            let from = NodeId(0);
            for _ in 0..2 {
                let message = heartbeat(Role::Leader, 0, node.wall);
                node.step(Input::Message { from, message });
            }
            let message = nack(1, NackCode::Backpressure, 0, 0);
            node.step(Input::Message { from, message });
            node.replica.inbox().dropped_high() > 0
        }
    }
}

#[test]
fn every_bug_shows_and_nothing_shows_without_it() {
    for bug in Bug::ALL {
        assert!(!goes_wrong(bug, &|config| config), "{} shows without being there", bug.name());
        assert!(goes_wrong(bug, &|config| config.with_bug(bug)), "{} does not show", bug.name());
    }
}

#[test]
fn names_are_distinct_and_descriptions_are_sentences() {
    let names: BTreeSet<_> = Bug::ALL.into_iter().map(Bug::name).collect();
    assert_eq!(names.len(), Bug::ALL.len());
    for bug in Bug::ALL {
        let letter = |c: char| c.is_ascii_lowercase() || c == '-';
        assert!(bug.name().chars().all(letter), "{}", bug.name());
        assert!(bug.description().ends_with('.') && !bug.description().contains("  "));
    }
}

#[test]
fn a_bug_of_hardening_turns_exactly_one_switch_off() {
    let weakening: Vec<_> = Bug::ALL
        .into_iter()
        .map(|bug| bug.weaken(Hardening::ALL))
        .filter(|h| *h != Hardening::ALL)
        .collect();
    assert_eq!(weakening.len(), 14);
    for bug in Bug::ALL {
        assert_eq!(bug.weaken(Hardening::NONE), Hardening::NONE);
        let config = Config { hardening: Hardening::ALL, ..config() }.with_bug(bug);
        assert_eq!(config.effective_hardening(), bug.weaken(Hardening::ALL));
    }
}

/// Does a hardened cluster under a storm end otherwise than it should, or do what it never does?
fn storm_finds(bug: Bug, seed: u64) -> bool {
    let mut planted = configs(3, Hardening::ALL, Storage::Persistent);
    for config in &mut planted {
        *config = config.clone().with_bug(bug);
    }
    let mut cluster = Cluster::start(planted, seed);
    storm(&mut cluster, &mut Dice::new(seed, "storm", 0));
    heal(&mut cluster);
    cluster.run_for(30 * INTERVAL);
    unsettled(&cluster).is_some() || !cluster.findings.is_empty()
}

const SEEDS: u64 = 40;

#[test]
fn random_storms_find_bugs_by_what_the_cluster_comes_to() {
    let found = |bug: &Bug| (0..SEEDS).any(|seed| storm_finds(*bug, seed));
    let found: Vec<_> = Bug::ALL.into_iter().filter(found).collect();
    assert_eq!(found, FOUND_BY_STORMS);
}

/// The others need a world that this small one is not, or clients that look closer.
const FOUND_BY_STORMS: [Bug; 12] = [
    Bug::WaitsForBeliefForever,
    Bug::RanksByLiveTail,
    Bug::SplicesHistories,
    Bug::AppendsInAnyRole,
    Bug::NoConcession,
    Bug::AnswersInAnyRole,
    Bug::RenumbersChunks,
    Bug::TagKeptOnRelinquish,
    Bug::TalksToItself,
    Bug::DuplicateHeartbeats,
    Bug::IdleHeartbeats,
    Bug::NoDistanceNoVote,
];
