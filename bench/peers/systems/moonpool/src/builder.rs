//! As workloads of the `SimulationBuilder`: the way its documentation shows. The builder brings an
//! observability layer, guards against stalls, and assertions; all of them at their defaults.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use moonpool_sim::executor::spawn;
use moonpool_sim::{
    NetworkProvider, SimContext, SimulationBuilder, SimulationError, SimulationResult, Workload,
    buggify_reset,
};
use peers_harness::{NODES, Rules, Work, right};

use crate::node::{self, Listener};

struct Player {
    node: usize,
    rules: Rules,
    listener: Option<Listener>,
    /// What all players have received, at all seeds.
    delivered: Arc<AtomicU64>,
}

fn name(node: usize) -> String {
    format!("node-{node}")
}

fn failed(error: impl std::fmt::Display) -> SimulationError {
    SimulationError::InvalidState(error.to_string())
}

#[async_trait]
impl Workload for Player {
    fn name(&self) -> &str {
        ["node-0", "node-1", "node-2", "node-3", "node-4"][self.node]
    }

    async fn setup(&mut self, context: &SimContext) -> SimulationResult<()> {
        // The builder turns this on for each seed, and with it faults that cut connections and
        // flip bits. The work of the comparison is without faults.
        buggify_reset();
        let address = node::address(context.my_ip());
        self.listener = Some(context.network().bind(&address).await.map_err(failed)?);
        Ok(())
    }

    async fn run(&mut self, context: &SimContext) -> SimulationResult<()> {
        let neighbour = context.peer(&name(right(self.node))).ok_or_else(|| failed("alone"))?;
        let listener = self.listener.take().ok_or_else(|| failed("nobody listens"))?;
        let join = spawn("join", node::join(listener, self.rules));
        let network = context.network().clone();
        let opened = node::open(network, node::address(&neighbour), self.rules).await;
        let joined = join.await.map_err(|_| failed("the game of the left neighbour has ended"))?;
        let received = opened.map_err(failed)? + joined.map_err(failed)?;
        assert_eq!(received, self.rules.share, "each node receives its share");
        self.delivered.fetch_add(received, Ordering::Relaxed);
        Ok(())
    }
}

pub fn run(work: &Work) -> u64 {
    let delivered = Arc::new(AtomicU64::new(0));
    let mut builder = SimulationBuilder::new()
        .set_iterations(work.seeds as usize)
        .set_debug_seeds((0..work.seeds).collect());
    for node in 0..NODES {
        let (rules, delivered) = (work.rules(), Arc::clone(&delivered));
        builder = builder.workload(Player { node, rules, listener: None, delivered });
    }
    let report = builder.run();
    assert_eq!(report.failed_runs, 0, "no seed fails: {report}");
    delivered.load(Ordering::Relaxed)
}
