//! Values of EDN, the extensible data notation of Clojure: as much as histories need.
//!
//! See <https://github.com/edn-format/edn>. Tags (`#jepsen.history.Op{...}`) are skipped and their
//! values kept, and so is what `#_` discards. Decimal numbers are kept as they are written, for
//! they are only met where nobody looks. Characters are not known.

use std::fmt;

use super::ImportError;

/// The deepest nesting that is read.
const DEEPEST: usize = 32;

/// A value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Edn {
    /// `nil`
    Nil,
    /// `true` or `false`
    Bool(bool),
    /// `-7`
    Integer(i128),
    /// `1.5e3`, as it is written.
    Decimal(String),
    /// `"text"`
    Text(String),
    /// `:word`, without the colon.
    Keyword(String),
    /// `word`
    Symbol(String),
    /// `[1 2]`
    Vector(Vec<Edn>),
    /// `(1 2)`
    List(Vec<Edn>),
    /// `#{1 2}`
    Set(Vec<Edn>),
    /// `{:a 1, :b 2}`
    Map(Vec<(Edn, Edn)>),
}

impl Edn {
    /// The value of this keyword, in a map.
    pub fn get(&self, keyword: &str) -> Option<&Edn> {
        let Edn::Map(entries) = self else { return None };
        let mut entries = entries.iter();
        entries
            .find(|(key, _)| matches!(key, Edn::Keyword(word) if word == keyword))
            .map(|(_, value)| value)
    }

    /// The two elements of a vector (or list) of two.
    pub fn pair(&self) -> Option<(&Edn, &Edn)> {
        match self {
            Edn::Vector(items) | Edn::List(items) => match items.as_slice() {
                [first, second] => Some((first, second)),
                _ => None,
            },
            _ => None,
        }
    }

    /// Reads one value, which is all the text.
    ///
    /// # Errors
    ///
    /// If the text is not one value of EDN, or nested too deeply.
    pub fn read(text: &str) -> Result<Edn, ImportError> {
        let mut reader = Reader::new(text);
        let value = reader.value()?.ok_or_else(|| reader.error("there is no value"))?;
        match reader.value()? {
            None => Ok(value),
            Some(_) => Err(reader.error("there is more than one value")),
        }
    }
}

impl fmt::Display for Edn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Edn::Nil => f.write_str("nil"),
            Edn::Bool(value) => write!(f, "{value}"),
            Edn::Integer(value) => write!(f, "{value}"),
            Edn::Decimal(text) | Edn::Symbol(text) => f.write_str(text),
            Edn::Text(text) => write_text(f, text),
            Edn::Keyword(word) => write!(f, ":{word}"),
            Edn::Vector(items) => write_items(f, "[", items, "]"),
            Edn::List(items) => write_items(f, "(", items, ")"),
            Edn::Set(items) => write_items(f, "#{", items, "}"),
            Edn::Map(entries) => {
                f.write_str("{")?;
                for (place, (key, value)) in entries.iter().enumerate() {
                    let comma = if place == 0 { "" } else { ", " };
                    write!(f, "{comma}{key} {value}")?;
                }
                f.write_str("}")
            }
        }
    }
}

fn write_items(f: &mut fmt::Formatter<'_>, open: &str, items: &[Edn], close: &str) -> fmt::Result {
    f.write_str(open)?;
    for (place, item) in items.iter().enumerate() {
        let space = if place == 0 { "" } else { " " };
        write!(f, "{space}{item}")?;
    }
    f.write_str(close)
}

fn write_text(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_str("\"")?;
    for character in text.chars() {
        match character {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            other => write!(f, "{other}")?,
        }
    }
    f.write_str("\"")
}

/// Reads values one after another.
pub(crate) struct Reader<'a> {
    rest: &'a str,
    line: usize,
    depth: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Reader { rest: text, line: 1, depth: 0 }
    }

    /// The line of what comes next, from one.
    pub(crate) fn line(&mut self) -> usize {
        self.skip_blank();
        self.line
    }

    pub(crate) fn error(&self, problem: impl Into<String>) -> ImportError {
        ImportError::Syntax { line: self.line, problem: problem.into() }
    }

    /// Takes the character if it comes next.
    pub(crate) fn take(&mut self, wanted: char) -> bool {
        self.skip_blank();
        let found = self.rest.starts_with(wanted);
        if found {
            self.advance(wanted.len_utf8());
        }
        found
    }

    /// The next value, or `None` at the end of the text or before a closing bracket.
    pub(crate) fn value(&mut self) -> Result<Option<Edn>, ImportError> {
        loop {
            self.skip_blank();
            let Some(next) = self.rest.chars().next() else { return Ok(None) };
            return match next {
                ')' | ']' | '}' if self.depth > 0 => Ok(None),
                ')' | ']' | '}' => Err(self.error(format!("{next} closes nothing"))),
                '(' => self.items(1, ')').map(Edn::List).map(Some),
                '[' => self.items(1, ']').map(Edn::Vector).map(Some),
                '{' => self.map().map(Some),
                '"' => self.text().map(Some),
                '\\' => Err(self.error("characters are not known here")),
                '#' if self.rest.starts_with("#{") => self.items(2, '}').map(Edn::Set).map(Some),
                '#' if self.rest.starts_with("#_") => {
                    self.advance(2);
                    self.nested(|reader| reader.one())?;
                    continue;
                }
                '#' => {
                    // The tag; the value that it is about is what counts.
                    self.word();
                    self.nested(|reader| reader.one()).map(Some)
                }
                _ => self.atom().map(Some),
            };
        }
    }

    fn one(&mut self) -> Result<Edn, ImportError> {
        self.value()?.ok_or_else(|| self.error("a value is missing"))
    }

    fn nested<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, ImportError>,
    ) -> Result<T, ImportError> {
        if self.depth == DEEPEST {
            return Err(self.error(format!("nested more than {DEEPEST} deep")));
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        read
    }

    fn items(&mut self, open: usize, close: char) -> Result<Vec<Edn>, ImportError> {
        let from = self.line;
        self.advance(open);
        self.nested(|reader| {
            let mut items = Vec::new();
            while let Some(item) = reader.value()? {
                items.push(item);
            }
            match reader.take(close) {
                true => Ok(items),
                false => Err(reader.error(format!("what begins in line {from} needs a {close}"))),
            }
        })
    }

    fn map(&mut self) -> Result<Edn, ImportError> {
        let mut items = self.items(1, '}')?.into_iter();
        let mut entries = Vec::new();
        while let Some(key) = items.next() {
            let value = items.next().ok_or_else(|| self.error(format!("{key} has no value")))?;
            entries.push((key, value));
        }
        Ok(Edn::Map(entries))
    }

    fn text(&mut self) -> Result<Edn, ImportError> {
        let mut text = String::new();
        let mut characters = self.rest.char_indices().skip(1);
        while let Some((at, character)) = characters.next() {
            let escaped = match character {
                '"' => {
                    self.advance(at + 1);
                    return Ok(Edn::Text(text));
                }
                '\\' => characters.next().map(|(_, escaped)| escaped),
                other => {
                    text.push(other);
                    continue;
                }
            };
            text.push(match escaped {
                Some('n') => '\n',
                Some('r') => '\r',
                Some('t') => '\t',
                Some(same @ ('"' | '\\')) => same,
                _ => return Err(self.error("a text with an unknown escape")),
            });
        }
        Err(self.error("a text has no end"))
    }

    fn atom(&mut self) -> Result<Edn, ImportError> {
        let word = self.word();
        let first = word.chars().next().ok_or_else(|| self.error("this cannot be read"))?;
        let digits = word.trim_start_matches(['-', '+']);
        Ok(match word {
            "nil" => Edn::Nil,
            "true" => Edn::Bool(true),
            "false" => Edn::Bool(false),
            _ if first == ':' => Edn::Keyword(word[1..].to_owned()),
            _ if digits.starts_with(|digit: char| digit.is_ascii_digit()) => self.number(word)?,
            _ => Edn::Symbol(word.to_owned()),
        })
    }

    fn number(&self, word: &str) -> Result<Edn, ImportError> {
        if let Ok(integer) = word.trim_end_matches('N').parse() {
            return Ok(Edn::Integer(integer));
        }
        let decimal = word.trim_end_matches('M');
        match decimal.contains(['.', 'e', 'E']) && decimal.parse::<f64>().is_ok() {
            true => Ok(Edn::Decimal(word.to_owned())),
            false => Err(self.error(format!("{word} is not a number"))),
        }
    }

    /// The characters up to the next one that ends a word.
    fn word(&mut self) -> &'a str {
        let ends = |it: char| it.is_whitespace() || ",;\"()[]{}".contains(it);
        let end = self.rest.find(ends).unwrap_or(self.rest.len());
        let word = &self.rest[..end];
        self.advance(end);
        word
    }

    fn skip_blank(&mut self) {
        loop {
            let blank = |it: char| it.is_whitespace() || it == ',';
            let end = self.rest.find(|it| !blank(it)).unwrap_or(self.rest.len());
            self.advance(end);
            if !self.rest.starts_with(';') {
                return;
            }
            let end = self.rest.find('\n').unwrap_or(self.rest.len());
            self.advance(end);
        }
    }

    fn advance(&mut self, bytes: usize) {
        let (taken, rest) = self.rest.split_at(bytes);
        self.line += taken.bytes().filter(|&byte| byte == b'\n').count();
        self.rest = rest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(text: &str) {
        assert_eq!(Edn::read(text).expect("it can be read").to_string(), text);
    }

    #[test]
    fn what_is_read_is_written_the_same() {
        round_trip("{:type :ok, :f :cas, :value [-1 2], :error \"no\\n \\\"luck\\\"\"}");
        round_trip("(nil true false word 1.5 #{1 2} {} [[]])");
    }

    #[test]
    fn comments_discarded_values_tags_and_commas_are_passed_over() {
        let text = "; first\n #jepsen.history.Op{:a, 1 #_ [2 3] :b #inst \"2020\"} ; last";
        assert_eq!(Edn::read(text).expect("it can be read").to_string(), "{:a 1, :b \"2020\"}");
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_its_line() {
        for (text, line, problem) in [
            ("\n[1 2", 2, "what begins in line 2 needs a ]"),
            ("[1\n)", 2, "what begins in line 1 needs a ]"),
            ("1\n2", 2, "there is more than one value"),
            ("", 1, "there is no value"),
            ("]", 1, "] closes nothing"),
            ("{:a}", 1, ":a has no value"),
            ("\n\n\"abc", 3, "a text has no end"),
            ("\"\\q\"", 1, "a text with an unknown escape"),
            ("\\a", 1, "characters are not known here"),
            ("1x", 1, "1x is not a number"),
            ("#_", 1, "a value is missing"),
            ("#", 1, "a value is missing"),
        ] {
            let problem = problem.to_owned();
            assert_eq!(Edn::read(text), Err(ImportError::Syntax { line, problem }), "{text}");
        }
    }

    #[test]
    fn deep_nesting_is_refused_and_does_not_overflow_the_stack() {
        for open in ["[", "{", "#_", "#a ", "(", "#{"] {
            let error = Edn::read(&open.repeat(1_000_000)).expect_err("it is too deep");
            assert!(error.to_string().contains("nested more than 32 deep"), "{error}");
        }
    }
}
