use std::collections::BTreeMap;

/// Things that were counted in runs, by name: not judged, reported.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    counts: BTreeMap<String, Tally>,
}

/// How often and how much.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// In how many runs it was seen.
    pub runs: u64,
    /// The sum over all runs.
    pub total: u64,
    /// The most in one run.
    pub most: u64,
}

impl Facts {
    /// Adds an amount of one run. Zero amounts are not counted.
    pub fn add(&mut self, name: &str, amount: u64) {
        if amount > 0 {
            self.merge_one(name, Tally { runs: 1, total: amount, most: amount });
        }
    }

    /// Adds everything that others have counted.
    pub fn merge(&mut self, others: &Facts) {
        for (name, tally) in &others.counts {
            self.merge_one(name, *tally);
        }
    }

    fn merge_one(&mut self, name: &str, more: Tally) {
        if let Some(tally) = self.counts.get_mut(name) {
            tally.runs += more.runs;
            tally.total = tally.total.saturating_add(more.total);
            tally.most = tally.most.max(more.most);
        } else {
            self.counts.insert(name.to_owned(), more);
        }
    }

    /// What was counted under a name.
    pub fn get(&self, name: &str) -> Tally {
        self.counts.get(name).copied().unwrap_or_default()
    }

    /// Everything, in the order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Tally)> {
        self.counts.iter().map(|(name, tally)| (name.as_str(), *tally))
    }
}
