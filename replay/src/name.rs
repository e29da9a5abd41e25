//! Names of steps and effects, as logs have them: `2: Ready 0 from 1` is the first `Ready` that
//! node 2 has from node 1, `message Ready 0 to 2` is the first such message of a step.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use stormglass_machine::NodeId;

/// A step of a machine: the nth input of a kind that a node has, of messages the nth from a node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct StepName {
    /// Whose step.
    pub node: NodeId,
    /// The kind of its input.
    pub kind: String,
    /// Which of the inputs of this kind, from 0.
    pub nth: u32,
    /// The sender, if it is a message.
    pub from: Option<NodeId>,
}

/// What sort of effect it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sort {
    /// A message is sent.
    Message,
    /// A timer is set.
    Timer,
    /// A timer is cancelled.
    Cancel,
    /// A record is written.
    Record,
    /// A flush is asked for.
    Flush,
    /// A request is answered.
    Answer,
}

/// An effect within its step: the nth of its sort and kind, of messages the nth to a node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct EffectName {
    /// The sort of effect.
    pub sort: Sort,
    /// The kind of the message, the timer or the record; otherwise empty.
    pub kind: String,
    /// Which of them, from 0.
    pub nth: u32,
    /// The receiver, if it is a message.
    pub to: Option<NodeId>,
}

/// A time, as the distance from a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Distance {
    /// From which step.
    pub step: StepName,
    /// The time is after it; otherwise before it, or just before it if the distance is zero.
    pub after: bool,
    /// How far.
    pub by: Duration,
}

const SORTS: [(Sort, &str); 6] = [
    (Sort::Message, "message"),
    (Sort::Timer, "timer"),
    (Sort::Cancel, "cancel"),
    (Sort::Record, "record"),
    (Sort::Flush, "flush"),
    (Sort::Answer, "answer"),
];

impl fmt::Display for Sort {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (_, word) = SORTS.iter().find(|(sort, _)| sort == self).expect("each has a word");
        out.write_str(word)
    }
}

impl fmt::Display for StepName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let StepName { node, kind, nth, from } = self;
        write!(out, "{node}: {kind} {nth}")?;
        from.map_or(Ok(()), |from| write!(out, " from {from}"))
    }
}

impl fmt::Display for EffectName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let EffectName { sort, kind, nth, to } = self;
        write!(out, "{sort} {kind} {nth}")?;
        to.map_or(Ok(()), |to| write!(out, " to {to}"))
    }
}

impl fmt::Display for Distance {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.after { '+' } else { '-' };
        write!(out, "{} {sign} {}", self.step, humantime::format_duration(self.by))
    }
}

/// Takes ` WORD N` off the end of a text, if that is what it ends in.
fn partner<'t>(text: &'t str, word: &str) -> (&'t str, Option<NodeId>) {
    match text.rsplit_once(word) {
        Some((rest, node)) => match node.parse() {
            Ok(node) => (rest, Some(NodeId(node))),
            Err(_) => (text, None),
        },
        None => (text, None),
    }
}

impl FromStr for StepName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parse = || {
            let (node, rest) = text.split_once(": ")?;
            let (rest, from) = partner(rest, " from ");
            let (kind, nth) = rest.rsplit_once(' ')?;
            let (node, nth) = (NodeId(node.parse().ok()?), nth.parse().ok()?);
            Some(StepName { node, kind: kind.to_owned(), nth, from })
        };
        parse().ok_or_else(|| format!("{text:?} is no name of a step like \"2: Ready 0 from 1\""))
    }
}

impl FromStr for EffectName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parse = || {
            let (word, rest) = text.split_once(' ')?;
            let (sort, _) = SORTS.iter().find(|(_, known)| *known == word)?;
            let (rest, to) = partner(rest, " to ");
            let (kind, nth) = rest.rsplit_once(' ')?;
            Some(EffectName { sort: *sort, kind: kind.to_owned(), nth: nth.parse().ok()?, to })
        };
        parse().ok_or_else(|| format!("{text:?} is no effect like \"message Ready 0 to 2\""))
    }
}

impl FromStr for Distance {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parse = || {
            let (after, before) = (text.rsplit_once(" + "), text.rsplit_once(" - "));
            let ((step, by), is_after) = match (after, before) {
                (Some(after), Some(before)) if before.0.len() > after.0.len() => (before, false),
                (Some(after), _) => (after, true),
                (None, before) => (before?, false),
            };
            let by = humantime::parse_duration(by).ok().filter(|by| *by <= YEAR)?;
            Some(Distance { step: step.parse().ok()?, after: is_after, by })
        };
        parse().ok_or_else(|| format!("{text:?} is no time like \"2: Ready 0 from 1 + 3ms\""))
    }
}

/// No span of a log is longer.
pub(crate) const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

macro_rules! as_text {
    ($($name:ty),*) => {
        $(
            impl From<$name> for String {
                fn from(name: $name) -> String {
                    name.to_string()
                }
            }

            impl TryFrom<String> for $name {
                type Error = String;

                fn try_from(text: String) -> Result<Self, String> {
                    text.parse()
                }
            }
        )*
    };
}

as_text!(StepName, EffectName, Distance);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        let kinds = ["Ready", "", "two words", "odd from 3", "a: b", " + 3ms"];
        for kind in kinds.map(str::to_owned) {
            for partner in [None, Some(NodeId(7))] {
                let (node, nth) = (NodeId(2), 4);
                let step = StepName { node, kind: kind.clone(), nth, from: partner };
                assert_eq!(step.to_string().parse(), Ok(step.clone()));
                for (sort, _) in SORTS {
                    let effect = EffectName { sort, kind: kind.clone(), nth, to: partner };
                    assert_eq!(effect.to_string().parse(), Ok(effect));
                }
                for (after, nanos) in [(true, 0), (false, 1_000_000_001), (true, 9)] {
                    let by = Duration::from_nanos(nanos);
                    let distance = Distance { step: step.clone(), after, by };
                    assert_eq!(distance.to_string().parse(), Ok(distance));
                }
            }
        }
    }

    #[test]
    fn what_is_no_name_is_no_name() {
        for text in ["", "2", "2: Ready", "x: Ready 0", "2: Ready 0 from", "2: Ready -1"] {
            assert!(text.parse::<StepName>().is_err(), "{text}");
        }
        for text in ["", "message", "letter Ready 0", "message Ready"] {
            assert!(text.parse::<EffectName>().is_err(), "{text}");
        }
        for text in ["", "2: Ready 0", "2: Ready 0 + soon", "2: Ready 0 + 2years"] {
            assert!(text.parse::<Distance>().is_err(), "{text}");
        }
    }
}
