//! How long the shrinker may go on.

/// The most that shrinking may cost. When it is used up, the best list so far is the result.
#[derive(Clone, Copy)]
pub struct Budget<'a> {
    attempts: u64,
    keep_going: &'a dyn Fn() -> bool,
}

impl<'a> Budget<'a> {
    /// At most so many calls of the test, the one on the initial list included.
    pub fn new(attempts: u64) -> Budget<'a> {
        Budget { attempts, keep_going: &|| true }
    }

    /// Also ends as soon as `keep_going` says no: for a time limit, or for Ctrl-C. It is asked
    /// before each call of the test.
    pub fn keep_going(self, keep_going: &'a dyn Fn() -> bool) -> Budget<'a> {
        Budget { keep_going, ..self }
    }

    /// What is left of it after so many.
    #[must_use]
    pub fn less(self, attempts: u64) -> Budget<'a> {
        Budget { attempts: self.attempts.saturating_sub(attempts), ..self }
    }

    /// No more than so many.
    #[must_use]
    pub fn at_most(self, attempts: u64) -> Budget<'a> {
        Budget { attempts: self.attempts.min(attempts), ..self }
    }

    /// Whether one more attempt is allowed after so many.
    pub fn allows(&self, attempts: u64) -> bool {
        attempts < self.attempts && (self.keep_going)()
    }
}
