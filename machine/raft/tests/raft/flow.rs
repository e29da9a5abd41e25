//! How much is on its way to a follower, in messages and in bytes.

use stormglass_machine::NodeId;
use stormglass_raft::{CorruptSnapshot, Message, Options, Payload, Raft, Request, StateMachine};

use super::cluster::{Cluster, Happened, MILLISECOND};
use super::group::options;

/// Counts the bytes of all commands, which are of any length.
#[derive(Clone, Debug, Default)]
struct Volume(u64);

impl StateMachine for Volume {
    type Command = Vec<u8>;
    type Query = ();
    type Response = u64;
    type Observer = ();

    fn command_bytes(command: &Vec<u8>) -> usize {
        command.len()
    }

    fn apply(&mut self, command: &Vec<u8>) -> u64 {
        self.0 += command.len() as u64;
        self.0
    }

    fn query(&self, _: &()) -> u64 {
        self.0
    }

    fn snapshot(&self) -> Vec<u8> {
        self.0.to_le_bytes().to_vec()
    }

    fn restore(&mut self, snapshot: &[u8]) -> Result<(), CorruptSnapshot> {
        self.0 = u64::from_le_bytes(snapshot.try_into().map_err(|_| CorruptSnapshot)?);
        Ok(())
    }
}

const LEADER: usize = 0;
const FOLLOWER: usize = 1;

/// A leader and a follower that have nothing on its way. Messages may carry 25 bytes, 40 may be on
/// their way, in as many messages as one likes.
fn pair() -> Cluster<Raft<Volume>> {
    let build = |node| {
        let options = Options {
            bytes_per_message: 25,
            in_flight_bytes: 40,
            in_flight_messages: 1_000,
            snapshot_threshold: 1_000,
            ..options(node as u32, 2)
        };
        Raft::new(options, Volume::default())
    };
    let mut pair = Cluster::new(2, 1, build);
    // Nothing is overtaken.
    pair.delay_max = MILLISECOND / 10;
    // The other node never stands, since it hears nothing until there is a leader.
    pair.processes[FOLLOWER].fast_per_million = -900_000;
    sent_until(&mut pair, 1_000);
    assert_eq!(pair.node(LEADER).current_leader(), Some(NodeId(LEADER as u32)));
    pair
}

fn put(pair: &mut Cluster<Raft<Volume>>, bytes: usize) -> Vec<Vec<usize>> {
    let id = pair.request_id();
    let request = Request::ClientCommand { command: vec![7; bytes], session: None };
    appends(pair.ask_as(id, LEADER, request))
}

/// The sizes of the commands in each message with entries.
fn appends(happened: Vec<Happened<Raft<Volume>>>) -> Vec<Vec<usize>> {
    let sizes = |one| match one {
        Happened::Sent { message: Message::AppendEntries(append), .. } => {
            let size = |entry: &stormglass_raft::Entry<Vec<u8>>| match &entry.payload {
                Payload::Command { command, .. } => command.len(),
                _ => 0,
            };
            Some(append.entries.iter().map(size).collect())
        }
        _ => None,
    };
    happened.into_iter().filter_map(sizes).filter(|sizes: &Vec<_>| !sizes.is_empty()).collect()
}

fn sent_until(pair: &mut Cluster<Raft<Volume>>, milliseconds: u64) -> Vec<Vec<usize>> {
    let until = pair.now + milliseconds * MILLISECOND;
    let mut sent = Vec::new();
    while let Some((_, happened)) = pair.advance(until) {
        sent.extend(appends(happened));
    }
    sent
}

#[test]
fn messages_are_bounded_by_bytes() {
    let mut pair = pair();
    let ahead: Vec<_> = (0..12).flat_map(|_| put(&mut pair, 10)).collect();
    assert_eq!(ahead, vec![vec![10]; 4], "forty bytes are sent without waiting");
    let later = sent_until(&mut pair, 1_000);
    assert_eq!(later.iter().flatten().count(), 8);
    assert!(later.iter().all(|sizes| sizes.len() <= 2), "thirty bytes are too many: {later:?}");
    assert_eq!(pair.node(FOLLOWER).state_machine().0, 120);
}

#[test]
fn a_command_larger_than_every_bound_goes_alone() {
    let mut pair = pair();
    let ahead: Vec<_> = [10, 100, 10, 10].into_iter().flat_map(|one| put(&mut pair, one)).collect();
    assert_eq!(ahead, [[10]], "the large one waits until nothing else is on its way");
    let later = sent_until(&mut pair, 1_000);
    assert_eq!(later, [vec![100], vec![10, 10]]);
    assert_eq!(pair.node(FOLLOWER).state_machine().0, 130);
}

#[test]
fn what_is_lost_makes_room_again() {
    let mut pair = pair();
    pair.lose.push(("AppendEntries", 4));
    for _ in 0..12 {
        put(&mut pair, 10);
    }
    sent_until(&mut pair, 1_000);
    assert_eq!(pair.node(FOLLOWER).state_machine().0, 120);
}
