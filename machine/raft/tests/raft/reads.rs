//! Linearizable reads, by rounds and by leases.

use stormglass_machine::{Dice, Effect, Env, Input, Machine, NodeId, Time};
use stormglass_raft::{
    AppendEntries, AppendOutcome, Message, Options, Raft, ReadError, Record, Request, Response,
    Role,
};

use super::group::Group;
use super::list::List;

const READ: Request<u64, ()> = Request::Read(());

fn leased(options: Options) -> Options {
    let lease_duration = Some(options.lease_duration_max());
    Options { lease_duration, ..options }
}

fn leader_of(adjust: fn(Options) -> Options) -> (Group, usize) {
    let mut group = Group::new(3, 3, 1, adjust);
    let leader = group.elect();
    group.run(200);
    (group, leader)
}

#[test]
fn a_read_waits_for_a_round_that_began_after_it() {
    let (mut group, leader) = leader_of(|options| options);
    let id = group.append(leader);
    group.answer(id);
    let read = group.ask(leader, READ);
    assert_eq!(group.response(read), None, "no quorum has confirmed anything yet");
    assert_eq!(group.answer(read), Response::Read { index: 2, response: (1, Some(id)) });
    group.assert_sound();
}

#[test]
fn reads_that_come_together_share_a_round() {
    let (mut group, leader) = leader_of(|options| options);
    let round = group.node(leader).leadership().round();
    let reads: Vec<u64> = (0..50).map(|_| group.ask(leader, READ)).collect();
    assert_eq!(group.node(leader).leadership().pending_reads(), 50);
    for read in reads {
        assert!(matches!(group.answer(read), Response::Read { .. }));
    }
    assert!(group.node(leader).leadership().round() <= round + 3);
    group.assert_sound();
}

#[test]
fn a_leader_that_is_cut_off_answers_no_read_and_refuses_it_in_time() {
    let (mut group, leader) = leader_of(|options| options);
    group.cluster.cut_off(leader);
    let read = group.ask(leader, READ);
    group.run(700);
    let refused = Some(&Response::ReadRefused(ReadError::NotLeader { leader_hint: None }));
    assert_eq!(group.response(read), refused);
    group.assert_sound();
}

#[test]
fn a_lease_answers_at_once_and_is_renewed_while_nothing_is_written() {
    let (mut group, leader) = leader_of(leased);
    for _ in 0..20 {
        group.run(100);
        let read = group.ask(leader, READ);
        assert!(matches!(group.response(read), Some(Response::Read { .. })));
    }
    group.assert_sound();
}

#[test]
fn a_lease_ends_before_another_can_lead() {
    let (mut group, leader) = leader_of(leased);
    let end = group.node(leader).lease_expires_at().expect("it has a lease");
    group.cluster.cut_off(leader);
    group.until("another leads", |group| group.leader().is_some_and(|other| other != leader));
    assert!(group.cluster.clock(leader) > end);
    let read = group.ask(leader, READ);
    assert!(!matches!(group.response(read), Some(Response::Read { .. })));
    group.assert_sound();
}

#[test]
fn a_follower_that_restarts_keeps_the_promise_it_has_forgotten() {
    let (mut group, leader) = leader_of(leased);
    let (one, other) = ((leader + 1) % 3, (leader + 2) % 3);
    group.cluster.cut_off(leader);
    group.restart(one);
    group.restart(other);
    group.until("another leads", |group| group.leader().is_some_and(|node| node != leader));
    group.assert_sound();
}

#[test]
fn there_is_no_lease_once_another_was_asked_to_stand() {
    let (mut group, leader) = leader_of(leased);
    group.cluster.lose.push(("TimeoutNow", usize::MAX));
    group.ask(leader, Request::TransferLeadership { to: None });
    group.run(1_000);
    assert_eq!(group.leader(), Some(leader), "the target was never told");
    assert_eq!(group.node(leader).lease_expires_at(), None);
    let read = group.ask(leader, READ);
    assert!(matches!(group.answer(read), Response::Read { .. }), "rounds confirm reads still");
    group.assert_sound();
}

#[test]
fn a_new_leader_answers_reads_once_it_knows_what_is_committed() {
    let (mut group, leader) = leader_of(leased);
    let id = group.append(leader);
    group.answer(id);
    group.crash(leader);
    group.until("another leads", |group| group.leader().is_some());
    let new = group.leader().expect("it is there");
    let read = group.ask(new, READ);
    let Response::Read { index, response } = group.answer(read) else {
        panic!("the read is refused");
    };
    assert!(index >= 2 && response == (1, Some(id)));
    group.assert_sound();
}

#[test]
fn a_follower_refuses_reads_and_says_who_leads() {
    let (mut group, leader) = leader_of(|options| options);
    let read = group.ask((leader + 1) % 3, READ);
    let leader_hint = Some(NodeId(leader as u32));
    let refused = Response::ReadRefused(ReadError::NotLeader { leader_hint });
    assert_eq!(group.answer(read), refused);
}

#[test]
fn a_follower_that_may_answers_reads_at_the_leaders_index() {
    let (mut group, leader) = leader_of(|options| Options { follower_reads: true, ..options });
    let follower = (leader + 1) % 3;
    let id = group.append(leader);
    group.answer(id);
    let read = group.ask(follower, READ);
    assert_eq!(group.answer(read), Response::Read { index: 2, response: (1, Some(id)) });
    assert_eq!(group.node(follower).role(), Role::Follower);
    group.cluster.cut_off(follower);
    let lost = group.ask(follower, READ);
    assert!(matches!(group.answer(lost), Response::ReadRefused(_)));
    group.assert_sound();
}

/// A node that leads again, in a later term, numbers its rounds anew: an answer to what it has sent
/// as the leader of an earlier term must not confirm any of them.
#[test]
fn an_answer_to_an_earlier_term_confirms_no_round() {
    let mut raft = Raft::new(Options::new(NodeId(1), vec![NodeId(0), NodeId(1)]), List::default());
    raft.restore(Record::Ballot { term: 5, voted_for: Some(NodeId(0)) });
    let (mut dice, mut effects) = (Dice::new(7, "node", 0), Vec::new());
    let append = AppendEntries {
        term: 3,
        prev_log_index: 0,
        prev_log_term: 0,
        entries: [].into(),
        leader_commit: 0,
        round: 30,
    };
    let message = Message::AppendEntries(append);
    for input in [Input::Start, Input::Message { from: NodeId(0), message }] {
        let mut env = Env::new(NodeId(1), Time::ZERO, Time::ZERO, &mut dice, &mut effects);
        raft.step(input, &mut env);
    }
    let answer = effects.iter().find_map(|effect| match effect {
        Effect::Send { message: Message::AppendEntriesResponse(response), .. } => Some(response),
        _ => None,
    });
    let answer = answer.expect("an append is answered");
    assert_eq!((answer.term, answer.round, &answer.outcome), (5, 0, &AppendOutcome::Stale));
}
