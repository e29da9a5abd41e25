//! How a node comes up: what it takes back from its disk, and how it starts.

use core::time::Duration;

use stormglass_machine::Env;

use crate::message::{Entry, Stamp};
use crate::replica::Replica;
use crate::request::{Record, Timer};
use crate::role::{Role, Signal};

impl Replica {
    pub(crate) fn take_back(&mut self, record: Record) {
        match record {
            Record::Append(entry) => self.take_back_entry(entry),
            Record::Evict { before } => self.log.evict(before),
            Record::Skip { to, base } => self.log.clear(to, base),
            Record::Truncate { to } => self.log.truncate(to),
            Record::Epoch(epoch) => self.epoch = self.epoch.max(epoch),
            Record::Bootstrapped => self.bootstrapped = true,
        }
    }

    fn take_back_entry(&mut self, entry: Entry) {
        self.epoch = self.epoch.max(entry.stamp.epoch);
        let behind_hole = entry.seq > self.log.next_seq();
        if !behind_hole || !self.hardening.recovery_stops_at_hole {
            self.log.restore(entry);
        }
    }

    pub(crate) fn start(&mut self, env: &mut Env<'_, Self>) {
        assert_eq!(env.node(), self.config.node, "a node runs with its own configuration");
        if self.log.is_empty() && !self.hardening.persisted_next_seq {
            self.log.clear(0, Stamp::default());
        }
        self.durable_tail = self.tail();
        self.coordinator.advance_tail(self.tail());
        let first_tick = self.config.heartbeat_interval + self.config.tick_phase;
        self.first_tick_at = env.now() + first_tick;
        env.set_timer(Timer::Tick, first_tick);
        if self.config.bootstrap && !self.bootstrapped {
            self.bootstrap(env);
        } else {
            let at_once = self.config.select_after.map(|_| Duration::ZERO);
            self.await_selection(at_once, env);
        }
    }

    /// Makes this node the first leader. That it has done so is durable first: after a restart,
    /// even with its log lost, it must not do it again.
    fn bootstrap(&mut self, env: &mut Env<'_, Self>) {
        env.persist(Record::Bootstrapped);
        self.bootstrapped = true;
        let path = [
            (Role::Replica, Signal::CapabilitySelected),
            (Role::Candidate, Signal::MissedHeartbeats),
            (Role::Leader, Signal::ElectionWon),
        ];
        for (target, signal) in path {
            self.transition(target, signal, env).expect("a fresh node can take each step");
        }
    }
}
