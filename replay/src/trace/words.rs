//! Values, times and effects in words.

use std::fmt::{self, Write};
use std::time::Duration;

use stormglass_machine::{Effect, Kind as _, Machine, Time};

use crate::shown::shown;

/// No value is told in more characters, not even where there is room.
pub(super) const LONGEST: usize = 2_000;
/// Effects with longer values are told by kind only, where there is little room.
const BRIEF: usize = 48;

/// Text that takes no more than so many characters, whatever is written.
struct Bounded {
    text: String,
    left: usize,
}

impl Write for Bounded {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        for letter in more.chars() {
            self.left = self.left.checked_sub(1).ok_or(fmt::Error)?;
            self.text.push(letter);
        }
        Ok(())
    }
}

/// Text of at most so many characters; if it is longer, its beginning.
fn bounded(value: fmt::Arguments<'_>, most: usize) -> String {
    let mut out = Bounded { text: String::new(), left: most };
    if out.write_fmt(value).is_err() {
        out.text.push('…');
    }
    shown(&out.text)
}

/// A value in words. `Vote(Vote { term: 1 })` is said once.
pub(super) fn in_full(value: &impl fmt::Debug) -> String {
    let text = bounded(format_args!("{value:?}"), LONGEST);
    match text.split_once('(') {
        Some((outer, inner)) if inner.starts_with(outer) && inner.ends_with("})") => {
            inner[..inner.len() - 1].to_owned()
        }
        _ => text,
    }
}

/// What was written for people, bounded as everything else.
pub(super) fn as_it_is(text: &str) -> String {
    bounded(format_args!("{text}"), LONGEST)
}

/// A value in few words; of a long one only its kind, or its beginning.
pub(super) fn briefly(value: &impl fmt::Debug, kind: &str) -> String {
    let text = in_full(value);
    match text.char_indices().nth(BRIEF) {
        None => text,
        Some(_) if !kind.is_empty() => format!("{kind} {{…}}"),
        Some((cut, _)) => format!("{}…", up_to_a_word(&text[..cut])),
    }
}

/// Text without the word at its end that may not be whole.
fn up_to_a_word(text: &str) -> &str {
    match text.rfind([' ', ',']) {
        Some(end) if end >= text.len() / 2 => text[..end].trim_end_matches([' ', ',']),
        _ => text,
    }
}

/// Effects in few words; messages of one kind to several nodes are put together.
pub(super) fn summary<M: Machine>(effects: &[Effect<M>]) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut said = String::new();
    for effect in effects {
        let what = match effect {
            Effect::Send { to, message } => {
                let what = briefly(message, message.kind());
                match parts.last_mut().filter(|_| what == said) {
                    Some(last) => {
                        let _ = write!(last, ", {to}");
                    }
                    None => parts.push(format!("sends {what} to {to}")),
                }
                said = what;
                continue;
            }
            Effect::Write(record) => format!("writes {}", briefly(record, "")),
            Effect::Checkpoint(record) => format!("checkpoints {}", briefly(record, "")),
            Effect::Respond { response, .. } => format!("answers {}", briefly(response, "")),
            Effect::SetTimer { .. } | Effect::CancelTimer { .. } | Effect::Flush => {
                effect_in_full(effect)
            }
        };
        parts.push(what);
        said.clear();
    }
    parts
}

/// One effect in words.
pub(super) fn effect_in_full<M: Machine>(effect: &Effect<M>) -> String {
    match effect {
        Effect::Send { to, message } => format!("sends {} to {to}", in_full(message)),
        Effect::SetTimer { timer, after } => {
            format!("sets {} in {}", in_full(timer), span(*after))
        }
        Effect::CancelTimer { timer } => format!("cancels {}", in_full(timer)),
        Effect::Write(record) => format!("writes {}", in_full(record)),
        Effect::Checkpoint(record) => format!("checkpoints {}", in_full(record)),
        Effect::Flush => "flushes".to_owned(),
        Effect::Respond { response, .. } => format!("answers {}", in_full(response)),
    }
}

/// The time, to the microsecond.
pub(crate) fn clock(now: Time) -> String {
    let micros = now.as_nanos() / 1_000 % 1_000_000;
    let seconds = now.as_nanos() / 1_000_000_000;
    match micros % 1_000 {
        0 => format!("{seconds:>4}.{:03}    s", micros / 1_000),
        _ => format!("{seconds:>4}.{micros:06} s"),
    }
}

pub(crate) fn span(span: Duration) -> String {
    format!("{span:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    #[expect(dead_code, reason = "shown only")]
    enum Message {
        Vote(Vote),
        Pair(u8, u8),
    }

    #[derive(Debug)]
    #[expect(dead_code, reason = "shown only")]
    struct Vote {
        term: u64,
    }

    impl Vote {
        fn of(term: u64) -> Message {
            Message::Vote(Vote { term })
        }
    }

    #[test]
    fn a_value_in_a_variant_of_its_own_name_is_said_once() {
        assert_eq!(in_full(&Vote::of(1)), "Vote { term: 1 }");
        assert_eq!(in_full(&Message::Pair(1, 2)), "Pair(1, 2)");
        assert_eq!(in_full(&7), "7");
    }

    #[test]
    fn long_values_are_told_briefly_and_end_with_a_word() {
        let long = [1_234_567_u64; 9];
        assert_eq!(briefly(&long, "Append"), "Append {…}");
        assert_eq!(briefly(&long, ""), "[1234567, 1234567, 1234567, 1234567, 1234567…");
        assert_eq!(briefly(&[1], "Append"), "[1]");
        assert_eq!(briefly(&"x".repeat(100), "").chars().count(), BRIEF + 1);
    }

    #[test]
    fn no_value_is_longer_than_a_page() {
        let told = in_full(&vec![7_u8; 1_000_000]);
        assert_eq!(told.chars().count(), LONGEST + 1);
    }

    #[test]
    fn times_are_told_to_the_microsecond_and_stand_below_each_other() {
        let times = [0, 1_250_000_000, 733_333_333, 12_000_001_000].map(Time::from_nanos);
        let told = times.map(clock);
        assert_eq!(told, ["   0.000    s", "   1.250    s", "   0.733333 s", "  12.000001 s"]);
    }
}
