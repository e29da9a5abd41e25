//! The oracles: what can tell that a run is wrong, as they are listed and documented.

use crate::property::{BOUNDED_EVENTS, KNOWN_RECEIVER, NO_PANIC, TIME_GOES_ON};

/// Something that can tell that a run, or a campaign, is wrong.
#[derive(Clone, Copy, Debug)]
pub struct Oracle {
    /// Its name.
    pub name: &'static str,
    /// The name under which it reports, if that is not the scenario's own.
    pub reports: Option<&'static str>,
    /// What it says.
    pub what: &'static str,
    /// What it is told.
    pub parameters: &'static str,
    /// When it says nothing.
    pub silent: &'static str,
    /// A planted bug that nothing else finds; empty if that is yet to be shown.
    pub only_finds: &'static str,
}

/// The name under which a run is reported that is not the same when it is run again.
pub const NOT_DETERMINISTIC: &str = "the same seed is the same run";

/// All oracles, in the order in which they are documented.
pub const ORACLES: &[Oracle] = &[
    Oracle {
        name: "always",
        reports: None,
        what: "A statement about the cluster holds after every event, for the node that was \
               touched.",
        parameters: "name, function of the world and a node",
        silent: "the node is down; nothing is declared",
        only_finds: "two holders of one lock for a moment, long before the end",
    },
    Oracle {
        name: "finally",
        reports: None,
        what: "A statement about the cluster holds at the end of the calm.",
        parameters: "name, function of the world",
        silent: "before the end; a run stuck by design",
        only_finds: "a counter that drifts away and says so to nobody",
    },
    Oracle {
        name: "sometimes",
        reports: None,
        what: "A state is reached in at least one seed of a campaign.",
        parameters: "name, function of the world and a node",
        silent: "one seed has shown it; the campaign was ended early",
        only_finds: "a safe path that is never taken, so that nothing else is tested",
    },
    Oracle {
        name: "eventually",
        reports: None,
        what: "A statement comes true within a bound of virtual time after the heal, and stays \
               true if that is asked.",
        parameters: "name, bound, function of the world; stays or not",
        silent: "until the bound; a run stuck by design; a replay cut short",
        only_finds: "a retry that takes too long, though it succeeds before the end",
    },
    Oracle {
        name: "deadlock",
        reports: None,
        what: "Nothing is scheduled any more while something that must come true is not: it \
               never will.",
        parameters: "what must come true: inevitable or eventually",
        silent: "a message, timer or flush is to come; a run stuck by design",
        only_finds: "a node that stops asking, among others that may take longer than any calm",
    },
    Oracle {
        name: "lasso",
        reports: None,
        what: "The whole cluster is in a state in which it has been before in the calm, while \
               something that must come true is not: it never will. The loop is told.",
        parameters: "a fingerprint of a machine; what must come true: inevitable or eventually",
        silent: "no fingerprint is given; what must come true has; dice are thrown in the loop; \
                 a run stuck by design",
        only_finds: "two nodes that hand a token to each other for ever",
    },
    Oracle {
        name: "stuck by design",
        reports: None,
        what: "A run in which the cluster is in a state that cannot be left by design is not \
               asked anything of the calm, and counted: it keeps the other oracles from false \
               alarms.",
        parameters: "recoverable, a function of the world",
        silent: "recoverable is true, as it is by default",
        only_finds: "a loss that was not to be expected, told from one that was",
    },
    Oracle {
        name: "bounded events",
        reports: Some(BOUNDED_EVENTS),
        what: "A run has no more events than its scenario allows.",
        parameters: "Settings::max_events",
        silent: "up to the bound; a replay with a bound of its own",
        only_finds: "answers to answers that become ever more",
    },
    Oracle {
        name: "time goes on",
        reports: Some(TIME_GOES_ON),
        what: "The events of one moment come to an end.",
        parameters: "none: 100,000 events, and 16 for each pair of nodes",
        silent: "time goes on",
        only_finds: "a timer that is set anew for at once, in a world without a bound",
    },
    Oracle {
        name: "known receiver",
        reports: Some(KNOWN_RECEIVER),
        what: "Messages are sent to nodes that are in the cluster.",
        parameters: "none",
        silent: "the receiver exists, be it up or down",
        only_finds: "a neighbour counted beyond the last node",
    },
    Oracle {
        name: "no panic",
        reports: Some(NO_PANIC),
        what: "Nothing panics: neither a machine nor a check.",
        parameters: "none",
        silent: "nothing panics",
        only_finds: "an assertion of the machine's own",
    },
    Oracle {
        name: "determinism",
        reports: Some(NOT_DETERMINISTIC),
        what: "A seed that is run twice is one run; if not, the first step that differs is told, \
               as it was each time.",
        parameters: "campaign --twice, Options::twice; always for what has failed",
        silent: "both runs have one chain and one end",
        only_finds: "a machine that goes through a map in the order of its hashes",
    },
    Oracle {
        name: "recovery time",
        reports: None,
        what: "How long after the heal each thing that must come true did, as a distribution over \
               the seeds; worse by more than a tenth than in an earlier campaign is a failure.",
        parameters: "eventually or inevitable; campaign --compare OLD.json",
        silent: "nothing to compare with; nothing must come true",
        only_finds: "a back-off that has become slower, and still keeps within its bound",
    },
    Oracle {
        name: "linearizability",
        reports: None,
        what: "What concurrent clients saw can be put into an order that one register, queue or \
               map could have shown.",
        parameters: "a model, bounds; what a request and an answer are to it (World::linearizable)",
        silent: "the scenario has no clients; the bounds are reached, which is counted; before the end; \
                 a run stuck by design",
        only_finds: "a copy that answers while the original knows more, and is alike in the end",
    },
];
