//! Ping-pong on AnySystem: five nodes with a process each.

use std::cell::Cell;
use std::process::ExitCode;
use std::rc::Rc;

use anysystem::{Context, Message, Process, System};
use peers_harness::{NODES, Rules, Way, Work, right};

fn main() -> ExitCode {
    peers_harness::main(&[Way::ping_pong("simulation", run)])
}

#[derive(Clone)]
struct Player {
    rules: Rules,
    right: String,
    received: Rc<Cell<u64>>,
}

fn ball(number: u64) -> Message {
    Message::new("BALL".to_owned(), number.to_string())
}

impl Process for Player {
    fn on_local_message(&mut self, _: Message, context: &mut Context) -> Result<(), String> {
        context.send(ball(0), self.right.clone());
        Ok(())
    }

    fn on_message(
        &mut self,
        message: Message,
        from: String,
        context: &mut Context,
    ) -> Result<(), String> {
        self.received.set(self.received.get() + 1);
        let number = message.data.parse().map_err(|error| format!("{message:?}: {error}"))?;
        if let Some(answer) = self.rules.answer(number) {
            context.send(ball(answer), from);
        }
        Ok(())
    }

    fn on_timer(&mut self, timer: String, _: &mut Context) -> Result<(), String> {
        Err(format!("nobody has set the timer {timer}"))
    }
}

fn run(work: &Work) -> u64 {
    let rules = work.rules();
    work.each_seed(|seed| {
        let mut system = System::new(seed);
        let received: [Rc<Cell<u64>>; NODES] = Default::default();
        for (node, received) in received.iter().enumerate() {
            let player = Player { rules, right: name(right(node)), received: Rc::clone(received) };
            system.add_node(&name(node));
            system.add_process(&name(node), Box::new(player), &name(node));
        }
        for node in 0..NODES {
            system.send_local_message(&name(node), Message::new("OPEN", ""));
        }
        system.step_until_no_events();
        rules.delivered(&received.map(|received| received.get()))
    })
}

fn name(node: usize) -> String {
    format!("node-{node}")
}
