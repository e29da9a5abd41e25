//! What a client is told is true.

use stormglass_machine::{NodeId, RequestId};
use stormglass_raft::{ClientError, LogIndex, Payload, Response};

use crate::raft::findings::Judge;
use crate::raft::group::{Group, quorum};
use crate::raft::history::Reply;
use crate::raft::host::Told;
use crate::raft::store::Answer;
use crate::raft::witness::{Asked, Pending};

/// Somebody is answered.
pub fn answered(group: &mut Group, node: NodeId, id: RequestId, response: &Told) {
    let pending = &mut group.of_mut(node).pending;
    let Some(position) = pending.iter().position(|one| one.id == id) else { return };
    let pending = pending.swap_remove(position);
    match response {
        Response::Applied { index, response } => {
            applied(group, node, &pending, *index, response);
        }
        Response::Registered { index } => registered(group, node, &pending, *index),
        Response::Read { index, .. } => {
            group.tally.reads += 1;
            let stale = *index < pending.committed;
            group.tally.stale_reads += u64::from(stale);
            group.ensure(!stale, Judge::FreshRead, "", |_| {
                let Pending { committed, at, .. } = pending;
                format!(
                    "node {node} answers from {index}; {committed} was committed when it was \
                     asked at {at}"
                )
            });
        }
        _ => {}
    }
}

/// The command stands there, and has had this answer; and enough disks have it.
fn applied(group: &mut Group, node: NodeId, pending: &Pending, index: LogIndex, answer: &Answer) {
    is_durable(group, node, index);
    let Asked::Command(command, session) = &pending.asked else {
        return group.ensure(false, Judge::ReplyTruth, "to somebody else", |_| {
            format!("node {node} tells {:?} of a command that it has not asked for", pending.id)
        });
    };
    if let Some(stamp) = session {
        let key = (stamp.client, stamp.sequence);
        let now = (index, answer.clone());
        let first = group.answers.entry(key).or_insert_with(|| now.clone()).clone();
        group.ensure(first == now, Judge::ExactlyOnce, "two answers", |_| {
            format!("{key:?} was told {first:?}, and now {now:?}")
        });
    }
    if index <= group.history.forgotten() {
        return;
    }
    let Some(fact) = group.history.fact(index) else {
        return group.ensure(false, Judge::ReplyTruth, "not committed", |_| {
            format!("node {node} says that {command:?} is applied at {index}")
        });
    };
    let same = match &fact.payload {
        Payload::Command { command: there, session: stamp } => match (session, stamp) {
            (Some(one), Some(other)) => {
                (one.client, one.sequence) == (other.client, other.sequence)
            }
            (None, None) => **there == *command,
            _ => false,
        },
        _ => false,
    };
    group.ensure(same, Judge::ReplyTruth, "another command", |group| {
        let there = group.history.fact(index).map(|fact| &fact.payload);
        format!("node {node} says that {command:?} is applied at {index}, and there is {there:?}")
    });
    let fact = group.history.fact(index).map(|fact| &fact.reply);
    let right = fact == Some(&Reply::Applied(index, answer.clone()));
    group.ensure(right, Judge::ReplyTruth, "another answer", |group| {
        let reply = group.history.fact(index).map(|fact| &fact.reply);
        format!("node {node} answers {answer:?} for {index}, and it is {reply:?}")
    });
}

fn registered(group: &mut Group, node: NodeId, pending: &Pending, index: LogIndex) {
    is_durable(group, node, index);
    if index <= group.history.forgotten() {
        return;
    }
    let there = group.history.fact(index).map(|fact| &fact.payload);
    let same = match (&pending.asked, there) {
        (Asked::Register(client), Some(Payload::Register(other))) => client == other,
        _ => false,
    };
    group.ensure(same, Judge::ReplyTruth, "another session", |group| {
        let there = group.history.fact(index).map(|fact| &fact.payload);
        format!(
            "node {node} says that {:?} is done at {index}, and there is {there:?}",
            pending.asked
        )
    });
}

/// What a client is told to be done is on the disks of a quorum.
fn is_durable(group: &mut Group, node: NodeId, index: LogIndex) {
    let Some(term) = group.of(node).memory.at(index) else { return };
    let configurations = &group.of(node).configurations;
    let has = |voter: NodeId| group.of(voter).disk.log.holds(index, term);
    // It was committed under one of these.
    let durable =
        quorum(&configurations.at(index).1, has) || quorum(&configurations.newest().1, has);
    group.ensure(durable, Judge::PromiseOnDisk, "an answer", |_| {
        format!("node {node} says that {index} is applied, and no quorum has it on disk")
    });
}

/// Somebody is going to be answered. Who says that it has appended nothing has not.
pub fn planned(group: &mut Group, node: NodeId, id: RequestId, response: &Told) {
    let Response::CommandRefused(error) = response else { return };
    let untouched = matches!(
        error,
        ClientError::NotLeader { .. } | ClientError::Overloaded | ClientError::TransferInProgress
    );
    let witness = group.of(node);
    let (before, last) = (witness.seen.last, witness.memory.last());
    let grown = untouched && witness.heard.command == Some(id) && last > before;
    group.ensure(!grown, Judge::ReplyTruth, "refused and appended", |_| {
        format!("node {node} refuses a command ({error:?}), and its log grows to {last}")
    });
}
