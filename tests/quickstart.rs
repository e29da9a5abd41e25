//! The smallest test of one's own machine. The README shows these very lines.

use std::time::Duration;

use stormglass::{Env, Input, Machine, NodeId, Plain, check, ensure};

#[rustfmt::skip]
// machine
struct Gossip { best: u64 }

#[rustfmt::skip]
impl Machine for Gossip {
    type Message = u64;
    type Request = u64;
    type Response = ();
    type Timer = ();
    type Record = u64;
    fn restore(&mut self, record: u64) { self.best = record }
    fn state(&self) -> &'static str { "Gossiping" }
    fn step(&mut self, input: Input<Self>, env: &mut Env<Self>) {
        match input {
            Input::Message { message: news, .. } | Input::Request { request: news, .. } => {
                self.best = self.best.max(news);
                env.persist(self.best);
            }
            Input::Start | Input::Timer(()) => {
                env.send(NodeId((env.node().0 + 1) % 3), self.best);
                env.set_timer((), Duration::from_millis(100));
            }
        }
    }
}

// test
#[test]
fn rumours_spread() {
    let rumours = Plain::new("rumours", 3, |_| Gossip { best: 0 })
        .ask(5, |dice| 1 + dice.below(100))
        .finally("all know the same", |world| {
            let best: Vec<_> = world.live().map(|(_, gossip)| gossip.best).collect();
            ensure(best.iter().all(|one| *one == best[0]), || format!("{best:?}"))
        });
    check(&rumours, 0..500);
}
// end
