//! What can be done to a cluster by hand. Each act is one deviation.

use std::time::Duration;

use stormglass_machine::{NodeId, RequestId, Time};

use super::Script;
use super::driver::Hold;
use crate::Scenario;
use crate::cluster::request_id;
use crate::deviation::Deviation;
use crate::faults::{
    Clog, Crash, Cut, Fate, Impaired, LateTimer, MessageFault, Pause, Plane, ReplacedDisk,
    RequestOf, Shape, SiteFires, Throttle,
};

/// The time between the last moment and an act.
const BETWEEN: Duration = Duration::from_nanos(1);

impl<S: Scenario> Script<'_, S> {
    /// Does anything that can stand in a list and has a time. That time is given to the function.
    ///
    /// # Panics
    ///
    /// If it makes no sense, as [`Deviation::check`] says, or if it has another time.
    #[track_caller]
    pub fn act(&mut self, deviation: impl FnOnce(Duration) -> Deviation<RequestOf<S>>) {
        let at = self.next_act();
        let deviation = deviation(at.since(Time::ZERO));
        assert!(
            deviation.at() == Some(at.since(Time::ZERO)),
            "an act has the time at which it is done: {deviation:?}"
        );
        self.put(deviation);
        self.again(&mut ());
        self.run_to(at);
    }

    /// A client asks a node. The answer, if one comes, is [`answer`](Script::answer).
    ///
    /// # Panics
    ///
    /// If the node is down.
    #[track_caller]
    pub fn ask(&mut self, node: NodeId, request: RequestOf<S>) -> RequestId {
        self.settle();
        self.assert_up(node);
        let (client, nth) = (0, self.asked);
        self.asked += 1;
        self.act(|at| Deviation::Request { client, nth, at, node, request });
        request_id(client, nth)
    }

    /// Crashes a node. It stays down until it is [restarted](Script::restart), or until the storm
    /// ends. What it had not flushed turns out to have reached the disk.
    ///
    /// # Panics
    ///
    /// If it is down.
    #[track_caller]
    pub fn crash(&mut self, node: NodeId) {
        self.crash_losing(node, 0);
    }

    /// Crashes a node, and with it so many of its latest records that were not flushed.
    ///
    /// # Panics
    ///
    /// If it is down.
    #[track_caller]
    pub fn crash_losing(&mut self, node: NodeId, lose: u32) {
        self.crash_when(node, None, lose);
    }

    /// Crashes a node in its next step that has more effects than this, after so many of them.
    ///
    /// # Panics
    ///
    /// If it is down.
    #[track_caller]
    pub fn crash_after_effects(&mut self, node: NodeId, effects: u32) {
        self.crash_when(node, Some(effects), 0);
    }

    #[track_caller]
    fn crash_when(&mut self, node: NodeId, after_effects: Option<u32>, lose: u32) {
        self.settle();
        self.assert_stormy();
        self.assert_up(node);
        let storm = self.world.settings.storm;
        self.act(|at| {
            let down = storm.saturating_sub(at);
            Deviation::Crash(Crash { nodes: vec![node], at, after_effects, down, lose })
        });
    }

    /// Starts a node again that has crashed.
    ///
    /// # Panics
    ///
    /// If it is up, or down for another reason than that the script has crashed it alone.
    #[track_caller]
    pub fn restart(&mut self, node: NodeId) {
        self.settle();
        self.assert_there(node);
        let Some((since, culprit)) = self.notes.down.get(&node).copied() else {
            panic!("node {node} is up and cannot be started");
        };
        let Some(position) = culprit else {
            panic!("node {node} has stopped by itself; its machine and its disk say what follows");
        };
        self.end_episode(position, since);
    }

    /// Cuts links, until they are [healed](Script::heal).
    ///
    /// # Panics
    ///
    /// If the shape makes no sense, as [`Deviation::check`] says.
    #[track_caller]
    pub fn cut(&mut self, shape: Shape) {
        self.settle();
        self.assert_stormy();
        let storm = self.world.settings.storm;
        self.act(|at| Deviation::Cut(Cut { shape, at, lasts: storm.saturating_sub(at) }));
    }

    /// Cuts all links between a node and the others, until they are [healed](Script::heal).
    #[track_caller]
    pub fn isolate(&mut self, node: NodeId) {
        self.cut(Shape::Split(vec![node]));
    }

    /// Clogs links: what is sent waits until they are [healed](Script::heal).
    ///
    /// # Panics
    ///
    /// If the shape makes no sense, as [`Deviation::check`] says.
    #[track_caller]
    pub fn clog(&mut self, shape: Shape) {
        self.settle();
        self.assert_stormy();
        let storm = self.world.settings.storm;
        self.act(|at| Deviation::Clog(Clog { shape, at, lasts: storm.saturating_sub(at) }));
    }

    /// Makes all links whole again, whatever is wrong with them.
    ///
    /// # Panics
    ///
    /// If they are.
    #[track_caller]
    pub fn heal(&mut self) {
        self.settle();
        self.assert_stormy();
        assert!(!self.network.is_whole(), "all links are whole");
        while let Some(position) = self.network.oldest() {
            let since = self.start_of(position);
            self.end_episode(position, since);
        }
    }

    /// Makes a node stand still, until it is [resumed](Script::resume).
    ///
    /// # Panics
    ///
    /// If it is down or stands still already.
    #[track_caller]
    pub fn pause(&mut self, node: NodeId) {
        self.settle();
        self.assert_stormy();
        self.assert_up(node);
        assert!(self.nodes[node.index()].paused.is_none(), "node {node} stands still already");
        let storm = self.world.settings.storm;
        self.act(|at| Deviation::Pause(Pause { node, at, lasts: storm.saturating_sub(at) }));
    }

    /// Lets a node go on.
    ///
    /// # Panics
    ///
    /// If it does not stand still.
    #[track_caller]
    pub fn resume(&mut self, node: NodeId) {
        self.settle();
        self.assert_there(node);
        let Some((_, position)) = self.nodes[node.index()].paused else {
            panic!("node {node} does not stand still");
        };
        let since = self.start_of(position);
        self.end_episode(position, since);
    }

    /// Loses the next message of this kind on a link. Of several rules for the same messages each
    /// takes the next that is left.
    #[track_caller]
    pub fn drop_next(&mut self, kind: &str, from: NodeId, to: NodeId) {
        self.fate_of_next(kind, from, to, Fate::Dropped);
    }

    /// Loses the nth message of this kind on a link, counted from 0 and from the start of the run.
    ///
    /// # Panics
    ///
    /// If it was sent already.
    #[track_caller]
    pub fn drop_nth(&mut self, kind: &str, from: NodeId, to: NodeId, nth: u32) {
        let sent = self.driver.list.sent(from, to, kind);
        assert!(nth >= sent, "{sent} {kind} were sent from node {from} to node {to} already");
        self.fate(kind, from, to, nth, Fate::Dropped);
    }

    /// Delays the next message of this kind on a link.
    #[track_caller]
    pub fn delay_next(&mut self, kind: &str, from: NodeId, to: NodeId, by: Duration) {
        self.fate_of_next(kind, from, to, Fate::Delayed { by });
    }

    /// Lets the next message of this kind on a link arrive twice, the copy so much later.
    #[track_caller]
    pub fn duplicate_next(&mut self, kind: &str, from: NodeId, to: NodeId, by: Duration) {
        self.fate_of_next(kind, from, to, Fate::Duplicated { by });
    }

    /// Corrupts the next message of this kind on a link, as the scenario says with this number.
    #[track_caller]
    pub fn corrupt_next(&mut self, kind: &str, from: NodeId, to: NodeId, value: u64) {
        self.fate_of_next(kind, from, to, Fate::Corrupted { value });
    }

    #[track_caller]
    fn fate_of_next(&mut self, kind: &str, from: NodeId, to: NodeId, fate: Fate) {
        let nth = self.driver.list.next_message(from, to, kind);
        self.fate(kind, from, to, nth, fate);
    }

    #[track_caller]
    fn fate(&mut self, kind: &str, from: NodeId, to: NodeId, nth: u32, fate: Fate) {
        let kind = kind.to_owned();
        self.rule(Deviation::Message(MessageFault { from, to, kind, nth, fate }));
    }

    /// Holds all messages of this kind on a link from now on, until they are
    /// [released](Script::release) or the storm ends.
    ///
    /// # Panics
    ///
    /// If they are held already.
    #[track_caller]
    pub fn hold(&mut self, kind: &str, from: NodeId, to: NodeId) {
        self.assert_stormy();
        self.assert_there(from.max(to));
        self.driver.hold(Hold { kind: kind.to_owned(), from, to });
    }

    /// Ends a hold: what was held arrives now, all at once, in the order in which it was sent.
    ///
    /// # Panics
    ///
    /// If nothing was held: then the script does not tell what happens.
    #[track_caller]
    pub fn release(&mut self, kind: &str, from: NodeId, to: NodeId) {
        let hold = Hold { kind: kind.to_owned(), from, to };
        let at = self.next_act();
        let Some(released) = self.driver.release(&hold, at) else {
            self.stop(&format!("there were no {}", hold.words()));
        };
        self.list.extend(released.into_iter().map(Deviation::Message));
        self.again(&mut ());
        self.run_to(at);
    }

    /// The next timer of this kind that a node sets fires so much later.
    #[track_caller]
    pub fn delay_next_timer(&mut self, kind: &str, node: NodeId, late: Duration) {
        let nth = self.driver.list.next_timer(node, kind);
        self.rule(Deviation::Timer(LateTimer { node, kind: kind.to_owned(), nth, late }));
    }

    /// The next time a node comes by one of its sites, it is asked to misbehave.
    #[track_caller]
    pub fn misbehave_next(&mut self, node: NodeId, site: &str) {
        let nth = self.driver.list.next_call(node, site);
        self.rule(Deviation::Site(SiteFires { node, site: site.to_owned(), nth }));
    }

    /// Something about the future that has no time of its own.
    #[track_caller]
    pub(super) fn rule(&mut self, deviation: Deviation<RequestOf<S>>) {
        self.assert_stormy();
        self.put(deviation);
        self.again(&mut ());
    }

    #[track_caller]
    pub(super) fn put(&mut self, deviation: Deviation<RequestOf<S>>) {
        let checked = deviation.check(self.count(), *self.scenario().nodes().end());
        checked.unwrap_or_else(|nonsense| panic!("{nonsense}: {deviation:?}"));
        self.list.push(deviation);
    }

    /// Ends what has begun then, now.
    #[track_caller]
    fn end_episode(&mut self, position: usize, since: Time) {
        let at = self.next_act();
        let span = at.since(since);
        match &mut self.list[position] {
            Deviation::Crash(Crash { nodes, down, .. }) if nodes.len() == 1 => *down = span,
            Deviation::ReplacedDisk(ReplacedDisk { down, .. }) => *down = span,
            Deviation::Cut(Cut { lasts, .. })
            | Deviation::Clog(Clog { lasts, .. })
            | Deviation::Throttle(Throttle { lasts, .. })
            | Deviation::Plane(Plane {
                is: Impaired::Cut(Cut { lasts, .. }) | Impaired::Clogged(Clog { lasts, .. }),
                ..
            })
            | Deviation::Pause(Pause { lasts, .. }) => *lasts = span,
            other => panic!("{other:?} has no end of its own"),
        }
        self.again(&mut ());
        self.run_to(at);
    }

    /// When an episode began.
    fn start_of(&self, position: usize) -> Time {
        Time::ZERO + self.list[position].at().expect("an episode has a time")
    }

    /// The time of an act that is done now.
    #[track_caller]
    fn next_act(&mut self) -> Time {
        self.settle();
        self.now() + BETWEEN
    }

    /// Lets everything happen that is still due at this moment.
    #[track_caller]
    pub(super) fn settle(&mut self) {
        assert!(!self.ended, "the run is over");
        self.run_to(self.now());
    }

    #[track_caller]
    pub(super) fn assert_stormy(&self) {
        assert!(
            self.is_stormy(),
            "the storm is over, and nothing goes wrong any more; `Settings` says how long it lasts"
        );
    }

    #[track_caller]
    pub(super) fn assert_there(&self, node: NodeId) {
        assert!(node.0 < self.count(), "there is no node {node} among {}", self.count());
    }

    #[track_caller]
    pub(super) fn assert_up(&self, node: NodeId) {
        self.assert_there(node);
        assert!(self.is_up(node), "node {node} is down");
    }
}
