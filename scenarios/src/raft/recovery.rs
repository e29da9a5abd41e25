//! Whether a group can go on at all.

use stormglass_machine::NodeId;
use stormglass_simulator::World;

use super::group::quorum;
use super::liveness::Judged;

/// Those that heal, and have not refused their disks, are a quorum of every configuration that may
/// come into force.
pub fn is_possible<S: Judged>(world: &World<'_, S>) -> bool {
    let heals = |node: NodeId| world.core().any(|core| core == node) && !world.refused(node);
    world.ghost().groups.iter().all(|group| {
        let committed = group.history.configurations().newest();
        let open = world.core().flat_map(|node| group.of(node).configurations.after(committed.0));
        quorum(&committed.1, heals) && { open }.all(|configuration| quorum(configuration, heals))
    })
}
