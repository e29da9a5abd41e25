//! What an attempt costs the shrinker itself: the test looks at the list and does nothing else.
//! Items are attempts.

use divan::Bencher;
use divan::counter::ItemsCount;
use stormglass_shrinker::{Budget, Item, Shrunk, shrink, smaller};

fn main() {
    divan::main();
}

/// Something that many others have a label in common with.
#[derive(Clone, Hash)]
struct Thing {
    name: u64,
    value: u64,
}

impl Item for Thing {
    fn labels(&self, labels: &mut Vec<u64>) {
        labels.push(self.name % 16);
    }

    fn simpler(&self) -> Vec<Thing> {
        smaller(self.value).map(|value| Thing { value, ..*self }).collect()
    }
}

/// Three items far from each other are needed, each with a value that is not small.
fn shrunk(length: u64) -> Shrunk<Thing> {
    let needed = [length / 7, length / 2, length - 1];
    let items = (0..length).map(|name| Thing { name, value: 1_000 }).collect();
    let fails = |items: &[Thing]| {
        needed.iter().all(|name| items.iter().any(|item| item.name == *name && item.value >= 100))
    };
    shrink(items, Budget::new(1_000_000), fails).expect("all of them fail")
}

#[divan::bench(args = [10, 100, 1_000, 10_000])]
fn three_of(bencher: Bencher, length: u64) {
    let attempts = shrunk(length).attempts;
    bencher.counter(ItemsCount::new(attempts)).bench_local(|| shrunk(length).attempts);
}
