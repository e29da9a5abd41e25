//! A short name for an item or a list, by which a list that was tried is recognised.

use std::hash::{DefaultHasher, Hash, Hasher};

/// 128 bits of hash. Two different lists having the same one by chance is out of the question
/// for as many lists as a computer can try; the memory of what was tried relies on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Fingerprint([u64; 2]);

impl Fingerprint {
    pub(crate) fn new(thing: &(impl Hash + ?Sized)) -> Fingerprint {
        Fingerprint([0u8, 1].map(|salt| {
            let mut hasher = DefaultHasher::new();
            salt.hash(&mut hasher);
            thing.hash(&mut hasher);
            hasher.finish()
        }))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::Fingerprint;

    #[test]
    fn different_lists_have_different_fingerprints() {
        let lists = (0..1_000u64).flat_map(|n| [vec![n], vec![n, 0], vec![0, 0, n]]);
        let fingerprints: BTreeSet<_> = lists.map(|list| Fingerprint::new(&list)).collect();
        assert_eq!(fingerprints.len(), 3_000);
    }

    #[test]
    fn both_halves_differ() {
        let Fingerprint([left, right]) = Fingerprint::new(&7u64);
        assert_ne!(left, right, "each half must carry its own 64 bits");
    }
}
