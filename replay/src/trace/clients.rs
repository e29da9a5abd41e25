//! What passes between clients that wait for answers and nodes.

use std::collections::BTreeMap;

use stormglass_machine::{NodeId, RequestId, Time};
use stormglass_simulator::{Attempt, ClientEvent, Deviation, Fate, Scenario, Way};

use super::recorder::{Recorder, entry};
use super::words::{briefly, in_full, span};
use super::{Cause, Entry, How, Message, Passage, Place, Weight, What};

/// What is on its way between clients and nodes, by the attempt it belongs to.
#[derive(Default)]
pub(super) struct Conversations {
    /// For each client, its latest entry and the attempt it waits in.
    asking: BTreeMap<u32, (usize, Attempt)>,
    requests: Vec<(Attempt, Message)>,
    answers: Vec<(Attempt, Message)>,
}

impl Conversations {
    /// A client asks: a node, if it is known which.
    fn asks(&mut self, attempt: Attempt, number: usize, node: Option<NodeId>, kind: String) {
        self.asking.insert(attempt.client, (number, attempt));
        let to = node.map_or(Place::Network, |node| Place::Node(node.0));
        let from = Place::Client(attempt.client);
        self.requests.push((attempt, sent(from, to, kind, number)));
    }

    /// A node takes what a client has asked.
    pub(super) fn taken(&mut self, id: RequestId, node: NodeId, number: usize) -> Option<Message> {
        let attempt = Attempt::of(id);
        let position = self.requests.iter().position(|(of, _)| *of == attempt)?;
        let (_, message) = self.requests.swap_remove(position);
        Some(Message { to: Place::Node(node.0), received: Some(number), ..message })
    }

    /// A node answers.
    pub(super) fn respond(
        &mut self,
        id: RequestId,
        node: NodeId,
        (number, now): (usize, Time),
        kind: String,
    ) {
        let attempt = Attempt::of(id);
        let to = Place::Client(attempt.client);
        let message = sent(Place::Node(node.0), to, kind, number);
        self.answers.push((attempt, Message { due: now, ..message }));
    }

    /// What becomes of what is being said.
    fn fated(&mut self, client: u32, way: Way, fate: Fate) {
        let all = match way {
            Way::Request => &mut self.requests,
            Way::Answer => &mut self.answers,
        };
        let mut of_client = all.iter_mut().rev().filter(|(of, _)| of.client == client);
        if let Some((_, message)) = of_client.next() {
            message.fate = match fate {
                Fate::Dropped => Passage::Lost,
                _ => Passage::Late,
            };
        }
    }

    /// An answer arrives.
    fn answered(&mut self, attempt: Attempt, number: usize) -> Option<Message> {
        let is_it =
            |(of, message): &(Attempt, Message)| *of == attempt && message.fate != Passage::Lost;
        let position = self.answers.iter().position(is_it)?;
        let (_, message) = self.answers.remove(position);
        Some(Message { received: Some(number), ..message })
    }

    /// The run is over: whatever has never arrived.
    pub(super) fn end(self, end: Time) -> impl Iterator<Item = Message> {
        let missed = self.requests.into_iter().chain(self.answers);
        missed.map(move |(_, message)| {
            let fate = if message.fate == Passage::Lost { Passage::Lost } else { Passage::Missed };
            Message { fate, due: message.due.min(end), ..message }
        })
    }
}

fn sent(from: Place, to: Place, kind: String, number: usize) -> Message {
    let fate = Passage::OnTime;
    Message { from, to, kind, sent: number, received: None, due: Time::ZERO, fate }
}

impl<S: Scenario> Recorder<'_, S> {
    /// A client does or learns something.
    pub(super) fn client(
        &mut self,
        now: Time,
        (client, nth): (u32, u32),
        what: ClientEvent<'_, S::Machine>,
    ) {
        let Some(conversations) = &mut self.conversations else { return };
        let latest = conversations.asking.get(&client).copied();
        let follows = latest.map(|(number, _)| Cause { number, how: How::Follows });
        let number = self.trace.numbers().end;
        let (words, weight, cause) = match what {
            ClientEvent::Invoked { request } => {
                let attempt = Attempt { client, nth, attempt: 0 };
                let node = self.asked_first(client, nth);
                let Some(conversations) = &mut self.conversations else { return };
                conversations.asks(attempt, number, node, briefly(request, "request"));
                (format!("wants {}", in_full(request)), Weight::Deviates, None)
            }
            ClientEvent::AskedAgain { node } => {
                let attempt = latest.map_or(0, |(_, of)| of.attempt) + 1;
                let attempt = Attempt { client, nth, attempt };
                conversations.asks(attempt, number, Some(node), "again".to_owned());
                (format!("asks again, node {node} now"), Weight::Quiet, follows)
            }
            ClientEvent::Fated { way, fate } => {
                conversations.fated(client, way, fate);
                let what = match way {
                    Way::Request => "asks, and that",
                    Way::Answer => "is being answered, and that",
                };
                let fate = match fate {
                    Fate::Delayed { by } => format!("is delayed by {}", span(by)),
                    _ => "is lost".to_owned(),
                };
                (format!("{what} {fate}"), Weight::Deviates, follows)
            }
            ClientEvent::Answered { attempt, response } => {
                let attempt = Attempt { client, nth, attempt };
                let arrived = conversations.answered(attempt, number);
                let cause =
                    arrived.as_ref().map(|of| Cause { number: of.sent, how: How::Answered });
                self.trace.messages.extend(arrived);
                (format!("is answered: {}", in_full(response)), Weight::Matters, cause)
            }
            ClientEvent::Completed { .. } => {
                // It has just been told of the answer.
                if let Some(entry) = latest.and_then(|(number, _)| self.trace.get_mut(number)) {
                    entry.words.push_str(", and is done");
                }
                return;
            }
            ClientEvent::Failed => {
                ("knows that it has failed".to_owned(), Weight::Matters, follows)
            }
            ClientEvent::GaveUp => {
                ("gives up, and does not know".to_owned(), Weight::Matters, follows)
            }
        };
        let words = format!("client {client} {words}");
        let place = Place::Client(client);
        self.trace.push(Entry { cause, weight, ..entry(now, place, What::Client, words) });
        if let Some(conversations) = &mut self.conversations
            && let Some((latest, _)) = conversations.asking.get_mut(&client)
            && !matches!(what, ClientEvent::Fated { .. })
        {
            *latest = number;
        }
    }

    /// Which node stands in the list of deviations.
    fn asked_first(&self, client: u32, nth: u32) -> Option<NodeId> {
        self.deviations.iter().find_map(|deviation| match deviation {
            Deviation::Request { client: of, nth: number, node, .. } => {
                (*of == client && *number == nth).then_some(*node)
            }
            _ => None,
        })
    }
}
