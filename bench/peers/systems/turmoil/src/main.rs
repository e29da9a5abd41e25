//! Ping-pong on Turmoil: five hosts, each with a UDP socket.

use std::cell::Cell;
use std::net::Ipv4Addr;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use peers_harness::{NODES, Rules, Way, Work, right};
use turmoil::Builder;
use turmoil::net::UdpSocket;

const PORT: u16 = 7000;

fn main() -> ExitCode {
    peers_harness::main(&[
        Way::ping_pong("defaults", |work| run(work, &mut Builder::new())),
        Way::ping_pong("tick-of-latency", tick_of_latency),
    ])
}

/// What suits it best: time goes on in steps as long as the latency, so that each step of a host
/// has a message to deliver.
fn tick_of_latency(work: &Work) -> u64 {
    let latency = Duration::from_millis(10);
    let mut builder = Builder::new();
    builder.tick_duration(latency).min_message_latency(latency).max_message_latency(latency);
    run(work, &mut builder)
}

fn run(work: &Work, builder: &mut Builder) -> u64 {
    let rules = work.rules();
    // Far more than the games take; whoever is not done by then has lost a message.
    builder.simulation_duration(Duration::from_secs(24 * 60 * 60));
    work.each_seed(|seed| {
        let mut sim = builder.rng_seed(seed).build();
        let received: [Rc<Cell<u64>>; NODES] = Default::default();
        for (node, received) in received.iter().enumerate() {
            sim.client(name(node), play(node, rules, Rc::clone(received)));
        }
        sim.run().expect("every node receives its share");
        rules.delivered(&received.map(|received| received.get()))
    })
}

fn name(node: usize) -> String {
    format!("node-{node}")
}

async fn play(node: usize, rules: Rules, received: Rc<Cell<u64>>) -> turmoil::Result {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, PORT)).await?;
    // All others have a socket, too, before the first message is sent.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let first: u64 = 0;
    socket.send_to(&first.to_le_bytes(), (turmoil::lookup(name(right(node))), PORT)).await?;
    let mut buffer = [0; 8];
    while received.get() < rules.share {
        let (_, from) = socket.recv_from(&mut buffer).await?;
        received.set(received.get() + 1);
        if let Some(answer) = rules.answer(u64::from_le_bytes(buffer)) {
            socket.send_to(&answer.to_le_bytes(), from).await?;
        }
    }
    Ok(())
}
