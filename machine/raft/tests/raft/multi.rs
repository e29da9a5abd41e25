//! Many groups on one node.

use stormglass_machine::{Dice, NodeId};
use stormglass_raft::{
    GroupId, MultiRaft, MultiRequest, Options, Raft, Request, Response, Role, UnknownGroup,
};

use super::cluster::{Cluster, MILLISECOND};
use super::group::options;
use super::list::List;

type Node = MultiRaft<List>;

const GROUPS: u64 = 20;

fn cluster(adjust: fn(Options) -> Options) -> Cluster<Node> {
    Cluster::new(3, 1, move |node| {
        let part = |group| (GroupId(group), adjust(options(node as u32, 3)), List::default());
        MultiRaft::new((0..GROUPS).map(part))
    })
}

fn run(cluster: &mut Cluster<Node>, milliseconds: u64) {
    let until = cluster.now + milliseconds * MILLISECOND;
    while cluster.advance(until).is_some() {}
}

fn part(cluster: &Cluster<Node>, node: usize, group: u64) -> &Raft<List> {
    cluster.node(node).group(GroupId(group)).expect("there is such a group")
}

fn leader(cluster: &Cluster<Node>, group: u64) -> usize {
    let leads = |node: &usize| part(cluster, *node, group).role() == Role::Leader;
    (0..3).find(leads).expect("the group has a leader")
}

fn append(cluster: &mut Cluster<Node>, group: u64, command: u64) -> u64 {
    let node = leader(cluster, group);
    let request = Request::ClientCommand { command, session: None };
    cluster.ask(node, MultiRequest { group: GroupId(group), request })
}

fn gather(cluster: &mut Cluster<Node>, leader_of_all: usize) {
    for group in 0..GROUPS {
        let node = leader(cluster, group);
        if node != leader_of_all {
            let to = Some(NodeId(leader_of_all as u32));
            let request = Request::TransferLeadership { to };
            cluster.ask(node, MultiRequest { group: GroupId(group), request });
        }
    }
    run(cluster, 200);
}

#[test]
fn each_group_has_its_own_leader_and_its_own_state() {
    let mut cluster = cluster(|options| options);
    run(&mut cluster, 1_500);
    let ids: Vec<u64> = (0..GROUPS).map(|group| append(&mut cluster, group, group)).collect();
    run(&mut cluster, 300);
    for (group, id) in (0..).zip(ids) {
        assert!(matches!(cluster.responses[&id], Ok(Response::Applied { .. })));
        for node in 0..3 {
            assert_eq!(part(&cluster, node, group).state_machine().elements, [group]);
        }
    }
    let request = Request::Read(());
    let nowhere = cluster.ask(0, MultiRequest { group: GroupId(GROUPS), request });
    assert_eq!(cluster.responses[&nowhere], Err(UnknownGroup));
}

#[test]
fn heartbeats_of_all_groups_travel_together() {
    let mut cluster = cluster(|options| options);
    run(&mut cluster, 1_500);
    gather(&mut cluster, 0);
    run(&mut cluster, 100);
    let before: u64 = cluster.sent.values().sum();
    run(&mut cluster, 1_000);
    let sent = cluster.sent.values().sum::<u64>() - before;
    // Twenty rounds in a second, to two peers, each answered.
    assert!(sent <= 21 * 2 * 2, "{sent} messages");
    assert!((0..GROUPS).all(|group| leader(&cluster, group) == 0));
}

#[test]
fn groups_share_flushes_and_one_disk_that_stays_small() {
    let mut cluster = cluster(|options| options);
    run(&mut cluster, 1_500);
    gather(&mut cluster, 0);
    for command in 0..100 {
        for group in 0..GROUPS {
            append(&mut cluster, group, command);
        }
        run(&mut cluster, 20);
    }
    for node in 0..3 {
        let records = cluster.records_on_disk(node);
        assert!(records < 256 + 40 * GROUPS as usize, "{records} records");
    }
    cluster.crash(1);
    cluster.boot(1);
    run(&mut cluster, 300);
    let all: Vec<u64> = (0..100).collect();
    for group in 0..GROUPS {
        assert_eq!(part(&cluster, 1, group).state_machine().elements, all);
    }
}

/// Crashes in the middle of steps, which many groups share: what was answered is kept, and equal
/// everywhere.
#[test]
fn what_any_group_has_answered_survives_crashes_of_the_node() {
    for seed in 0..40 {
        let mut chance = Dice::new(seed, "crashes", 0);
        let mut cluster = Cluster::new(3, seed, move |node| {
            let part = |group| (GroupId(group), options(node as u32, 3), List::default());
            MultiRaft::new((0..4).map(part))
        });
        let mut asked = Vec::new();
        for command in 0..300 {
            run(&mut cluster, chance.within(1..=30));
            let (node, group) = (chance.below(3) as usize, chance.below(4));
            if !cluster.is_up(node) {
                cluster.boot(node);
            } else if chance.per_million(100_000) {
                cluster.processes[node].crash_after = Some(chance.below(12) as usize);
            }
            let request = Request::ClientCommand { command, session: None };
            asked.push((cluster.ask(node, MultiRequest { group: GroupId(group), request }), group));
        }
        for node in 0..3 {
            cluster.processes[node].crash_after = None;
            if !cluster.is_up(node) {
                cluster.boot(node);
            }
        }
        run(&mut cluster, 2_000);
        let elements = |node, group| &part(&cluster, node, group).state_machine().elements;
        let mut applied = 0;
        for (command, (id, group)) in (0..).zip(asked) {
            if let Some(Ok(Response::Applied { .. })) = cluster.responses.get(&id) {
                assert!(elements(0, group).contains(&command), "seed {seed}: {command} is lost");
                applied += 1;
            }
        }
        assert!(applied > 20, "seed {seed}: {applied} commands are too few to show anything");
        for group in 0..4 {
            assert_eq!(elements(0, group), elements(1, group), "seed {seed}, group {group}");
            assert_eq!(elements(0, group), elements(2, group), "seed {seed}, group {group}");
        }
    }
}
