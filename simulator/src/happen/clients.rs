//! What happens between clients and nodes. Nothing of this is touched in a world whose scenario has
//! no clients that wait for answers.

use stormglass_machine::{Input, Machine, NodeId, RequestId};

use crate::clients::{Attempt, ClientEvent, MOST_CLIENTS, Step};
use crate::cluster::Occurrence;
use crate::deviation::Deviation;
use crate::{Event, Scenario, Watch, World};

impl<S: Scenario> World<'_, S> {
    /// An operation of a client is due.
    #[cold]
    #[inline(never)]
    pub(super) fn operation_is_due<W: Watch<S::Machine>>(
        &mut self,
        position: usize,
        watch: &mut W,
    ) {
        let Deviation::Request { client, .. } = self.cluster.plan[position] else {
            unreachable!("clients make requests")
        };
        // No scenario has such clients, but the log of another one may.
        if client < MOST_CLIENTS && self.cluster.clients.is_free_for(client, position) {
            self.begin_operation(position, watch);
        }
    }

    fn begin_operation<W: Watch<S::Machine>>(&mut self, position: usize, watch: &mut W) {
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
        self.client_asks(client);
    }

    /// Sends the request of a client on its way, and looks at the clock.
    fn client_asks(&mut self, client: u32) {
        let now = self.cluster.now;
        let clients = &mut self.cluster.clients;
        let (position, attempt, node) = clients.ask(client);
        let (latency, timeout) = clients.spans();
        let position = position as u32;
        self.cluster.agenda.push(now + latency, Occurrence::Ask { position, attempt, node });
        self.cluster.agenda.push(now + timeout, Occurrence::Wake { position, attempt });
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
    pub(super) fn respond(&mut self, id: RequestId, response: <S::Machine as Machine>::Response) {
        let arrives = self.cluster.now + self.cluster.clients.spans().0;
        let slot = self.cluster.clients.send(Attempt::of(id), response);
        self.cluster.agenda.push(arrives, Occurrence::Answer { slot });
    }

    /// An answer arrives at a client.
    #[cold]
    #[inline(never)]
    pub(super) fn answered<W: Watch<S::Machine>>(&mut self, slot: u32, watch: &mut W) {
        let (attempt, response) = self.cluster.clients.receive(slot);
        let Some(open) = self.cluster.clients.awaiting(attempt) else { return };
        let Deviation::Request { ref request, .. } = self.cluster.plan[open.position] else {
            unreachable!("clients make requests")
        };
        let (now, count) = (self.cluster.now, self.cluster.count());
        let step = self.cluster.clients.answered(attempt, (request, &response), (now, count));
        self.client_goes_on(attempt.client, step, Some(response), watch);
    }

    /// The pause of a client is over, or its patience.
    #[cold]
    #[inline(never)]
    pub(super) fn woken<W: Watch<S::Machine>>(
        &mut self,
        position: u32,
        attempt: u32,
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
        self.client_goes_on(client, step, None, watch);
    }

    fn client_goes_on<W: Watch<S::Machine>>(
        &mut self,
        client: u32,
        step: Step,
        response: Option<<S::Machine as Machine>::Response>,
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
                return self.client_asks(client);
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
            self.begin_operation(next, watch);
        }
    }
}
