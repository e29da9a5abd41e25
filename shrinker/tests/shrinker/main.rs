//! What the shrinker promises, by purpose: to what a list shrinks, at what cost, that the result
//! is minimal, what ends it early, and how it uses what the test tells.

mod budget;
mod cheaper;
mod cost;
mod exhaustion;
mod minimality;
mod quality;
mod thing;
mod verdict;
