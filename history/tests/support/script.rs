//! A history as a list of events, which can be changed.

use stormglass_history::{ClientId, Event, History, HistoryError};

#[derive(Clone, Debug)]
pub enum Step<O, R> {
    Invoke(O),
    Complete(R),
    Fail,
    Unknown,
}

#[derive(Clone, Debug)]
pub struct Script<O, R> {
    /// Who does what. The time of a step is ten times its place.
    pub steps: Vec<(u32, Step<O, R>)>,
}

impl<O: Clone, R: Clone> Script<O, R> {
    pub fn history(&self) -> Result<History<O, R>, HistoryError> {
        let mut history = History::new();
        for (place, (client, step)) in self.steps.iter().enumerate() {
            let (client, time) = (ClientId(*client), 10 * place as u64);
            match step {
                Step::Invoke(operation) => history.invoke(client, time, operation.clone())?,
                Step::Complete(result) => history.complete(client, time, result.clone())?,
                Step::Fail => history.fail(client, time)?,
                Step::Unknown => history.unknown(client, time)?,
            };
        }
        Ok(history)
    }

    pub fn of(history: &History<O, R>) -> Self {
        let steps = history.events().map(|(_, id, event)| {
            let step = match event {
                Event::Invoked(operation) => Step::Invoke(operation.clone()),
                Event::Completed(result) => Step::Complete(result.clone()),
                Event::Failed => Step::Fail,
                Event::Unknown => Step::Unknown,
            };
            (history.call(id).client.0, step)
        });
        Script { steps: steps.collect() }
    }
}
