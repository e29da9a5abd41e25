//! Work that grows with the cluster: many nodes, each of which writes to anybody at any time.

use std::ops::RangeInclusive;
use std::time::Duration;

use stormglass_machine::{Env, Input, Machine, NodeId};
use stormglass_simulator::{Faults, Property, Scenario, Settings, World, ensure};

/// Ten messages a second from each node on average, however many there are.
const LONGEST_PAUSE: Duration = Duration::from_millis(200);

/// Has a logical clock (Lamport 1978), and tells a random peer the time after a random pause. So
/// no two nodes are in step, and one event touches the memory of another node than the last.
pub struct Clocked {
    count: u32,
    time: u64,
}

impl Clocked {
    /// A pause of any length up to the longest, then the next message.
    fn wait(env: &mut Env<Self>) {
        let nanos = env.dice().below(LONGEST_PAUSE.as_nanos() as u64);
        env.set_timer((), Duration::from_nanos(nanos));
    }
}

impl Machine for Clocked {
    type Message = u64;
    type Request = u64;
    type Response = ();
    type Timer = ();
    type Record = u64;

    fn restore(&mut self, _: u64) {}

    fn step(&mut self, input: Input<Self>, env: &mut Env<Self>) {
        match input {
            Input::Start => Clocked::wait(env),
            Input::Timer(()) => {
                self.time += 1;
                let to = NodeId(env.dice().below(u64::from(self.count)) as u32);
                env.send(to, self.time);
                Clocked::wait(env);
            }
            Input::Message { message, .. } => self.time = self.time.max(message) + 1,
            Input::Request { .. } => {}
        }
    }

    fn state(&self) -> &'static str {
        "Ticking"
    }
}

/// So many nodes; half of the time is storm, the other half calm.
pub struct Crowd {
    pub nodes: u32,
    pub faults: Faults,
    pub lasts: Duration,
}

impl Scenario for Crowd {
    type Machine = Clocked;
    type Ghost = ();

    fn name(&self) -> &str {
        "crowd"
    }

    fn nodes(&self) -> RangeInclusive<u32> {
        self.nodes..=self.nodes
    }

    fn machine(&self, _: NodeId, count: u32) -> Clocked {
        Clocked { count, time: 0 }
    }

    fn settings(&self) -> Settings {
        let half = self.lasts / 2;
        let faults = self.faults.clone();
        Settings { storm: half, calm: half, max_events: u64::MAX, faults, ..Settings::default() }
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always("no clock ticks more than once an event", |world, node| {
            let (time, events): (_, u64) = (world.machine(node).time, World::events(world));
            ensure(time <= events, || format!("it is {time} after {events} events"))
        })]
    }
}
