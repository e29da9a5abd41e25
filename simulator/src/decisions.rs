//! Who decides the fate of a message, a timer, a flush: one interface and its drivers. The world
//! cannot tell which of them is driving.

use std::hash::BuildHasherDefault;
use std::time::Duration;

use hashbrown::HashMap;
use stormglass_machine::{Dice, Firing, NodeId, Sites};

use crate::chain::Chain;
use crate::deviation::Deviation;
use crate::disk::RecordFate;
use crate::faults::{
    FailingFlush, Fate, LateTimer, LostFlush, MessageFault, MisdirectedWrite, Odds, RottenRecord,
    SiteFires, SlowFlush, TornRecord,
};

mod clients;
mod disk;

use clients::ClientFates;
pub(crate) use clients::{ClientChances, Passage};
use disk::DiskFates;
pub(crate) use disk::{DiskChances, FlushFate};

/// Decides what does not follow from the plan of a run. Asked exactly once for each message sent,
/// each timer set and each flush of the storm, in the order in which they happen.
pub(crate) trait Decisions {
    /// The fate of a message.
    fn message(&mut self, from: NodeId, to: NodeId, kind: &'static str) -> Fate;
    /// How late a timer fires.
    fn timer(&mut self, node: NodeId, kind: &'static str) -> Duration;
    /// What becomes of a flush; of a node whose durable data may be destroyed, or not.
    fn flush(&mut self, node: NodeId, losable: bool) -> FlushFate;
    /// What becomes of a record, by its number; asked only if durable data may be destroyed.
    fn record(&mut self, node: NodeId, nth: u32) -> RecordFate;
    /// Which of these records a crash tears; asked only if it comes while there are any that are
    /// not durable.
    fn torn(&mut self, node: NodeId, first: u32, last: u32) -> Option<u32>;
    /// The fate of what passes between a client and a node.
    fn client_link(&mut self, passage: Passage) -> Fate;
    /// What machines ask whether they are to misbehave; `None` if they never are. It answers by
    /// itself, in the middle of a step, and is closed when the storm ends.
    fn sites(&mut self) -> Option<&mut Sites>;
    /// Is told of each site that has fired, after the step.
    fn fired(&mut self, node: NodeId, firing: Firing);
}

/// Draws fates from a seed.
pub(crate) struct Search {
    odds: Odds,
    /// How many messages in a million have another fate than the dull one.
    faulty: u32,
    network: Dice,
    garbage: Dice,
    timers: Dice,
    disks: Dice,
    disk_faults: DiskChances,
    client_links: ClientChances,
    pub(crate) sites: Option<Box<Sites>>,
}

impl Search {
    /// `sites` are those that a scenario allows; this seed may leave all of them alone.
    pub(crate) fn new(
        seed: u64,
        odds: Odds,
        disk_faults: DiskChances,
        client_links: ClientChances,
        mut sites: Option<Box<Sites>>,
    ) -> Self {
        let dice = |purpose| Dice::new(seed, purpose, 0);
        let (network, timers, disks) = (dice("network"), dice("timers"), dice("disks"));
        let (garbage, faulty) =
            (dice("garbage"), odds.drop + odds.duplicate + odds.delay + odds.corrupt);
        if let Some(sites) = &mut sites {
            match dice("swarm-sites").per_million(500_000) {
                true => sites.draw(seed),
                false => sites.list([]),
            }
        }
        Search { odds, faulty, network, garbage, timers, disks, disk_faults, client_links, sites }
    }

    /// The fate of a message that has drawn a number below `faulty`.
    fn fault(&mut self, draw: u32) -> Fate {
        let Odds { drop, duplicate, delay, longest, .. } = self.odds;
        if draw < drop {
            Fate::Dropped
        } else if draw < drop + duplicate {
            Fate::Duplicated { by: long_tailed(&mut self.network, longest) }
        } else if draw < drop + duplicate + delay {
            Fate::Delayed { by: long_tailed(&mut self.network, longest) }
        } else {
            Fate::Corrupted { value: self.garbage.next_u64() }
        }
    }
}

/// Up to the longest, at least a microsecond; each halving is as likely as the next.
fn long_tailed(dice: &mut Dice, longest: Duration) -> Duration {
    let micros = (longest.as_micros() as u64 >> dice.below(8)).max(1);
    Duration::from_micros(1 + dice.below(micros))
}

impl Decisions for Search {
    #[inline]
    fn message(&mut self, _: NodeId, _: NodeId, _: &'static str) -> Fate {
        // Most messages are dull: they are told from the others by one comparison.
        if self.faulty == 0 {
            return Fate::Dull;
        }
        let draw = self.network.below(1_000_000) as u32;
        if draw >= self.faulty { Fate::Dull } else { self.fault(draw) }
    }

    #[inline]
    fn timer(&mut self, _: NodeId, _: &'static str) -> Duration {
        let Odds { late_timer, longest, .. } = self.odds;
        if late_timer == 0 || !self.timers.per_million(late_timer) {
            return Duration::ZERO;
        }
        long_tailed(&mut self.timers, longest)
    }

    #[inline]
    fn flush(&mut self, _: NodeId, losable: bool) -> FlushFate {
        let mut fate = self.disk_faults.flush(losable);
        let Odds { slow_flush, longest, .. } = self.odds;
        if slow_flush > 0 && self.disks.per_million(slow_flush) {
            fate.slow = long_tailed(&mut self.disks, longest);
        }
        fate
    }

    fn record(&mut self, _: NodeId, _: u32) -> RecordFate {
        self.disk_faults.record()
    }

    fn torn(&mut self, _: NodeId, first: u32, last: u32) -> Option<u32> {
        self.disk_faults.torn(first, last)
    }

    fn client_link(&mut self, _: Passage) -> Fate {
        self.client_links.fate()
    }

    #[inline]
    fn sites(&mut self) -> Option<&mut Sites> {
        self.sites.as_deref_mut()
    }

    #[inline]
    fn fired(&mut self, _: NodeId, _: Firing) {}
}

/// What an occurrence is about: a message on a link, a timer, a flush or a site of a node.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum About {
    Message(NodeId, NodeId, u16),
    Timer(NodeId, u16),
    Flush(NodeId),
    Site(NodeId, u16),
}

/// Tables are only ever looked things up in, never walked, and their hasher is fixed.
pub(crate) type Table<K, V> = HashMap<K, V, BuildHasherDefault<Chain>>;

/// Gives each occurrence its number, from 0, among those of its name.
#[derive(Clone, Default)]
struct Names {
    kinds: Vec<String>,
    /// The address of each kind's text that was met, and which kind it is.
    met: Table<(usize, usize), u16>,
    counts: Table<About, u32>,
}

impl Names {
    fn kind(&mut self, kind: &str) -> u16 {
        if let Some(known) = self.kinds.iter().position(|known| known == kind) {
            return known as u16;
        }
        self.kinds.push(kind.to_owned());
        u16::try_from(self.kinds.len() - 1).expect("a protocol has fewer than 65,536 kinds")
    }

    fn static_kind(&mut self, kind: &'static str) -> u16 {
        let address = (kind.as_ptr().addr(), kind.len());
        if let Some(known) = self.met.get(&address) {
            return *known;
        }
        let known = self.kind(kind);
        self.met.insert(address, known);
        known
    }

    fn nth(&mut self, about: About) -> u32 {
        let count = self.counts.entry(about).or_default();
        *count += 1;
        *count - 1
    }

    /// How many messages of this kind were sent on a link, timers of this kind set at a node.
    fn count(&self, kind: &str, about: impl Fn(u16) -> About) -> u32 {
        let known = self.kinds.iter().position(|known| known == kind);
        known.map_or(0, |known| self.next(about(known as u16)))
    }

    /// The number that the next one gets.
    fn next(&self, about: About) -> u32 {
        self.counts.get(&about).copied().unwrap_or(0)
    }
}

/// Lets another decide, and writes down what was not dull.
pub(crate) struct Recorder<D, R> {
    pub(crate) inner: D,
    names: Names,
    pub(crate) recorded: Vec<Deviation<R>>,
}

impl<D, R> Recorder<D, R> {
    pub(crate) fn new(inner: D) -> Self {
        Recorder { inner, names: Names::default(), recorded: Vec::new() }
    }
}

impl<D: Decisions, R> Decisions for Recorder<D, R> {
    fn message(&mut self, from: NodeId, to: NodeId, kind: &'static str) -> Fate {
        let known = self.names.static_kind(kind);
        let nth = self.names.nth(About::Message(from, to, known));
        let fate = self.inner.message(from, to, kind);
        if fate != Fate::Dull {
            self.recorded.push(Deviation::Message(MessageFault {
                from,
                to,
                kind: kind.to_owned(),
                nth,
                fate,
            }));
        }
        fate
    }

    fn timer(&mut self, node: NodeId, kind: &'static str) -> Duration {
        let known = self.names.static_kind(kind);
        let nth = self.names.nth(About::Timer(node, known));
        let late = self.inner.timer(node, kind);
        if late > Duration::ZERO {
            self.recorded.push(Deviation::Timer(LateTimer {
                node,
                kind: kind.to_owned(),
                nth,
                late,
            }));
        }
        late
    }

    fn flush(&mut self, node: NodeId, losable: bool) -> FlushFate {
        let nth = self.names.nth(About::Flush(node));
        let fate = self.inner.flush(node, losable);
        let FlushFate { slow, fails: times, lose, lost } = fate;
        if slow > Duration::ZERO {
            self.recorded.push(Deviation::Flush(SlowFlush { node, nth, slow }));
        }
        if times > 0 {
            let failing = FailingFlush { node, nth, times, lose };
            self.recorded.push(Deviation::FailingFlush(failing));
        }
        if lost {
            self.recorded.push(Deviation::LostFlush(LostFlush { node, nth }));
        }
        fate
    }

    fn record(&mut self, node: NodeId, nth: u32) -> RecordFate {
        let fate = self.inner.record(node, nth);
        match fate {
            RecordFate::Sound => {}
            RecordFate::Rotten => {
                self.recorded.push(Deviation::RottenRecord(RottenRecord { node, nth }));
            }
            RecordFate::Misdirected { back } => {
                let misdirected = MisdirectedWrite { node, nth, back };
                self.recorded.push(Deviation::MisdirectedWrite(misdirected));
            }
        }
        fate
    }

    fn torn(&mut self, node: NodeId, first: u32, last: u32) -> Option<u32> {
        let nth = self.inner.torn(node, first, last)?;
        self.recorded.push(Deviation::TornRecord(TornRecord { node, nth }));
        Some(nth)
    }

    fn client_link(&mut self, passage: Passage) -> Fate {
        let fate = self.inner.client_link(passage);
        if fate != Fate::Dull {
            self.recorded.push(Deviation::ClientLink(passage.with(fate)));
        }
        fate
    }

    fn sites(&mut self) -> Option<&mut Sites> {
        self.inner.sites()
    }

    fn fired(&mut self, node: NodeId, Firing { site, nth }: Firing) {
        self.recorded.push(Deviation::Site(SiteFires { node, site: site.to_owned(), nth }));
    }
}

/// Decides as a list of deviations says; everything it does not name is dull.
#[derive(Clone)]
pub(crate) struct Replay {
    names: Names,
    fates: Table<(About, u32), (usize, Fate)>,
    spans: Table<(About, u32), (usize, Duration)>,
    disk_fates: DiskFates,
    client_fates: ClientFates,
    sites: Sites,
    firings: Table<(About, u32), usize>,
    /// For each deviation of the list, whether it matched something that happened.
    pub(crate) matched: Vec<bool>,
}

impl Replay {
    pub(crate) fn new<R>(deviations: &[Deviation<R>]) -> Self {
        let mut replay = Replay {
            names: Names::default(),
            fates: Table::default(),
            spans: Table::default(),
            disk_fates: DiskFates::default(),
            client_fates: ClientFates::default(),
            sites: Sites::default(),
            firings: Table::default(),
            matched: Vec::with_capacity(deviations.len()),
        };
        deviations.iter().for_each(|deviation| replay.add(deviation));
        let sites = deviations.iter().filter_map(|deviation| match deviation {
            Deviation::Site(SiteFires { node, site, nth }) => Some((*node, site.clone(), *nth)),
            _ => None,
        });
        replay.sites.list(sites);
        replay
    }

    /// One more deviation of the list. When sites fire is said once for all.
    pub(crate) fn add<R>(&mut self, deviation: &Deviation<R>) {
        let position = self.matched.len();
        self.matched.push(false);
        match deviation {
            Deviation::Message(MessageFault { from, to, kind, nth, fate }) => {
                let about = About::Message(*from, *to, self.names.kind(kind));
                self.fates.insert((about, *nth), (position, *fate));
            }
            Deviation::Timer(LateTimer { node, kind, nth, late }) => {
                let about = About::Timer(*node, self.names.kind(kind));
                self.spans.insert((about, *nth), (position, *late));
            }
            Deviation::Site(SiteFires { node, site, nth }) => {
                let about = About::Site(*node, self.names.kind(site));
                self.firings.insert((about, *nth), position);
            }
            other => {
                self.disk_fates.add(position, other);
                self.client_fates.add(position, other);
            }
        }
    }

    /// True if what decides over this deviation has not been asked yet, as far as that is decided
    /// here and by a number.
    pub(crate) fn is_to_come<R>(&self, deviation: &Deviation<R>) -> bool {
        match deviation {
            Deviation::Message(MessageFault { from, to, kind, nth, .. }) => {
                self.names.count(kind, |kind| About::Message(*from, *to, kind)) <= *nth
            }
            Deviation::Timer(LateTimer { node, kind, nth, .. }) => {
                self.names.count(kind, |kind| About::Timer(*node, kind)) <= *nth
            }
            Deviation::Flush(SlowFlush { node, nth, .. })
            | Deviation::FailingFlush(FailingFlush { node, nth, .. }) => {
                self.flushes(*node) <= *nth
            }
            _ => false,
        }
    }

    /// The number of a message that is being sent, and its fate.
    pub(crate) fn numbered(&mut self, from: NodeId, to: NodeId, kind: &'static str) -> (u32, Fate) {
        let about = About::Message(from, to, self.names.static_kind(kind));
        let nth = self.names.nth(about);
        let Some((position, fate)) = self.fates.get(&(about, nth)) else {
            return (nth, Fate::Dull);
        };
        self.matched[*position] = true;
        (nth, *fate)
    }

    /// The number of a timer that is being set, and how late it is.
    pub(crate) fn numbered_timer(&mut self, node: NodeId, kind: &'static str) -> (u32, Duration) {
        let about = About::Timer(node, self.names.static_kind(kind));
        let nth = self.names.nth(about);
        let Some((position, span)) = self.spans.get(&(about, nth)) else {
            return (nth, Duration::ZERO);
        };
        self.matched[*position] = true;
        (nth, *span)
    }

    /// How many flushes a node has asked for.
    pub(crate) fn flushes(&self, node: NodeId) -> u32 {
        self.names.next(About::Flush(node))
    }

    /// The number of the next message of this kind on a link about which the list says nothing.
    pub(crate) fn next_message(&mut self, from: NodeId, to: NodeId, kind: &str) -> u32 {
        let about = About::Message(from, to, self.names.kind(kind));
        self.next(about, |nth| self.fates.contains_key(&(about, nth)))
    }

    /// How many messages of this kind were sent on a link.
    pub(crate) fn sent(&mut self, from: NodeId, to: NodeId, kind: &str) -> u32 {
        let about = About::Message(from, to, self.names.kind(kind));
        self.names.next(about)
    }

    /// The number of the next timer of this kind about which the list says nothing.
    pub(crate) fn next_timer(&mut self, node: NodeId, kind: &str) -> u32 {
        let about = About::Timer(node, self.names.kind(kind));
        self.next(about, |nth| self.spans.contains_key(&(about, nth)))
    }

    /// The number of the next flush about which the list says nothing.
    pub(crate) fn next_flush(&self, node: NodeId) -> u32 {
        self.next(About::Flush(node), |nth| self.disk_fates.knows_flush((node, nth)))
    }

    /// The number of the next record about which the list says nothing, after so many.
    pub(crate) fn next_record(&self, node: NodeId, written: u32) -> u32 {
        let is_free = |nth: &u32| !self.disk_fates.knows_record((node, *nth));
        (written..).find(is_free).expect("one is free")
    }

    /// The number of the next call at a site about which the list says nothing.
    pub(crate) fn next_call(&mut self, node: NodeId, site: &str) -> u32 {
        let about = About::Site(node, self.names.kind(site));
        let calls = self.sites.calls(node, site);
        (calls..).find(|nth| !self.firings.contains_key(&(about, *nth))).expect("one is free")
    }

    fn next(&self, about: About, is_listed: impl Fn(u32) -> bool) -> u32 {
        (self.names.next(about)..).find(|nth| !is_listed(*nth)).expect("one is free")
    }
}

impl Decisions for Replay {
    fn message(&mut self, from: NodeId, to: NodeId, kind: &'static str) -> Fate {
        self.numbered(from, to, kind).1
    }

    fn timer(&mut self, node: NodeId, kind: &'static str) -> Duration {
        self.numbered_timer(node, kind).1
    }

    fn flush(&mut self, node: NodeId, losable: bool) -> FlushFate {
        let nth = self.names.nth(About::Flush(node));
        self.disk_fates.flush((node, nth), losable, &mut self.matched)
    }

    fn record(&mut self, node: NodeId, nth: u32) -> RecordFate {
        self.disk_fates.record((node, nth), &mut self.matched)
    }

    fn torn(&mut self, node: NodeId, first: u32, last: u32) -> Option<u32> {
        self.disk_fates.torn(node, first, last, &mut self.matched)
    }

    fn client_link(&mut self, passage: Passage) -> Fate {
        self.client_fates.fate(passage, &mut self.matched)
    }

    fn sites(&mut self) -> Option<&mut Sites> {
        Some(&mut self.sites)
    }

    fn fired(&mut self, node: NodeId, Firing { site, nth }: Firing) {
        let about = About::Site(node, self.names.static_kind(site));
        if let Some(position) = self.firings.get(&(about, nth)) {
            self.matched[*position] = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clients::Attempt;
    use crate::faults::Way;

    const A: NodeId = NodeId(0);
    const B: NodeId = NodeId(1);

    type Answers = (Fate, Duration, FlushFate, RecordFate, Option<u32>, Fate);

    /// Asks a driver a few hundred things and lists its answers.
    fn interview(driver: &mut impl Decisions) -> Vec<Answers> {
        let kinds = ["Vote", "Append"];
        (0..300)
            .map(|turn| {
                let (from, to) = if turn % 3 == 0 { (A, B) } else { (B, A) };
                let kind = kinds[turn as usize % 2];
                let fate = driver.message(from, to, kind);
                let (timer, flush) = (driver.timer(from, kind), driver.flush(to, true));
                let (record, torn) =
                    (driver.record(to, turn), driver.torn(from, 3 * turn, 3 * turn + 2));
                let attempt = Attempt { client: from.0, nth: turn, attempt: 1 };
                let link = driver.client_link(Passage { attempt, way: Way::Answer });
                (fate, timer, flush, record, torn, link)
            })
            .collect()
    }

    fn stormy() -> Search {
        let odds = Odds {
            drop: 100_000,
            duplicate: 100_000,
            delay: 100_000,
            corrupt: 100_000,
            late_timer: 100_000,
            slow_flush: 100_000,
            longest: Duration::from_secs(1),
        };
        Search::new(7, odds, DiskChances::of(7, 100_000), ClientChances::of(7, 100_000), None)
    }

    #[test]
    fn a_recording_changes_nothing_and_its_replay_is_the_same() {
        let answers = interview(&mut stormy());
        let mut recorder = Recorder::<_, ()>::new(stormy());
        assert_eq!(interview(&mut recorder), answers);
        assert!(recorder.recorded.len() > 50, "the storm is no storm");
        let mut replay = Replay::new(&recorder.recorded);
        assert_eq!(interview(&mut replay), answers);
        assert!(replay.matched.iter().all(|matched| *matched));
    }

    #[test]
    fn leaving_one_out_changes_that_one_only() {
        let mut recorder = Recorder::<_, ()>::new(stormy());
        let answers = interview(&mut recorder);
        for family in
            ["ClientLink", "FailingFlush", "LostFlush", "TornRecord", "RottenRecord", "Misdirected"]
        {
            let of_family = |one: &Deviation<()>| format!("{one:?}").starts_with(family);
            assert!(recorder.recorded.iter().any(of_family), "there is no {family}");
        }
        for left_out in 0..recorder.recorded.len() {
            let mut fewer = recorder.recorded.clone();
            fewer.remove(left_out);
            let other = interview(&mut Replay::new(&fewer));
            let changed = other.iter().zip(&answers).filter(|(one, other)| one != other).count();
            assert_eq!(changed, 1, "without {:?}", recorder.recorded[left_out]);
        }
    }
}
