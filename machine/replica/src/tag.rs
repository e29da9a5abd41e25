//! The tag by which the rest of the world finds the holders of a channel.

/// The sink could not be reached.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct TagSinkFailed;

/// One call to the sink.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TagCall {
    /// This node holds the channel up to this tail.
    Announce {
        /// The tail announced.
        tail: u64,
    },
    /// This node no longer holds the channel.
    Withdraw,
}

/// Stands for the sink: what has been announced, and whether the next calls fail.
///
/// Invariant: a failed call changes nothing but the number of failures left.
#[derive(Clone, Debug, Default)]
pub struct TagSink {
    announced: Option<u64>,
    failures_left: u32,
}

impl TagSink {
    /// The tail announced, while the tag is there.
    pub fn announced(&self) -> Option<u64> {
        self.announced
    }

    /// Makes the next calls fail.
    pub fn fail_next(&mut self, calls: u32) {
        self.failures_left = calls;
    }

    /// Makes one call.
    pub fn call(&mut self, call: TagCall) -> Result<(), TagSinkFailed> {
        if self.failures_left > 0 {
            self.failures_left -= 1;
            return Err(TagSinkFailed);
        }
        self.announced = match call {
            TagCall::Announce { tail } => Some(tail),
            TagCall::Withdraw => None,
        };
        Ok(())
    }
}
