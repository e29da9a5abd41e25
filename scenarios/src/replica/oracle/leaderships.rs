//! Who leads, since when, and how long more than one did.

use std::time::Duration;

use super::history::Stint;
use stormglass_machine::{NodeId, Time};

/// The leaderships of a run.
#[derive(Clone, Debug, Default)]
pub struct Leaderships {
    leading: Vec<bool>,
    stints: Vec<Stint>,
    announced: Vec<(NodeId, u64, Time)>,
    leaders: u32,
    since: Time,
    /// How long more than one node led, all in all.
    pub two_at_once: Duration,
    /// The longest time without a break.
    pub longest_two: Duration,
    two_since: Option<Time>,
    /// When a node last began or ceased to lead.
    pub changed_at: Time,
    /// Two leaderships that cannot be told apart.
    pub ambiguous: Option<String>,
}

impl Leaderships {
    /// Grows to so many nodes.
    pub fn reset(&mut self, count: usize) {
        self.leading.resize(count, false);
        self.stints.resize(count, Stint::default());
    }

    /// A node has begun to lead.
    pub fn begin(&mut self, node: NodeId, stint: Stint) {
        self.stints[node.index()] = stint;
        self.set(node, true, stint.since);
    }

    /// A node says in which epoch it leads: epochs are there to tell leaderships apart. One that
    /// was lost before anybody heard of it does not count.
    pub fn announced(&mut self, node: NodeId, epoch: u64) {
        let since = self.stints[node.index()].since;
        let known = self.announced.iter().find(|known| (known.0, known.1) == (node, epoch));
        match known {
            Some((_, _, before)) if *before == since => {}
            Some(_) if self.ambiguous.is_none() => {
                self.ambiguous =
                    Some(format!("node {node} leads in epoch {epoch}, as it has done before"));
            }
            Some(_) => {}
            None => self.announced.push((node, epoch, since)),
        }
    }

    /// A node leads no more.
    pub fn end(&mut self, node: NodeId, now: Time) {
        self.set(node, false, now);
    }

    fn set(&mut self, node: NodeId, leads: bool, now: Time) {
        if std::mem::replace(&mut self.leading[node.index()], leads) == leads {
            return;
        }
        self.changed_at = now;
        if self.leaders > 1 {
            self.two_at_once += now.since(self.since);
        }
        self.since = now;
        self.leaders = if leads { self.leaders + 1 } else { self.leaders - 1 };
        match self.two_since {
            None if self.leaders > 1 => self.two_since = Some(now),
            Some(since) if self.leaders < 2 => {
                self.longest_two = self.longest_two.max(now.since(since));
                self.two_since = None;
            }
            _ => {}
        }
    }

    /// The run is over.
    pub fn finish(&self, now: Time) -> (Duration, Duration) {
        match self.two_since {
            Some(since) => {
                (self.two_at_once + now.since(self.since), self.longest_two.max(now.since(since)))
            }
            None => (self.two_at_once, self.longest_two),
        }
    }

    pub fn stint(&self, node: NodeId) -> Stint {
        self.stints[node.index()]
    }

    pub fn other_leads(&self, node: NodeId) -> bool {
        self.leaders > u32::from(self.leading[node.index()])
    }

    /// How many lead now.
    pub fn count(&self) -> u32 {
        self.leaders
    }
}
