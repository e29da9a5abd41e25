//! Clusters: what always holds, what a quiet cluster comes to, and where the unhardened one fails.

use stormglass_machine::{Dice, Effect};
use stormglass_replica::{
    Config, CoordinatorError, Hardening, Message, Replica, Request, Role, Signal, Storage,
    check_transition,
};

use super::cluster::{Cluster, MILLISECOND};
use super::node::{INTERVAL, bytes_of};

/// What must hold after every step of every node, hardened or not.
pub fn check_step(replica: &Replica, effects: &[Effect<Replica>], findings: &mut Vec<String>) {
    let node = replica.config().node;
    let mut claim = |holds: bool, what: &str| {
        if !holds {
            findings.push(format!("node {node}: {what}"));
        }
    };
    for attempt in &replica.trace().transitions {
        let allowed = check_transition(attempt.from, attempt.to, attempt.signal);
        let refused = matches!(attempt.result, Err(CoordinatorError::Refused(_)));
        claim(allowed.is_ok() != refused, "the matrix decides every transition");
        claim(
            !refused || attempt.signal == Signal::GracefulRelinquish,
            "only operators ask for what is refused",
        );
    }
    claim(replica.log().is_contiguous(), "the log is contiguous");
    claim(replica.durable_tail() <= replica.tail(), "no more is durable than there is");
    claim(replica.budget().balances(), "the budget balances");
    claim(
        (replica.role() == Role::Idle) == replica.tag().announced().is_none(),
        "the tag is right",
    );
    let mut heard = Vec::new();
    for effect in effects {
        let Effect::Send { to, message } = effect else { continue };
        claim(*to != node, "nothing is sent to oneself");
        match message {
            Message::Heartbeat(heartbeat) => {
                claim(!heard.contains(to) || heartbeat.role == Role::Leader, "one heartbeat each");
                heard.push(*to);
                claim(
                    matches!(heartbeat.role, Role::Leader | Role::Replica),
                    "the idle are silent",
                );
            }
            Message::SyncResponse(_) => claim(replica.role() == Role::Leader, "leaders answer"),
            _ => {}
        }
    }
}

pub fn configs(nodes: u32, hardening: Hardening, storage: Storage) -> Vec<Config> {
    let mut configs = Config::cluster(nodes, hardening);
    for config in &mut configs {
        let interval = std::time::Duration::from_millis(INTERVAL);
        config.heartbeat_interval = interval;
        config.tick_phase = interval * config.node.0 / nodes;
        config.select_after = Some(interval);
        config.storage = storage;
        config.retention.entries = Some(20);
    }
    configs
}

/// Four seconds of everything that can go wrong, with clients that write to anyone.
pub fn storm(cluster: &mut Cluster, dice: &mut Dice) {
    let nodes = cluster.configs.len() as u64;
    cluster.loss_per_million = dice.below(300_000) as u32;
    cluster.delay_max = dice.within(2..=120) * MILLISECOND;
    for written in 0..200 {
        cluster.run_for(dice.below(40));
        let node = dice.below(nodes) as usize;
        match dice.below(40) {
            0 if cluster.is_up(node) => cluster.crash(node),
            1..6 if !cluster.is_up(node) => cluster.boot(node),
            6 => cluster.cut.push((node, dice.below(nodes) as usize)),
            7 => cluster.cut = cut_off(node, nodes as usize),
            8..10 => cluster.cut.clear(),
            10 => cluster.ask(node, Request::relinquish()),
            11 => cluster.ask(node, Request::SweepRetention),
            _ => cluster.ask(node, Request::Append(bytes_of(1_000 * node as u64 + written))),
        }
    }
}

fn cut_off(node: usize, nodes: usize) -> Vec<(usize, usize)> {
    (0..nodes).filter(|other| *other != node).flat_map(|o| [(node, o), (o, node)]).collect()
}

pub fn heal(cluster: &mut Cluster) {
    cluster.loss_per_million = 0;
    cluster.delay_max = 10 * MILLISECOND;
    cluster.cut.clear();
    for node in 0..cluster.configs.len() {
        if !cluster.is_up(node) {
            cluster.boot(node);
        }
    }
}

/// What a quiet hardened cluster has not come to, if anything.
pub fn unsettled(cluster: &Cluster) -> Option<String> {
    let leaders = cluster.leaders();
    if leaders.len() != 1 {
        return Some(format!("leaders: {leaders:?}"));
    }
    let leader = cluster.node(leaders[0] as usize);
    let agrees = |replica: &Replica| {
        let mut held = replica.log().entries();
        let same = |ours, theirs: Option<_>| theirs.is_none_or(|theirs| ours == theirs);
        replica.tail() == leader.tail()
            && held.all(|entry| same(entry, leader.log().get(entry.seq)))
    };
    let differs = cluster.live().find(|replica| !agrees(replica));
    differs.map(|replica| format!("the log of node {} differs", replica.config().node))
}

fn hardened_storm(storage: Storage, nodes: u32, seed: u64) {
    let mut cluster = Cluster::start(configs(nodes, Hardening::ALL, storage), seed);
    storm(&mut cluster, &mut Dice::new(seed, "storm", 0));
    heal(&mut cluster);
    cluster.run_for(20 * INTERVAL);
    assert_eq!(unsettled(&cluster), None, "seed {seed}, {nodes} nodes, {storage:?}");
    assert_eq!(cluster.findings, Vec::<String>::new(), "seed {seed}");
}

#[test]
fn a_hardened_cluster_always_ends_with_one_leader_and_equal_logs() {
    for seed in 0..150 {
        hardened_storm(Storage::Persistent, 3 + (seed % 3) as u32, seed);
        hardened_storm(Storage::Heap, 3 + (seed % 3) as u32, seed);
    }
}

/// Without hardening nothing is promised but what `check_step` asserts.
#[test]
fn what_always_holds_holds_without_hardening() {
    for seed in 0..100 {
        let mut cluster = Cluster::start(configs(3, Hardening::NONE, Storage::Heap), seed);
        storm(&mut cluster, &mut Dice::new(seed, "storm", 0));
        heal(&mut cluster);
        cluster.run_for(20 * INTERVAL);
        assert_eq!(cluster.findings, Vec::<String>::new(), "seed {seed}");
    }
}

#[test]
fn a_quiet_cluster_replicates_what_its_leader_appends() {
    let mut cluster = Cluster::start(configs(3, Hardening::NONE, Storage::Persistent), 1);
    cluster.run_for(5 * INTERVAL);
    assert_eq!(cluster.leaders(), [0]);
    for seq in 0..16 {
        cluster.ask(0, Request::Append(bytes_of(seq)));
    }
    cluster.run_for(5 * INTERVAL);
    assert!(cluster.live().all(|replica| replica.tail() == 16));
    assert_eq!(unsettled(&cluster), None);
}

/// After a crash both survivors make themselves leader, and one makes way.
#[test]
fn a_crash_of_the_leader_makes_two_leaders_and_then_one() {
    let mut two_at_once = 0;
    for seed in 0..20 {
        let mut cluster = Cluster::start(configs(3, Hardening::NONE, Storage::Heap), seed);
        cluster.run_for(5 * INTERVAL + seed);
        cluster.crash(0);
        for _ in 0..60 {
            cluster.run_for(10);
            two_at_once += u32::from(cluster.leaders().len() == 2);
        }
        assert_eq!(cluster.leaders().len(), 1, "seed {seed}");
    }
    assert!(two_at_once > 0);
}

/// A leader that bounces within a silence comes back as a replica that its peers still believe in.
#[test]
fn a_quick_bounce_of_the_leader_leaves_a_cluster_without_one_unless_hardened() {
    let bounce = |hardening| {
        let mut cluster = Cluster::start(configs(3, hardening, Storage::Persistent), 1);
        cluster.run_for(20 * INTERVAL);
        let leader = cluster.leaders()[0] as usize;
        cluster.crash(leader);
        cluster.run_for(INTERVAL);
        cluster.boot(leader);
        cluster.run_for(600 * INTERVAL);
        cluster.leaders().len()
    };
    assert_eq!(bounce(Hardening::NONE), 0);
    assert_eq!(bounce(Hardening::ALL), 1);
}

/// Both sides of a cut write at the same pace, and go on after it has healed.
#[test]
fn two_leaders_under_equal_load_never_make_way_unless_hardened() {
    let leaders_at_the_end = |hardening| {
        let mut cluster = Cluster::start(configs(2, hardening, Storage::Heap), 1);
        cluster.run_for(20 * INTERVAL);
        cluster.cut = cut_off(0, 2);
        cluster.run_for(10 * INTERVAL);
        assert_eq!(cluster.leaders().len(), 2);
        let level = |cluster: &Cluster| [cluster.node(0).tail(), cluster.node(1).tail()];
        assert_eq!(level(&cluster), [0, 0]);
        for turn in 0..1_000 {
            if turn == 100 {
                heal(&mut cluster);
            }
            cluster.ask(0, Request::Append(bytes_of(turn)));
            cluster.ask(1, Request::Append(bytes_of(turn)));
            cluster.run_for(1);
        }
        cluster.leaders().len()
    };
    assert_eq!(leaders_at_the_end(Hardening::NONE), 2);
    assert_eq!(leaders_at_the_end(Hardening::ALL), 1);
}

/// The conceding side of a healed cut keeps what it alone had written.
#[test]
fn a_healed_cut_splices_histories_unless_hardened() {
    let agree = |hardening| {
        let mut cluster = Cluster::start(configs(2, hardening, Storage::Heap), 1);
        cluster.run_for(20 * INTERVAL);
        cluster.cut = cut_off(0, 2);
        cluster.run_for(10 * INTERVAL);
        for turn in 0..5 {
            cluster.ask(0, Request::Append(bytes_of(turn)));
            cluster.ask(1, Request::Append(bytes_of(100 + turn)));
        }
        cluster.ask(0, Request::Append(bytes_of(5)));
        heal(&mut cluster);
        cluster.run_for(20 * INTERVAL);
        assert_eq!(cluster.leaders().len(), 1);
        unsettled(&cluster).is_none()
    };
    assert!(!agree(Hardening::NONE));
    assert!(agree(Hardening::ALL));
}
