//! A run as a picture: a space-time diagram, alone or on a page on which one can walk through it.
//!
//! Everything is written into one file, which needs nothing else and no network. The same log gives
//! the same bytes. What comes out of a log is text, escaped, and never markup or code.

use stormglass_simulator::{RequestOf, Scenario};

use crate::Log;
use crate::causes::Chain;
use crate::replay::{Comparison, Verdict, replay, watched};
use crate::shown::shown;
use crate::trace::{Recorder, Trace};

mod arrows;
mod layout;
mod page;
mod svg;

use layout::Layout;

/// The run of a log, to be drawn.
pub struct Picture {
    verdict: Verdict,
    trace: Trace,
    chain: Chain,
    title: String,
    about: String,
}

impl Picture {
    /// Runs a log again, as it stands or as it is read today, and looks on.
    pub fn of<S: Scenario>(scenario: &S, log: &Log<RequestOf<S>>) -> Picture {
        let Comparison { verdict, seed, deviations, .. } = replay(scenario, log);
        let mut recorder = Recorder::new(scenario, &deviations);
        let outcome = watched(scenario, seed, &deviations, &mut recorder).outcome;
        let trace = recorder.end(outcome.failure.as_ref(), outcome.time);
        let chain = Chain::of(&trace);
        let title = match &log.planted {
            Some(bug) => format!("{}, with {bug} planted", log.scenario),
            None => log.scenario.clone(),
        };
        let told = match verdict {
            Verdict::Exact => "exact: the very same run as in the log",
            Verdict::Drifted => "drifted: the same violation, but the run has changed since",
            Verdict::Absent => "absent: what the log says no longer happens",
        };
        let count = match deviations.len() {
            1 => "1 deviation".to_owned(),
            many => format!("{many} deviations"),
        };
        let about = format!("{count}, {} events, {}; {told}", outcome.events, trace.end);
        Picture { verdict, trace, chain, title: shown(&title), about }
    }

    /// How the run compares with its log.
    pub fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// The diagram, with the sentences beside it.
    pub fn svg(&self) -> String {
        svg::alone(&Layout::of(&self.trace, &self.chain), &self.title, &self.about)
    }

    /// A page on which one can walk through the run, by mouse or by keyboard.
    pub fn html(&self) -> String {
        let layout = Layout::of(&self.trace, &self.chain);
        page::html(&layout, &self.title, &self.about)
    }
}

/// Text as it stands in markup, between tags or in the value of an attribute.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in shown(text).chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            letter => safe.push(letter),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_become_markup() {
        let text = "</script><b a=\"'\">&\u{202e}";
        assert_eq!(escaped(text), "&lt;/script&gt;&lt;b a=&quot;&#39;&quot;&gt;&amp;\\u{202e}");
    }
}
