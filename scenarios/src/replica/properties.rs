//! What must hold of replicas.

use stormglass_simulator::{Property, Verdict, Violation, World};

use super::Replication;
use super::defects::Defect;
use super::finally::{agreement, convergence, losses};
use super::oracle::{
    Witness, answers, durability, emission, gates, handling, heard, roles, shadow, strangers, tags,
};

/// Names that planted bugs are caught by.
pub mod name {
    pub const MATRIX: &str = "every change of a role is one the matrix allows";
    pub const OWN_WISH: &str = "only an operator asks for what the matrix refuses";
    pub const COUNTERS: &str = "each node counts its leaderships and its missed leaders";
    pub const EVENTS: &str = "observers are told of every change";
    pub const LANES: &str = "answers and shutdowns wait in a lane of their own";
    pub const STRANGERS: &str = "nobody heeds a stranger";
    pub const ITSELF: &str = "nobody sends anything to itself";
    pub const SILENT: &str = "who has no part in the channel says nothing";
    pub const ANNOUNCES: &str = "a new leader says so at once";
    pub const ONCE: &str = "each tick sends each peer one heartbeat";
    pub const TRUTHFUL: &str = "a heartbeat says what its sender is and has";
    pub const ASKS: &str = "a replica asks the leader it believes in, and nobody else asks";
    pub const CLOSED_SILENT: &str = "a closed node says nothing";
    pub const MOVES: &str = "the belief moves only to a leader that stands higher";
    pub const DEMOTED: &str = "who says that it does not lead is believed no more";
    pub const ELECTION: &str = "an election ends the belief";
    pub const NOT_LEADER: &str = "who refuses since it does not lead is believed no more";
    pub const UNASKED: &str = "a belief changes only for a reason";
    pub const SILENCE: &str = "only three silent intervals make a candidate";
    pub const WINNER: &str = "an election goes to its rightful winner";
    pub const MAKES_WAY: &str = "a leader makes way for one that stands higher";
    pub const STANDS_FIRM: &str = "a leader makes way for nobody else";
    pub const ONLY_LEADERS_ANSWER: &str = "only a leader answers";
    pub const CONTENT: &str = "a leader gives what it holds";
    pub const REFUSAL: &str = "a leader that refuses a range says where its log begins";
    pub const BUDGET: &str = "the budget pays for what is sent, and for nothing else";
    pub const RESERVE: &str = "class Background leaves a reserve to the others";
    pub const PROVENANCE: &str = "every entry was appended under its number";
    pub const IMMUTABLE: &str = "an entry never changes";
    pub const CONTIGUOUS: &str = "a log is one run of entries that ends at its tail";
    pub const FORWARD: &str = "a tail goes back only where the leader's log ends";
    pub const RECOVERED: &str = "what was on disk is there after a restart";
    pub const DURABLE: &str = "what a replica has received is durable before anyone hears of it";
    pub const BELIEVED: &str = "an answer counts only from the believed leader";
    pub const ASKED: &str = "an answer counts only if it was asked for, and only once";
    pub const SKIP: &str = "a refused replica goes on where the leader's log begins";
    pub const PREFIX: &str = "a replica goes on only where its log ends as the leader's does";
    pub const PRESSURE: &str = "a replica without room does as it was told";
    pub const GROWTH: &str = "a log grows by what comes next, and by nothing else";
    pub const BOUND: &str = "unanswered requests are kept within a bound";
    pub const TAG: &str = "the tag is there while the node has a part in the channel";
    pub const TAG_MENDED: &str = "a tick makes good what the tag sink has failed to do";
    pub const TAG_COUNTED: &str = "a tag that could not be withdrawn is counted";
    pub const TAG_CLOSED: &str = "a closed node is idle and has withdrawn its tag";
    pub const GATE: &str = "only a leader appends";
    pub const EPOCHS: &str = "no two leaderships share an epoch and a leader";
    pub const ONE_LEADER: &str = "a quiet cluster has one leader, and keeps it";
    pub const CAUGHT_UP: &str = "everybody has caught up with the leader";
    pub const AGREE: &str = "no two nodes hold different entries under one number";
    pub const FORKS: &str = "a number is given out twice only for a known reason";
    pub const POLITE: &str = "polite clients never see a number given out twice";
    pub const WORD: &str = "a leader keeps what it acknowledged for as long as it leads";
    pub const UNCHANGED: &str = "everything held in the end was once appended";
    pub const TAGS_AT_LAST: &str = "every tag is right in the end";
}

/// An `always` property that says what one oracle of the touched node has found.
macro_rules! found {
    ($name:expr, $oracle:ident, $rule:expr) => {
        Property::always($name, |world: &World<'_, Replication>, node| {
            world.ghost().of(node).$oracle.findings.verdict($rule)
        })
    };
}

/// Every property, in the order in which they are looked at: the nearest to a cause come first.
pub fn all(faithful: bool) -> Vec<Property<Replication>> {
    let mut all = during_steps();
    all.extend([
        Property::finally(name::ONE_LEADER, convergence::one_leader),
        Property::finally(name::FORKS, agreement::forks_are_explained),
        Property::finally(name::POLITE, agreement::the_polite_see_no_fork),
        Property::finally(name::UNCHANGED, agreement::nothing_changed),
        Property::finally(name::WORD, losses::a_leader_keeps_its_word),
    ]);
    let caught_up = Property::finally(name::CAUGHT_UP, convergence::caught_up);
    let agree = Property::finally(name::AGREE, agreement::agree);
    // Spliced histories are so common without hardening that everything else goes first.
    match faithful {
        true => all.extend([caught_up, Property::finally(name::TAGS_AT_LAST, tags_at_last), agree]),
        false => all.extend([agree, caught_up]),
    }
    all
}

fn during_steps() -> Vec<Property<Replication>> {
    vec![
        found!(name::MATRIX, roles, roles::Rule::Matrix),
        found!(name::OWN_WISH, roles, roles::Rule::OwnWish),
        found!(name::COUNTERS, roles, roles::Rule::Counters),
        found!(name::EVENTS, roles, roles::Rule::Events),
        found!(name::LANES, lanes, handling::Rule::Lanes),
        found!(name::STRANGERS, strangers, strangers::Heeded),
        found!(name::ITSELF, emission, emission::Rule::Itself),
        found!(name::SILENT, emission, emission::Rule::Silent),
        found!(name::ANNOUNCES, emission, emission::Rule::Announces),
        found!(name::ONCE, emission, emission::Rule::Once),
        found!(name::TRUTHFUL, emission, emission::Rule::Truthful),
        found!(name::CLOSED_SILENT, emission, emission::Rule::Closed),
        found!(name::SILENCE, knowledge, heard::Rule::Silence),
        found!(name::WINNER, knowledge, heard::Rule::Winner),
        found!(name::MOVES, knowledge, heard::Rule::Moves),
        found!(name::DEMOTED, knowledge, heard::Rule::Demoted),
        found!(name::ELECTION, knowledge, heard::Rule::Election),
        found!(name::NOT_LEADER, knowledge, heard::Rule::NotLeader),
        found!(name::UNASKED, knowledge, heard::Rule::Unasked),
        found!(name::MAKES_WAY, knowledge, heard::Rule::MakesWay),
        found!(name::STANDS_FIRM, knowledge, heard::Rule::StandsFirm),
        found!(name::ASKS, emission, emission::Rule::Asks),
        found!(name::ONLY_LEADERS_ANSWER, answers, answers::Rule::Role),
        found!(name::CONTENT, answers, answers::Rule::Content),
        found!(name::REFUSAL, answers, answers::Rule::Refusal),
        found!(name::RESERVE, answers, answers::Rule::Reserve),
        found!(name::BUDGET, answers, answers::Rule::Budget),
        found!(name::PROVENANCE, shadow, shadow::Rule::Provenance),
        found!(name::RECOVERED, shadow, shadow::Rule::Recovered),
        found!(name::IMMUTABLE, shadow, shadow::Rule::Immutable),
        found!(name::CONTIGUOUS, shadow, shadow::Rule::Contiguous),
        found!(name::FORWARD, shadow, shadow::Rule::Forward),
        found!(name::DURABLE, durability, durability::Early),
        found!(name::BELIEVED, gates, gates::Rule::Believed),
        found!(name::ASKED, gates, gates::Rule::Asked),
        found!(name::SKIP, gates, gates::Rule::Skip),
        found!(name::PREFIX, gates, gates::Rule::Prefix),
        found!(name::PRESSURE, gates, gates::Rule::Pressure),
        found!(name::GROWTH, gates, gates::Rule::Growth),
        found!(name::BOUND, gates, gates::Rule::Bound),
        found!(name::TAG_CLOSED, tag, tags::Rule::Closed),
        found!(name::TAG, tag, tags::Rule::Right),
        found!(name::TAG_MENDED, tag, tags::Rule::Mended),
        found!(name::TAG_COUNTED, tag, tags::Rule::Counted),
        Property::always(name::GATE, |world, node| gate(world.ghost().of(node))),
        Property::always(name::EPOCHS, |world, _| match &world.ghost().leaderships.ambiguous {
            Some(detail) => Err(Violation::new(detail.clone())),
            None => Ok(()),
        }),
    ]
}

fn gate(witness: &Witness) -> Verdict {
    match witness.appended_without_leading {
        Some(role) => Err(Violation::new(format!("a client's entry was taken by a {role:?}"))),
        None => Ok(()),
    }
}

/// Without hardening a tag that could not be told the truth keeps the lie.
fn tags_at_last(world: &World<'_, Replication>) -> Verdict {
    let stale = world.ids().find(|node| world.ghost().of(*node).tag.failed);
    match stale {
        Some(node) => Err(Violation::new(format!("the tag of node {node} is wrong at last"))
            .known(Defect::StaleTag.to_string())),
        None => Ok(()),
    }
}
