//! Everything that an observer can be told is told.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use stormglass_machine::NodeId;
use stormglass_raft::{
    ConfigurationChange, CorruptSnapshot, Level, Observation, Observer, Options, Raft, Request,
    Role, StateMachine,
};

use super::cluster::{Cluster, MILLISECOND};
use super::group::options;
use super::list::List;

/// Counts what it is told, by name; all clones count together.
#[derive(Clone, Debug)]
struct Counter {
    level: Level,
    told: Rc<RefCell<BTreeMap<String, (Level, u64)>>>,
}

impl Default for Counter {
    fn default() -> Self {
        Counter { level: Level::Trace, told: Rc::default() }
    }
}

impl Observer<u64> for Counter {
    fn min_level(&self) -> Level {
        self.level
    }

    fn observe(&mut self, _node: NodeId, observation: &Observation<'_, u64>) {
        let text = format!("{observation:?}");
        let name = text.split([' ', '{']).next().unwrap_or_default().to_owned();
        let mut told = self.told.borrow_mut();
        told.entry(name).or_insert((observation.level(), 0)).1 += 1;
    }
}

/// A [`List`] that is observed.
#[derive(Clone, Debug, Default)]
struct Observed(List);

impl StateMachine for Observed {
    type Command = u64;
    type Query = ();
    type Response = (u64, Option<u64>);
    type Observer = Counter;

    fn apply(&mut self, command: &u64) -> Self::Response {
        self.0.apply(command)
    }

    fn query(&self, query: &()) -> Self::Response {
        self.0.query(query)
    }

    fn snapshot(&self) -> Vec<u8> {
        self.0.snapshot()
    }

    fn restore(&mut self, snapshot: &[u8]) -> Result<(), CorruptSnapshot> {
        self.0.restore(snapshot)
    }
}

type Told = BTreeMap<String, (Level, u64)>;

fn leader(cluster: &Cluster<Raft<Observed>>) -> usize {
    let leaders = cluster.live().filter(|(_, raft)| raft.role() == Role::Leader);
    let latest = leaders.max_by_key(|(_, raft)| raft.current_term());
    latest.expect("one leads").0
}

/// A leader is cut off with a tail, another is elected and takes snapshots, and all meet again.
fn eventful_life(level: Level) -> Told {
    let counter = Counter { level, ..Counter::default() };
    let told = counter.told.clone();
    let mut cluster = Cluster::new(3, 1, move |node| {
        let options = Options { snapshot_threshold: 10, ..options(node as u32, 3) };
        Raft::new(options, Observed::default()).with_observer(counter.clone())
    });
    let run = |cluster: &mut Cluster<Raft<Observed>>| {
        let until = cluster.now + 1_000 * MILLISECOND;
        while cluster.advance(until).is_some() {}
    };
    run(&mut cluster);
    let old = leader(&cluster);
    cluster.cut_off(old);
    cluster.ask(old, Request::ClientCommand { command: 1, session: None });
    run(&mut cluster);
    let new = leader(&cluster);
    for command in 0..3 {
        cluster.ask(new, Request::ClientCommand { command, session: None });
    }
    cluster.cut.clear();
    run(&mut cluster);
    cluster.cut_off(old);
    let change = ConfigurationChange::AddLearner(NodeId(7));
    cluster.ask(new, Request::ConfigChange(change));
    for command in 0..30 {
        cluster.ask(new, Request::ClientCommand { command, session: None });
    }
    cluster.ask(new, Request::Read(()));
    run(&mut cluster);
    cluster.cut.clear();
    run(&mut cluster);
    drop(cluster);
    Rc::try_unwrap(told).expect("all observers are gone").into_inner()
}

#[test]
fn everything_is_told_at_the_finest_level() {
    let told = eventful_life(Level::Trace);
    let mut all = Observation::<u64>::ALL.to_vec();
    all.sort_unstable();
    let told: Vec<_> = told.iter().map(|(name, (level, _))| (name.as_str(), *level)).collect();
    assert_eq!(told, all);
}

#[test]
fn nothing_finer_than_wanted_is_told() {
    for level in [Level::None, Level::Essential, Level::Info, Level::Debug] {
        let told = eventful_life(level);
        assert!(told.values().all(|(told_at, _)| *told_at <= level));
        assert_eq!(told.is_empty(), level == Level::None);
    }
}
