/// Keeps items in numbered slots that are used again.
pub struct Slab<T> {
    slots: Vec<Option<T>>,
    free: Vec<usize>,
}

impl<T> Slab<T> {
    pub fn new() -> Self {
        Slab { slots: Vec::new(), free: Vec::new() }
    }

    pub fn clear(&mut self) {
        self.slots.clear();
        self.free.clear();
    }

    /// Keeps an item; returns its slot.
    #[inline]
    pub fn put(&mut self, item: T) -> usize {
        match self.free.pop() {
            Some(slot) => {
                self.slots[slot] = Some(item);
                slot
            }
            None => {
                self.slots.push(Some(item));
                self.slots.len() - 1
            }
        }
    }

    /// Gives back the item of a slot.
    #[inline]
    pub fn take(&mut self, slot: usize) -> T {
        self.free.push(slot);
        self.slots[slot].take().expect("what has a key is there")
    }
}
