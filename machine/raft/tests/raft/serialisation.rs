//! What travels and what is kept survives being written and read.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use stormglass_machine::{Machine, NodeId};
use stormglass_raft::{
    Configuration, ConfigurationChange, Image, InstallSnapshot, MultiRaft, Record, Request,
};

use super::cluster::Happened;
use super::group::{Group, Node};
use super::list::List;

type Said = <Node as Machine>::Message;
type Kept = <Node as Machine>::Record;

fn again<T: Serialize + DeserializeOwned>(value: &T) -> T {
    let text = serde_json::to_string(value).expect("it can be written");
    serde_json::from_str(&text).expect("it can be read")
}

#[test]
fn images_and_snapshots_come_back_as_they_were() {
    let mut group = Group::new(4, 3, 1, |options| options);
    let leader = group.elect();
    let client = stormglass_raft::ClientId(1);
    group.ask(leader, Request::Register { client });
    let once = group.append_once(leader, 1, 1, 2_000_000);
    group.answer(once);
    group.append_many(leader, 15);
    let change = ConfigurationChange::AddLearner(NodeId(3));
    group.ask(leader, Request::ConfigChange(change));
    group.run(300);
    let image: Image<_, _> = group.node(leader).image();
    let record: Kept = Record::Image(image.clone());
    assert_eq!(again(&record), record);
    let snapshot = image.snapshot.expect("one was due");
    let chunk = InstallSnapshot {
        term: 3,
        metadata: snapshot.metadata.clone(),
        offset: 8,
        data: Arc::from([1, 2, 3]),
        done: Some(snapshot.sessions.clone()),
        round: 9,
    };
    let message = Said::InstallSnapshot(chunk);
    assert_eq!(again(&message), message);
}

#[test]
fn every_message_of_a_group_at_work_comes_back_as_it_was() {
    let mut group = Group::of(3);
    let mut compared = 0;
    let until = group.cluster.now + 2_000_000_000;
    while let Some((node, happened)) = group.cluster.advance(until) {
        for one in &happened {
            if let Happened::Sent { message, .. } = one {
                assert_eq!(again(message), *message);
                compared += 1;
            }
        }
        group.check(node, &happened);
        if group.leader() == Some(node) && compared % 10 == 0 {
            group.append(node);
        }
    }
    assert!(compared > 100);
}

#[test]
fn the_driver_for_the_real_world_can_take_both_machines() {
    fn is_written_and_read<T: Serialize + DeserializeOwned + Send + PartialEq>(value: &T) {
        assert!(again(value) == *value);
    }
    let configuration = Arc::new(Configuration::new(vec![NodeId(4), NodeId(1)]));
    assert_eq!(again(&configuration).voters(), [NodeId(1), NodeId(4)]);
    is_written_and_read::<<MultiRaft<List> as Machine>::Message>(&stormglass_raft::MultiMessage(
        vec![(stormglass_raft::GroupId(1), Said::TimeoutNow { term: 2 })],
    ));
    is_written_and_read::<<MultiRaft<List> as Machine>::Record>(
        &stormglass_raft::MultiRecord::Group(stormglass_raft::GroupId(1), Kept::Commit(3)),
    );
}
