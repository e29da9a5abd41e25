//! Histories as JSON, for any operations and results that serde knows.
//!
//! ```text
//! {"version":1,"events":[
//! {"type":"invoke","client":0,"time":10,"operation":{"write":3}},
//! {"type":"complete","client":0,"time":25,"result":"written"}
//! ]}
//! ```
//!
//! `type` is `invoke`, `complete`, `fail` (it did not happen) or `unknown`; `time` is in
//! nanoseconds.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::call::ClientId;
use crate::history::{Event, History};

use super::{ImportError, Limits};

/// The version of the form that is written, and the only one that is read.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize, Clone, Copy, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Invoke,
    Complete,
    Fail,
    Unknown,
}

/// An event as it is written.
#[derive(Serialize)]
struct Written<'a, O, R> {
    r#type: Kind,
    client: u32,
    time: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<&'a O>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<&'a R>,
}

/// An event as it is read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, bound = "O: DeserializeOwned, R: DeserializeOwned")]
struct Read<O, R> {
    r#type: Kind,
    client: u32,
    time: u64,
    #[serde(default = "none", deserialize_with = "present")]
    operation: Option<O>,
    #[serde(default = "none", deserialize_with = "present")]
    result: Option<R>,
}

fn none<T>() -> Option<T> {
    None
}

/// A field that is there has a value, also if it is `null`.
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(it: D) -> Result<Option<T>, D::Error> {
    T::deserialize(it).map(Some)
}

/// Writes the history, one event to a line.
///
/// # Errors
///
/// If an operation or a result cannot be written as JSON (a map whose keys are no text, say).
pub fn write<O: Serialize, R: Serialize>(
    history: &History<O, R>,
) -> Result<String, serde_json::Error> {
    let mut text = format!("{{\"version\":{VERSION},\"events\":[\n");
    let mut separator = "";
    for (moment, id, event) in history.events() {
        let (kind, operation, result) = match event {
            Event::Invoked(operation) => (Kind::Invoke, Some(operation), None),
            Event::Completed(result) => (Kind::Complete, None, Some(result)),
            Event::Failed => (Kind::Fail, None, None),
            Event::Unknown => (Kind::Unknown, None, None),
        };
        let client = history.call(id).client.0;
        let time = moment.nanoseconds;
        text.push_str(separator);
        let written = Written { r#type: kind, client, time, operation, result };
        text.push_str(&serde_json::to_string(&written)?);
        separator = ",\n";
    }
    text.push_str("\n]}\n");
    Ok(text)
}

/// Reads a history.
///
/// # Errors
///
/// If the text is too large, or not JSON of this form, or an event does not fit those before it.
/// Nothing is read in part.
pub fn read<O: DeserializeOwned, R: DeserializeOwned>(
    text: &str,
    limits: Limits,
) -> Result<History<O, R>, ImportError> {
    limits.check(text)?;
    let mut json = serde_json::Deserializer::from_str(text);
    let mut track = serde_path_to_error::Track::new();
    let tracked = serde_path_to_error::Deserializer::new(&mut json, &mut track);
    let read = DocumentSeed { limits, of: PhantomData }.deserialize(tracked);
    let read = read.and_then(|history| json.end().map(|()| history));
    read.map_err(|error| import_error(&error, &track.path().to_string()))
}

fn import_error(error: &serde_json::Error, path: &str) -> ImportError {
    let line = error.line();
    // The place is given apart.
    let problem = error.to_string();
    let problem = problem.split(" at line ").next().unwrap_or(&problem).to_owned();
    match path {
        "." | "?" => ImportError::Syntax { line, problem },
        path => ImportError::Field { line, field: path.to_owned(), problem },
    }
}

/// Reads the outer map.
struct DocumentSeed<O, R> {
    limits: Limits,
    of: PhantomData<(O, R)>,
}

impl<'de, O: DeserializeOwned, R: DeserializeOwned> DeserializeSeed<'de> for DocumentSeed<O, R> {
    type Value = History<O, R>;

    fn deserialize<D: Deserializer<'de>>(self, it: D) -> Result<Self::Value, D::Error> {
        it.deserialize_map(self)
    }
}

impl<'de, O: DeserializeOwned, R: DeserializeOwned> Visitor<'de> for DocumentSeed<O, R> {
    type Value = History<O, R>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map with `version` and `events`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        if map.next_key::<String>()?.as_deref() != Some("version") {
            return Err(A::Error::custom("the first field must be `version`"));
        }
        let version: u32 = map.next_value()?;
        if version != VERSION {
            let problem = format!("version {version} of the form is not known, {VERSION} is");
            return Err(A::Error::custom(problem));
        }
        if map.next_key::<String>()?.as_deref() != Some("events") {
            return Err(A::Error::custom("the second field must be `events`"));
        }
        let events = EventsSeed { limits: self.limits, of: self.of };
        let history = map.next_value_seed(events)?;
        match map.next_key::<String>()? {
            None => Ok(history),
            Some(field) => Err(A::Error::custom(format!("unknown field `{field}`"))),
        }
    }
}

/// Reads the events, each of which must fit those before it.
struct EventsSeed<O, R> {
    limits: Limits,
    of: PhantomData<(O, R)>,
}

impl<'de, O: DeserializeOwned, R: DeserializeOwned> DeserializeSeed<'de> for EventsSeed<O, R> {
    type Value = History<O, R>;

    fn deserialize<D: Deserializer<'de>>(self, it: D) -> Result<Self::Value, D::Error> {
        it.deserialize_seq(self)
    }
}

impl<'de, O: DeserializeOwned, R: DeserializeOwned> Visitor<'de> for EventsSeed<O, R> {
    type Value = History<O, R>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of events")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut events: A) -> Result<Self::Value, A::Error> {
        let mut history = History::new();
        let limits = self.limits;
        let mut count = 0;
        while events
            .next_element_seed(EventSeed { history: &mut history, limits, count })?
            .is_some()
        {
            count += 1;
        }
        Ok(history)
    }
}

/// Reads an event and adds it to the history.
///
/// All that can be wrong with it is said while it is read, for then its place is known.
struct EventSeed<'a, O, R> {
    history: &'a mut History<O, R>,
    limits: Limits,
    /// How many events were before it.
    count: usize,
}

impl<'de, O: DeserializeOwned, R: DeserializeOwned> DeserializeSeed<'de> for EventSeed<'_, O, R> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, it: D) -> Result<(), D::Error> {
        it.deserialize_map(self)
    }
}

impl<'de, O: DeserializeOwned, R: DeserializeOwned> Visitor<'de> for EventSeed<'_, O, R> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an event, which is a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        if self.count == self.limits.events {
            return Err(A::Error::custom(format!("more than {} events", self.limits.events)));
        }
        let event = Read::deserialize(MapAccessDeserializer::new(map))?;
        add(self.history, event).map_err(A::Error::custom)
    }
}

fn add<O, R>(history: &mut History<O, R>, event: Read<O, R>) -> Result<(), String> {
    let (client, time) = (ClientId(event.client), event.time);
    let added = match (event.r#type, event.operation, event.result) {
        (Kind::Invoke, Some(operation), None) => history.invoke(client, time, operation),
        (Kind::Complete, None, Some(result)) => history.complete(client, time, result),
        (Kind::Fail, None, None) => history.fail(client, time),
        (Kind::Unknown, None, None) => history.unknown(client, time),
        (Kind::Invoke, ..) => return Err("`invoke` needs `operation` and no `result`".to_owned()),
        (Kind::Complete, ..) => {
            return Err("`complete` needs `result` and no `operation`".to_owned());
        }
        (Kind::Fail | Kind::Unknown, ..) => {
            return Err("`fail` and `unknown` have neither `operation` nor `result`".to_owned());
        }
    };
    added.map(|_| ()).map_err(|error| error.to_string())
}
