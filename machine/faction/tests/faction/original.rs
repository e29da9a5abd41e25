//! Side by side with the crate `faction` 0.3.3.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use faction::cluster_view::ClusterView as OriginalView;
use faction::command::Command as Original;
use faction::process_result::ProcessResult as OriginalResult;
use proptest::prelude::*;
use stormglass_faction::{ClusterView, Command, PeerState, ProcessResult};

use crate::checked::Checked;
use crate::properties::{Cluster, any_cluster, any_commands};

/// The original, and what its observer heard last.
struct Pair {
    original: faction::faction::Faction,
    heard: Rc<RefCell<Vec<String>>>,
    ours: Checked,
}

struct Listener(Rc<RefCell<Vec<String>>>);

impl faction::observer::Observer for Listener {
    fn observe(&mut self, command: Original, transition: faction::transition::Transition) {
        let (before, after) = (transition.previous_view(), transition.new_view());
        let outcomes = transition.outputs();
        self.0.borrow_mut().push(format!("{command:?} {before:?} {outcomes:?} {after:?}"));
    }

    fn observe_query(&mut self, command: Original, view: OriginalView) {
        self.0.borrow_mut().push(format!("{command:?} {view:?}"));
    }

    fn observe_rejection(&mut self, command: Original, view: OriginalView, list: Vec<Original>) {
        self.0.borrow_mut().push(format!("{command:?} {view:?} {list:?}"));
    }
}

fn to_original(command: Command) -> Original {
    match command {
        Command::ParticipationObserved { peer_id } => Original::ParticipationObserved { peer_id },
        Command::ReadyObserved { peer_id } => Original::ReadyObserved { peer_id },
        Command::LocalParticipationCompleted => Original::LocalParticipationCompleted,
        Command::DeadlineExpired => Original::DeadlineExpired,
        Command::Probe => Original::Probe,
    }
}

/// Both crates name types, variants and fields alike, so equal texts are equal values.
fn text(view: &ClusterView) -> String {
    format!("{view:?}")
}

impl Pair {
    fn new(cluster: &Cluster) -> Pair {
        let heard = Rc::default();
        let policy = faction::quorum_policy::QuorumPolicy::new(cluster.quorum);
        let config = faction::config::Config::new(cluster.peer_id, cluster.members.clone(), policy);
        let listener = Box::new(Listener(Rc::clone(&heard)));
        Pair {
            original: faction::faction::Faction::new(config, listener),
            heard,
            ours: cluster.machine(),
        }
    }

    /// Gives both the command. [`Checked`] has compared our observer with our result; the
    /// original's observer is compared with the same result here.
    fn process(&mut self, command: Command) {
        let before = text(self.ours.view());
        let ours = self.ours.process(command);
        let original: OriginalResult = self.original.process(to_original(command));
        assert_eq!(format!("{ours:?}"), format!("{original:?}"), "{before}, then {command:?}");
        let expected = match &ours {
            ProcessResult::Accepted { outcomes, cluster_view } => {
                format!("{command:?} {before} {outcomes:?} {}", text(cluster_view))
            }
            ProcessResult::Rejected { cluster_view, admissible } => {
                format!("{command:?} {} {admissible:?}", text(cluster_view))
            }
            ProcessResult::Probed { cluster_view, .. } => {
                format!("{command:?} {}", text(cluster_view))
            }
        };
        assert_eq!(self.heard.borrow_mut().drain(..).collect::<Vec<_>>(), [expected]);
    }
}

proptest! {
    #[test]
    fn any_sequence_has_the_same_results(cluster in any_cluster(), commands in any_commands(64)) {
        let mut pair = Pair::new(&cluster);
        for command in commands {
            pair.process(command);
        }
    }
}

/// All sequences of four commands about three members and strangers.
#[test]
fn all_short_sequences_have_the_same_results() {
    let peers = (0..5).flat_map(|peer_id| {
        [Command::ParticipationObserved { peer_id }, Command::ReadyObserved { peer_id }]
    });
    let rest = [Command::LocalParticipationCompleted, Command::DeadlineExpired, Command::Probe];
    let alphabet: Vec<Command> = peers.chain(rest).collect();
    let mut ends = BTreeSet::new();
    for (peer_id, quorum) in [(0, 1), (0, 2), (3, 3)] {
        let cluster = Cluster { peer_id, members: vec![0, 1, 2], quorum };
        for number in 0..alphabet.len().pow(4) {
            let mut pair = Pair::new(&cluster);
            for position in 0..4 {
                pair.process(alphabet[number / alphabet.len().pow(position) % alphabet.len()]);
            }
            ends.insert(pair.ours.view().peer_state().name());
        }
    }
    let every_state = [
        PeerState::Fresh,
        PeerState::Pinging,
        PeerState::Collecting,
        PeerState::Bootstrapped,
        PeerState::TimedOut,
    ];
    assert_eq!(ends, every_state.map(PeerState::name).into_iter().collect());
}
