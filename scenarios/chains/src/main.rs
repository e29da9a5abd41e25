//! Runs the seeds A..B of each scenario, and prints on a line each its name and the digest of all
//! their chains that a campaign reports.

use std::ops::Range;
use std::process::ExitCode;

use stormglass_campaign::{Catalogue, Planted, parse_seeds};
use stormglass_simulator::{Scenario, World};

/// What the chains of these seeds make together, for each scenario.
struct Chains {
    seeds: Range<u64>,
    digests: Vec<(&'static str, u64)>,
}

impl Catalogue for Chains {
    fn with_planted<S: Scenario + 'static>(
        mut self,
        name: &'static str,
        _about: &'static str,
        _bugs: Vec<Planted>,
        build: impl Fn(Option<&'static str>) -> S + Send + Sync + 'static,
    ) -> Self {
        let scenario = build(None);
        let mut world = World::new(&scenario);
        let digest = self.seeds.clone().fold(0_u64, |sum, seed| {
            world.search(seed);
            sum.wrapping_add(world.chain().wrapping_mul(seed * 2 + 1))
        });
        self.digests.push((name, digest));
        self
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let seeds = match &arguments[..] {
        [seeds] => parse_seeds(seeds).map_err(|error| error.to_string()),
        _ => Err("which seeds? For example 0..48".to_owned()),
    };
    let seeds = match seeds {
        Ok(seeds) => seeds,
        Err(problem) => {
            eprintln!("{problem}");
            return ExitCode::from(2);
        }
    };
    let chains = stormglass_scenarios::register(Chains { seeds, digests: Vec::new() });
    for (name, digest) in chains.digests {
        println!("{name} {digest:016x}");
    }
    ExitCode::SUCCESS
}
