//! A group that does one thing at a time, as lines of a transcript say, and tells what has changed.
//! Nothing happens by itself: messages arrive when they are delivered, timers fire when they are
//! told to. The ledger looks at every step.

use std::fmt::Write as _;

use stormglass_machine::{Kind, Machine, NodeId};
use stormglass_raft::{
    ConfigurationChange, Entry, LogIndex, Message, Options, Payload, Record, Request, Response,
    Role, Term, Timer,
};

use super::cluster::{Happened, MILLISECOND};
use super::group::{Group, Node, ids};

type Said = <Node as Machine>::Message;

/// Why a line cannot be played.
pub type Nonsense = String;

/// A message that has been sent and has not arrived.
struct Letter {
    from: usize,
    to: usize,
    message: Said,
}

/// How a node was when it was last looked at.
#[derive(Clone, PartialEq, Default)]
struct Seen {
    is_up: bool,
    role: &'static str,
    term: Term,
    leader: Option<NodeId>,
    commit: LogIndex,
    base: LogIndex,
    terms: Vec<Term>,
    members: String,
}

/// A group on a stage. Nodes are numbered from one.
#[derive(Default)]
pub struct Theatre {
    group: Option<Group>,
    mail: Vec<Letter>,
    seen: Vec<Seen>,
    told: String,
}

fn name(node: usize) -> String {
    (node + 1).to_string()
}

fn names(nodes: &[NodeId]) -> String {
    nodes.iter().map(|node| name(node.index())).collect::<Vec<_>>().join(" ")
}

fn number<N: std::str::FromStr>(word: &str) -> Result<N, Nonsense> {
    word.parse().map_err(|_| format!("{word:?} is not a number"))
}

fn members(raft: &Node) -> String {
    let configuration = raft.configuration();
    let mut text = format!("voters {}", names(configuration.voters()));
    for (what, nodes) in [
        ("before", configuration.outgoing()),
        ("learners", configuration.learners()),
        ("joining", configuration.joining()),
    ] {
        if !nodes.is_empty() {
            let _ = write!(text, ", {what} {}", names(nodes));
        }
    }
    text
}

impl Theatre {
    /// Plays one line. What has changed, line by line; or why it makes no sense.
    pub fn play(&mut self, line: &str) -> Result<String, Nonsense> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (verb, rest) = words.split_first().ok_or("an empty line")?;
        self.told.clear();
        if *verb == "nodes" {
            self.raise(rest)?;
        } else {
            self.act(verb, rest)?;
        }
        let findings = &self.stage()?.ledger.findings;
        if findings.is_empty() { Ok(self.told.clone()) } else { Err(findings.join("; ")) }
    }

    fn stage(&mut self) -> Result<&mut Group, Nonsense> {
        self.group.as_mut().ok_or_else(|| "say first how many nodes there are".to_owned())
    }

    fn node(&mut self, words: &[&str]) -> Result<usize, Nonsense> {
        let node: usize = number(words.first().ok_or("which node?")?)?;
        let count = self.stage()?.cluster.len();
        if (1..=count).contains(&node) { Ok(node - 1) } else { Err(format!("no node {node}")) }
    }

    fn live_node(&mut self, words: &[&str]) -> Result<usize, Nonsense> {
        let node = self.node(words)?;
        if self.stage()?.cluster.is_up(node) {
            Ok(node)
        } else {
            Err(format!("node {} is down", name(node)))
        }
    }

    /// `nodes 5`, `nodes 5 voters 3`, with any of `pre-vote`, `entries 1`, `snapshot 4`.
    fn raise(&mut self, words: &[&str]) -> Result<(), Nonsense> {
        let (nodes, mut rest) = words.split_first().ok_or("how many nodes?")?;
        let nodes: u32 = number(nodes)?;
        let (mut voters, mut pre_vote, mut entries, mut snapshot) = (nodes, false, 64, 1_000);
        while let [word, more @ ..] = rest {
            rest = more;
            if *word == "pre-vote" {
                pre_vote = true;
                continue;
            }
            let (value, more) = more.split_first().ok_or_else(|| format!("{word} what?"))?;
            rest = more;
            match *word {
                "voters" => voters = number(value)?,
                "entries" => entries = number(value)?,
                "snapshot" => snapshot = number(value)?,
                _ => return Err(format!("{word:?} is no option")),
            }
        }
        let adjust = move |options: Options| Options {
            pre_vote,
            entries_per_message: entries,
            snapshot_threshold: snapshot,
            initial_voters: ids(0..voters),
            ..options
        };
        self.group = Some(Group::new(nodes as usize, voters, 1, adjust));
        self.mail.clear();
        self.seen = vec![Seen::default(); nodes as usize];
        self.look_at_all();
        self.told.clear();
        Ok(())
    }

    fn act(&mut self, verb: &str, rest: &[&str]) -> Result<(), Nonsense> {
        match verb {
            "log" => self.preset(rest)?,
            "timeout" | "beat" => {
                let node = self.live_node(rest)?;
                let timer = if verb == "beat" { Timer::Heartbeat } else { Timer::Election };
                let happened = self.stage()?.cluster.fire(node, timer);
                self.after(node, happened);
            }
            "elect" => {
                let node = self.live_node(rest)?;
                self.wait(300)?;
                let happened = self.stage()?.cluster.fire(node, Timer::Election);
                self.after(node, happened);
                self.deliver(&[], false)?;
            }
            "propose" | "read" | "change" | "transfer" => self.ask(verb, rest)?,
            "deliver" => self.deliver(rest, false)?,
            "drop" => self.deliver(rest, true)?,
            "cut" => self.cut(rest)?,
            "heal" => self.stage()?.cluster.cut.clear(),
            "crash" => {
                let node = self.live_node(rest)?;
                self.stage()?.crash(node);
                self.look(node);
            }
            "restart" => {
                let node = self.node(rest)?;
                if self.stage()?.cluster.is_up(node) {
                    return Err(format!("node {} is up", name(node)));
                }
                let happened = self.stage()?.cluster.boot(node);
                self.after(node, happened);
            }
            "wait" => self.wait(number(rest.first().ok_or("how many milliseconds?")?)?)?,
            "show" => self.show(rest.first().ok_or("show what?")?)?,
            _ => return Err(format!("{verb:?} is nothing that can be played")),
        }
        Ok(())
    }

    fn wait(&mut self, milliseconds: u64) -> Result<(), Nonsense> {
        self.stage()?.cluster.now += milliseconds * MILLISECOND;
        Ok(())
    }

    /// `log 2 term 7 : 1 1 4` puts entries of these terms on the disk of a node, which restarts.
    fn preset(&mut self, words: &[&str]) -> Result<(), Nonsense> {
        let node = self.live_node(words)?;
        let ["term", term, ":", terms @ ..] = &words[1..] else {
            return Err("log NODE term TERM : TERM TERM ..".to_owned());
        };
        let ballot = Record::Ballot { term: number(term)?, voted_for: None };
        let mut entries = Vec::new();
        for (index, term) in (1..).zip(terms) {
            let term: Term = number(term)?;
            let command = std::sync::Arc::new(term * 100 + index);
            entries.push(Entry { term, payload: Payload::Command { command, session: None } });
        }
        let group = self.stage()?;
        group.crash(node);
        let append = Record::Append { first: 1, entries: entries.into() };
        group.cluster.preset(node, vec![ballot, append]);
        let happened = group.cluster.boot(node);
        self.after(node, happened);
        Ok(())
    }

    fn ask(&mut self, verb: &str, rest: &[&str]) -> Result<(), Nonsense> {
        let node = self.live_node(rest)?;
        // The ledger knows a command by the number of the request.
        let id = self.stage()?.cluster.request_id();
        let request = match (verb, &rest[1..]) {
            ("propose", []) => Request::ClientCommand { command: id, session: None },
            ("read", []) => Request::Read(()),
            ("transfer", ["to", to]) => {
                Request::TransferLeadership { to: Some(NodeId(self.node(&[*to])? as u32)) }
            }
            ("change", [what, nodes @ ..]) => Request::ConfigChange(self.change(what, nodes)?),
            _ => return Err(format!("{verb} what?")),
        };
        let group = self.stage()?;
        if request == Request::Read(()) {
            group.ledger.read_asked(id);
        }
        let happened = group.cluster.ask_as(id, node, request);
        self.after(node, happened);
        Ok(())
    }

    fn change(&mut self, what: &str, nodes: &[&str]) -> Result<ConfigurationChange, Nonsense> {
        let mut named = Vec::new();
        for node in nodes {
            named.push(NodeId(self.node(&[*node])? as u32));
        }
        match (what, named.as_slice()) {
            ("add", [node]) => Ok(ConfigurationChange::AddServer(*node)),
            ("learner", [node]) => Ok(ConfigurationChange::AddLearner(*node)),
            ("remove", [node]) => Ok(ConfigurationChange::RemoveServer(*node)),
            ("voters", nodes) => Ok(ConfigurationChange::ReplaceVoters(nodes.to_vec())),
            _ => Err("add NODE, learner NODE, remove NODE, or voters NODE NODE ..".to_owned()),
        }
    }

    /// `deliver` lets everything arrive, and what is said in answer, until nothing is left;
    /// `deliver RequestVote`, `deliver from 1`, `deliver to 2`, and any of these together only what
    /// they name; `once` only what is there now. What is lost arrives nowhere.
    fn deliver(&mut self, words: &[&str], lost: bool) -> Result<(), Nonsense> {
        let (mut kind, mut from, mut to, mut once) = (None, None, None, false);
        let mut rest = words;
        while let [word, more @ ..] = rest {
            rest = more;
            match *word {
                "once" => once = true,
                "from" | "to" => {
                    let node = Some(self.node(more)?);
                    rest = &more[1..];
                    if *word == "from" { from = node } else { to = node }
                }
                word => kind = Some(word.to_owned()),
            }
        }
        let named = |letter: &Letter| {
            kind.as_ref().is_none_or(|kind| letter.message.kind() == kind)
                && from.is_none_or(|from| letter.from == from)
                && to.is_none_or(|to| letter.to == to)
        };
        // A bound, in case they never stop talking.
        for _ in 0..100 {
            let (now, later) = std::mem::take(&mut self.mail).into_iter().partition(named);
            self.mail = later;
            let arriving: Vec<Letter> = now;
            if arriving.is_empty() {
                return Ok(());
            }
            for letter in arriving.into_iter().filter(|_| !lost) {
                self.arrive(letter)?;
            }
            if once {
                return Ok(());
            }
        }
        Err("they never stop talking".to_owned())
    }

    fn arrive(&mut self, letter: Letter) -> Result<(), Nonsense> {
        let Letter { from, to, message } = letter;
        let cluster = &mut self.stage()?.cluster;
        if cluster.cut.contains(&(from, to)) || to >= cluster.len() || !cluster.is_up(to) {
            return Ok(());
        }
        let happened = cluster.deliver(from, to, message);
        self.after(to, happened);
        Ok(())
    }

    /// `cut 1 2 | 3 4 5`
    fn cut(&mut self, words: &[&str]) -> Result<(), Nonsense> {
        let mut sides = vec![Vec::new()];
        for word in words {
            match *word {
                "|" => sides.push(Vec::new()),
                node => {
                    let node = self.node(&[node])?;
                    sides.last_mut().expect("there is one").push(node);
                }
            }
        }
        let cluster = &mut self.stage()?.cluster;
        for (position, left) in sides.iter().enumerate() {
            sides[position + 1..].iter().for_each(|right| cluster.split(left, right));
        }
        Ok(())
    }

    fn show(&mut self, what: &str) -> Result<(), Nonsense> {
        let mut text = String::new();
        match what {
            "mail" => {
                for Letter { from, to, message } in &self.mail {
                    let _ = writeln!(text, "{} -> {}: {}", name(*from), name(*to), letter(message));
                }
            }
            "logs" | "members" | "lists" => {
                for (node, raft) in self.stage()?.cluster.live() {
                    let line = match what {
                        "logs" => log(raft),
                        "members" => format!(" {}", members(raft)),
                        _ => format!(" {:?}", raft.state_machine().elements),
                    };
                    let _ = writeln!(text, "{}:{line}", name(node));
                }
            }
            _ => return Err("show logs, members, lists or mail".to_owned()),
        }
        self.told += if text.is_empty() { "nothing\n" } else { &text };
        Ok(())
    }

    /// A node has made a step: its letters are on their way, and what has changed is told.
    fn after(&mut self, node: usize, happened: Vec<Happened<Node>>) {
        if let Some(group) = &mut self.group {
            group.check(node, &happened);
        }
        self.look(node);
        for one in happened {
            match one {
                Happened::Sent { to, message } => {
                    self.mail.push(Letter { from: node, to: to.index(), message });
                }
                Happened::Answered { response, .. } => {
                    let _ = writeln!(self.told, "{} answers: {}", name(node), answer(&response));
                }
                Happened::Flushed => {}
            }
        }
    }

    fn look_at_all(&mut self) {
        (0..self.seen.len()).for_each(|node| self.look(node));
    }

    /// Tells what has changed at a node since it was last looked at.
    fn look(&mut self, node: usize) {
        let Some(group) = &self.group else { return };
        let now = match group.cluster.is_up(node) {
            true => Seen::of(group.node(node)),
            false => Seen { is_up: false, ..self.seen[node].clone() },
        };
        let before = std::mem::replace(&mut self.seen[node], now);
        for change in self.seen[node].changes(&before) {
            let _ = writeln!(self.told, "{} {change}", name(node));
        }
    }
}

impl Seen {
    fn of(raft: &Node) -> Seen {
        let log = raft.log();
        Seen {
            is_up: true,
            role: raft.role().name(),
            term: raft.current_term(),
            leader: raft.current_leader().filter(|_| raft.role() == Role::Follower),
            commit: raft.commit_index(),
            base: log.base(),
            terms: log.entries().iter().map(|entry| entry.term).collect(),
            members: members(raft),
        }
    }

    fn term_at(&self, index: LogIndex) -> Option<Term> {
        self.terms.get(index.checked_sub(self.base + 1)? as usize).copied()
    }

    fn last(&self) -> LogIndex {
        self.base + self.terms.len() as u64
    }

    fn changes(&self, before: &Seen) -> Vec<String> {
        let mut changes = Vec::new();
        if self.is_up != before.is_up {
            changes.push(if self.is_up { "is up" } else { "is down" }.to_owned());
        }
        let standing = |seen: &Seen| (seen.role, seen.term, seen.leader);
        if self.is_up && standing(self) != standing(before) {
            let follows = self
                .leader
                .map_or(String::new(), |node| format!(", follows {}", name(node.index())));
            changes.push(format!("is {} in term {}{follows}", self.role, self.term));
        }
        let mut common = self.base.max(before.base) + 1..=before.last();
        if let Some(first) = common.find(|index| self.term_at(*index) != before.term_at(*index)) {
            changes.push(format!("drops {first} to {}", before.last()));
        }
        if self.base > before.base {
            changes.push(format!("has a snapshot up to {}", self.base));
        }
        if self.members != before.members {
            changes.push(format!("goes by {}", self.members));
        }
        if self.is_up && self.commit > before.commit {
            changes.push(format!("commits {}", self.commit));
        }
        changes
    }
}

/// The terms of a log, those that are committed before the bar.
fn log(raft: &Node) -> String {
    let log = raft.log();
    let mut text = match log.base() {
        0 => String::new(),
        base => format!(" [snapshot up to {base}]"),
    };
    for (index, entry) in (log.first_index()..).zip(log.entries()) {
        if index == raft.commit_index() + 1 {
            text += " |";
        }
        let _ = write!(text, " {}", entry.term);
    }
    text
}

fn letter(message: &Said) -> String {
    let (kind, term) = (message.kind(), message.term());
    match message {
        Message::AppendEntries(append) => {
            let (before, count) = (append.prev_log_index, append.entries.len());
            format!("{kind} of term {term}, {count} behind {before}")
        }
        Message::RequestVoteResponse(vote) => {
            format!("{kind} of term {term}, {}", if vote.vote_granted { "yes" } else { "no" })
        }
        Message::PreVoteResponse(vote) => {
            format!("{kind} of term {term}, {}", if vote.vote_granted { "yes" } else { "no" })
        }
        Message::AppendEntriesResponse(response) => {
            format!("{kind} of term {term}, {:?}", response.outcome)
        }
        _ => format!("{kind} of term {term}"),
    }
}

fn answer(response: &Response<(u64, Option<u64>)>) -> String {
    match response {
        Response::Applied { index, .. } => format!("applied at {index}"),
        Response::Read { index, response } => format!("{} elements at {index}", response.0),
        Response::ConfigChanged { index } => format!("changed at {index}"),
        Response::CommandRefused(error) => refused(error),
        Response::ReadRefused(error) => refused(error),
        Response::ConfigRefused(error) => refused(error),
        Response::TransferRefused(error) => refused(error),
        other => format!("{other:?}"),
    }
}

fn refused(error: &impl std::fmt::Debug) -> String {
    let text = format!("refused, {error:?}").replace(" { leader_hint: None }", "");
    (0..9).fold(text, |text, node| {
        let hint = format!(" {{ leader_hint: Some(NodeId({node})) }}");
        text.replace(&hint, &format!(", {} leads", name(node)))
    })
}
