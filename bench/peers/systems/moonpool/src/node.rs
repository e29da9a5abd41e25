//! A node: two connections, with a task each.

use std::io;

use futures::io::{AsyncReadExt, AsyncWriteExt};
use moonpool_sim::{NetworkProvider, SimNetworkProvider, TcpListenerTrait};
use peers_harness::Rules;

/// What a stream of this network is.
pub type Stream = <SimNetworkProvider as NetworkProvider>::TcpStream;
/// What listens on this network.
pub type Listener = <SimNetworkProvider as NetworkProvider>::TcpListener;

/// Where a node listens.
pub fn address(ip: &str) -> String {
    format!("{ip}:7000")
}

/// The game that this node opens. Returns how many messages it has received in it.
pub async fn open(network: SimNetworkProvider, right: String, rules: Rules) -> io::Result<u64> {
    let mut stream = network.connect(&right).await?;
    let first: u64 = 0;
    stream.write_all(&first.to_le_bytes()).await?;
    play(stream, rules, rules.share / 2).await
}

/// The game that the left neighbour opens. Returns how many messages this node has received in it.
pub async fn join(listener: Listener, rules: Rules) -> io::Result<u64> {
    let (stream, _) = listener.accept().await?;
    play(stream, rules, rules.share.div_ceil(2)).await
}

async fn play(mut stream: Stream, rules: Rules, expected: u64) -> io::Result<u64> {
    let mut buffer = [0; 8];
    let mut received = 0;
    while received < expected {
        stream.read_exact(&mut buffer).await?;
        received += 1;
        if let Some(answer) = rules.answer(u64::from_le_bytes(buffer)) {
            stream.write_all(&answer.to_le_bytes()).await?;
        }
    }
    Ok(received)
}
