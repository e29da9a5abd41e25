//! The shapes of what is cut or clogged on the menu.

use stormglass_machine::NodeId;

use crate::faults::Shape;

/// In a larger cluster, sets of nodes are those of one node.
const LARGE: u32 = 6;

/// Single links, nodes that are not heard or do not hear, and splits in two; each split once.
pub(super) fn shapes(count: u32) -> Vec<Shape> {
    let nodes = || (0..count).map(NodeId);
    let links = nodes().flat_map(|from| nodes().map(move |to| (from, to)));
    let links = links.filter(|(from, to)| from != to).map(|link| Shape::Links(vec![link]));
    let alone = || nodes().map(|node| vec![node]);
    let splits = subsets(count, count as usize / 2);
    let splits =
        splits.into_iter().filter(|side| side.len() * 2 < count as usize || side[0] == NodeId(0));
    links
        .chain(alone().map(Shape::Mute))
        .chain(alone().map(Shape::Deaf))
        .chain(splits.map(Shape::Split))
        .collect()
}

/// Sets of one to `most` nodes, the small ones first.
pub(super) fn subsets(count: u32, most: usize) -> Vec<Vec<NodeId>> {
    let most = if count > LARGE { most.min(1) } else { most };
    let mut all: Vec<Vec<NodeId>> = vec![Vec::new()];
    let mut begin = 0;
    for _ in 0..most {
        let end = all.len();
        for position in begin..end {
            let next = all[position].last().map_or(0, |last| last.0 + 1);
            for node in (next..count).map(NodeId) {
                let mut larger = all[position].clone();
                larger.push(node);
                all.push(larger);
            }
        }
        begin = end;
    }
    all.remove(0);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_come_in_the_order_of_their_sizes_each_once() {
        let sizes = |count, most| subsets(count, most).iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(sizes(4, 2), [1, 1, 1, 1, 2, 2, 2, 2, 2, 2]);
        assert!(sizes(3, 0).is_empty());
        assert_eq!(sizes(100, 2), [1; 100]);
    }

    #[test]
    fn a_split_and_its_other_side_are_one() {
        let splits = |count| {
            let split = |shape: &Shape| matches!(shape, Shape::Split(_));
            shapes(count).iter().filter(|shape| split(shape)).count()
        };
        assert_eq!([2, 3, 4, 5].map(splits), [1, 3, 7, 15]);
        assert_eq!(shapes(1), [Shape::Mute(vec![NodeId(0)]), Shape::Deaf(vec![NodeId(0)])]);
    }
}
