//! A state that is a transaction on an ordered map, whose reads are awaited.

use alloc::collections::BTreeMap;
use core::fmt::Debug;
use core::future::poll_fn;
use core::hash::Hash;
use core::task::Poll;

use crate::Transaction;

/// A transaction on an ordered map.
///
/// A read of something that the transaction has not seen yet waits for the store. What was written
/// before is read at once.
#[derive(Clone, Debug)]
pub struct KeyValue<K, V> {
    read: BTreeMap<K, Option<V>>,
    written: BTreeMap<K, Option<V>>,
    wanted: Option<K>,
}

impl<K: Ord + Clone, V: Clone> KeyValue<K, V> {
    /// The value of a key, as this transaction sees it.
    pub async fn get(&mut self, key: &K) -> Option<V> {
        poll_fn(|_| match self.written.get(key).or_else(|| self.read.get(key)) {
            Some(value) => Poll::Ready(value.clone()),
            None => {
                self.wanted = Some(key.clone());
                Poll::Pending
            }
        })
        .await
    }

    /// Gives a key a value.
    pub fn set(&mut self, key: K, value: V) {
        self.written.insert(key, Some(value));
    }

    /// Takes a key away.
    pub fn remove(&mut self, key: K) {
        self.written.insert(key, None);
    }
}

impl<K, V> Transaction for KeyValue<K, V>
where
    K: Ord + Clone + Hash + Debug,
    V: Clone + PartialEq + Hash + Debug,
{
    type Snapshot = BTreeMap<K, V>;
    type Reads = BTreeMap<K, Option<V>>;

    fn begin(_committed: &BTreeMap<K, V>, reads: &Self::Reads) -> Self {
        KeyValue { read: reads.clone(), written: BTreeMap::new(), wanted: None }
    }

    fn fetch(&self, committed: &BTreeMap<K, V>, reads: &mut Self::Reads) -> bool {
        let Some(key) = &self.wanted else { return false };
        reads.insert(key.clone(), committed.get(key).cloned()).is_none()
    }

    fn commit(self, committed: &mut BTreeMap<K, V>) {
        for (key, value) in self.written {
            match value {
                Some(value) => committed.insert(key, value),
                None => committed.remove(&key),
            };
        }
    }
}
