//! Who is in the group, who votes, and what a majority is. Pure arithmetic.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use stormglass_machine::NodeId;

use crate::{ConfigError, ConfigurationChange};

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
                next.remove(*node);
                insert(&mut next.learners, *node);
            }
            ConfigurationChange::RemoveServer(node) => {
                if !self.contains(*node) {
                    return Err(ConfigError::NodeNotFound);
                }
                next.remove(*node);
            }
            ConfigurationChange::ReplaceVoters(voters) => {
                voters.iter().for_each(|node| next.remove(*node));
                next.outgoing.clone_from(&self.voters);
                next.voters = Configuration::new(voters.clone()).voters;
                if next.voters == self.voters {
                    return Err(ConfigError::NodeAlreadyExists);
                }
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
        next.remove(node);
        insert(&mut next.voters, node);
        next
    }

    fn remove(&mut self, node: NodeId) {
        for set in [&mut self.voters, &mut self.learners, &mut self.joining] {
            set.retain(|one| *one != node);
        }
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

fn insert(set: &mut Vec<NodeId>, node: NodeId) {
    if let Err(position) = set.binary_search(&node) {
        set.insert(position, node);
    }
}
