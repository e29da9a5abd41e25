//! The game on the simulator.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use madsim::Config;
use madsim::net::Endpoint;
use madsim::runtime::Runtime;
use peers_harness::{NODES, Rules, Work, right};

/// Tells messages of the game from others.
const TAG: u64 = 0;

pub fn run(work: &Work) -> u64 {
    let rules = work.rules();
    work.each_seed(|seed| {
        let runtime = Runtime::with_seed_and_config(seed, Config::default());
        let players: Vec<_> = (0..NODES)
            .map(|node| {
                let host = runtime.create_node().ip(address(node).ip()).build();
                host.spawn(play(node, rules))
            })
            .collect();
        let received = runtime.block_on(async {
            let mut received = Vec::new();
            for player in players {
                let count = player.await.expect("a player comes to its end");
                received.push(count.expect("the network works"));
            }
            received
        });
        rules.delivered(&received)
    })
}

fn address(node: usize) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, node as u8 + 1], 7000))
}

async fn play(node: usize, rules: Rules) -> io::Result<u64> {
    let endpoint = Endpoint::bind(address(node)).await?;
    // All others have an endpoint, too, before the first message is sent.
    madsim::time::sleep(Duration::from_secs(1)).await;
    let first: u64 = 0;
    endpoint.send_to(address(right(node)), TAG, &first.to_le_bytes()).await?;
    let mut buffer = [0; 8];
    let mut received = 0;
    while received < rules.share {
        let (_, from) = endpoint.recv_from(TAG, &mut buffer).await?;
        received += 1;
        if let Some(answer) = rules.answer(u64::from_le_bytes(buffer)) {
            endpoint.send_to(from, TAG, &answer.to_le_bytes()).await?;
        }
    }
    Ok(received)
}
