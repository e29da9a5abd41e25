//! Clients of a register. The README shows the test.

use stormglass::history::Bounds;
use stormglass::history::models::register::{Register, RegisterOperation, RegisterResult};
use stormglass::{Clients, Env, Input, Machine, NodeId, Plain, Reply, check};

/// Node 0 keeps a number; the others send everybody there.
#[derive(Default)]
struct Store {
    value: Option<u64>,
}

/// The request that reads; any other number is to be written.
const READ: u64 = 0;

impl Machine for Store {
    type Message = ();
    type Request = u64;
    /// What the store holds, or whom to ask.
    type Response = Result<Option<u64>, NodeId>;
    type Timer = ();
    type Record = u64;

    fn restore(&mut self, record: u64) {
        self.value = Some(record);
    }

    fn step(&mut self, input: Input<Self>, env: &mut Env<Self>) {
        let Input::Request { id, request } = input else { return };
        if env.node() != NodeId(0) {
            return env.respond(id, Err(NodeId(0)));
        }
        if request != READ {
            self.value = Some(request);
            env.persist(request);
        }
        env.respond(id, Ok(self.value));
    }

    fn state(&self) -> &'static str {
        "Storing"
    }
}

// test
#[test]
fn clients_see_one_register() {
    let clients = Clients::<Store>::new(|_, answer| match *answer {
        Ok(_) => Reply::Done,
        Err(leader) => Reply::Elsewhere(Some(leader)),
    });
    let stores = Plain::new("stores", 3, |_| Store::default())
        .ask(20, |dice| dice.below(4))
        .clients(3, clients.repeat(|&request| request == READ))
        .finally("clients see one register", |world| {
            let operation = |&request: &_| match request {
                READ => Some(RegisterOperation::Read),
                value => Some(RegisterOperation::Write(value)),
            };
            let result = |&request: &_, answer: &Result<_, _>| match request {
                READ => RegisterResult::Value(answer.expect("that was not done")),
                _ => RegisterResult::Written,
            };
            world.linearizable(&Register::default(), Bounds::default(), operation, result)
        });
    check(&stores, 0..500);
}
// end
