//! Elections, replication, persistence.

use std::time::Duration;

use stormglass_machine::NodeId;
use stormglass_raft::{
    AppendOutcome, ClientError, Message, Options, Request, Response, Role, UNACKNOWLEDGED_MAX,
};

use super::cluster::Happened;
use super::group::Group;
use super::scripts::append;

#[test]
fn three_nodes_elect_a_leader_and_apply_what_it_is_asked() {
    let mut group = Group::of(3);
    let leader = group.elect();
    let id = group.append(leader);
    assert_eq!(group.answer(id), Response::Applied { index: 2, response: (1, Some(id)) });
    group.until("all have applied it", Group::has_converged);
    for node in 0..3 {
        assert_eq!(group.elements(node), [id]);
    }
    group.assert_sound();
}

#[test]
fn a_node_alone_is_its_own_quorum() {
    let mut group = Group::of(1);
    assert_eq!(group.elect(), 0);
    let id = group.append(0);
    assert!(matches!(group.response(id), Some(Response::Applied { .. })), "in the same step");
    group.restart(0);
    assert_eq!(group.elect(), 0);
    assert_eq!(group.elements(0), [id]);
    assert_eq!(group.node(0).role(), Role::Leader);
    group.assert_sound();
}

#[test]
fn a_leader_that_is_cut_off_is_replaced_and_its_tail_gives_way() {
    let mut group = Group::of(3);
    let old = group.elect();
    group.run(100);
    group.cluster.cut_off(old);
    let lost = group.append(old);
    let leads = |group: &Group| group.leader().is_some_and(|leader| leader != old);
    group.until("another leads", leads);
    let new = group.elect();
    let kept = group.append(new);
    group.answer(kept);
    let refused = group.answer(lost);
    assert!(matches!(refused, Response::CommandRefused(ClientError::OutcomeUnknown { .. })));
    group.cluster.cut.clear();
    group.until("the logs are one", Group::has_converged);
    assert_eq!(group.elements(old), [kept]);
    group.assert_sound();
}

#[test]
fn what_is_answered_survives_the_crash_of_all() {
    let mut group = Group::of(3);
    let leader = group.elect();
    let ids: Vec<u64> = (0..25).map(|_| group.append(leader)).collect();
    for id in &ids {
        assert!(matches!(group.answer(*id), Response::Applied { .. }));
    }
    (0..3).for_each(|node| group.crash(node));
    (0..3).for_each(|node| group.boot(node));
    group.elect();
    group.until("all have it", Group::has_converged);
    assert_eq!(group.elements(0), ids);
    group.assert_sound();
}

#[test]
fn a_node_that_comes_back_does_not_depose_a_leader_that_is_heard() {
    let mut group = Group::of(3);
    let leader = group.elect();
    let term = group.node(leader).current_term();
    let away = (leader + 1) % 3;
    group.cluster.cut_off(away);
    group.run(2_000);
    assert_eq!(group.node(away).current_term(), term, "it asks, but begins no term");
    group.cluster.cut.clear();
    group.run(1_000);
    assert_eq!(group.leader(), Some(leader));
    assert_eq!(group.node(away).current_term(), term);
    group.assert_sound();
}

#[test]
fn a_follower_that_does_not_lead_says_who_does_and_appends_nothing() {
    let mut group = Group::of(3);
    let leader = group.elect();
    group.run(100);
    let id = group.append((leader + 1) % 3);
    let leader_hint = Some(NodeId(leader as u32));
    let refusal = ClientError::NotLeader { leader_hint };
    assert_eq!(group.answer(id), Response::CommandRefused(refusal));
    assert_eq!(group.node(leader).log().last_index(), 1);
}

#[test]
fn proposals_that_wait_for_company_share_one_write() {
    let batch_delay = Duration::from_millis(20);
    let mut group = Group::new(3, 3, 1, move |options| Options { batch_delay, ..options });
    let leader = group.elect();
    group.run(200);
    let (flushes, appends) = (group.cluster.flushes, group.cluster.sent["AppendEntries"]);
    let ids: Vec<u64> = (0..30).map(|_| group.append(leader)).collect();
    for (offset, id) in (0..).zip(&ids) {
        let applied = Response::Applied { index: 2 + offset, response: (1 + offset, Some(*id)) };
        assert_eq!(group.answer(*id), applied);
    }
    // A write on each node, and the snapshots that 30 entries are due for.
    assert!(group.cluster.flushes - flushes <= 3 + 3);
    assert!(group.cluster.sent["AppendEntries"] - appends <= 3);
    group.assert_sound();
}

#[test]
fn messages_go_ahead_of_the_answers_within_the_window() {
    let mut group = Group::new(3, 3, 1, |options| Options { in_flight_messages: 4, ..options });
    let leader = group.elect();
    group.run(200);
    let before = group.cluster.sent["AppendEntries"];
    let ids: Vec<u64> = (0..20).map(|_| group.append(leader)).collect();
    assert_eq!(group.cluster.sent["AppendEntries"] - before, 2 * 4, "the window is full");
    for id in ids {
        assert!(matches!(group.answer(id), Response::Applied { .. }));
    }
    group.assert_sound();
}

#[test]
fn a_message_lost_from_the_middle_is_noticed_and_sent_again() {
    let mut group = Group::of(3);
    let leader = group.elect();
    group.run(200);
    let ids: Vec<u64> = (0..6)
        .map(|number| {
            if number == 2 {
                group.cluster.lose.push(("AppendEntries", 2));
            }
            group.append(leader)
        })
        .collect();
    group.run(200);
    for id in ids {
        assert!(matches!(group.response(id), Some(Response::Applied { .. })));
    }
    group.assert_sound();
}

#[test]
fn a_leader_that_cannot_commit_takes_only_so_much() {
    let mut group = Group::new(3, 3, 1, |options| Options { uncommitted_limit: 3, ..options });
    let leader = group.elect();
    group.run(100);
    group.cluster.cut_off(leader);
    let ids: Vec<u64> = (0..4).map(|_| group.append(leader)).collect();
    let overloaded = Response::CommandRefused(ClientError::Overloaded);
    assert_eq!(group.response(ids[3]), Some(&overloaded));
    assert_eq!(group.response(ids[2]), None);
}

#[test]
fn conflicts_are_found_by_terms_not_one_entry_at_a_time() {
    let mut group = Group::new(3, 3, 1, |options| Options { snapshot_threshold: 500, ..options });
    let old = group.elect();
    group.run(100);
    group.cluster.cut_off(old);
    group.append_many(old, 100);
    group.until("another leads", |group| group.leader().is_some_and(|leader| leader != old));
    let new = group.elect();
    group.append_many(new, 100);
    group.run(200);
    let before = group.cluster.sent["AppendEntriesResponse"];
    group.cluster.cut.clear();
    group.until("the logs are one", Group::has_converged);
    let answers = group.cluster.sent["AppendEntriesResponse"] - before;
    assert!(answers < 20, "{answers} answers for a hundred entries");
    group.assert_sound();
}

#[test]
fn a_late_append_undoes_nothing() {
    let mut group = Group::new(3, 3, 1, |options| options);
    (0..3).for_each(|node| group.cluster.cut_off(node));
    let matched = |happened: Vec<Happened<_>>| {
        happened.into_iter().find_map(|one| match one {
            Happened::Sent { message: Message::AppendEntriesResponse(response), .. } => {
                Some(response.outcome)
            }
            _ => None,
        })
    };
    group.cluster.deliver(1, 0, append(1, (0, 0), &[1, 2, 3], 0));
    let late = matched(group.cluster.deliver(1, 0, append(1, (0, 0), &[1], 0)));
    assert_eq!(late, Some(AppendOutcome::Success { match_index: 1 }));
    assert_eq!(group.node(0).log().last_index(), 3);
    group.cluster.deliver(1, 0, append(1, (1, 1), &[], 3));
    assert_eq!(group.node(0).commit_index(), 1, "no further than the message vouches for");
}

#[test]
fn a_command_of_a_session_is_applied_once_whoever_leads() {
    let mut group = Group::of(3);
    let leader = group.elect();
    let client = stormglass_raft::ClientId(5);
    let register = group.ask(leader, Request::Register { client });
    assert!(matches!(group.answer(register), Response::Registered { .. }));
    let first = group.append_once(leader, 5, 1, 2_000_000);
    let answer = group.answer(first);
    group.crash(leader);
    let other = group.elect();
    let again = group.append_once(other, 5, 1, 2_000_000);
    assert_eq!(group.answer(again), answer);
    assert_eq!(group.elements(other), [2_000_000]);
    let unknown = group.append_once(other, 6, 1, 3_000_000);
    let expired = Response::CommandRefused(ClientError::SessionExpired);
    assert_eq!(group.answer(unknown), expired);
    for sequence in 2..=UNACKNOWLEDGED_MAX as u64 + 1 {
        group.append_once(other, 5, sequence, 2_000_000 + sequence);
    }
    let last = group.append_once(other, 5, UNACKNOWLEDGED_MAX as u64 + 2, 4_000_000);
    let too_far = Response::CommandRefused(ClientError::SequenceTooFarAhead);
    assert_eq!(group.answer(last), too_far);
}
