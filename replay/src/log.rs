use std::collections::BTreeSet;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeOwned, Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use stormglass_simulator::{
    Deviation, LateTimer, MessageFault, RequestOf, Scenario, Signature, SiteFires, Tuned,
};

use crate::context::{Context, Place};
use crate::file::Head;

/// The version of the format that this program writes. It reads this one and all before it.
pub const FORMAT: u32 = 2;

/// The most deviations a log may have.
pub(crate) const MOST_DEVIATIONS: usize = 100_000;
/// The most episodes among them: crashes, cuts, pauses, bad and replaced disks. Each message is
/// held against all that is wrong with links and each flush against every bad disk, so that their
/// number bounds the time a replay takes. Torn records count, too: each crash looks through them.
const MOST_EPISODES: usize = 1_000;
/// The most nodes of a cluster, unless the scenario has more.
const MOST_NODES: u32 = 1_000;
/// The most distances from which a place is known; there are never more than four.
const MOST_DISTANCES: usize = 8;
/// The most kinds of messages and timers, sites and knobs they may speak of.
const MOST_KINDS: usize = 1_000;

/// A failing run: enough to make it again, and to see that it is the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[serde(bound(serialize = "R: Serialize", deserialize = "R: DeserializeOwned"))]
pub struct Log<R> {
    /// The version of the format.
    pub format: u32,
    /// The name of the scenario.
    pub scenario: String,
    /// The bug that was planted, if one was.
    pub planted: Option<String>,
    /// The seed of the nodes' own dice.
    pub seed: u64,
    /// The program that wrote it, and its version.
    pub made_by: String,
    /// What the run leads to.
    pub expected: Expected,
    /// Everything in the run that is not dull.
    #[serde(deserialize_with = "read_deviations")]
    pub deviations: Vec<Deviation<R>>,
    /// Where the deviations met the run. Logs of the first format do not say it.
    #[serde(default)]
    pub context: Option<Context>,
    /// The run in words.
    pub story: Vec<String>,
}

/// A log as it was in the first format. Its compact form says nothing where others have the context.
#[derive(Deserialize)]
#[serde(bound(deserialize = "R: DeserializeOwned"))]
pub(crate) struct FirstFormat<R> {
    format: u32,
    scenario: String,
    planted: Option<String>,
    seed: u64,
    made_by: String,
    expected: Expected,
    #[serde(deserialize_with = "read_deviations")]
    deviations: Vec<Deviation<R>>,
    story: Vec<String>,
}

impl<R> From<FirstFormat<R>> for Log<R> {
    fn from(first: FirstFormat<R>) -> Log<R> {
        let FirstFormat { format, scenario, planted, seed, made_by, expected, .. } = first;
        let FirstFormat { deviations, story, .. } = first;
        let context = None;
        Log { format, scenario, planted, seed, made_by, expected, deviations, context, story }
    }
}

/// What a replay is compared with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// The property that is violated.
    pub property: String,
    /// What distinguishes the cause; may be empty.
    pub cause: String,
    /// What was seen, for people.
    pub detail: String,
    /// The number of events up to the violation.
    pub event: u64,
    /// The hash chain there.
    #[serde(serialize_with = "write_chain", deserialize_with = "read_chain")]
    pub chain: u64,
}

/// Gives up at the first deviation too many, before it takes any more memory.
fn read_deviations<'de, D, R>(from: D) -> Result<Vec<Deviation<R>>, D::Error>
where
    D: Deserializer<'de>,
    R: Deserialize<'de>,
{
    struct Deviations<R>(PhantomData<R>);

    impl<'de, R: Deserialize<'de>> Visitor<'de> for Deviations<R> {
        type Value = Vec<Deviation<R>>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("a list of deviations")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut from: A) -> Result<Self::Value, A::Error> {
            let mut deviations = Vec::new();
            while let Some(deviation) = from.next_element()? {
                if deviations.len() == MOST_DEVIATIONS {
                    return Err(A::Error::custom(format_args!(
                        "a log has at most {MOST_DEVIATIONS} deviations"
                    )));
                }
                deviations.push(deviation);
            }
            Ok(deviations)
        }
    }

    from.deserialize_seq(Deviations(PhantomData))
}

fn write_chain<S: Serializer>(chain: &u64, to: S) -> Result<S::Ok, S::Error> {
    if to.is_human_readable() { format!("{chain:016x}").serialize(to) } else { chain.serialize(to) }
}

fn read_chain<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    if !from.is_human_readable() {
        return u64::deserialize(from);
    }
    let text = String::deserialize(from)?;
    let right = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match u64::from_str_radix(&text, 16) {
        Ok(chain) if right => Ok(chain),
        _ => Err(D::Error::custom(format_args!("a chain has 16 hexadecimal digits, not {text:?}"))),
    }
}

/// Something wrong with what a log says, and where.
pub(crate) struct Misfit {
    pub(crate) place: String,
    pub(crate) problem: String,
}

impl<R> Log<R> {
    /// How the run that it expects fails.
    pub fn signature(&self) -> Signature {
        let Expected { property, cause, .. } = self.expected.clone();
        Signature { property, cause }
    }

    /// The context, if it has a place for each deviation: a list that was changed by hand may have
    /// more or fewer, and then nobody knows which is whose.
    pub(crate) fn places(&self) -> Option<&Context> {
        self.context.as_ref().filter(|context| context.places.len() == self.deviations.len())
    }

    /// What it says of itself.
    pub(crate) fn head(&self) -> Head {
        let Log { format, scenario, planted, .. } = self;
        Head { format: *format, scenario: scenario.clone(), planted: planted.clone() }
    }

    /// Checks what it says against its scenario.
    pub(crate) fn check<S>(&self, scenario: &S) -> Result<(), Misfit>
    where
        S: Scenario,
        R: PartialEq,
        S::Machine: stormglass_machine::Machine<Request = R>,
    {
        let misfit = |place: String, problem: String| Err(Misfit { place, problem });
        if self.scenario != scenario.name() {
            let problem = format!("it is of {:?}, not of {:?}", self.scenario, scenario.name());
            return misfit("scenario".into(), problem);
        }
        if let Some(context) = &self.context {
            if context.fewest == 0 {
                let problem = "the smallest cluster has a node".to_owned();
                return misfit("context: fewest".into(), problem);
            }
            if context.kinds.len() > MOST_KINDS {
                let problem = format!("at most {MOST_KINDS} kinds are read");
                return misfit("context: kinds".into(), problem);
            }
            let far = |place: &Place| place.begins.len().max(place.ends.len()) > MOST_DISTANCES;
            if let Some(position) = context.places.iter().position(far) {
                let problem = format!("at most {MOST_DISTANCES} distances are read");
                return misfit(format!("context: places[{position}]"), problem);
            }
        }
        let (least, most) = scenario.nodes().into_inner();
        let mut counts = self.deviations.iter().filter_map(|deviation| match deviation {
            Deviation::Nodes { count } => Some(*count),
            _ => None,
        });
        let fewest = self.context.as_ref().map_or(least, |context| context.fewest);
        let count = counts.next().unwrap_or(fewest);
        if counts.next().is_some() {
            return misfit("deviations".into(), "it says twice how many nodes there are".into());
        }
        // A log that knows how small a cluster could be then is read for today's sizes.
        let too_many = count.max(fewest) > MOST_NODES.max(most);
        if count == 0 || too_many || fewest == least && !(least..=most).contains(&count) {
            let problem = format!("a cluster of {count}; the scenario has {least} to {most} nodes");
            return misfit("deviations: nodes".into(), problem);
        }
        let broken = self.deviations.iter().filter(|one| matches!(one, Deviation::Broken(_)));
        if broken.count() > 1 {
            return misfit("deviations".into(), "it says twice which nodes do not heal".into());
        }
        if let Some(problem) = self.excess() {
            return misfit("deviations".into(), problem);
        }
        for (position, deviation) in self.deviations.iter().enumerate() {
            if let Err(nonsense) = deviation.check(count, most.max(count)) {
                return misfit(format!("deviations[{position}]"), nonsense.to_string());
            }
        }
        Ok(())
    }

    /// What there is too much of.
    fn excess(&self) -> Option<String> {
        let (mut episodes, mut kinds) = (0, BTreeSet::new());
        for deviation in &self.deviations {
            match deviation {
                Deviation::Crash(_)
                | Deviation::Cut(_)
                | Deviation::Clog(_)
                | Deviation::Throttle(_)
                | Deviation::Plane(_)
                | Deviation::ClockStep(_)
                | Deviation::Pause(_)
                | Deviation::TornRecord(_)
                | Deviation::FullDisk(_)
                | Deviation::SlowDisk(_)
                | Deviation::ReplacedDisk(_) => episodes += 1,
                Deviation::Message(MessageFault { kind, .. })
                | Deviation::Timer(LateTimer { kind, .. })
                | Deviation::Site(SiteFires { site: kind, .. })
                | Deviation::Knob(Tuned { name: kind, .. }) => {
                    kinds.insert(kind.as_str());
                }
                _ => {}
            }
        }
        if episodes > MOST_EPISODES {
            Some(format!(
                "{episodes} crashes, cuts, pauses and the like; at most {MOST_EPISODES} are read"
            ))
        } else if kinds.len() > MOST_KINDS {
            let kinds = kinds.len();
            Some(format!(
                "{kinds} kinds of messages, timers and the like; at most {MOST_KINDS} are read"
            ))
        } else {
            None
        }
    }
}

/// The log of a scenario's runs.
pub type LogOf<S> = Log<RequestOf<S>>;

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::compact;

    /// What programs of the first format wrote.
    #[derive(Serialize)]
    struct Written {
        format: u32,
        scenario: &'static str,
        planted: Option<&'static str>,
        seed: u64,
        made_by: &'static str,
        expected: Expected,
        deviations: Vec<Deviation<u64>>,
        story: Vec<&'static str>,
    }

    #[test]
    fn compact_logs_of_the_first_format_are_read() {
        let [property, cause, detail] = ["property", "cause", "detail"].map(str::to_owned);
        let expected = Expected { property, cause, detail, event: 5, chain: 6 };
        let deviations = vec![Deviation::Nodes { count: 4 }, Deviation::Beyond];
        let written = Written {
            format: 1,
            scenario: "idles",
            planted: Some("bug"),
            seed: 7,
            made_by: "a test",
            expected: expected.clone(),
            deviations: deviations.clone(),
            story: vec!["once"],
        };
        let mut bytes = Vec::new();
        compact::put(&written, &mut bytes).expect("it can be written");
        let first: FirstFormat<u64> =
            compact::take(&mut Cursor::new(&bytes[..])).expect("it can be read");
        let log = Log::from(first);
        assert_eq!((log.format, log.seed, log.context), (1, 7, None));
        assert_eq!((log.scenario.as_str(), log.planted.as_deref()), ("idles", Some("bug")));
        assert_eq!((log.expected, log.deviations), (expected, deviations));
        assert_eq!((log.made_by.as_str(), log.story), ("a test", vec!["once".to_owned()]));
    }
}
