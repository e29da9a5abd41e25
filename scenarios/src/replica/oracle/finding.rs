use stormglass_simulator::Violation;

/// What an oracle has found, by the rule that was broken. The first finding of each rule stays.
///
/// Oracles look at a step when it happens, and properties look at what they have found: so the
/// passing path of a property is a comparison.
#[derive(Clone, Debug)]
pub struct Findings<R> {
    found: Vec<(R, String)>,
}

impl<R> Default for Findings<R> {
    fn default() -> Self {
        Findings { found: Vec::new() }
    }
}

impl<R: Copy + PartialEq> Findings<R> {
    /// Notes that a rule is broken, unless the condition holds. The detail is made only then.
    pub fn expect(&mut self, rule: R, holds: bool, detail: impl FnOnce() -> String) {
        if !holds && !self.found.iter().any(|(broken, _)| *broken == rule) {
            self.found.push((rule, detail()));
        }
    }

    /// Says whether this rule has been broken.
    pub fn verdict(&self, rule: R) -> stormglass_simulator::Verdict {
        if self.found.is_empty() {
            return Ok(());
        }
        match self.found.iter().find(|(broken, _)| *broken == rule) {
            Some((_, detail)) => Err(Violation::new(detail.clone())),
            None => Ok(()),
        }
    }
}
