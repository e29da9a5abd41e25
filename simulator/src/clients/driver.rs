//! What is known of each client in a run, and what each does next.

use std::collections::VecDeque;
use std::hash::{Hash, Hasher};
use std::time::Duration;

use stormglass_history::{ClientId, History};
use stormglass_machine::{Dice, Machine, NodeId, Time};

use super::{Attempt, Clients, Reply};

/// All clients of a run.
pub(crate) struct Driver<M: Machine> {
    /// Nothing if nobody waits for answers.
    pub(crate) clients: Option<Clients<M>>,
    pub(crate) history: History<M::Request, M::Response>,
    /// In the order of their numbers.
    states: Vec<State>,
    /// Answers on their way.
    answers: Vec<Option<(Attempt, M::Response)>>,
    /// The empty places among the answers.
    free: Vec<u32>,
}

#[derive(Clone)]
struct State {
    client: u32,
    /// The operations, as positions in the plan, that are due while another is open.
    waiting: VecDeque<usize>,
    open: Option<Open>,
}

/// An operation that is under way.
#[derive(Clone)]
pub(crate) struct Open {
    pub(crate) position: usize,
    pub(crate) nth: u32,
    /// Which attempt this is, from 0.
    pub(crate) attempt: u32,
    /// Who is asked, or will be.
    pub(crate) node: NodeId,
    /// This attempt is yet to be made.
    pub(crate) pausing: bool,
    /// A bit for each attempt that may have taken effect, or may yet.
    doubtful: u64,
    /// A bit for each attempt to which an answer was sent: a second one is none.
    answered: u64,
    dice: Dice,
}

/// What a client does next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Step {
    /// It goes on waiting.
    Wait,
    /// It asks now.
    Ask,
    /// It asks at this time.
    Pause(Time),
    Complete,
    Fail,
    GiveUp,
}

impl<M: Machine> Driver<M> {
    pub(crate) fn new(clients: Option<Clients<M>>) -> Self {
        Driver {
            clients,
            history: History::new(),
            states: Vec::new(),
            answers: Vec::new(),
            free: Vec::new(),
        }
    }

    pub(crate) fn reset(&mut self) {
        if self.clients.is_some() {
            self.history = History::new();
            self.states.clear();
            self.answers.clear();
            self.free.clear();
        }
    }

    fn policy(&self) -> Clients<M> {
        self.clients.expect("there are clients that wait for answers")
    }

    /// How long a request or an answer takes.
    pub(crate) fn latency(&self) -> Duration {
        self.policy().latency
    }

    /// How long a client waits for an answer.
    pub(crate) fn timeout(&self) -> Duration {
        self.policy().timeout
    }

    /// What is really asked.
    pub(crate) fn stamped(&self, attempt: Attempt, request: &M::Request) -> M::Request {
        (self.policy().stamp)(attempt, request)
    }

    pub(crate) fn history_of(&mut self, client: u32) -> HistoryOf<'_, M> {
        HistoryOf { client: ClientId(client), history: &mut self.history }
    }

    fn state(&mut self, client: u32) -> &mut State {
        let place = self.states.binary_search_by_key(&client, |state| state.client);
        let place = place.unwrap_or_else(|place| {
            self.states.insert(place, State { client, waiting: VecDeque::new(), open: None });
            place
        });
        &mut self.states[place]
    }

    /// The operation of a client that is under way.
    pub(crate) fn open(&self, client: u32) -> Option<&Open> {
        let place = self.states.binary_search_by_key(&client, |state| state.client).ok()?;
        self.states[place].open.as_ref()
    }

    /// Lets a client wait with an operation if it is busy; true if it can begin.
    pub(crate) fn is_free_for(&mut self, client: u32, position: usize) -> bool {
        let state = self.state(client);
        if state.open.is_some() {
            state.waiting.push_back(position);
        }
        state.open.is_none()
    }

    pub(crate) fn begin(
        &mut self,
        seed: u64,
        position: usize,
        Attempt { client, nth, attempt }: Attempt,
        node: NodeId,
    ) {
        let dice = Dice::new(seed, "client", u64::from(client) << 32 | u64::from(nth));
        let open =
            Open { position, nth, attempt, node, pausing: false, doubtful: 0, answered: 0, dice };
        self.state(client).open = Some(open);
    }

    /// An operation is over; the position of the one that the client has next, if it is due.
    pub(crate) fn end(&mut self, client: u32) -> Option<usize> {
        let state = self.state(client);
        state.open = None;
        state.waiting.pop_front()
    }

    /// Books that the attempt is being made: for the operation at which position, and who is asked.
    pub(crate) fn ask(&mut self, client: u32) -> (Attempt, usize, NodeId) {
        let open = self.state(client).open.as_mut().expect("who asks has an operation");
        open.pausing = false;
        open.doubtful |= 1 << open.attempt;
        (Attempt { client, nth: open.nth, attempt: open.attempt }, open.position, open.node)
    }

    /// True if this is the first answer to an attempt, and the client still wants to know.
    pub(crate) fn is_news(&mut self, attempt: Attempt) -> bool {
        let awaited = self.awaiting(attempt).is_some();
        if !awaited {
            return false;
        }
        let open = self.state(attempt.client).open.as_mut().expect("it is awaited");
        let bit = 1 << attempt.attempt;
        let first = open.answered & bit == 0;
        open.answered |= bit;
        first
    }

    /// Sends an answer on its way; its number.
    pub(crate) fn send(&mut self, attempt: Attempt, response: M::Response) -> u32 {
        let answer = Some((attempt, response));
        if let Some(slot) = self.free.pop() {
            self.answers[slot as usize] = answer;
            return slot;
        }
        self.answers.push(answer);
        self.answers.len() as u32 - 1
    }

    /// An answer arrives.
    pub(crate) fn receive(&mut self, slot: u32) -> (Attempt, M::Response) {
        self.free.push(slot);
        self.answers[slot as usize].take().expect("an answer arrives once")
    }

    /// An answer that is on its way.
    pub(crate) fn on_its_way(&self, slot: u32) -> Option<&(Attempt, M::Response)> {
        self.answers[slot as usize].as_ref()
    }

    /// The operation that an answer to this attempt is about, if the client still wants to know.
    pub(crate) fn awaiting(&self, attempt: Attempt) -> Option<&Open> {
        let open = self.open(attempt.client)?;
        (open.nth == attempt.nth && attempt.attempt <= open.attempt).then_some(open)
    }

    /// What a client does that gets an answer for which it waits.
    pub(crate) fn answered(
        &mut self,
        attempt: Attempt,
        (request, response): (&M::Request, &M::Response),
        (now, count): (Time, u32),
    ) -> Step {
        let clients = self.policy();
        let open = self.state(attempt.client).open.as_mut().expect("it waits for it");
        let latest = attempt.attempt == open.attempt && !open.pausing;
        let reply = (clients.reply)(request, response);
        if matches!(reply, Reply::Failed | Reply::Elsewhere(_)) {
            open.doubtful &= !(1 << attempt.attempt);
        }
        match reply {
            Reply::Done => Step::Complete,
            // What has become of an earlier attempt is no reason to do anything about this one.
            _ if !latest => Step::Wait,
            Reply::Failed => open.lost(),
            Reply::Unclear(_) if !(clients.repeat)(request) => Step::GiveUp,
            Reply::Elsewhere(hint) | Reply::Unclear(hint) => {
                if !open.next_attempt(&clients) {
                    return open.lost();
                }
                match hint.filter(|hint| *hint != open.node && hint.0 < count) {
                    Some(hint) => {
                        open.node = hint;
                        Step::Ask
                    }
                    None => Step::Pause(open.pause(&clients, now, count)),
                }
            }
        }
    }

    /// What a client does when its pause is over, or its patience.
    pub(crate) fn woken(&mut self, client: u32, request: &M::Request, count: u32) -> Step {
        let clients = self.policy();
        let open = self.state(client).open.as_mut().expect("who is woken has an operation");
        if open.pausing {
            return Step::Ask;
        }
        if !(clients.repeat)(request) || !open.next_attempt(&clients) {
            return Step::GiveUp;
        }
        open.go_elsewhere(count);
        Step::Ask
    }
}

impl Open {
    /// True if there is one more attempt.
    fn next_attempt<M: Machine>(&mut self, clients: &Clients<M>) -> bool {
        let more = self.attempt + 1 < clients.attempts;
        self.attempt += u32::from(more);
        more
    }

    /// How an operation ends for which the client asks no more.
    fn lost(&self) -> Step {
        if self.doubtful == 0 { Step::Fail } else { Step::GiveUp }
    }

    /// Until when it waits before it asks any other node.
    fn pause<M: Machine>(&mut self, clients: &Clients<M>, now: Time, count: u32) -> Time {
        self.go_elsewhere(count);
        self.pausing = true;
        let pause = clients.pause.as_nanos() as u64;
        now + clients.pause + Duration::from_nanos(self.dice.within(0..=pause))
    }

    /// Chooses another node, if there is one.
    fn go_elsewhere(&mut self, count: u32) {
        if count > 1 {
            let other = self.dice.below(u64::from(count) - 1) as u32;
            self.node = NodeId(other + u32::from(other >= self.node.0));
        }
    }
}

impl<M: Machine> Clone for Driver<M> {
    fn clone(&self) -> Self {
        Driver {
            clients: self.clients,
            history: self.history.clone(),
            states: self.states.clone(),
            answers: self.answers.clone(),
            free: self.free.clone(),
        }
    }
}

/// What the future depends on.
impl<M: Machine> Hash for Driver<M> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        for State { client, waiting, open } in &self.states {
            (client, waiting).hash(hasher);
            if let Some(Open { nth, attempt, node, pausing, doubtful, answered, dice, .. }) = open {
                (nth, attempt, node, pausing, doubtful, answered, dice.position()).hash(hasher);
            }
        }
    }
}

/// The history, as the calls of one client are added to it. What does not fit would be a mistake of
/// the driver.
pub(crate) struct HistoryOf<'d, M: Machine> {
    client: ClientId,
    history: &'d mut History<M::Request, M::Response>,
}

const FITS: &str = "a client has one operation at a time, and time goes on";

impl<M: Machine> HistoryOf<'_, M> {
    pub(crate) fn invoke(self, now: Time, request: M::Request) {
        self.history.invoke(self.client, now.as_nanos(), request).expect(FITS);
    }

    pub(crate) fn complete(self, now: Time, response: M::Response) {
        self.history.complete(self.client, now.as_nanos(), response).expect(FITS);
    }

    pub(crate) fn fail(self, now: Time) {
        self.history.fail(self.client, now.as_nanos()).expect(FITS);
    }

    pub(crate) fn give_up(self, now: Time) {
        self.history.unknown(self.client, now.as_nanos()).expect(FITS);
    }
}
