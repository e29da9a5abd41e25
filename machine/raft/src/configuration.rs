//! Who is in the group, who votes, and what a majority is. Pure arithmetic.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use stormglass_machine::NodeId;

use crate::request::{ConfigError, ConfigurationChange};

/// The members of a group. Every list is sorted and free of duplicates; nobody is a learner and a
/// voter at once; all that join are learners.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub struct Configuration {
    voters: Vec<NodeId>,
    /// The voters of before, while the change to the present ones is under way (joint consensus).
    outgoing: Vec<NodeId>,
    learners: Vec<NodeId>,
    /// Learners that become voters as soon as they have caught up.
    joining: Vec<NodeId>,
}

impl Configuration {
    /// These voters, and nobody else.
    pub fn new(mut voters: Vec<NodeId>) -> Configuration {
        voters.sort();
        voters.dedup();
        Configuration { voters, ..Configuration::default() }
    }

    /// The voters; in a joint configuration those to be.
    pub fn voters(&self) -> &[NodeId] {
        &self.voters
    }

    /// In a joint configuration the voters of before; otherwise nobody.
    pub fn outgoing(&self) -> &[NodeId] {
        &self.outgoing
    }

    /// Those who get the log, but have no vote.
    pub fn learners(&self) -> &[NodeId] {
        &self.learners
    }

    /// The learners that are to become voters.
    pub fn joining(&self) -> &[NodeId] {
        &self.joining
    }

    /// Does it take two majorities?
    pub fn is_joint(&self) -> bool {
        !self.outgoing.is_empty()
    }

    /// Has the node a vote?
    pub fn is_voter(&self, node: NodeId) -> bool {
        self.voters.contains(&node) || self.outgoing.contains(&node)
    }

    /// Is the node a voter or a learner?
    pub fn contains(&self, node: NodeId) -> bool {
        self.is_voter(node) || self.learners.contains(&node)
    }

    /// Everyone, once.
    pub fn members(&self) -> impl Iterator<Item = NodeId> {
        let leaving = self.outgoing.iter().filter(|node| !self.voters.contains(node));
        self.voters.iter().chain(leaving).chain(&self.learners).copied()
    }

    /// Are those that count a majority of the voters, in a joint configuration of both sets? A
    /// configuration without voters has no majority.
    pub fn has_quorum(&self, counts: impl Fn(NodeId) -> bool) -> bool {
        let majority =
            |set: &[NodeId]| set.iter().filter(|node| counts(**node)).count() > set.len() / 2;
        majority(&self.voters) && (self.outgoing.is_empty() || majority(&self.outgoing))
    }

    /// The highest value that a quorum has reached; zero if there are no voters.
    pub(crate) fn agreed(&self, value: impl Fn(NodeId) -> u64) -> u64 {
        let agreed = majority_value(&self.voters, &value);
        match self.is_joint() {
            true => agreed.min(majority_value(&self.outgoing, &value)),
            false => agreed,
        }
    }

    /// The configuration that a change leads to next.
    ///
    /// # Errors
    ///
    /// What is wrong with the change. That another is in progress is for the leader to know,
    /// except for a joint configuration, in which nothing may be changed.
    pub fn after(&self, change: &ConfigurationChange) -> Result<Configuration, ConfigError> {
        if self.is_joint() {
            return Err(ConfigError::ConfigChangeInProgress);
        }
        let mut next = self.clone();
        match change {
            ConfigurationChange::AddServer(node) => {
                if self.is_voter(*node) || self.joining.contains(node) {
                    return Err(ConfigError::NodeAlreadyExists);
                }
                insert(&mut next.learners, *node);
                insert(&mut next.joining, *node);
            }
            ConfigurationChange::AddLearner(node) => {
                if self.learners.contains(node) {
                    return Err(ConfigError::NodeAlreadyExists);
                }
                remove(&mut next.voters, *node);
                insert(&mut next.learners, *node);
            }
            ConfigurationChange::RemoveServer(node) => {
                if !self.contains(*node) {
                    return Err(ConfigError::NodeNotFound);
                }
                remove(&mut next.voters, *node);
                remove(&mut next.learners, *node);
                remove(&mut next.joining, *node);
            }
            ConfigurationChange::ReplaceVoters(voters) => {
                next = Configuration::new(voters.clone());
                if next.voters == self.voters {
                    return Err(ConfigError::NodeAlreadyExists);
                }
                next.outgoing.clone_from(&self.voters);
                let stays = |node: &&NodeId| !next.voters.contains(node);
                next.learners = self.learners.iter().filter(stays).copied().collect();
                next.joining = self.joining.iter().filter(stays).copied().collect();
            }
        }
        if next.voters.is_empty() { Err(ConfigError::CannotRemoveLastNode) } else { Ok(next) }
    }

    /// What follows a joint configuration: only the voters to be are left.
    pub(crate) fn without_outgoing(&self) -> Configuration {
        Configuration { outgoing: Vec::new(), ..self.clone() }
    }

    /// What follows when a learner that joins has caught up.
    pub(crate) fn with_promoted(&self, node: NodeId) -> Configuration {
        let mut next = self.clone();
        remove(&mut next.learners, node);
        remove(&mut next.joining, node);
        insert(&mut next.voters, node);
        next
    }

    /// What has become of a change: `None` while it is under way.
    pub(crate) fn verdict(&self, change: &ConfigurationChange) -> Option<Result<(), ConfigError>> {
        let done = match change {
            _ if self.is_joint() => return None,
            ConfigurationChange::AddServer(node) if self.joining.contains(node) => return None,
            ConfigurationChange::AddServer(node) => self.is_voter(*node),
            ConfigurationChange::AddLearner(node) => self.learners.contains(node),
            ConfigurationChange::RemoveServer(node) => !self.contains(*node),
            ConfigurationChange::ReplaceVoters(voters) => {
                self.voters == Configuration::new(voters.clone()).voters
            }
        };
        Some(if done { Ok(()) } else { Err(ConfigError::Superseded) })
    }
}

/// The highest value that a majority of a set has reached. Asks each node once, unless there are
/// more than anybody should have.
fn majority_value(set: &[NodeId], value: impl Fn(NodeId) -> u64) -> u64 {
    let mut few = [0; 16];
    let Some(values) = few.get_mut(..set.len()) else {
        let reached = |one: &u64| set.iter().filter(|node| value(**node) >= *one).count();
        let values = set.iter().map(|node| value(*node));
        return values.filter(|one| reached(one) > set.len() / 2).max().unwrap_or(0);
    };
    for (slot, node) in values.iter_mut().zip(set) {
        *slot = value(*node);
    }
    values.sort_unstable();
    values.get(set.len().wrapping_sub(1) / 2).copied().unwrap_or(0)
}

fn insert(set: &mut Vec<NodeId>, node: NodeId) {
    if let Err(position) = set.binary_search(&node) {
        set.insert(position, node);
    }
}

fn remove(set: &mut Vec<NodeId>, node: NodeId) {
    set.retain(|one| *one != node);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By its definition: of all values the highest that a quorum has.
    fn agreed_by_definition(configuration: &Configuration, values: &[u64]) -> u64 {
        let value = |node: NodeId| values[node.index()];
        let reached = |one: &u64| configuration.has_quorum(|node| value(node) >= *one);
        values.iter().copied().filter(reached).max().unwrap_or(0)
    }

    fn nodes(count: usize) -> Vec<NodeId> {
        (0..count as u32).map(NodeId).collect()
    }

    #[test]
    fn what_is_agreed_is_the_highest_that_a_quorum_has() {
        let values = [3_u64, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2, 3, 8, 4];
        for turned in 0..values.len() {
            let mut values = values;
            values.rotate_left(turned);
            for voters in 1..=values.len() {
                let mut configuration = Configuration::new(nodes(voters));
                let agreed = configuration.agreed(|node| values[node.index()]);
                assert_eq!(agreed, agreed_by_definition(&configuration, &values));
                configuration.outgoing = nodes(values.len()).split_off(voters / 2);
                let agreed = configuration.agreed(|node| values[node.index()]);
                assert_eq!(agreed, agreed_by_definition(&configuration, &values), "{voters} joint");
            }
        }
        assert_eq!(Configuration::new(Vec::new()).agreed(|_| 7), 0);
    }
}
