//! What a quiet cluster must have come to by the end of the calm.

pub mod agreement;
pub mod convergence;
pub mod losses;

use stormglass_machine::NodeId;
use stormglass_replica::Replica;
use stormglass_simulator::World;

use super::Replication;

/// The nodes that have a part in the channel: listed by themselves and by the others, and not
/// closed.
pub fn participants<'w>(
    world: &'w World<'_, Replication>,
) -> impl Iterator<Item = (NodeId, &'w Replica)> {
    world.live().filter(|(node, machine)| is_member(world, *node) && !machine.is_closed())
}

/// Is this node on its own list, and on that of the first node?
pub fn is_member(world: &World<'_, Replication>, node: NodeId) -> bool {
    let lists = |lister: NodeId| {
        world.get(lister).is_none_or(|machine| machine.config().replica_set.contains(&node))
    };
    lists(node) && lists(NodeId(0))
}

/// Has there been no room for a chunk on this node, even in the calm? Then it cannot catch up.
pub fn is_pressed(world: &World<'_, Replication>, node: NodeId) -> bool {
    world.ghost().of(node).gates.pressed_in_calm > 0
}
