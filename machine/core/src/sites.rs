use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;

use crate::{Dice, NodeId};

/// Decides at which of its [sites](crate::Env::sometimes_here) a machine is asked to misbehave.
/// Made by whoever simulates machines; there is none in production.
///
/// In a run, a site is active or not. An active one fires now and then: at a call that is named by
/// the node and by how often that node has come by before. A list of firings therefore means the
/// same in any run, whoever made the list.
#[derive(Clone, Debug, Default)]
pub struct Sites {
    rule: Rule,
    /// Counts the runs; what a place knows of an earlier one is void.
    run: u32,
    places: Vec<Place>,
    /// The addresses at which a site's name was met, and which place it is: the same name may
    /// stand at several.
    met: Vec<(&'static str, usize)>,
    /// What has fired and was not taken note of yet.
    fired: Vec<Firing>,
    is_closed: bool,
}

/// A site that fired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Firing {
    /// The site's name.
    pub site: &'static str,
    /// How often the node had come by before, in this run.
    pub nth: u32,
}

/// How often machines came by a site, and how often it fired.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SiteTally {
    /// Calls, whether the site was active or not.
    pub reached: u64,
    /// Calls at which it fired.
    pub fired: u64,
}

/// Who says when a site fires.
#[derive(Clone, Debug)]
enum Rule {
    /// A seed: each site has a stream of its own.
    Drawn(u64),
    /// A list: for each site the nodes, and the call of each at which it fires.
    Listed(BTreeMap<String, BTreeSet<(NodeId, u32)>>),
}

impl Default for Rule {
    /// Nothing fires.
    fn default() -> Self {
        Rule::Listed(BTreeMap::new())
    }
}

/// A site that was met.
#[derive(Clone, Debug)]
struct Place {
    tally: SiteTally,
    /// The run to which everything below belongs.
    run: u32,
    /// How often each node has come by.
    calls: Vec<u32>,
    /// How often in a million calls it fires, if that is drawn.
    odds: u32,
    dice: Dice,
    /// When it fires, if that is listed.
    listed: BTreeSet<(NodeId, u32)>,
}

impl Sites {
    /// A new run, in which this seed says what fires.
    pub fn draw(&mut self, seed: u64) {
        self.begin(Rule::Drawn(seed));
    }

    /// A new run, in which exactly the listed calls fire: the node, the site, which of the node's
    /// calls from 0.
    pub fn list(&mut self, firings: impl IntoIterator<Item = (NodeId, String, u32)>) {
        let mut listed = BTreeMap::<_, BTreeSet<_>>::new();
        for (node, site, nth) in firings {
            listed.entry(site).or_default().insert((node, nth));
        }
        self.begin(Rule::Listed(listed));
    }

    fn begin(&mut self, rule: Rule) {
        self.rule = rule;
        self.run = self.run.wrapping_add(1);
        self.fired.clear();
        self.is_closed = false;
    }

    /// For the rest of the run nothing fires, and nothing is counted.
    pub fn close(&mut self) {
        self.is_closed = true;
    }

    /// True if something has fired that was not taken note of.
    #[inline]
    pub fn has_fired(&self) -> bool {
        !self.fired.is_empty()
    }

    /// What has fired, in order, each once.
    pub fn next_fired(&mut self) -> Option<Firing> {
        if self.has_fired() { Some(self.fired.remove(0)) } else { None }
    }

    /// How often a node has come by a site in this run.
    pub fn calls(&self, node: NodeId, site: &str) -> u32 {
        let met = self.met.iter().find(|(name, _)| *name == site);
        let place = met.map(|(_, place)| &self.places[*place]);
        let place = place.filter(|place| place.run == self.run);
        place.and_then(|place| place.calls.get(node.index())).copied().unwrap_or(0)
    }

    /// What was counted at each site in all runs.
    pub fn tallies(&self) -> BTreeMap<&'static str, SiteTally> {
        self.met.iter().map(|(name, place)| (*name, self.places[*place].tally)).collect()
    }

    /// A node comes by a site. True if it is to misbehave.
    pub(crate) fn ask(&mut self, node: NodeId, site: &'static str) -> bool {
        if self.is_closed {
            return false;
        }
        let place = self.place(site);
        if self.places[place].run != self.run {
            self.start(place, site);
        }
        let place = &mut self.places[place];
        let nth = place.come_by(node);
        let fires = match &self.rule {
            Rule::Drawn(_) => place.odds > 0 && place.dice.per_million(place.odds),
            Rule::Listed(_) => place.listed.contains(&(node, nth)),
        };
        if fires {
            place.tally.fired += 1;
            self.fired.push(Firing { site, nth });
        }
        fires
    }

    fn place(&mut self, site: &'static str) -> usize {
        if let Some((_, place)) = self.met.iter().find(|(name, _)| core::ptr::eq(*name, site)) {
            return *place;
        }
        let known = self.met.iter().find(|(name, _)| *name == site).map(|(_, place)| *place);
        let place = known.unwrap_or_else(|| {
            self.places.push(Place::new(self.run.wrapping_sub(1)));
            self.places.len() - 1
        });
        self.met.push((site, place));
        place
    }

    /// The first time in a run that anybody comes by: is the site active, and how often does it
    /// fire?
    #[cold]
    fn start(&mut self, place: usize, site: &'static str) {
        let place = &mut self.places[place];
        place.run = self.run;
        place.calls.fill(0);
        match &self.rule {
            Rule::Drawn(seed) => {
                place.dice = Dice::new(*seed, "site", number(site));
                // From every second call to one in sixty, in every second run.
                place.odds = match place.dice.per_million(500_000) {
                    true => 500_000 >> place.dice.below(6),
                    false => 0,
                };
            }
            Rule::Listed(all) => place.listed = all.get(site).cloned().unwrap_or_default(),
        }
    }
}

impl Place {
    fn new(run: u32) -> Self {
        let tally = SiteTally::default();
        let (calls, listed) = (Vec::new(), BTreeSet::new());
        Place { tally, run, calls, odds: 0, dice: Dice::new(0, "", 0), listed }
    }

    /// Counts a call, and says which of the node's it is.
    fn come_by(&mut self, node: NodeId) -> u32 {
        self.tally.reached += 1;
        if self.calls.len() <= node.index() {
            self.calls.resize(node.index() + 1, 0);
        }
        let calls = &mut self.calls[node.index()];
        *calls += 1;
        *calls - 1
    }
}

/// A site's stream is named by its text (FNV-1a, 64 bits), so that a new site moves no other.
fn number(site: &str) -> u64 {
    site.bytes().fold(0xcbf2_9ce4_8422_2325, |number, byte| {
        (number ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use alloc::borrow::ToOwned;

    use super::*;

    const NODES: [NodeId; 2] = [NodeId(0), NodeId(1)];
    const NAMES: [&str; 3] = ["early", "late", "never mind"];

    /// What fires in a run in which both nodes come by all sites again and again.
    fn run(sites: &mut Sites) -> Vec<(NodeId, String, u32)> {
        let mut all = Vec::new();
        for turn in 0..600 {
            let (node, site) = (NODES[turn % 2], NAMES[turn % 3]);
            let asked = sites.ask(node, site);
            assert_eq!(asked, sites.has_fired());
            while let Some(Firing { site: fired, nth }) = sites.next_fired() {
                assert_eq!((fired, nth), (site, sites.calls(node, site) - 1));
                all.push((node, fired.to_owned(), nth));
            }
        }
        all
    }

    #[test]
    fn what_a_seed_has_drawn_fires_again_when_it_is_listed() {
        let (mut drawn, mut listed) = (Sites::default(), Sites::default());
        let mut fired = 0;
        for seed in 0..50 {
            drawn.draw(seed);
            let firings = run(&mut drawn);
            fired += firings.len();
            listed.list(firings.clone());
            assert_eq!(run(&mut listed), firings);
            if let Some((left_out, fewer)) = firings.split_first() {
                listed.list(fewer.to_vec());
                assert_eq!(run(&mut listed), fewer, "without {left_out:?}");
            }
        }
        assert!(fired > 500, "{fired}");
        let tallies = drawn.tallies();
        assert_eq!(tallies.values().map(|tally| tally.reached).sum::<u64>(), 50 * 600);
        assert_eq!(tallies.values().map(|tally| tally.fired).sum::<u64>(), fired as u64);
    }

    #[test]
    fn a_seed_leaves_some_sites_alone_and_a_new_site_moves_no_other() {
        let active = |seed, names: &[&'static str]| {
            let mut sites = Sites::default();
            sites.draw(seed);
            let ask = |name: &&&'static str| (0..200).any(|_| sites.ask(NODES[0], name));
            names.iter().filter(ask).map(|name| (*name).to_owned()).collect::<Vec<_>>()
        };
        let sizes: BTreeSet<_> = (0..50).map(|seed| active(seed, &NAMES).len()).collect();
        assert_eq!(sizes, BTreeSet::from([0, 1, 2, 3]));
        for seed in 0..50 {
            let mut more = active(seed, &["new", "early", "late", "never mind"]);
            more.retain(|name| name != "new");
            assert_eq!(more, active(seed, &NAMES));
        }
    }

    #[test]
    fn nothing_fires_that_nobody_has_asked_for() {
        assert_eq!(run(&mut Sites::default()), []);
    }

    #[test]
    fn nothing_fires_until_the_next_run_once_it_is_closed() {
        let mut sites = Sites::default();
        let first = |sites: &mut Sites| {
            sites.list([(NODES[0], "early".to_owned(), 0)]);
        };
        first(&mut sites);
        sites.close();
        assert!(!sites.ask(NODES[0], "early"));
        assert_eq!(sites.calls(NODES[0], "early"), 0);
        first(&mut sites);
        assert!(sites.ask(NODES[0], "early"));
    }

    #[test]
    fn one_name_at_two_addresses_is_one_site() {
        let twin = alloc::boxed::Box::leak("early".to_owned().into_boxed_str());
        let mut sites = Sites::default();
        sites.list([(NODES[0], "early".to_owned(), 1)]);
        assert!(!sites.ask(NODES[0], "early"));
        assert!(sites.ask(NODES[0], twin));
        assert_eq!(sites.tallies().len(), 1);
    }
}
