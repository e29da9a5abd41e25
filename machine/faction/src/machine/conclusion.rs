use serde::{Deserialize, Serialize};

/// How it ended. A conclusion is final.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Conclusion {
    /// Enough members are ready, this node among them.
    Bootstrapped,
    /// The deadline passed before that.
    TimedOut,
}
