use std::fmt;
use std::path::Path;

use clap::error::ErrorKind;
use stormglass_campaign::UnknownName;
use stormglass_replay::{LogError, shown};

/// Why the command could not be carried out, in one line that says what to do next.
#[derive(Debug)]
pub(crate) struct Problem(String);

impl Problem {
    pub(crate) fn new(text: impl Into<String>) -> Problem {
        Problem(text.into())
    }

    /// A file or folder that the file system does not give.
    pub(crate) fn file(path: &Path, error: &std::io::Error, advice: &str) -> Problem {
        Problem(format!("{}: {error}; {advice}", path.display()))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = self.0.split(['\n', '\r']).map(str::trim).filter(|line| !line.is_empty());
        formatter.write_str(&shown(&words.collect::<Vec<_>>().join(" ")))
    }
}

impl From<UnknownName> for Problem {
    fn from(unknown: UnknownName) -> Problem {
        Problem(unknown.to_string())
    }
}

impl From<LogError> for Problem {
    fn from(error: LogError) -> Problem {
        let advice = match &error {
            LogError::File { source, .. } if source.kind() == std::io::ErrorKind::StorageFull => {
                "; make room, or name another file"
            }
            LogError::NoFile { .. } => "; name a file",
            LogError::File { .. } => "; check the path and who may use it",
            LogError::Malformed { .. } => "; mend it there, or take the log from where it was kept",
            _ => "",
        };
        Problem(format!("{error}{advice}"))
    }
}

/// The first paragraphs of what clap has to say, without its summary of usage.
impl From<clap::Error> for Problem {
    fn from(misuse: clap::Error) -> Problem {
        use ErrorKind::{DisplayHelpOnMissingArgumentOrSubcommand, MissingSubcommand};
        if matches!(misuse.kind(), DisplayHelpOnMissingArgumentOrSubcommand | MissingSubcommand) {
            return Problem::new("no command is given; --help lists them");
        }
        let text = misuse.render().to_string();
        let text = text.strip_prefix("error: ").unwrap_or(&text);
        let matter = text.lines().map(str::trim).take_while(|line| {
            !line.starts_with("Usage:") && !line.starts_with("For more information")
        });
        let matter: Vec<_> = matter.filter(|line| !line.is_empty()).collect();
        let matter = matter.join(" ").replace(" tip: ", "; ");
        Problem(format!("{matter}; --help tells more"))
    }
}
