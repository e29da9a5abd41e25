//! Majorities and logs against twins that are too simple to be wrong.

use std::collections::BTreeSet;

use proptest::prelude::*;
use stormglass_machine::NodeId;
use stormglass_raft::{ConfigError, Configuration, ConfigurationChange, Payload};

use super::group::{Group, ids};
use super::scripts::append;

fn set() -> impl Strategy<Value = BTreeSet<u32>> {
    proptest::collection::btree_set(0..7_u32, 0..6)
}

fn some() -> impl Strategy<Value = BTreeSet<u32>> {
    proptest::collection::btree_set(0..7_u32, 1..6)
}

fn change() -> impl Strategy<Value = ConfigurationChange> {
    let node = || (0..7_u32).prop_map(NodeId);
    prop_oneof![
        node().prop_map(ConfigurationChange::AddServer),
        node().prop_map(ConfigurationChange::AddLearner),
        node().prop_map(ConfigurationChange::RemoveServer),
        some().prop_map(|set| ConfigurationChange::ReplaceVoters(ids(set))),
    ]
}

/// More of the set than not.
fn most(set: &BTreeSet<u32>, counted: &BTreeSet<u32>) -> bool {
    let (inside, outside) = (set & counted, set - counted);
    inside.len() > outside.len()
}

proptest! {
    #[test]
    fn a_quorum_is_more_than_half_of_each_set(old in some(), new in some(), counted in set()) {
        let counts = |node: NodeId| counted.contains(&node.0);
        let plain = Configuration::new(ids(old.iter().copied()));
        prop_assert_eq!(plain.has_quorum(counts), most(&old, &counted));
        let change = ConfigurationChange::ReplaceVoters(ids(new.iter().copied()));
        match plain.after(&change) {
            Ok(joint) => {
                let both = most(&old, &counted) && most(&new, &counted);
                prop_assert!(joint.is_joint());
                prop_assert_eq!(joint.has_quorum(counts), both);
                prop_assert_eq!(joint.after(&change), Err(ConfigError::ConfigChangeInProgress));
            }
            Err(error) => {
                prop_assert_eq!(error, ConfigError::NodeAlreadyExists);
                prop_assert_eq!(old, new);
            }
        }
    }

    #[test]
    fn any_two_quorums_of_neighbours_meet(old in some(), change in change(), one in set(), other in set()) {
        let before = Configuration::new(ids(old));
        if let Ok(after) = before.after(&change) {
            let quorum = |configuration: &Configuration, set: &BTreeSet<u32>| {
                configuration.has_quorum(|node| set.contains(&node.0))
            };
            let apart = one.is_disjoint(&other);
            prop_assert!(!(apart && quorum(&before, &one) && quorum(&after, &other)));
        }
    }

    #[test]
    fn lists_of_members_stay_sorted_disjoint_and_with_a_voter(
        start in some(),
        changes in proptest::collection::vec(change(), 0..20),
    ) {
        let mut configuration = Configuration::new(ids(start));
        for change in changes {
            if let Ok(next) = configuration.after(&change) {
                configuration = next;
            }
            let lists = [
                configuration.voters(),
                configuration.outgoing(),
                configuration.learners(),
                configuration.joining(),
            ];
            prop_assert!(lists.iter().all(|list| list.is_sorted_by(|a, b| a < b)));
            prop_assert!(!configuration.voters().is_empty());
            let votes = |node: &&NodeId| configuration.is_voter(**node);
            prop_assert!(configuration.learners().iter().find(votes).is_none_or(|_| configuration.is_joint()));
            prop_assert!(configuration.joining().iter().all(|node| configuration.learners().contains(node)));
            if configuration.is_joint() {
                break;
            }
        }
    }

    /// A follower that is sent any pieces of its leader's log, in any order and any number of
    /// times, after pieces of an older leader's, ends with the beginning of the leader's log, and
    /// never gives up what it has of it.
    #[test]
    fn a_log_takes_pieces_in_any_order(
        stale in proptest::collection::vec((0..6_u64, 0..4_u64), 0..6),
        pieces in proptest::collection::vec((0..8_u64, 0..5_u64), 1..30),
    ) {
        let mut group = Group::of(3);
        (0..3).for_each(|node| group.cluster.cut_off(node));
        let commands = |first: u64, count: u64, era: u64| -> Vec<u64> {
            (first + 1..=first + count).map(|index| era * 100 + index).collect()
        };
        for (first, count) in stale {
            let prev = (first, u64::from(first > 0));
            group.cluster.deliver(1, 0, append(1, prev, &commands(first, count, 1), 0));
        }
        let mut reached = 0;
        for (first, count) in pieces {
            let prev = (first, if first > 0 { 2 } else { 0 });
            group.cluster.deliver(2, 0, append(2, prev, &commands(first, count, 2), 0));
            let log = group.node(0).log();
            if first <= reached {
                reached = reached.max(first + count);
            }
            for (index, entry) in (1..=reached).zip(log.entries()) {
                let command = match &entry.payload {
                    Payload::Command { command, .. } => **command,
                    other => panic!("never sent: {other:?}"),
                };
                prop_assert_eq!((entry.term, command), (2, 200 + index));
            }
            prop_assert!(log.last_index() >= reached);
        }
    }
}
