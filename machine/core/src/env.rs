use alloc::vec::Vec;
use core::time::Duration;

use crate::{Dice, Effect, Machine, NodeId, RequestId, Sites, Time};

/// Everything a machine may know of the world besides its input, and the list it writes its
/// effects on. The same type in production and in simulation.
pub struct Env<'a, M: Machine> {
    node: NodeId,
    now: Time,
    wall: Time,
    dice: &'a mut Dice,
    effects: &'a mut Vec<Effect<M>>,
    sites: Option<&'a mut Sites>,
}

impl<'a, M: Machine> Env<'a, M> {
    /// Made by whoever runs the machine, for one step. `effects` is appended to.
    #[inline]
    pub fn new(
        node: NodeId,
        now: Time,
        wall: Time,
        dice: &'a mut Dice,
        effects: &'a mut Vec<Effect<M>>,
    ) -> Self {
        Env { node, now, wall, dice, effects, sites: None }
    }

    /// The same, for a machine that may be asked to misbehave; see
    /// [`sometimes_here`](Env::sometimes_here).
    #[inline]
    #[must_use]
    pub fn with_sites(self, sites: Option<&'a mut Sites>) -> Self {
        Env { sites, ..self }
    }

    /// For one step of a machine that is a part of this one and writes on a list of its own.
    #[inline]
    pub fn part<'b, P: Machine>(&'b mut self, effects: &'b mut Vec<Effect<P>>) -> Env<'b, P> {
        let Env { node, now, wall, .. } = *self;
        Env { node, now, wall, dice: self.dice, effects, sites: self.sites.as_deref_mut() }
    }

    /// The node this machine runs on.
    #[inline]
    pub fn node(&self) -> NodeId {
        self.node
    }

    /// The node's monotonic clock: time since some moment before the process started. It never
    /// goes back, and it cannot be compared with another node's.
    #[inline]
    pub fn now(&self) -> Time {
        self.now
    }

    /// The node's wall clock: time since the Unix epoch, as this node believes. It may be wrong,
    /// and it may go back.
    #[inline]
    pub fn wall(&self) -> Time {
        self.wall
    }

    /// The node's own dice.
    #[inline]
    pub fn dice(&mut self) -> &mut Dice {
        self.dice
    }

    /// True if the machine is to do here what it may do but rarely does: give up early, do work
    /// twice, forget what it may forget, take the worst of several right ways.
    ///
    /// It is always false in production. In a simulation some seeds make some sites true now and
    /// then, so that what is rare is tested. The machine must stay right whatever the answers are.
    /// The name is that of the site, in logs and reports.
    ///
    /// ```
    /// # use stormglass_machine::{Env, Machine};
    /// # fn is_full<M: Machine>(batch: usize, env: &mut Env<'_, M>) -> bool {
    /// batch == 64 || env.sometimes_here("a batch is sent before it is full")
    /// # }
    /// ```
    #[inline]
    pub fn sometimes_here(&mut self, site: &'static str) -> bool {
        match &mut self.sites {
            None => false,
            Some(sites) => sites.ask(self.node, site),
        }
    }

    /// Sends a message.
    #[inline]
    pub fn send(&mut self, to: NodeId, message: M::Message) {
        self.effects.push(Effect::Send { to, message });
    }

    /// Sets a timer, or moves it if it is set.
    #[inline]
    pub fn set_timer(&mut self, timer: M::Timer, after: Duration) {
        self.effects.push(Effect::SetTimer { timer, after });
    }

    /// Cancels a timer, if it is set.
    #[inline]
    pub fn cancel_timer(&mut self, timer: M::Timer) {
        self.effects.push(Effect::CancelTimer { timer });
    }

    /// Makes a record durable; everything written after this waits for it.
    #[inline]
    pub fn persist(&mut self, record: M::Record) {
        self.write(record);
        self.flush();
    }

    /// Makes a record durable that atomically replaces every record before it; everything written
    /// after this waits for it.
    #[inline]
    pub fn checkpoint(&mut self, record: M::Record) {
        self.effects.push(Effect::Checkpoint(record));
        self.flush();
    }

    /// Hands a record to the disk without waiting: until the next [`flush`](Env::flush) a crash
    /// may lose it, together with everything written after it.
    #[inline]
    pub fn write(&mut self, record: M::Record) {
        self.effects.push(Effect::Write(record));
    }

    /// Makes everything written so far durable; everything written after this waits for it.
    #[inline]
    pub fn flush(&mut self) {
        self.effects.push(Effect::Flush);
    }

    /// Answers a request.
    #[inline]
    pub fn respond(&mut self, id: RequestId, response: M::Response) {
        self.effects.push(Effect::Respond { id, response });
    }
}
