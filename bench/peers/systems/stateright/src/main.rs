//! Ping-pong on Stateright's actor model, run by its simulation checker: random walks through the
//! states, one walk a seed, with every state fingerprinted and the property checked in it.

use std::borrow::Cow;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use peers_harness::{NODES, Rules, Way, Work, right};
use stateright::actor::{Actor, ActorModel, ActorModelState, Id, Network, Out};
use stateright::{Checker, Expectation, Model, UniformChooser};

fn main() -> ExitCode {
    peers_harness::main(&[Way::ping_pong("simulation", run)])
}

struct Player {
    rules: Rules,
}

impl Actor for Player {
    type Msg = u64;
    type State = u64;
    type Timer = ();
    type Storage = ();
    type Random = ();

    fn on_start(&self, id: Id, _: &Option<()>, out: &mut Out<Self>) -> u64 {
        out.send(Id::from(right(id.into())), 0);
        0
    }

    fn on_msg(&self, _: Id, received: &mut Cow<u64>, from: Id, number: u64, out: &mut Out<Self>) {
        *received.to_mut() += 1;
        if let Some(answer) = self.rules.answer(number) {
            out.send(from, answer);
        }
    }
}

/// What the property knows besides the state.
struct Referee {
    rules: Rules,
    /// What was received in the walks that have come to their end.
    delivered: Arc<AtomicU64>,
}

type Game = ActorModel<Player, Referee>;

/// What must hold in each state. The last state of a walk is also the place to see what was
/// received: the checker keeps no states.
fn no_node_has_more_than_its_share(game: &Game, state: &ActorModelState<Player>) -> bool {
    let Referee { rules, delivered } = &game.cfg;
    let mut received = [0; NODES];
    for (count, state) in received.iter_mut().zip(&state.actor_states) {
        *count = **state;
    }
    if received == [rules.share; NODES] {
        delivered.fetch_add(rules.delivered(&received), Ordering::Relaxed);
    }
    received.iter().all(|count| *count <= rules.share)
}

fn run(work: &Work) -> u64 {
    let rules = work.rules();
    let delivered = Arc::new(AtomicU64::new(0));
    let referee = Referee { rules, delivered: Arc::clone(&delivered) };
    // A walk has one state more than it has messages. When it has none left, the checker goes on
    // with the next seed, until it has seen that many states.
    let states = work.seeds * (work.messages + 1);
    let checker = Game::new(referee, ())
        .actors((0..NODES).map(|_| Player { rules }))
        .init_network(Network::new_unordered_nonduplicating([]))
        .property(Expectation::Always, "no more than its share", no_node_has_more_than_its_share)
        .checker()
        .target_state_count(states as usize)
        .spawn_simulation(0, UniformChooser)
        .join();
    assert!(checker.discoveries().is_empty(), "the property holds");
    delivered.load(Ordering::Relaxed)
}
