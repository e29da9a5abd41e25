//! Elections, replication, persistence.

use stormglass_raft::{Response, Role};

use super::group::Group;

#[test]
fn three_nodes_elect_a_leader_and_apply_what_it_is_asked() {
    let mut group = Group::of(3);
    let leader = group.elect();
    let id = group.append(leader);
    assert_eq!(group.answer(id), Response::Applied { index: 2, response: (1, Some(id)) });
    group.until("all have applied it", Group::has_converged);
    for node in 0..3 {
        assert_eq!(group.elements(node), [id]);
    }
    group.assert_sound();
}

#[test]
fn a_node_alone_is_its_own_quorum() {
    let mut group = Group::of(1);
    assert_eq!(group.elect(), 0);
    let id = group.append(0);
    assert!(matches!(group.response(id), Some(Response::Applied { .. })), "in the same step");
    group.restart(0);
    assert_eq!(group.elect(), 0);
    assert_eq!(group.elements(0), [id]);
    assert_eq!(group.node(0).role(), Role::Leader);
    group.assert_sound();
}
