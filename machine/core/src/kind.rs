use core::convert::Infallible;

/// Names what sort of thing a value is: `"VoteRequest"`, `"Heartbeat"`, `"Election"`.
///
/// A log names the third `VoteRequest` from node 1 to node 2 by this word, so it should be as
/// stable as the protocol it belongs to. Words are compared by content.
pub trait Kind {
    /// The name. The same variant always returns the same text.
    fn kind(&self) -> &'static str;

    /// The plane of the network on which a message travels, if there are several that can fail
    /// alone: `"gossip"`, `"consensus"`.
    fn plane(&self) -> &'static str {
        ""
    }
}

macro_rules! kind_is_the_type_name {
    ($($type:ty),*) => {
        $(impl Kind for $type {
            fn kind(&self) -> &'static str {
                stringify!($type)
            }
        })*
    };
}

kind_is_the_type_name!((), u8, u16, u32, u64);

impl Kind for &'static str {
    fn kind(&self) -> &'static str {
        self
    }
}

impl Kind for Infallible {
    fn kind(&self) -> &'static str {
        match *self {}
    }
}
