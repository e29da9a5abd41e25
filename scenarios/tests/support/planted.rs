use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};

use stormglass_campaign::{Entry, Found, Planted, Registry};

/// How many deviations the log of each planted bug takes, with the bug's name; the shortest first.
/// `find` says what the property found that must find it. The bugs are shared out to as many threads
/// as there are cores.
pub fn sizes(
    registry: &Registry,
    find: impl Fn(&Entry, &Planted) -> Found + Sync,
) -> Vec<(usize, &'static str)> {
    let listed =
        registry.entries().iter().flat_map(|entry| entry.bugs.iter().map(move |b| (entry, b)));
    let (listed, next) = (Vec::from_iter(listed), AtomicUsize::new(0));
    let some = || {
        let mut sizes = Vec::new();
        while let Some((entry, bug)) = listed.get(next.fetch_add(1, Ordering::Relaxed)) {
            let found = find(entry, bug);
            let (name, trouble) = (bug.name, &found.trouble);
            assert_eq!(found.property, bug.caught_by, "{name}");
            assert!(found.log.is_some_and(|log| log.is_file()), "{name} has no log: {trouble:?}");
            sizes.push((found.deviations.expect("a log has a size"), name));
        }
        sizes
    };
    let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let mut sizes: Vec<_> = std::thread::scope(|scope| {
        let all: Vec<_> = (0..threads).map(|_| scope.spawn(some)).collect();
        all.into_iter().flat_map(|thread| thread.join().expect("each bug is found")).collect()
    });
    sizes.sort_unstable();
    sizes
}
