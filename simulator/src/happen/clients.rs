//! What happens between clients and nodes. Nothing of this is touched in a world whose scenario has
//! no clients that wait for answers.

use std::time::Duration;

use stormglass_machine::{Input, Machine, NodeId, RequestId, Time};

use crate::clients::{Attempt, ClientEvent, MOST_CLIENTS, Step};
use crate::cluster::Occurrence;
use crate::decisions::{Decisions, Passage};
use crate::deviation::Deviation;
use crate::faults::{Fate, Way};
use crate::{Event, Scenario, Watch, World};

impl<S: Scenario> World<'_, S> {
    /// An operation of a client is due.
    #[cold]
    #[inline(never)]
    pub(super) fn operation_is_due<D: Decisions, W: Watch<S::Machine>>(
        &mut self,
        position: usize,
        decisions: &mut D,
        watch: &mut W,
    ) {
        let Deviation::Request { client, .. } = self.cluster.plan[position] else {
            unreachable!("clients make requests")
        };
        // No scenario has such clients, but the log of another one may.
        if client < MOST_CLIENTS && self.cluster.clients.is_free_for(client, position) {
            self.begin_operation(position, decisions, watch);
        }
    }

    fn begin_operation<D: Decisions, W: Watch<S::Machine>>(
        &mut self,
        position: usize,
        decisions: &mut D,
        watch: &mut W,
    ) {
        let Deviation::Request { client, nth, node, ref request, .. } = self.cluster.plan[position]
        else {
            unreachable!("clients make requests")
        };
        let (request, now) = (request.clone(), self.cluster.now);
        self.struck[position] = true;
        let what = ClientEvent::Invoked { request: &request };
        self.tell(watch, Event::Client { client, nth, what });
        let clients = &mut self.cluster.clients;
        clients.history_of(client).invoke(now, request);
        clients.begin(self.seed, position, Attempt { client, nth, attempt: 0 }, node);
        self.client_asks(client, decisions, watch);
    }

    /// Sends the request of a client on its way, and looks at the clock.
    fn client_asks<D: Decisions, W: Watch<S::Machine>>(
        &mut self,
        client: u32,
        decisions: &mut D,
        watch: &mut W,
    ) {
        let clients = &mut self.cluster.clients;
        let (attempt, position, node) = clients.ask(client);
        let (position, patience) = (position as u32, self.cluster.now + clients.timeout());
        let passage = Passage { attempt, way: Way::Request };
        let attempt = attempt.attempt;
        if let Some(arrives) = self.passes(passage, decisions, watch) {
            self.cluster.agenda.push(arrives, Occurrence::Ask { position, attempt, node });
        }
        self.cluster.agenda.push(patience, Occurrence::Wake { position, attempt });
    }

    /// When something arrives that a client and a node say to each other; `None` if it does not.
    fn passes<D: Decisions, W: Watch<S::Machine>>(
        &mut self,
        passage: Passage,
        decisions: &mut D,
        watch: &mut W,
    ) -> Option<Time> {
        let arrives = self.cluster.now + self.cluster.clients.latency();
        if !self.cluster.is_stormy() {
            return Some(arrives);
        }
        let fate = decisions.client_link(passage);
        let fate = fate.at_most(self.cluster.until_heal(arrives, Duration::MAX));
        if fate == Fate::Dull {
            return Some(arrives);
        }
        let Passage { attempt: Attempt { client, nth, .. }, way } = passage;
        self.tell(watch, Event::Client { client, nth, what: ClientEvent::Fated { way, fate } });
        match fate {
            Fate::Delayed { by } => Some(arrives + by),
            Fate::Dropped => None,
            Fate::Dull | Fate::Duplicated { .. } | Fate::Corrupted { .. } => Some(arrives),
        }
    }

    /// The request of a client arrives at a node.
    #[cold]
    #[inline(never)]
    pub(super) fn asked(
        &mut self,
        position: u32,
        attempt: u32,
        node: NodeId,
    ) -> Option<(NodeId, Input<S::Machine>)> {
        let slot = &mut self.cluster.nodes[node.index()];
        if !slot.takes_input() {
            slot.hold(Occurrence::Ask { position, attempt, node });
            return None;
        }
        let Deviation::Request { client, nth, ref request, .. } =
            self.cluster.plan[position as usize]
        else {
            unreachable!("clients make requests")
        };
        let attempt = Attempt { client, nth, attempt };
        let request = self.cluster.clients.stamped(attempt, request);
        Some((node, Input::Request { id: attempt.id(), request }))
    }

    /// A node answers; the answer takes its time.
    #[cold]
    #[inline(never)]
    pub(super) fn respond<D: Decisions, W: Watch<S::Machine>>(
        &mut self,
        id: RequestId,
        response: <S::Machine as Machine>::Response,
        decisions: &mut D,
        watch: &mut W,
    ) {
        let attempt = Attempt::of(id);
        if !self.cluster.clients.is_news(attempt) {
            return;
        }
        if let Some(arrives) = self.passes(Passage { attempt, way: Way::Answer }, decisions, watch)
        {
            let slot = self.cluster.clients.send(attempt, response);
            self.cluster.agenda.push(arrives, Occurrence::Answer { slot });
        }
    }

    /// An answer arrives at a client.
    #[cold]
    #[inline(never)]
    pub(super) fn answered<D: Decisions, W: Watch<S::Machine>>(
        &mut self,
        slot: u32,
        decisions: &mut D,
        watch: &mut W,
    ) {
        let (attempt, response) = self.cluster.clients.receive(slot);
        let Some(open) = self.cluster.clients.awaiting(attempt) else { return };
        let (position, Attempt { client, nth, .. }) = (open.position, attempt);
        let what = ClientEvent::Answered { attempt: attempt.attempt, response: &response };
        self.tell(watch, Event::Client { client, nth, what });
        let Deviation::Request { ref request, .. } = self.cluster.plan[position] else {
            unreachable!("clients make requests")
        };
        let (now, count) = (self.cluster.now, self.cluster.count());
        let step = self.cluster.clients.answered(attempt, (request, &response), (now, count));
        self.client_goes_on(attempt.client, step, Some(response), decisions, watch);
    }

    /// The pause of a client is over, or its patience.
    #[cold]
    #[inline(never)]
    pub(super) fn woken<D: Decisions, W: Watch<S::Machine>>(
        &mut self,
        position: u32,
        attempt: u32,
        decisions: &mut D,
        watch: &mut W,
    ) {
        if !self.cluster.is_waited_for(position, attempt) {
            return;
        }
        let Deviation::Request { client, ref request, .. } = self.cluster.plan[position as usize]
        else {
            unreachable!("clients make requests")
        };
        let count = self.cluster.count();
        let step = self.cluster.clients.woken(client, request, count);
        self.client_goes_on(client, step, None, decisions, watch);
    }

    fn client_goes_on<D: Decisions, W: Watch<S::Machine>>(
        &mut self,
        client: u32,
        step: Step,
        response: Option<<S::Machine as Machine>::Response>,
        decisions: &mut D,
        watch: &mut W,
    ) {
        let now = self.cluster.now;
        let Some(open) = self.cluster.clients.open(client) else { return };
        let (nth, position, attempt, node) =
            (open.nth, open.position as u32, open.attempt, open.node);
        let mut tell = |what| self.tell(watch, Event::Client { client, nth, what });
        match (step, response) {
            (Step::Wait, _) => return,
            (Step::Ask, _) => {
                tell(ClientEvent::AskedAgain { node });
                return self.client_asks(client, decisions, watch);
            }
            (Step::Pause(until), _) => {
                return self.cluster.agenda.push(until, Occurrence::Wake { position, attempt });
            }
            (Step::Complete, Some(response)) => {
                tell(ClientEvent::Completed { response: &response });
                self.cluster.clients.history_of(client).complete(now, response);
            }
            (Step::Complete, None) => unreachable!("only an answer completes an operation"),
            (Step::Fail, _) => {
                tell(ClientEvent::Failed);
                self.cluster.clients.history_of(client).fail(now);
            }
            (Step::GiveUp, _) => {
                tell(ClientEvent::GaveUp);
                self.cluster.clients.history_of(client).give_up(now);
            }
        }
        if let Some(next) = self.cluster.clients.end(client) {
            self.begin_operation(next, decisions, watch);
        }
    }
}
