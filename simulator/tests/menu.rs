//! What is on the menu of a run: all that is allowed, nothing else, and whatever is on it strikes.

mod gossip;

use std::collections::BTreeSet;
use std::time::Duration;

use gossip::Rumours;
use stormglass_machine::NodeId;
use stormglass_simulator::{Deviation, Fate, Faults, Menu, Scenario, World};

const EVENTS: u64 = 60;

fn asked() -> Vec<Deviation<u64>> {
    let at = Duration::from_millis(120);
    vec![Deviation::Request { client: 0, nth: 0, at, node: NodeId(1), request: 7 }]
}

fn menu(scenario: &Rumours, list: &[Deviation<u64>]) -> Menu<u64> {
    World::new(scenario).menu(3, list, EVENTS)
}

/// The first word of each deviation, and of what happens to messages.
fn sorts(menu: &Menu<u64>) -> BTreeSet<String> {
    let word = |text: String| text.split([' ', '(']).next().unwrap_or_default().to_owned();
    let sort = |deviation: &Deviation<u64>| match deviation {
        Deviation::Message(fault) => word(format!("{:?}", fault.fate)),
        other => word(format!("{other:?}")),
    };
    menu.deviations.iter().map(sort).collect()
}

#[test]
fn all_families_that_can_strike_are_there_and_no_other() {
    let expected = [
        "Clock",
        "ClockStep",
        "Clog",
        "Corrupted",
        "Crash",
        "Cut",
        "Delayed",
        "Dropped",
        "Duplicated",
        "FailingFlush",
        "Flush",
        "FullDisk",
        "Nodes",
        "Pause",
        "Timer",
        "TornRecord",
    ];
    let all = sorts(&menu(&Rumours::default(), &asked()));
    assert_eq!(all, BTreeSet::from(expected.map(str::to_owned)));
    let with =
        |faults| sorts(&menu(&Rumours { faults: Some(faults), ..Rumours::default() }, &asked()));
    assert_eq!(with(Faults::NONE), BTreeSet::from(["Nodes".to_owned()]));
    let drop = with(Faults { drop: true, ..Faults::NONE });
    assert_eq!(drop, BTreeSet::from(["Dropped", "Nodes"].map(str::to_owned)));
}

#[test]
fn each_is_sound_stands_there_once_and_strikes() {
    let scenario = Rumours::default();
    let list = asked();
    let Menu { deviations, moments } = menu(&scenario, &list);
    assert!(deviations.len() > 500, "{}", deviations.len());
    let different: BTreeSet<_> = deviations.iter().map(|one| format!("{one:?}")).collect();
    assert_eq!(different.len(), deviations.len());
    assert!(moments.contains(&(NodeId(1), Duration::from_millis(120))), "{moments:?}");
    let mut world = World::new(&scenario);
    for deviation in deviations {
        let count = Deviation::cluster_size(std::slice::from_ref(&deviation)).unwrap_or(2);
        assert_eq!(deviation.check(count, *scenario.nodes().end()), Ok(()), "{deviation:?}");
        let mut longer = list.clone();
        longer.push(deviation);
        let matched = world.replay(3, &longer, u64::MAX, &mut ()).matched[1];
        // A record is torn by a crash, and there is none.
        assert_eq!(matched, !matches!(longer[1], Deviation::TornRecord(_)), "{:?}", longer[1]);
    }
}

#[test]
fn what_the_list_speaks_of_is_not_there_and_what_only_happens_with_it_is() {
    let scenario =
        Rumours { faults: Some(Faults { drop: true, ..Faults::NONE }), ..Rumours::default() };
    let dropped = |list: &[Deviation<u64>]| {
        let is_message = |one: &Deviation<u64>| matches!(one, Deviation::Message(_));
        menu(&scenario, list).deviations.into_iter().filter(is_message).collect::<Vec<_>>()
    };
    let before = dropped(&[]);
    let Deviation::Message(first) = &before[0] else { unreachable!("only these are kept") };
    assert_eq!(first.fate, Fate::Dropped);
    let after = dropped(&before[..1]);
    assert!(!after.contains(&before[0]) && after.contains(&before[1]));
    let larger = dropped(&[Deviation::Nodes { count: 5 }]);
    assert!(larger.iter().any(|one| one.last_node() == Some(NodeId(4))), "{larger:?}");
}

#[test]
fn nothing_after_the_events_that_are_looked_at_is_there() {
    let scenario = Rumours::default();
    let size = |events| World::new(&scenario).menu(3, &asked(), events).deviations.len();
    assert!(size(10) < size(20) && size(20) < size(40));
    let last = |events| World::new(&scenario).menu(3, &asked(), events).moments.into_iter().max();
    assert!(last(10) < last(40));
}
