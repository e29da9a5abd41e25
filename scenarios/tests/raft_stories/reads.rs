//! Reads: by lease, by rounds, by followers; and never from the past.

use std::time::Duration;

use stormglass_machine::NodeId;
use stormglass_raft::{Bug, Options, ReadError, Role};
use stormglass_scenarios::raft::{Plan, Replicated};

use crate::group::{A_MOMENT, A_WHILE, Group, PLAN, Response, patient};

/// Leaders answer by their lease.
static LEASES: Plan = Plan {
    configure: |options, _| {
        let longest = options.lease_duration_max();
        patient(options).with_lease_duration(Some(longest))
    },
    ..PLAN
};

/// Leaders confirm each read by a round.
static ROUNDS: Plan = PLAN;

/// Followers ask the leader for the index, and answer themselves.
static FOLLOWERS: Plan =
    Plan { configure: |options, _| Options { follower_reads: true, ..patient(options) }, ..PLAN };

/// Clients wait for answers, and ask again and elsewhere; what they have seen is judged in the end.
static CLIENTS: Plan = Plan { patience: Some(Duration::from_millis(400)), ..PLAN };

/// A read that was refused by a node that knows of this leader.
fn refused(leader_hint: Option<NodeId>) -> Response {
    Response::ReadRefused(ReadError::NotLeader { leader_hint })
}

/// Does the node believe that it holds a lease?
fn leased(group: &Group<'_>, node: NodeId) -> bool {
    group.machine(node).lease_is_valid(group.clock(node))
}

#[test]
fn leader_lease_validation() {
    let scenario = Replicated::new(&LEASES);
    let (mut group, leader) = Group::with_leader(&scenario, 3);
    group.append_all(leader, [7]);
    assert!(leased(&group, leader));
    assert!(group.ids().filter(|node| leased(&group, *node)).eq([leader]), "nobody else");

    // With a lease the answer is there at once, without a word to anybody.
    let round = group.machine(leader).leadership().round();
    let asked = group.read(leader);
    assert!(group.answer(asked).is_some());
    assert_eq!(group.until_read(asked), [7]);
    assert_eq!(group.machine(leader).leadership().round(), round);

    // The lease is renewed as long as a quorum answers.
    group.run_for(A_WHILE);
    assert!(leased(&group, leader));
    group.finish();
}

#[test]
fn lease_expiration() {
    let scenario = Replicated::new(&LEASES);
    let (mut group, leader) = Group::with_leader(&scenario, 3);
    group.append_all(leader, [7]);
    let ends = group.machine(leader).lease_expires_at().expect("it has a lease");

    // Alone, it may still answer for a while: nobody else can have been elected.
    group.isolate(leader);
    let asked = group.read(leader);
    assert_eq!(group.until_read(asked), [7]);

    // It is renewed by what was on its way, and then it ends.
    group.run_until(|world| !world.machine(leader).lease_is_valid(world.clock(leader)));
    assert!(group.clock(leader) >= ends);
    assert_eq!(group.machine(leader).role(), Role::Leader, "it does not know yet");
    let others_lead =
        group.live().any(|(node, raft)| node != leader && raft.role() == Role::Leader);
    assert!(!others_lead, "no other leader before the lease has ended");
    let late = group.read(leader);
    assert_eq!(group.answer(late), None);
    assert_eq!(group.until_answered(late), refused(None));
    group.elect_other_than(Some(leader));
    group.finish();
}

#[test]
fn read_index_protocol() {
    let scenario = Replicated::new(&ROUNDS);
    let (mut group, leader) = Group::with_leader(&scenario, 3);
    group.append_all(leader, [7]);
    let one = group.other_than(&[leader]);
    let other = group.other_than(&[leader, one]);

    // The read waits for a round that began after it, whatever is confirmed of earlier ones.
    group.silence(&[one, other], leader);
    let (round, commit) = {
        let raft = group.machine(leader);
        (raft.leadership().round(), raft.commit_index())
    };
    let asked = group.read(leader);
    assert!(group.machine(leader).leadership().round() > round);
    group.run_for(A_MOMENT);
    assert_eq!(group.answer(asked), None);

    // One of two followers is enough for a quorum.
    group.let_go(&[one], leader);
    let answer = group.until_answered(asked);
    assert!(matches!(answer, Response::Read { index, .. } if index >= commit), "{answer:?}");
    assert!(group.machine(leader).leadership().confirmed_round() > round);
    group.let_go(&[other], leader);
    group.finish();
}

#[test]
fn stale_read_prevention() {
    let scenario = Replicated::new(&ROUNDS);
    let (mut group, old) = Group::with_leader(&scenario, 3);
    group.append_all(old, [1]);

    // The old leader does not know that there is a new one, and that more is committed there.
    group.isolate(old);
    let new = group.elect_other_than(Some(old));
    group.append_all(new, [2]);
    assert_eq!(group.list(old), [1]);
    let asked = group.read(old);
    assert_eq!(group.until_answered(asked), refused(None), "better no answer than an old one");
    let asked = group.read(new);
    assert_eq!(group.until_read(asked), [1, 2]);
    group.finish();
}

/// A node that answers from what it has is found out, by the first answer that is too old.
#[test]
#[should_panic(expected = "VIOLATED: fresh-read")]
fn stale_reads_are_found_out() {
    let scenario = Replicated::new(&ROUNDS).with_bug(Some(Bug::FollowerServesReads));
    let (mut group, leader) = Group::with_leader(&scenario, 3);
    let follower = group.other_than(&[leader]);
    group.hold("AppendEntries", leader, follower);
    let asked = group.append(leader, 7);
    group.until_answered(asked);
    group.read(follower);
}

#[test]
fn read_queuing() {
    let scenario = Replicated::new(&ROUNDS);
    let (mut group, leader) = Group::with_leader(&scenario, 3);
    group.append_all(leader, [7]);
    let one = group.other_than(&[leader]);
    let other = group.other_than(&[leader, one]);

    // Reads that come while a round is under way wait for the next one, together.
    group.silence(&[one, other], leader);
    let asked: Vec<_> = (0..5).map(|_| group.read(leader)).collect();
    assert_eq!(group.machine(leader).leadership().pending_reads(), 5);
    group.run_for(A_MOMENT);
    let begun = group.machine(leader).leadership().round();
    group.let_go(&[one, other], leader);
    for read in asked {
        assert_eq!(group.until_read(read), [7]);
    }
    assert_eq!(group.machine(leader).leadership().pending_reads(), 0);
    let rounds = group.machine(leader).leadership().round() - begun;
    assert!(rounds <= 3, "one for the four that came later, and perhaps heartbeats: {rounds}");

    // A leader that steps down answers those that wait.
    group.isolate(leader);
    let late = group.read(leader);
    assert_eq!(group.machine(leader).leadership().pending_reads(), 1);
    assert_eq!(group.until_answered(late), refused(None));
    group.finish();
}

#[test]
fn linearizability_verification() {
    let scenario = Replicated::new(&CLIENTS);
    let (mut group, leader) = Group::with_leader(&scenario, 3);

    // Writes and reads, while the leader is lost and another takes over.
    group.append(leader, 1);
    group.read(leader);
    group.run_for(A_WHILE);
    group.crash(leader);
    let next = group.elect_other_than(Some(leader));
    group.append(next, 2);
    group.read(next);
    group.run_for(A_WHILE);
    group.restart(leader);
    group.append(leader, 3);
    group.read(leader);
    group.run_for(A_WHILE);

    // In the end what clients have seen must fit one order, and everybody has the same.
    let completed = group.history().calls().iter().filter(|call| call.result().is_some()).count();
    assert_eq!(completed, 6);
    group.finish();
    assert!(group.ids().all(|node| group.list(node) == [1, 2, 3]));
}

#[test]
fn follower_read_rejection() {
    let scenario = Replicated::new(&ROUNDS);
    let (mut group, leader) = Group::with_leader(&scenario, 3);
    group.append_all(leader, [7]);
    let follower = group.other_than(&[leader]);
    group.until_level(leader, &[follower]);

    // It has the value, and says who may tell.
    assert_eq!(group.list(follower), [7]);
    let asked = group.read(follower);
    assert_eq!(group.answer(asked), Some(&refused(Some(leader))));
    group.finish();
}

/// A follower that may answer asks the leader first: what it has may be old.
#[test]
fn a_follower_that_may_answer_catches_up_first() {
    let scenario = Replicated::new(&FOLLOWERS);
    let (mut group, leader) = Group::with_leader(&scenario, 3);
    let follower = group.other_than(&[leader]);
    group.hold("AppendEntries", leader, follower);
    group.append_all(leader, [7]);
    assert_eq!(group.list(follower), [] as [u32; 0]);
    let asked = group.read(follower);
    group.run_for(A_MOMENT);
    assert_eq!(group.answer(asked), None, "it knows from where on it may answer, and waits");
    group.release("AppendEntries", leader, follower);
    assert_eq!(group.until_read(asked), [7]);
    group.run_for(Duration::from_millis(1));
    group.finish();
}
