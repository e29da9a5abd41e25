//! What must hold, an idea a file: what is remembered for it, and the properties that judge.

pub mod cells;
pub mod conclusion;
pub mod ending;
pub mod lists;
pub mod promise;
pub mod quorum;
pub mod seen;
pub mod table;
pub mod talk;

use stormglass_simulator::Property;

use super::ghost::Judged;

/// What holds after every event in any cluster of nodes. What says most stands first: it is what
/// a failure is named after.
pub fn safety<S: Judged>() -> Vec<Property<S>> {
    let conclusions = conclusion::properties();
    let lists = lists::properties();
    let quorum = quorum::properties();
    let promises = promise::properties();
    let talk = talk::properties();
    let table = table::properties();
    [conclusions, lists, quorum, promises, talk, table].into_iter().flatten().collect()
}
