//! What a cluster can lose without harm, and whose durable data may therefore be destroyed.

use stormglass_machine::NodeId;

/// Nodes that hold the same data, so that some of them may lose it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redundancy {
    /// Which nodes.
    pub holders: Vec<NodeId>,
    /// How many of them may lose or damage durable data in one run, or stay down because their
    /// machine refuses what is left of it.
    pub losable: u32,
}

/// What a scenario tolerates, by the size of the cluster. Asked once for each size.
#[derive(Default)]
pub(crate) struct Tolerances {
    known: Vec<(u32, Vec<Redundancy>)>,
}

impl Tolerances {
    pub(crate) fn of(
        &mut self,
        count: u32,
        ask: impl FnOnce(u32) -> Vec<Redundancy>,
    ) -> &[Redundancy] {
        let known = self.known.iter().position(|(size, _)| *size == count);
        let position = known.unwrap_or_else(|| {
            let redundancies = ask(count);
            let holders = redundancies.iter().flat_map(|redundancy| &redundancy.holders);
            if let Some(node) = holders.max().filter(|node| node.0 >= count) {
                panic!("node {node} holds data, and the nodes are 0 to {}", count - 1);
            }
            self.known.push((count, redundancies));
            self.known.len() - 1
        });
        &self.known[position].1
    }
}

/// Adds a node to the victims if every redundancy allows that; a node that is not redundant never
/// is one.
pub(crate) fn admit(victims: &mut Vec<NodeId>, node: NodeId, redundancies: &[Redundancy]) {
    if victims.contains(&node) {
        return;
    }
    let mut holding = redundancies.iter().filter(|one| one.holders.contains(&node)).peekable();
    let redundant = holding.peek().is_some();
    let spared = |one: &Redundancy| {
        let lost = one.holders.iter().filter(|holder| victims.contains(holder)).count();
        lost < one.losable as usize
    };
    if redundant && holding.all(spared) {
        victims.push(node);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn victims(candidates: [u32; 5], redundancies: &[(&[u32], u32)]) -> Vec<u32> {
        let redundancies: Vec<_> = redundancies
            .iter()
            .map(|(holders, losable)| {
                let holders = holders.iter().copied().map(NodeId).collect();
                Redundancy { holders, losable: *losable }
            })
            .collect();
        let mut victims = Vec::new();
        for node in candidates {
            admit(&mut victims, NodeId(node), &redundancies);
        }
        victims.into_iter().map(|node| node.0).collect()
    }

    #[test]
    fn there_are_as_many_victims_as_every_redundancy_allows() {
        assert!(victims([0, 1, 2, 3, 4], &[]).is_empty());
        assert!(victims([0, 1, 2, 3, 4], &[(&[0, 1, 2], 0)]).is_empty());
        assert_eq!(victims([4, 3, 2, 1, 0], &[(&[0, 1, 2], 1)]), [2]);
        assert_eq!(victims([2, 2, 4, 1, 0], &[(&[0, 1, 2, 3, 4], 2)]), [2, 4]);
        // Node 2 counts in both.
        assert_eq!(victims([2, 0, 3, 1, 4], &[(&[0, 1, 2], 1), (&[2, 3, 4], 2)]), [2, 3]);
    }

    #[test]
    fn a_scenario_is_asked_once_for_each_size() {
        let (mut tolerances, mut asked) = (Tolerances::default(), Vec::new());
        for count in [3, 5, 3] {
            let found = tolerances.of(count, |count| {
                asked.push(count);
                vec![Redundancy { holders: vec![NodeId(0)], losable: count }]
            });
            assert_eq!(found[0].losable, count);
        }
        assert_eq!(asked, [3, 5]);
    }
}
