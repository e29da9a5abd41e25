//! What goes out: the unfinished actions, when they are due, as often as it takes.

use core::task::Poll;

use stormglass_machine::Time;

use super::{EnvOf, Worker};
use crate::poll::poll_once;
use crate::{Action, ActionList, Bug, Execute, Message, Timer, Workflow};

impl<W: Workflow> Worker<W> {
    /// Makes known what the state says is unfinished.
    pub(super) fn register_unfinished(&mut self, now: Time) {
        self.is_ready = true;
        self.restore();
        for action in self.actions.list() {
            if let Action::Tracked(tracked) = action
                && (!self.outstanding.contains(tracked.id())
                    || self.config.planted.has(Bug::AcceptsBeforeRestore))
            {
                self.outstanding.emit(tracked.clone(), now, &self.config);
            }
        }
        self.clear_actions();
        self.note_answers();
    }

    /// Who has an answer that waits is not asked again before it is heard.
    pub(super) fn note_answers(&mut self) {
        for (id, _) in &self.completions {
            self.outstanding.answered(id);
        }
    }

    /// Puts into the container what a restart would ask for now.
    pub(super) fn restore(&mut self) {
        self.clear_actions();
        self.actions.set_room(usize::MAX);
        match poll_once(W::restore(W::view(&self.committed), &mut self.actions)) {
            Poll::Ready(Ok(())) => {}
            // To go on would be to forget what is unfinished.
            Poll::Ready(Err(error)) => panic!("the unfinished actions cannot be read: {error:?}"),
            Poll::Pending => {
                panic!("a restart has all that is committed, and has nothing to await")
            }
        }
    }

    /// Some actions are due. Those whose answer is overdue are asked for again, as a restart would.
    pub(super) fn actions_are_due(&mut self, env: &mut EnvOf<'_, W>) {
        self.wakes = None;
        let now = env.now();
        if !self.is_ready {
            self.register_unfinished(now);
        }
        if !self.outstanding.has_overdue(now) || self.config.planted.has(Bug::NeverRetries) {
            return;
        }
        self.restore();
        for action in self.actions.list() {
            if let Action::Tracked(tracked) = action {
                self.outstanding.ask_again(tracked.clone(), now);
            }
        }
        self.outstanding.drop_overdue(now);
        self.clear_actions();
    }

    /// Sends what is due and has room, and sees to it that the rest is not forgotten.
    pub(super) fn send_actions(&mut self, env: &mut EnvOf<'_, W>) {
        let now = env.now();
        while let Some((id, action)) = self.outstanding.next_to_send(now, &self.config) {
            self.transmission.nth += 1;
            let (to, transmission) = (W::system(&action), self.transmission);
            env.send(to, Message::Execute(Execute { id, action, transmission }));
        }
        let Some(after) = self.outstanding.next_due(now, &self.config) else { return };
        if after.is_zero() && self.config.planted.has(Bug::NeverRetries) {
            return;
        }
        if self.wakes != Some(now + after) {
            self.wakes = Some(now + after);
            env.set_timer(Timer::Actions, after);
        }
    }
}
