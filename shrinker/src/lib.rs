//! Makes a failing list small: a list of items in, fewer and simpler items out.
//!
//! The shrinker is given a list that fails and a test that says whether another list fails as
//! well. It knows nothing about what the items mean, except what [`Item`] tells it: what an item
//! has in common with others, and how it could be simpler.
//!
//! ```
//! use stormglass_shrinker::{Budget, Item, shrink, smaller};
//!
//! #[derive(Clone, Debug, Hash, PartialEq)]
//! struct Delay {
//!     node: u64,
//!     milliseconds: u64,
//! }
//!
//! impl Item for Delay {
//!     fn labels(&self, labels: &mut Vec<u64>) {
//!         labels.push(self.node);
//!     }
//!
//!     fn simpler(&self) -> Vec<Delay> {
//!         smaller(self.milliseconds).map(|milliseconds| Delay { milliseconds, ..*self }).collect()
//!     }
//! }
//!
//! let delays = (0..1_000).map(|n| Delay { node: n % 5, milliseconds: 3 * n }).collect();
//! let too_late = |delays: &[Delay]| {
//!     delays.iter().any(|delay| delay.node == 2 && delay.milliseconds >= 700)
//! };
//!
//! let shrunk = shrink(delays, Budget::new(10_000), too_late).expect("the list fails");
//!
//! assert_eq!(shrunk.items, [Delay { node: 2, milliseconds: 700 }]);
//! assert!(shrunk.minimal);
//! assert!(shrunk.attempts < 100);
//! ```
//!
//! # What is promised
//!
//! - The list that comes back was itself seen to fail, and is made of the given items or simpler
//!   selves of them, in the given order. (Unless not even one attempt was allowed.)
//! - If it says [`minimal`](Shrunk::minimal), it is *1-minimal*: removing any one item loses the
//!   failure, and replacing any one item by any one of its simpler selves loses it or makes it
//!   [cost](Verdict::FailsAt) more. Each of these was tried on exactly this list. Nothing is
//!   promised about removing several items at once: that takes exponentially many attempts, and is
//!   what [`exhaust`] is for.
//! - A list is better than another if it has fewer items; of as many, if it costs less; of as many
//!   that cost as much, if its items are simpler. Each step is one to a better list, so that there
//!   is an end.
//! - The test is called only while the [`Budget`] allows it, from one place in the code, and
//!   never twice on the same list. No clock is read, no chance is involved: the same list and
//!   the same test give the same result after the same attempts.
//!
//! # What is asked of the test
//!
//! It must be deterministic: called twice on one list it must answer twice the same. It should
//! say "fails" only for *the same* failure; a test that accepts any failure lets the shrinker
//! slip from the bug at hand to an easier one. A panic in the test is not caught.
//!
//! # How it works
//!
//! Passes go from coarse to fine, each once, and all of them again until none finds anything:
//!
//! 1. nothing at all;
//! 2. without all items that share a label, the largest group first;
//! 3. without a run of neighbours: half of the list, a quarter, and so on, from the end, since
//!    what comes late matters least often;
//! 4. without each single item, from the end;
//! 5. each moment earlier, with all that follows it, so that distances are kept;
//! 6. each item simpler, the boldest way first;
//! 7. only when all these found nothing: without two items at once, for those that cancel each
//!    other (neighbours first, and a bounded number of them).
//!
//! A pass does not repeat itself until it finds nothing, since a cheaper one may now find more;
//! the loop around them does. Where one step succeeds, the next tries several at once, so that
//! m successes in a row cost O(log m) attempts. A list that did not fail is remembered, so that a
//! pass that found nothing costs nothing when it is run again on the same list.
//!
//! # The optimum
//!
//! [`exhaust`] goes the other way: from the empty list up, through all sets of items that the runs
//! themselves offer, the small ones first. It finds the smallest that fails, or proves that there is
//! none below a bound.
//!
//! # Sources
//!
//! Removing ever finer chunks down to 1-minimality is the *ddmin* algorithm of A. Zeller and
//! R. Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", IEEE Transactions on
//! Software Engineering 28(2), 2002. Ordering passes by cost, running them to a common fixed
//! point and stepping adaptively (`find_integer`) follow D. R. MacIver and A. F. Donaldson,
//! "Test-Case Reduction via Test-Case Generation: Insights from the Hypothesis Reducer", ECOOP
//! 2020. The offers of [`smaller`] are those of QuickCheck (K. Claessen and J. Hughes, ICFP 2000).

mod adaptive;
mod budget;
mod exhaust;
mod fingerprint;
mod item;
mod minimal;
mod passes;
mod search;
mod smaller;
mod verdict;

pub use budget::Budget;
pub use exhaust::{Bound, Exhausted, Run, Space, exhaust};
pub use item::Item;
pub use minimal::is_one_minimal;
pub use passes::{NotFailing, Shrunk, shrink};
pub use smaller::smaller;
pub use verdict::Verdict;
