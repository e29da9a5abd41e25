//! Short plays with one node in the leading part. Each says whether the node did right, so that
//! the test of a planted bug can ask that it did not.

use stormglass_machine::{Machine, NodeId};
use stormglass_raft::{
    AppendEntries, AppendEntriesResponse, AppendOutcome, ConfigurationChange, Entry, GroupId,
    Message, MultiMessage, MultiRaft, Options, Payload, PreVoteRequest, PreVoteResponse, Raft,
    ReadIndexRequest, Request, RequestVote, RequestVoteResponse, Response, Role,
};

use super::cluster::{Cluster, Happened};
use super::group::{Group, Node, options};
use super::list::List;

pub type Adjust = Box<dyn Fn(Options) -> Options>;
type Said = <Node as Machine>::Message;

/// A script, and what it shows.
pub type Script = (&'static str, fn(Adjust) -> bool);

pub const SCRIPTS: &[Script] = &[
    ("a vote outlives a crash while the term rises", vote_outlives_crash),
    ("a grant of an earlier term does not count", old_grant_does_not_count),
    ("a leader of an earlier term does not keep followers quiet", stale_leader_is_ignored),
    ("nodes that start together do not stay together", timeouts_differ),
    ("an append that raises the term is answered", higher_term_is_answered),
    ("a read asked twice confirms no other", twin_confirms_no_other),
    ("a read is not confirmed by an earlier round", earlier_round_confirms_nothing),
    ("a lease runs from when its round began", lease_runs_from_start_of_round),
    ("a smaller quorum commits what it has", smaller_quorum_commits),
    ("who hears a leader grants no pre-vote", pre_vote_respects_leader),
    ("a refused candidate learns the term", refused_candidate_learns_term),
    ("the leader itself may stand again", leader_may_stand_again),
    ("a leader that hears nobody steps down", deaf_leader_steps_down),
    ("a transfer that fails ends", failed_transfer_ends),
    ("what is said to one group reaches no other", groups_stay_apart),
];

/// Three nodes that hear each other only when the script says so.
fn alone(adjust: Adjust) -> Group {
    let mut group = Group::new(3, 3, 1, adjust);
    (0..3).for_each(|node| group.cluster.cut_off(node));
    group
}

/// What node 0 says to `from` about this message.
fn say(group: &mut Group, from: usize, message: Said) -> Vec<Said> {
    let happened = group.cluster.deliver(from, 0, message);
    let said = happened.into_iter().filter_map(|one| match one {
        Happened::Sent { to, message } if to.index() == from => Some(message),
        _ => None,
    });
    said.collect()
}

fn vote(term: u64, transfer: bool) -> Said {
    Message::RequestVote(RequestVote { term, last_log_index: 9, last_log_term: 9, transfer })
}

pub fn append(term: u64, prev: (u64, u64), entries: &[u64], commit: u64) -> Said {
    let entry = |command: &u64| Entry {
        term,
        payload: Payload::Command { command: (*command).into(), session: None },
    };
    Message::AppendEntries(AppendEntries {
        term,
        prev_log_index: prev.0,
        prev_log_term: prev.1,
        entries: entries.iter().map(entry).collect(),
        leader_commit: commit,
        round: 1,
    })
}

fn has_granted(said: &[Said]) -> bool {
    said.iter().any(|one| match one {
        Message::RequestVoteResponse(response) => response.vote_granted,
        Message::PreVoteResponse(response) => response.vote_granted,
        _ => false,
    })
}

fn vote_outlives_crash(adjust: Adjust) -> bool {
    let mut group = alone(adjust);
    assert!(has_granted(&say(&mut group, 1, vote(5, true))), "the vote is free");
    group.cluster.processes[0].crash_after = Some(2);
    say(&mut group, 2, append(6, (0, 0), &[1], 0));
    assert!(!group.cluster.is_up(0), "it went down in that step");
    group.cluster.boot(0);
    !has_granted(&say(&mut group, 2, vote(5, true)))
}

fn candidate(adjust: Adjust) -> Group {
    let plain = move |options| Options { pre_vote: false, ..adjust(options) };
    let mut group = alone(Box::new(plain));
    group.until("it stands a second time", |group| group.node(0).current_term() == 2);
    group
}

fn old_grant_does_not_count(adjust: Adjust) -> bool {
    let mut group = candidate(adjust);
    let grant = RequestVoteResponse { term: 1, vote_granted: true };
    say(&mut group, 1, Message::RequestVoteResponse(grant));
    group.node(0).role() == Role::Candidate
}

fn stale_leader_is_ignored(adjust: Adjust) -> bool {
    let mut group = alone(adjust);
    say(&mut group, 2, append(5, (0, 0), &[], 0));
    for _ in 0..20 {
        group.cluster.advance(group.cluster.now);
        say(&mut group, 1, append(4, (0, 0), &[], 0));
        group.run(50);
    }
    group.node(0).role() == Role::PreCandidate
}

fn timeouts_differ(adjust: Adjust) -> bool {
    let plain = move |options| Options { pre_vote: false, ..adjust(options) };
    Group::new(3, 3, 1, plain).comes_true(|group| group.leader().is_some())
}

fn higher_term_is_answered(adjust: Adjust) -> bool {
    let mut group = alone(adjust);
    say(&mut group, 1, append(1, (0, 0), &[], 0));
    let said = say(&mut group, 2, append(2, (0, 0), &[7], 0));
    let success = AppendOutcome::Success { match_index: 1 };
    said.iter().any(|one| {
        matches!(one, Message::AppendEntriesResponse(response) if response.outcome == success)
    })
}

/// Node 0 leads, and everyone has heard it; then nobody hears anybody.
fn leader(adjust: Adjust) -> Group {
    let mut group = Group::new(3, 3, 1, adjust);
    group.elect();
    group.run(200);
    let to = Some(NodeId(0));
    if let Some(other) = group.leader().filter(|leader| *leader != 0) {
        group.ask(other, Request::TransferLeadership { to });
    }
    group.until("node 0 leads", |group| group.leader() == Some(0));
    group.until("its entry is everywhere", Group::has_converged);
    group.run(60);
    (0..3).for_each(|node| group.cluster.cut_off(node));
    group
}

fn confirm(group: &mut Group, from: usize, round: u64) {
    let raft = group.node(0);
    let outcome = AppendOutcome::Success { match_index: raft.log().last_index() };
    let response = AppendEntriesResponse { term: raft.current_term(), round, outcome };
    say(group, from, Message::AppendEntriesResponse(response));
}

fn twin_confirms_no_other(adjust: Adjust) -> bool {
    let mut group = leader(adjust);
    let term = group.node(0).current_term();
    let twin = Message::ReadIndexRequest(ReadIndexRequest { term, ticket: 7 });
    say(&mut group, 1, twin.clone());
    let round = group.node(0).leadership().round();
    let read = group.ask(0, Request::Read(()));
    say(&mut group, 1, twin);
    confirm(&mut group, 1, round);
    let early = group.response(read).is_some();
    confirm(&mut group, 1, round + 1);
    assert!(group.response(read).is_some(), "its own round confirms it");
    !early
}

fn earlier_round_confirms_nothing(adjust: Adjust) -> bool {
    let mut group = leader(adjust);
    let round = group.node(0).leadership().round();
    confirm(&mut group, 1, round);
    let read = group.ask(0, Request::Read(()));
    group.response(read).is_none()
}

fn lease_runs_from_start_of_round(adjust: Adjust) -> bool {
    let leased = move |options: Options| {
        let lease_duration = Some(options.lease_duration_max());
        adjust(Options { lease_duration, ..options })
    };
    let mut group = leader(Box::new(leased));
    let round = group.node(0).leadership().round() + 1;
    group.run(55);
    assert!(group.node(0).leadership().round() >= round, "the round has begun");
    group.run(150);
    confirm(&mut group, 1, round);
    !group.node(0).lease_is_valid(group.cluster.clock(0))
}

fn smaller_quorum_commits(adjust: Adjust) -> bool {
    let mut group = Group::new(2, 2, 1, adjust);
    let leader = group.elect();
    group.crash(1 - leader);
    let id = group.append(leader);
    let change = ConfigurationChange::RemoveServer(NodeId(1 - leader as u32));
    group.ask(leader, Request::ConfigChange(change));
    group.run(20);
    matches!(group.response(id), Some(Response::Applied { .. }))
}

fn pre_vote(term: u64) -> Said {
    Message::PreVoteRequest(PreVoteRequest { term, last_log_index: 9, last_log_term: 9 })
}

fn pre_vote_respects_leader(adjust: Adjust) -> bool {
    let mut group = alone(adjust);
    say(&mut group, 1, append(1, (0, 0), &[], 0));
    !has_granted(&say(&mut group, 2, pre_vote(2)))
}

fn leader_may_stand_again(adjust: Adjust) -> bool {
    let mut group = alone(adjust);
    say(&mut group, 1, append(1, (0, 0), &[], 0));
    has_granted(&say(&mut group, 1, pre_vote(2)))
}

fn refused_candidate_learns_term(adjust: Adjust) -> bool {
    let mut group = alone(adjust);
    group.until("it asks", |group| group.node(0).role() == Role::PreCandidate);
    let refusal = PreVoteResponse { term: 9, election_term: 1, vote_granted: false };
    say(&mut group, 1, Message::PreVoteResponse(refusal));
    group.node(0).current_term() == 9
}

fn deaf_leader_steps_down(adjust: Adjust) -> bool {
    let mut group = leader(adjust);
    group.run(600);
    group.node(0).role() != Role::Leader
}

fn failed_transfer_ends(adjust: Adjust) -> bool {
    let mut group = Group::new(3, 3, 1, adjust);
    let leader = group.elect();
    group.run(100);
    group.cluster.lose.push(("TimeoutNow", usize::MAX));
    let to = Some(NodeId((leader as u32 + 1) % 3));
    group.ask(leader, Request::TransferLeadership { to });
    group.run(600);
    let id = group.append(leader);
    group.run(100);
    matches!(group.response(id), Some(Response::Applied { .. }))
}

fn groups_stay_apart(adjust: Adjust) -> bool {
    let build = move |node| {
        let part = |group| (GroupId(group), adjust(options(node as u32, 3)), List::default());
        MultiRaft::new([part(1), part(2)])
    };
    let mut cluster = Cluster::<MultiRaft<List>>::new(3, 1, build);
    let together =
        vec![(GroupId(1), append(1, (0, 0), &[7], 0)), (GroupId(2), append(5, (0, 0), &[8], 0))];
    cluster.deliver(1, 0, MultiMessage(together));
    let term = |id| cluster.node(0).group(GroupId(id)).map(Raft::current_term);
    (term(1), term(2)) == (Some(1), Some(5))
}

#[test]
fn every_script_ends_well() {
    for (what, script) in SCRIPTS {
        assert!(script(Box::new(|options| options)), "not so: {what}");
    }
}
