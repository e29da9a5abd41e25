//! What it means that only one family of faults finds a bug.

use std::ops::Range;

use stormglass_simulator::{Family, Faults, Scenario, World};

/// The family of this name.
pub fn family(name: &str) -> Family {
    let families = Faults::FAMILIES.iter();
    *families.into_iter().find(|family| family.name == name).expect("a family has this name")
}

/// The same without the families, other than crashes, in which processes end and start again.
pub fn without_other_crashes(faults: Faults) -> Faults {
    Faults {
        blackout: false,
        crash_loop: false,
        failing_flush: false,
        full_disk: false,
        replaced_disk: false,
        ..faults
    }
}

/// Asserts that, within these seeds, the planted bug is found under this family alone and under
/// all families, and is missed under all families but this one; and that the machine without the
/// bug passes under all.
///
/// `build` makes the scenario for what is allowed, with the bug or without it.
pub fn only_finds<S: Scenario>(name: &str, seeds: Range<u64>, build: impl Fn(Faults, bool) -> S) {
    let switch = family(name).switch;
    let (mut alone, mut without) = (Faults::NONE, Faults::ALL);
    switch(&mut alone, true);
    switch(&mut without, false);
    let found = |faults: Faults, planted: bool| {
        let scenario = build(faults, planted);
        let mut world = World::new(&scenario);
        seeds.clone().find_map(|seed| Some((seed, world.search(seed).failure?)))
    };
    assert!(found(alone, true).is_some(), "{name} alone does not find it");
    assert!(found(Faults::ALL, true).is_some(), "all faults together do not find it");
    assert_eq!(found(without, true), None, "it is found without {name}");
    assert_eq!(found(Faults::ALL, false), None, "the machine without the bug fails");
}
