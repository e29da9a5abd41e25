//! Known bugs of runtimes that a configuration can plant, to show that the checkers find them.
//!
//! Without the feature `planted-bugs` none can be planted, and every question for one compiles to
//! `false`.

/// The planted bug of a worker, if any.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Planted {
    #[cfg(feature = "planted-bugs")]
    bug: Option<Bug>,
}

impl Planted {
    /// This bug.
    #[cfg(feature = "planted-bugs")]
    pub const fn new(bug: Bug) -> Planted {
        Planted { bug: Some(bug) }
    }

    /// Is it this bug?
    #[cfg(feature = "planted-bugs")]
    pub fn has(self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }

    /// Is it this bug? Never.
    #[cfg(not(feature = "planted-bugs"))]
    pub const fn has(self, _bug: Bug) -> bool {
        false
    }
}

macro_rules! bugs {
    ($($(#[doc = $about:literal])+ $bug:ident $name:literal)*) => {
        /// A bug that can be planted.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Bug {
            $($(#[doc = $about])+ $bug,)*
        }

        impl Bug {
            /// Every bug.
            pub const ALL: &'static [Bug] = &[$(Bug::$bug),*];

            /// Its name.
            pub const fn name(self) -> &'static str {
                match self { $(Bug::$bug => $name),* }
            }

            /// What it does, in a sentence.
            pub const fn description(self) -> &'static str {
                match self { $(Bug::$bug => concat!($($about),+).trim_ascii(),)* }
            }
        }
    };
}

bugs! {
    /// The container is not cleared after a refusal, so that the next commit executes what was refused.
    KeepsRefusedActions "keeps-refused-actions"
    /// The container is never cleared, so that each commit executes the actions of those before.
    NeverClearsActions "never-clears-actions"
    /// The state is made durable first, and in a second commit that its input is done.
    CursorApart "cursor-apart"
    /// A commit whose outcome is not known is made once more without looking.
    ReplaysUnknownCommit "replays-unknown-commit"
    /// A completion whose commit meets a transient error is forgotten.
    DropsCompletionOnConflict "drops-completion-on-conflict"
    /// When a completion and an input are ready at once, the completion is taken and lost.
    LosesCompletionInRace "loses-completion-in-race"
    /// Actions are executed before the commit.
    ExecutesBeforeCommit "executes-before-commit"
    /// An action whose answer is overdue is asked for again by a restart only.
    NeverRetries "never-retries"
    /// Inputs wait however many there are.
    UnboundedQueue "unbounded-queue"
    /// A client is answered before the commit.
    AnswersBeforeCommit "answers-before-commit"
    /// An input that is refused is tried again, for ever, and everything waits for it.
    RetriesRefusedInput "retries-refused-input"
    /// A conflict is taken for the end of the input: it is called done, and was not.
    ConflictIsFinal "conflict-is-final"
    /// While the window of actions is full, nothing is taken in, not even their completions.
    WaitsForWindow "waits-for-window"
    /// A restart commits the transaction in which it has looked at the state.
    RestoreCommits "restore-commits"
    /// Inputs are taken before the restart has registered the unfinished actions.
    AcceptsBeforeRestore "accepts-before-restore"
    /// While a transition waits for its store, the next begins.
    Interleaves "interleaves"
    /// A worker that has been replaced commits all the same.
    StaleWorkerCommits "stale-worker-commits"
}
