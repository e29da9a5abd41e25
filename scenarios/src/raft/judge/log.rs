//! What is written of a log: that entries match those of others, that a leader only appends, that
//! snapshots are exact, and that nothing committed is lost.

use std::sync::Arc;

use stormglass_machine::NodeId;
use stormglass_raft::{
    Entry, Image, LogIndex, Payload, Record, Role, Snapshot, StateMachine as _, Term,
};

use super::{commits, configurations, terms};
use crate::raft::disk::Written;
use crate::raft::findings::Judge;
use crate::raft::group::Group;
use crate::raft::host::Node;
use crate::raft::store::{Answer, Command, Store};

/// A record is going to be written.
pub fn written(group: &mut Group, node: NodeId, raft: &Node, record: &Written) {
    match record {
        Record::Append { first, entries } => {
            only_appends(group, node, raft, *first);
            let before = group.of(node).memory.at(first - 1);
            matches(group, node, *first, entries, before);
            configurations::appended(group, node, raft, *first, entries);
        }
        Record::Image(image) => imaged(group, node, raft, image),
        Record::Ballot { .. } | Record::Commit(_) | Record::Chunk(_) => {}
    }
    group.of_mut(node).memory.follow(record);
}

/// While a node leads a term, its log only grows.
fn only_appends(group: &mut Group, node: NodeId, raft: &Node, first: LogIndex) {
    let witness = group.of(node);
    let (seen, last) = (witness.seen, witness.memory.last());
    group.tally.truncations += u64::from(first <= last);
    let leads = seen.role == Role::Leader && raft.role() == Role::Leader;
    let same_term = seen.term == raft.current_term();
    group.ensure(!(leads && same_term) || first > last, Judge::LeaderAppendOnly, "", |_| {
        format!("node {node} leads, and its log of {last} entries goes on at {first}")
    });
}

/// Entries are those that others have of the same index and term, behind the same.
fn matches(
    group: &mut Group,
    node: NodeId,
    first: LogIndex,
    entries: &[Entry<Command>],
    before: Option<Term>,
) {
    let mut last_term = before;
    for (index, entry) in (first..).zip(entries) {
        let same = last_term.is_some_and(|term| group.entries.add(index, entry, term));
        group.ensure(same, Judge::LogMatching, "", |group| {
            let known = group.entries.get(index, entry.term);
            format!("node {node} has {entry:?} at {index} behind {last_term:?}; known is {known:?}")
        });
        last_term = Some(entry.term);
    }
}

/// The whole state is going to be written anew: with a snapshot of the node's own, or a leader's.
fn imaged(group: &mut Group, node: NodeId, raft: &Node, image: &Image<Command, Answer>) {
    let Some(snapshot) = &image.snapshot else { return };
    let metadata = &snapshot.metadata;
    let (index, term) = (metadata.last_included_index, metadata.last_included_term);
    let witness = group.of(node);
    let meets = witness.memory.at(index) == Some(term);
    if witness.heard.install.is_some_and(|(installed, _)| installed == index) && !meets {
        return installed(group, node, image, snapshot);
    }
    if index <= witness.disk.snapshot || index > witness.memory.last() {
        return;
    }
    commits::up_to(group, node, raft, index.min(raft.commit_index()));
    let own = group.of(node).memory.at(index);
    group.ensure(own == Some(term), Judge::SnapshotExact, "term", |_| {
        format!("node {node} takes a snapshot at {index} of term {term}, and it is {own:?}")
    });
    exact(group, node, snapshot);
    group.tally.snapshots_taken += 1;
    // A single voter may lose what it has not flushed, together with its snapshot.
    if index <= group.history.last() {
        group.snapshots.entry(index).or_insert_with(|| snapshot.data.clone());
    }
}

/// A leader's snapshot takes the place of everything.
fn installed(
    group: &mut Group,
    node: NodeId,
    image: &Image<Command, Answer>,
    snapshot: &Arc<Snapshot<Answer>>,
) {
    group.tally.snapshots_installed += 1;
    let index = snapshot.metadata.last_included_index;
    let whole = group.snapshots.get(&index).is_none_or(|bytes| *bytes == snapshot.data);
    group.ensure(whole, Judge::ChunkAssembly, "", |group| {
        let bytes = group.snapshots.get(&index).map(|bytes| bytes.len());
        let length = snapshot.data.len();
        format!("node {node} has put {length} bytes together for {index}; there are {bytes:?}")
    });
    let term = group.history.term(index);
    let said = snapshot.metadata.last_included_term;
    group.ensure(term.is_none_or(|term| term == said), Judge::SnapshotExact, "term", |_| {
        format!("node {node} installs a snapshot at {index} of term {said}, and it is {term:?}")
    });
    exact(group, node, snapshot);
    // What stands behind a snapshot stands behind its last entry.
    matches(group, node, image.base + 1, &image.entries, Some(image.base_term));
    let metadata = &snapshot.metadata;
    let witness = group.of_mut(node);
    witness.configurations.replace(metadata.configuration_index, metadata.configuration.clone());
    for (index, entry) in (image.base + 1..).zip(image.entries.iter()) {
        if let Payload::Configuration(configuration) = &entry.payload {
            witness.configurations.push(index, configuration.clone());
        }
    }
    witness.compared = witness.compared.max(index);
}

/// A snapshot is what is known of its index.
fn exact(group: &mut Group, node: NodeId, snapshot: &Snapshot<Answer>) {
    let metadata = &snapshot.metadata;
    let index = metadata.last_included_index;
    let Some(expected) = group.history.summary(index) else { return };
    let mut store = Store::default();
    let readable = store.restore(&snapshot.data).is_ok();
    let found = store.summary();
    group.ensure(readable && found == expected, Judge::SnapshotExact, "state", |_| {
        format!("node {node} has a snapshot at {index} of {found:?}, and it is {expected:?}")
    });
    let (position, configuration) = group.history.configurations().at(index);
    let same = *position == metadata.configuration_index
        && (*position == 0 || **configuration == *metadata.configuration);
    group.ensure(same, Judge::SnapshotExact, "configuration", |group| {
        let expected = group.history.configurations().at(index);
        format!("node {node} has a snapshot at {index} with {metadata:?}, and it is {expected:?}")
    });
}

/// A record has become durable on a disk, which has not followed it yet.
pub fn durable(group: &mut Group, node: NodeId, record: &Written) {
    match record {
        Record::Append { first, entries } => {
            let until = first + entries.len() as u64;
            let after = |index: LogIndex| match index < until {
                true => Some(entries[(index - first) as usize].term),
                false => None,
            };
            keeps_committed(group, node, *first, after);
        }
        Record::Image(image) => {
            let snapshot = image.snapshot.as_ref();
            let index = snapshot.map_or(0, |snapshot| snapshot.metadata.last_included_index);
            group.ensure(
                image.base <= index,
                Judge::Bounds,
                "compacted without a snapshot",
                |_| {
                    format!(
                        "the disk of node {node} begins behind {}; its snapshot is {index}",
                        image.base
                    )
                },
            );
            let after = |index: LogIndex| {
                let behind = (index - image.base) as usize;
                image.entries.get(behind.wrapping_sub(1)).map(|entry| entry.term)
            };
            keeps_committed(group, node, image.base + 1, after);
        }
        Record::Ballot { term, voted_for } => terms::durable(group, node, *term, *voted_for),
        Record::Commit(_) | Record::Chunk(_) => {}
    }
}

/// From an index on the disk has something else: it is the same as far as it was committed.
fn keeps_committed(
    group: &mut Group,
    node: NodeId,
    first: LogIndex,
    after: impl Fn(LogIndex) -> Option<Term>,
) {
    let log = &group.of(node).disk.log;
    let last = log.last().min(group.history.last());
    let first = first.max(log.base() + 1);
    let lost = (first..=last).find(|index| {
        let term = log.at(*index);
        term == group.history.term(*index) && after(*index) != term
    });
    group.ensure(lost.is_none(), Judge::CommittedForEver, "", |_| {
        format!("the disk of node {node} loses what is committed at {lost:?}")
    });
}
