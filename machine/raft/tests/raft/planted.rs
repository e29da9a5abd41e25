//! Every planted bug is caught: by a script, or else by the ledger in some storm.

use std::panic::catch_unwind;

use stormglass_raft::Bug;

use super::scripts::SCRIPTS;
use super::storm::weather;

/// The bugs that storms do not bring to light, or seldom, each with its script.
const SCRIPTED: &[Bug] = &[
    Bug::VoteClearedFirst,
    Bug::OldGrants,
    Bug::StaleLeaderResetsTimer,
    Bug::SameTimeout,
    Bug::HigherTermUnanswered,
    Bug::ReadKeyedByClient,
    Bug::OldRoundConfirms,
    Bug::LeaseFromReceipt,
    Bug::QuorumNotRecounted,
    Bug::PreVoteIgnoresLeader,
    Bug::PreVoteTermIgnored,
    Bug::FormerLeaderRefused,
    Bug::NoCheckQuorum,
    Bug::TransferNeverEnds,
    Bug::GroupsMixedUp,
];

#[test]
fn every_script_fails_with_its_bug() {
    assert_eq!(SCRIPTS.len(), SCRIPTED.len());
    for ((what, script), bug) in SCRIPTS.iter().zip(SCRIPTED.iter().copied()) {
        let holds = script(Box::new(move |options| options.with_bug(bug)));
        assert!(!holds, "with {} it is still so: {what}", bug.name());
    }
}

#[test]
fn storms_bring_every_other_bug_to_light() {
    for bug in Bug::ALL.iter().copied().filter(|bug| !SCRIPTED.contains(bug)) {
        // A panic is a finding, too: some bugs leave a node with a state it cannot go on from.
        let fails = |seed| {
            let storm = || weather(seed, move |options| options.with_bug(bug));
            catch_unwind(storm).map_or(true, |findings| !findings.is_empty())
        };
        assert!((0..400).any(fails), "no storm shows {}", bug.name());
    }
}

#[test]
fn names_tell_bugs_apart() {
    let mut names: Vec<_> = Bug::ALL.iter().map(|bug| bug.name()).collect();
    let numbered = |name: &str| name.starts_with('R') && name.as_bytes()[3] == b'-';
    assert!(names.iter().all(|name| numbered(name)), "{names:?}");
    names.dedup_by_key(|name| name[..3].to_owned());
    assert_eq!(names.len(), Bug::ALL.len());
}
