use stormglass_simulator::{Verdict, Violation};

/// The rules that oracles find broken, each with a property of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rule {
    /// F1
    Atomic,
    /// F2
    Deterministic,
    /// F3
    Committed,
    /// F4
    Stored,
    /// F5
    Exact,
    /// F6
    Pure,
    /// F7
    Unique,
    /// F8
    Idempotent,
    /// F9
    Terminal,
    /// F10
    Unknown,
    /// F11
    Correlated,
    /// F12
    Once,
    /// F13
    Consumed,
    /// F14
    Answered,
    /// F15
    Serial,
    /// F16
    Replayed,
    /// F17 to F20
    Sound,
    /// F21
    Untracked,
    /// F22
    Bounded,
    /// FL2
    AskedAgain,
}

/// What the oracles have found, by the rule that was broken. The first finding of each rule stays.
#[derive(Default)]
pub struct Findings(Vec<(Rule, String)>);

impl Findings {
    /// Notes that a rule is broken, unless the condition holds. The detail is made only then.
    pub fn expect(&mut self, rule: Rule, holds: bool, detail: impl FnOnce() -> String) {
        if !holds && !self.0.iter().any(|(broken, _)| *broken == rule) {
            self.0.push((rule, detail()));
        }
    }

    /// Says whether this rule was broken.
    pub fn verdict(&self, rule: Rule) -> Verdict {
        match self.0.iter().find(|(broken, _)| *broken == rule) {
            Some((_, detail)) => Err(Violation::new(detail.clone())),
            None => Ok(()),
        }
    }
}
