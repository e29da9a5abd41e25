//! On the simulated world alone: a loop takes one event after the other and lets all tasks run that
//! it has woken.

use moonpool_sim::executor::{Executor, spawn, until_stalled};
use moonpool_sim::{ChaosConfiguration, NetworkConfiguration, NetworkProvider, SimWorld};
use peers_harness::{NODES, Work, right};

use crate::node;

pub fn run(work: &Work) -> u64 {
    let rules = work.rules();
    work.each_seed(|seed| {
        // The latencies are the usual ones.
        let chaos = ChaosConfiguration::disabled();
        let network = NetworkConfiguration { chaos, ..NetworkConfiguration::default() };
        let mut world = SimWorld::new_with_network_config_and_seed(network, seed);
        let received = Executor::new(seed).block_on(async {
            let mut players = Vec::new();
            for node in 0..NODES {
                let network = world.network_provider();
                let listener = network.bind(&address(node)).await.expect("the address is free");
                let join = spawn("join", node::join(listener, rules));
                let open = spawn("open", node::open(network, address(right(node)), rules));
                players.push([open, join]);
            }
            loop {
                until_stalled().await;
                if players.iter().flatten().all(|player| player.is_finished()) {
                    break;
                }
                assert!(
                    world.has_pending_events(),
                    "nothing is on its way, and a game is not over"
                );
                world.step();
            }
            let mut received = [0; NODES];
            for (count, games) in received.iter_mut().zip(players) {
                for game in games {
                    *count += game.await.expect("a game comes to its end").expect("it works");
                }
            }
            received
        });
        rules.delivered(&received)
    })
}

fn address(node: usize) -> String {
    node::address(&format!("10.0.1.{}", node + 1))
}
