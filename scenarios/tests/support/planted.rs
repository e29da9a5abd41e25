use stormglass_campaign::{Entry, Found, Planted, Registry};

/// How many deviations the log of each planted bug takes, with the bug's name; the shortest first.
/// `find` says what the property found that must find it.
pub fn sizes(
    registry: &Registry,
    find: impl Fn(&Entry, &Planted) -> Found,
) -> Vec<(usize, &'static str)> {
    let mut sizes = Vec::new();
    for entry in registry.entries() {
        for bug in &entry.bugs {
            let found = find(entry, bug);
            let (name, trouble) = (bug.name, &found.trouble);
            assert_eq!(found.property, bug.caught_by, "{name}");
            assert!(found.log.is_some_and(|log| log.is_file()), "{name} has no log: {trouble:?}");
            sizes.push((found.deviations.expect("a log has a size"), name));
        }
    }
    sizes.sort_unstable();
    sizes
}
