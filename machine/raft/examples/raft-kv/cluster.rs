//! The nodes of a cluster, and where they listen.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::str::FromStr;

use stormglass_machine::NodeId;

/// What is added to a node's port if its port for clients is not given.
const CLIENTS_ABOVE: u16 = 1_000;

/// Where one node listens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Member {
    /// For the other nodes.
    pub peers: SocketAddr,
    /// For clients.
    pub clients: SocketAddr,
}

/// All nodes. Their ids count from one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cluster(Vec<Member>);

impl Cluster {
    /// Every node.
    pub fn members(&self) -> impl Iterator<Item = (NodeId, Member)> {
        (1..).map(NodeId).zip(self.0.iter().copied())
    }

    /// How many nodes there are.
    pub fn count(&self) -> u32 {
        self.0.len() as u32
    }

    /// The node of this id, if there is one.
    pub fn member(&self, node: NodeId) -> Option<Member> {
        self.0.get((node.0 as usize).checked_sub(1)?).copied()
    }

    /// The node after this one; after the last the first.
    pub fn after(&self, node: NodeId) -> NodeId {
        NodeId(node.0 % self.count() + 1)
    }
}

impl FromStr for Cluster {
    type Err = String;

    fn from_str(text: &str) -> Result<Cluster, String> {
        let members: Vec<_> = text.split(',').map(member).collect::<Result<_, _>>()?;
        let mut taken = BTreeSet::new();
        for address in members.iter().flat_map(|member| [member.peers, member.clients]) {
            if !taken.insert(address) {
                return Err(format!("{address} is given twice; each node needs ports of its own"));
            }
        }
        Ok(Cluster(members))
    }
}

fn member(text: &str) -> Result<Member, String> {
    let (address, port) = match text.trim().split_once('/') {
        Some((address, port)) => (address, Some(port)),
        None => (text.trim(), None),
    };
    let peers: SocketAddr = address.parse().map_err(|_| {
        format!("{address:?} is no address; write it as an IP address and a port: 127.0.0.1:7001")
    })?;
    let port = match port {
        Some(port) => port.parse().map_err(|_| format!("{port:?} is no port"))?,
        None => peers.port().checked_add(CLIENTS_ABOVE).ok_or_else(|| {
            format!("there is no port {CLIENTS_ABOVE} above {peers}; write {peers}/CLIENT_PORT")
        })?,
    };
    if peers.port() == 0 || port == 0 {
        return Err(format!("a port of {text:?} is 0, where nobody would find the node"));
    }
    Ok(Member { peers, clients: SocketAddr::new(peers.ip(), port) })
}
