use std::fs::File;
use std::io::{self, Cursor, Read, Write as _};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use stormglass_simulator::{RequestOf, Scenario};

use crate::LogError;
use crate::compact;
use crate::log::{FORMAT, FirstFormat, Log, MOST_DEVIATIONS, Misfit};
use crate::shown::misleads;

/// The largest log that is read or written, in bytes. One of 10,000 deviations has about 2 MB.
pub(crate) const LARGEST: u64 = 32 << 20;

/// The longest name of a scenario or a bug, in bytes.
const LONGEST_NAME: usize = 200;

/// The longest description of a problem, in characters.
const LONGEST_PROBLEM: usize = 300;

/// How a compact log begins.
const MAGIC: &[u8; 8] = b"STORMGLS";

/// What a log says of itself, enough to find the scenario it is of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The version of the format.
    pub format: u32,
    /// The name of the scenario.
    pub scenario: String,
    /// The bug that was planted, if one was.
    #[serde(default)]
    pub planted: Option<String>,
}

/// A log of which only the head has been understood: what its requests mean is known to its
/// scenario only.
#[derive(Clone, Debug)]
pub struct RawLog {
    path: PathBuf,
    bytes: Vec<u8>,
    head: Head,
    /// Where the body begins.
    body: usize,
}

impl RawLog {
    /// Reads a file and its head.
    ///
    /// # Errors
    ///
    /// If there is no such file, or it is no log of a known format.
    pub fn open(path: &Path) -> Result<RawLog, LogError> {
        let path = path.to_owned();
        let failed = |source| LogError::File { path: path.clone(), source };
        let mut bytes = Vec::new();
        // A pipe could keep its reader waiting for ever.
        if !std::fs::metadata(&path).map_err(failed)?.is_file() {
            return Err(LogError::NoFile { path });
        }
        let file = File::open(&path).map_err(failed)?;
        file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(failed)?;
        RawLog::parse(path, bytes)
    }

    /// Reads what has been read from a file. The path is for the words of errors.
    ///
    /// # Errors
    ///
    /// If it is no log of a known format.
    pub fn parse(path: PathBuf, bytes: Vec<u8>) -> Result<RawLog, LogError> {
        if bytes.len() as u64 > LARGEST {
            return Err(LogError::TooLarge { path });
        }
        if bytes.trim_ascii().is_empty() {
            return Err(LogError::Empty { path });
        }
        let mut log = RawLog {
            path,
            bytes,
            head: Head { format: 0, scenario: String::new(), planted: None },
            body: 0,
        };
        (log.head, log.body) = match log.is_compact() {
            true => log.compact_head()?,
            false => (log.json()?, 0),
        };
        let names = [Some(&log.head.scenario), log.head.planted.as_ref()];
        if names.into_iter().flatten().any(|name| name.len() > LONGEST_NAME) {
            let problem = format!("a name has at most {LONGEST_NAME} bytes");
            return Err(log.malformed("scenario or planted", &problem));
        }
        match log.head.format {
            1..=FORMAT => Ok(log),
            0 => Err(log.malformed("format", "a format is a number from 1")),
            format => Err(LogError::Newer { path: log.path, format, known: FORMAT }),
        }
    }

    /// What the log says of itself.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// Where it was read from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the whole of it, as a log of this scenario, and checks what it says.
    ///
    /// # Errors
    ///
    /// If there is anything that is not understood or makes no sense.
    pub fn read<S: Scenario>(&self, scenario: &S) -> Result<Log<RequestOf<S>>, LogError> {
        let mut log: Log<RequestOf<S>> = match (self.is_compact(), self.head.format) {
            (true, 1) => self.compact_body::<FirstFormat<_>>()?.into(),
            (true, _) => self.compact_body()?,
            (false, _) => self.json()?,
        };
        if log.head() != self.head {
            let problem = "the head and the log itself speak of different scenarios or bugs";
            return Err(self.malformed("head", problem));
        }
        log.check(scenario)
            .map_err(|Misfit { place, problem }| self.malformed(&place, &problem))?;
        // What is not said stays unsaid; everything else means the same in all formats.
        log.format = FORMAT;
        Ok(log)
    }

    fn is_compact(&self) -> bool {
        self.bytes.starts_with(MAGIC)
    }

    /// The problem may quote the file, which may hold anything: it is put on one short line.
    fn malformed(&self, place: &str, problem: &str) -> LogError {
        let shown = |letter: char| if misleads(letter) { '\u{fffd}' } else { letter };
        let place = place.to_owned();
        let mut letters = problem.chars().map(shown);
        let mut problem: String = letters.by_ref().take(LONGEST_PROBLEM).collect();
        if letters.next().is_some() {
            problem.push('…');
        }
        LogError::Malformed { path: self.path.clone(), place, problem }
    }

    fn json<T: DeserializeOwned>(&self) -> Result<T, LogError> {
        serde_json::from_slice(&self.bytes).map_err(|error| {
            let text = error.to_string();
            let place = format!("line {}, column {}", error.line(), error.column());
            let problem = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what);
            self.malformed(&place, problem)
        })
    }

    fn take<T: DeserializeOwned>(&self, cursor: &mut Cursor<&[u8]>) -> Result<T, LogError> {
        compact::take(cursor)
            .map_err(|problem| self.malformed(&format!("byte {}", cursor.position()), &problem))
    }

    fn compact_head(&self) -> Result<(Head, usize), LogError> {
        let mut cursor = Cursor::new(&self.bytes[..]);
        cursor.set_position(MAGIC.len() as u64);
        let head = self.take(&mut cursor)?;
        Ok((head, cursor.position() as usize))
    }

    fn compact_body<T: DeserializeOwned>(&self) -> Result<T, LogError> {
        let mut cursor = Cursor::new(&self.bytes[..]);
        cursor.set_position(self.body as u64);
        let body = self.take(&mut cursor)?;
        let end = cursor.position();
        if end < self.bytes.len() as u64 {
            return Err(self.malformed(&format!("byte {end}"), "something follows the log"));
        }
        Ok(body)
    }
}

/// Writes a log, in the form that the name of the file asks for: `.json` or `.bin`. Folders on
/// the way are made.
///
/// # Errors
///
/// If the name asks for no known form, if the log is too large to be read again, or if the file
/// system refuses. No partial file is left.
pub fn write<R: Serialize>(path: &Path, log: &Log<R>) -> Result<(), LogError> {
    let bytes = match path.extension().and_then(|extension| extension.to_str()) {
        Some("json") => json(log),
        Some("bin") => compact(log),
        _ => return Err(LogError::UnknownForm { path: path.to_owned() }),
    };
    let bytes = bytes.map_err(|problem| LogError::Malformed {
        path: path.to_owned(),
        place: "while writing".to_owned(),
        problem,
    })?;
    if bytes.len() as u64 > LARGEST || log.deviations.len() > MOST_DEVIATIONS {
        return Err(LogError::TooLarge { path: path.to_owned() });
    }
    write_whole(path, &bytes)
}

/// Writes a file whole or not at all. Folders on the way are made.
///
/// # Errors
///
/// If there is something in its place that is no file, or if the file system refuses.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), LogError> {
    if std::fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return Err(LogError::NoFile { path: path.to_owned() });
    }
    let failed = |source| LogError::File { path: path.to_owned(), source: without_path(source) };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(failed)?;
    let mut file = readable_by_all().tempfile_in(folder).map_err(failed)?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

/// Tries whether a file can be made in a folder, and leaves nothing there but the folder.
///
/// # Errors
///
/// What the file system says.
pub fn probe(folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    tempfile::NamedTempFile::new_in(folder).map(drop).map_err(without_path)
}

/// What the file system says, without the name of a temporary file: errors name the file that was
/// asked for.
fn without_path(error: io::Error) -> io::Error {
    // An error with something inside has been given that name; its kind is what is left.
    match error.get_ref() {
        Some(_) => error.kind().into(),
        None => error,
    }
}

/// A log may be read by whom the user lets read files: a temporary file would be private.
fn readable_by_all() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder
}

fn json<R: Serialize>(log: &Log<R>) -> Result<Vec<u8>, String> {
    let mut bytes = serde_json::to_vec_pretty(log).map_err(|error| error.to_string())?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn compact<R: Serialize>(log: &Log<R>) -> Result<Vec<u8>, String> {
    let mut bytes = MAGIC.to_vec();
    compact::put(&log.head(), &mut bytes)?;
    compact::put(log, &mut bytes)?;
    Ok(bytes)
}
