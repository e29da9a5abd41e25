//! Histories as Jepsen writes them: one map of EDN for each event.
//!
//! ```text
//! {:index 0, :type :invoke, :process 0, :f :write, :value 3, :time 10}
//! {:index 1, :type :ok, :process 0, :f :write, :value 3, :time 25}
//! ```
//!
//! `:type` is `:invoke`, `:ok`, `:fail` (it did not happen) or `:info` (nobody knows). Events may
//! be in a vector or a list, or follow each other. What is read of an event is `:type`, `:process`,
//! `:f`, `:value` and, if it is there, `:time`, in nanoseconds. Events whose process is not a
//! number are those of the nemesis and are passed over.
//!
//! Two things are written that Jepsen does not write; its tools pass them over.
//!
//! - To Jepsen, a compare-and-set that found another value has *failed*, and nothing more is
//!   known. Here it has *completed*, and that it found another value is worth checking. It is
//!   written as `:type :fail` with the result in `:result`, and an event of this kind with a
//!   `:result` is read as a completion.
//! - In Jepsen, a process whose call is of unknown outcome does nothing any more. A client that
//!   goes on is written as a new process, with its own number in `:client`.

use std::collections::BTreeMap;

use crate::call::{CallId, ClientId};
use crate::history::{Event, History, HistoryError};
use crate::model::{HistoryOf, Model};

use super::edn::{Edn, Reader};
use super::{ImportError, Limits};

/// How the operations and results of a model are written in EDN.
pub trait Notation: Model {
    /// The name of the operation (`:f`, without the colon), and its argument (`:value`).
    fn write_operation(&self, operation: &Self::Operation) -> (&'static str, Edn);

    /// The operation of this name and argument.
    ///
    /// # Errors
    ///
    /// If there is none.
    fn read_operation(&self, name: &str, value: &Edn) -> Result<Self::Operation, Misread>;

    /// How the result of the operation is written.
    fn write_result(&self, operation: &Self::Operation, result: &Self::Result) -> Reply;

    /// The result that is written so.
    ///
    /// # Errors
    ///
    /// If the operation has no such result.
    fn read_result(
        &self,
        operation: &Self::Operation,
        reply: &Reply,
    ) -> Result<Self::Result, Misread>;
}

/// A result as Jepsen sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The operation did what it should, and this is the `:value` of the event.
    Ok(Edn),
    /// The object refused and nothing changed (a compare-and-set found another value, a queue was
    /// empty, a lock was held), and this is the `:result` of the event.
    Refused(Edn),
}

/// Something cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Misread {
    /// There is no operation of this name.
    Name,
    /// The value should have been this.
    Value(&'static str),
}

/// Writes the history, one event to a line.
pub fn write<M: Notation>(model: &M, history: &HistoryOf<M>) -> String {
    let processes = processes(history);
    let mut text = String::new();
    for (moment, id, event) in history.events() {
        let call = history.call(id);
        let (name, argument) = model.write_operation(&call.operation);
        let (kind, value, result) = match event {
            Event::Invoked(_) => ("invoke", argument, None),
            Event::Failed => ("fail", argument, None),
            Event::Unknown => ("info", argument, None),
            Event::Completed(result) => match model.write_result(&call.operation, result) {
                Reply::Ok(value) => ("ok", value, None),
                Reply::Refused(result) => ("fail", argument, Some(result)),
            },
        };
        let process = processes[id.index()];
        let mut entries = vec![
            ("index", Edn::Integer(moment.event.into())),
            ("type", Edn::Keyword(kind.to_owned())),
            ("process", Edn::Integer(process.into())),
            ("f", Edn::Keyword(name.to_owned())),
            ("value", value),
            ("time", Edn::Integer(moment.nanoseconds.into())),
        ];
        entries.extend(result.map(|result| ("result", result)));
        if process != u64::from(call.client.0) {
            entries.push(("client", Edn::Integer(call.client.0.into())));
        }
        let entries = entries.into_iter().map(|(key, value)| (Edn::Keyword(key.to_owned()), value));
        text.push_str(&format!("{}\n", Edn::Map(entries.collect())));
    }
    text
}

/// The process of each call: the number of its client, or a new one if a call of the client before
/// is of unknown outcome.
fn processes<O, R>(history: &History<O, R>) -> Vec<u64> {
    let clients = history.calls().iter().map(|call| u64::from(call.client.0) + 1).max();
    let mut unknown: BTreeMap<ClientId, u64> = BTreeMap::new();
    let mut processes = Vec::new();
    for call in history.calls() {
        let before = unknown.entry(call.client).or_default();
        processes.push(u64::from(call.client.0) + *before * clients.unwrap_or(0));
        if call.may_have_happened() && call.completion().is_none() {
            *before += 1;
        }
    }
    processes
}

/// Reads a history.
///
/// # Errors
///
/// If the text is too large, or not EDN, or an event is not understood or does not fit those
/// before it. Nothing is read in part.
pub fn read<M: Notation>(
    model: &M,
    text: &str,
    limits: Limits,
) -> Result<HistoryOf<M>, ImportError> {
    limits.check(text)?;
    let mut reader = Reader::new(text);
    let close = [('[', ']'), ('(', ')')].into_iter().find(|(open, _)| reader.take(*open));
    let close = close.map(|(_, close)| close);
    let mut history = History::new();
    let mut events = 0;
    loop {
        let line = reader.line();
        if close.is_some_and(|close| reader.take(close)) {
            break;
        }
        let Some(event) = reader.value()? else { break };
        events += 1;
        if events > limits.events {
            return Err(ImportError::TooManyEvents { line, most: limits.events });
        }
        EventReader { model, line, event: &event }.read(&mut history)?;
    }
    if reader.value()?.is_some() {
        return Err(reader.error("there is something after the history"));
    }
    Ok(history)
}

/// One event that is read.
struct EventReader<'a, M> {
    model: &'a M,
    line: usize,
    event: &'a Edn,
}

impl<M: Notation> EventReader<'_, M> {
    fn read(&self, history: &mut HistoryOf<M>) -> Result<(), ImportError> {
        if !matches!(self.event, Edn::Map(_)) {
            let problem = format!("an event is a map, not {}", brief(self.event));
            return Err(ImportError::Syntax { line: self.line, problem });
        }
        let Some(client) = self.client()? else { return Ok(()) };
        let kind = self.field("type")?;
        let time = match self.event.get("time") {
            None | Some(Edn::Nil) => history.now(),
            Some(time) => self.number("time", time)?,
        };
        let done = match kind {
            Edn::Keyword(kind) if kind == "invoke" => {
                let operation = self.operation()?;
                history.invoke(client, time, operation)
            }
            Edn::Keyword(kind) if kind == "ok" => self.complete(history, client, time, None)?,
            Edn::Keyword(kind) if kind == "fail" => match self.event.get("result") {
                Some(result) => self.complete(history, client, time, Some(result))?,
                None => history.fail(client, time),
            },
            Edn::Keyword(kind) if kind == "info" => history.unknown(client, time),
            other => {
                let problem = format!("{} is not :invoke, :ok, :fail or :info", brief(other));
                return Err(self.wrong("type", problem));
            }
        };
        done.map(|_| ()).map_err(|problem| ImportError::Malformed { line: self.line, problem })
    }

    /// The client, or `None` if the event is not one of a client.
    fn client(&self) -> Result<Option<ClientId>, ImportError> {
        let process = self.field("process")?;
        if !matches!(process, Edn::Integer(_)) {
            return Ok(None);
        }
        let (field, number) = match self.event.get("client") {
            Some(client) => ("client", client),
            None => ("process", process),
        };
        let number = self.number(field, number)?;
        let client = u32::try_from(number);
        let client = client.map_err(|_| self.wrong(field, format!("{number} is too large")))?;
        Ok(Some(ClientId(client)))
    }

    fn operation(&self) -> Result<M::Operation, ImportError> {
        let Edn::Keyword(name) = self.field("f")? else {
            return Err(self.wrong("f", "a keyword is needed".to_owned()));
        };
        let value = self.event.get("value").unwrap_or(&Edn::Nil);
        self.model.read_operation(name, value).map_err(|misread| self.misread(misread, "value"))
    }

    fn complete(
        &self,
        history: &mut HistoryOf<M>,
        client: ClientId,
        time: u64,
        refusal: Option<&Edn>,
    ) -> Result<Result<CallId, HistoryError>, ImportError> {
        // If there is no open call, the history says so.
        let Some(call) = history.open_call(client) else {
            return Ok(Err(HistoryError::NothingOpen { client }));
        };
        let (name, _) = self.model.write_operation(&call.operation);
        if self.field("f")? != &Edn::Keyword(name.to_owned()) {
            let problem = format!("the open call of {client} is a {name}");
            return Err(self.wrong("f", problem));
        }
        let (field, reply) = match refusal {
            Some(result) => ("result", Reply::Refused(result.clone())),
            None => ("value", Reply::Ok(self.event.get("value").unwrap_or(&Edn::Nil).clone())),
        };
        let result = self.model.read_result(&call.operation, &reply);
        let result = result.map_err(|misread| self.misread(misread, field))?;
        Ok(history.complete(client, time, result))
    }
}

impl<M> EventReader<'_, M> {
    fn field(&self, name: &str) -> Result<&Edn, ImportError> {
        self.event.get(name).ok_or_else(|| self.wrong(name, "it is missing".to_owned()))
    }

    fn number(&self, field: &str, value: &Edn) -> Result<u64, ImportError> {
        let number = match value {
            Edn::Integer(number) => u64::try_from(*number).ok(),
            _ => None,
        };
        number.ok_or_else(|| self.wrong(field, format!("{} is not a number", brief(value))))
    }

    fn misread(&self, misread: Misread, field: &str) -> ImportError {
        match misread {
            Misread::Name => self.wrong("f", "the model has no such operation".to_owned()),
            Misread::Value(expected) => {
                let found = self.event.get(field).unwrap_or(&Edn::Nil);
                self.wrong(field, format!("{} is not {expected}", brief(found)))
            }
        }
    }

    fn wrong(&self, field: &str, problem: String) -> ImportError {
        ImportError::Field { line: self.line, field: format!(":{field}"), problem }
    }
}

/// The value, cut short: what others wrote can be long.
fn brief(value: &Edn) -> String {
    const LONGEST: usize = 60;
    let text = value.to_string();
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}
