//! Stories and pictures of a run in which everything goes wrong that can, told of by a log that
//! nobody trusts.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use stormglass_machine::{Env, Input, Kind, Machine, NodeId, Time};
use stormglass_replay::{LogOf, Picture, Story, Verdict, log_of, misleads, replay};
use stormglass_simulator::{
    ClientLink, Clients, ClockStep, Clog, Crash, Cut, Deviation, Fate, FullDisk, LateTimer,
    MessageFault, Pause, Plain, Reply, Settings, Shape, SlowFlush, Way, World, WrongClock, ensure,
};

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Said(String);

impl Kind for Said {
    fn kind(&self) -> &'static str {
        "Said"
    }
}

#[derive(Clone, Debug, Hash)]
enum Message {
    Say(String),
    Heard,
    Beat(u64),
}

impl Kind for Message {
    fn kind(&self) -> &'static str {
        match self {
            Message::Say(_) => "Say",
            Message::Heard => "Heard",
            Message::Beat(_) => "Beat",
        }
    }
}

/// Repeats what it is told.
#[derive(Debug, Default)]
struct Parrot {
    heard: Vec<String>,
    beats: u64,
}

impl Machine for Parrot {
    type Message = Message;
    type Request = Said;
    type Response = usize;
    type Timer = &'static str;
    type Record = String;

    fn restore(&mut self, record: String) {
        self.heard.push(record);
    }

    fn state(&self) -> &'static str {
        if self.heard.is_empty() { "Silent" } else { "Talking" }
    }

    fn step(&mut self, input: Input<Self>, env: &mut Env<'_, Self>) {
        let next = NodeId((env.node().0 + 1) % NODES);
        match input {
            Input::Start => env.set_timer("Beat", BEAT),
            Input::Timer(_) => {
                self.beats += 1;
                env.send(next, Message::Beat(self.beats));
                env.set_timer("Beat", BEAT);
            }
            Input::Request { id, request: Said(text) } => {
                self.heard.push(text.clone());
                env.persist(text.clone());
                let own = env.node();
                for node in (0..NODES).map(NodeId).filter(|node| *node != own) {
                    env.send(node, Message::Say(text.clone()));
                }
                env.respond(id, self.heard.len());
            }
            Input::Message { from, message: Message::Say(text) } => {
                self.heard.push(text);
                env.send(from, Message::Heard);
            }
            Input::Message { .. } => {}
        }
    }
}

const NODES: u32 = 3;
const BEAT: Duration = Duration::from_millis(100);

/// What a log may say: markup, a script that ends, and letters that turn the line around.
const EVIL: &str = "</script><img src=x onerror=alert(1)>\u{202e}]]>--><!--";

fn parrots() -> Plain<Parrot> {
    let clients = Clients::new(|_, _| Reply::Done).repeat(|_| true);
    Plain::new("parrots", NODES, |_| Parrot::default())
        .clients(2, clients)
        .settings(Settings {
            flush: Duration::from_millis(2),
            storm: Duration::from_secs(2),
            calm: Duration::from_secs(1),
            ..Settings::default()
        })
        // What its clients say is shown as it is, since a scenario may do so.
        .describe(|parrot| format!("heard {}, beats {}", parrot.heard.join("|"), parrot.beats))
        .always("nobody beats eight times", |world, node| {
            ensure(world.machine(node).beats < 8, || format!("node {node} beats\n{EVIL}"))
        })
}

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn asks(client: u32, nth: u32, at: u64, node: u32) -> Deviation<Said> {
    let request = Said(EVIL.to_owned());
    Deviation::Request { client, nth, at: millis(at), node: NodeId(node), request }
}

fn message(from: u32, kind: &str, nth: u32, fate: Fate) -> Deviation<Said> {
    let (from, to) = (NodeId(from), NodeId((from + 1) % NODES));
    Deviation::Message(MessageFault { from, to, kind: kind.to_owned(), nth, fate })
}

fn deviations() -> Vec<Deviation<Said>> {
    let shape = || Shape::Split(vec![NodeId(2)]);
    let crash = |node, at, down, after_effects| {
        let nodes = vec![NodeId(node)];
        let (at, down) = (millis(at), millis(down));
        Deviation::Crash(Crash { nodes, at, after_effects, down, lose: 1 })
    };
    vec![
        asks(0, 0, 5, 0),
        asks(1, 0, 150, 1),
        asks(0, 1, 210, 0),
        message(0, "Beat", 0, Fate::Dropped),
        message(0, "Beat", 1, Fate::Delayed { by: millis(130) }),
        message(1, "Beat", 2, Fate::Duplicated { by: millis(30) }),
        message(1, "Beat", 1, Fate::Corrupted { value: 1 }),
        Deviation::Timer(LateTimer {
            node: NodeId(1),
            kind: "Beat".to_owned(),
            nth: 2,
            late: millis(20),
        }),
        Deviation::Flush(SlowFlush { node: NodeId(0), nth: 0, slow: millis(15) }),
        crash(2, 95, 60, None),
        crash(1, 600, 20, Some(1)),
        Deviation::Pause(Pause { node: NodeId(0), at: millis(310), lasts: millis(60) }),
        Deviation::Cut(Cut { shape: shape(), at: millis(400), lasts: millis(120) }),
        Deviation::Clog(Clog { shape: shape(), at: millis(500), lasts: millis(70) }),
        Deviation::Clock(WrongClock { node: NodeId(2), ahead_ns: -5_000_000, drift_ppm: 40 }),
        Deviation::ClockStep(ClockStep { node: NodeId(2), at: millis(700), ahead_ns: 9_000_000 }),
        Deviation::FullDisk(FullDisk { node: NodeId(0), at: millis(640), lasts: millis(90) }),
        Deviation::ClientLink(ClientLink {
            client: 1,
            nth: 0,
            attempt: 0,
            way: Way::Answer,
            fate: Fate::Dropped,
        }),
    ]
}

fn log() -> LogOf<Plain<Parrot>> {
    log_of(&parrots(), 0, deviations()).expect("it fails")
}

#[test]
fn nothing_in_a_log_becomes_markup_or_turns_a_line_around() {
    let log = LogOf::<Plain<Parrot>> { planted: Some(EVIL.to_owned()), ..log() };
    let picture = Picture::of(&parrots(), &log);
    let (html, svg) = (picture.html(), picture.svg());
    for text in [&html, &svg] {
        assert!(text.contains("&lt;/script&gt;"), "it tells what was asked");
        assert!(!text.contains("<img"));
        assert_eq!(text.chars().find(|letter| misleads(*letter) && *letter != '\n'), None);
    }
    // The data and the script, and neither ends early.
    assert_eq!(html.matches("</script").count(), 2);
    assert_eq!(html.matches("<script").count(), 2);
    assert_eq!(html.matches("<!--").count(), 0);
    assert_eq!(svg.matches("<script").count(), 0);
    for line in &log.story {
        assert_eq!(line.chars().find(|letter| misleads(*letter)), None, "{line}");
    }
}

#[test]
fn everything_that_goes_wrong_is_drawn() {
    let log = log();
    let picture = Picture::of(&parrots(), &log);
    assert_eq!(picture.verdict(), Verdict::Exact);
    assert_eq!(replay(&parrots(), &log).unmatched, [0; 0], "all of it happens");
    let svg = picture.svg();
    let fates = ["ontime", "late", "doubled", "corrupt", "lost", "cutoff", "missed", "underway"];
    for fate in fates {
        assert!(svg.contains(&format!("class=\"arrow {fate}")), "{fate}\n{}", log.story.join("\n"));
    }
    for lasting in ["down", "paused", "flushing", "disk", "clock"] {
        assert!(svg.contains(&format!("class=\"span {lasting}\"")), "{lasting}");
    }
    for network in ["cut", "clogged"] {
        assert!(svg.contains(&format!("class=\"network {network}\"")), "{network}");
    }
    for lane in ["client 0", "client 1", "node 0", "node 1", "node 2"] {
        assert!(svg.contains(&format!(">{lane}</text>")), "{lane}");
    }
    assert_eq!((svg.clone(), picture.html()), {
        let again = Picture::of(&parrots(), &log);
        (again.svg(), again.html())
    });
}

/// A sentence that is told of an entry, and the number of the entry.
fn numbered(story: &[String]) -> Vec<(usize, String)> {
    let mut told: Vec<(usize, String)> = Vec::new();
    for line in story.iter().take_while(|line| !line.is_empty()) {
        let number = line.get(15..).and_then(|rest| rest.split_whitespace().next());
        let begins = line.get(..14).is_some_and(|time| time.trim_end().ends_with('s'));
        match number.and_then(|number| number.parse().ok()).filter(|_| begins) {
            Some(number) => told.push((number, line[19..].trim().to_owned())),
            None if !begins && !told.is_empty() => {
                let (_, last) = told.last_mut().expect("there is one");
                last.push(' ');
                last.push_str(line.trim());
            }
            None => {}
        }
    }
    told
}

#[test]
fn each_message_that_is_heard_was_sent_where_the_story_says() {
    let scenario = parrots();
    let deviations = deviations();
    let mut story = Story::new(&scenario, &deviations);
    let outcome = World::new(&scenario).replay(0, &deviations, u64::MAX, &mut story).outcome;
    let lines = story.tell(outcome.failure.as_ref(), outcome.time);
    let told = numbered(&lines);
    let mut heard = 0;
    for (_, sentence) in &told {
        // "node 1 [Silent] hears from 0: Beat(3) (sent in 17)"
        let Some((_, rest)) = sentence.split_once(" hears from ") else { continue };
        let (from, rest) = rest.split_once(": ").expect("it says what");
        let (_, cause) = rest.split_once("(sent in ").expect("it says where it was sent");
        let cause: usize = cause.split(')').next().expect("it ends").parse().expect("a number");
        let Some((_, sent)) = told.iter().find(|(number, _)| *number == cause) else { continue };
        assert!(sent.starts_with(&format!("node {from} ")), "{sentence}\n{sent}");
        if let Some(beat) = rest.split_whitespace().next().filter(|word| word.starts_with("Beat")) {
            assert!(sent.contains(&format!("sends {beat} to ")), "{sentence}\n{sent}");
        }
        heard += 1;
    }
    assert!(heard > 5, "{}", lines.join("\n"));
}

#[test]
fn a_story_ends_with_what_the_nodes_were_and_how_it_came_to_this() {
    let story = log().story;
    let after = story.iter().position(|line| line == "  then:").expect("it tells of the nodes");
    assert!(story[after + 1].starts_with("    node 0  Talking  heard "), "{}", story[after + 1]);
    let chain = story.iter().position(|line| line == "  how it came to this:");
    let chain = &story[chain.expect("it tells of the chain") + 1..];
    let first = chain.iter().take_while(|line| !line.contains("VIOLATED")).count();
    let path = chain[..=first].join(" ");
    assert!(path.contains(" starts") && path.contains("timer \"Beat\" → VIOLATED"), "{path}");
    assert!(chain.iter().any(|line| line.contains("Beat from 0 to 1 is lost")), "{chain:#?}");
}

#[test]
fn a_log_that_tells_its_story_in_other_words_is_exact() {
    let log = LogOf::<Plain<Parrot>> { story: vec!["Once upon a time.".to_owned()], ..log() };
    let compared = replay(&parrots(), &log);
    assert_eq!(compared.verdict, Verdict::Exact);
    assert_eq!(compared.first_difference, None);
}

#[test]
fn a_long_run_is_told_in_part_and_says_so() {
    let scenario = Plain::new("parrots", NODES, |_| Parrot::default())
        .settings(Settings {
            storm: Duration::from_secs(2_000),
            calm: Duration::ZERO,
            ..Settings::default()
        })
        .finally("it ends", |world| ensure(world.now() < Time::ZERO, || "it has ended"));
    let log = log_of(&scenario, 0, Vec::new()).expect("it fails");
    assert!(log.expected.event > 100_000);
    assert!(log.story.len() < 3_000, "{} lines", log.story.len());
    let html = Picture::of(&scenario, &log).html();
    assert!(html.contains("This is a part of the run: "));
    assert!(html.len() < 4_000_000, "{} bytes", html.len());
}
