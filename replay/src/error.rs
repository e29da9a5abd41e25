use std::io;
use std::path::PathBuf;

/// Why a log cannot be read, written or used. Each names the file, the place and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// The file system refused.
    #[error("{path}: {source}", path = path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// A folder, a pipe or a device.
    #[error("{path}: is not a regular file", path = path.display())]
    NoFile {
        /// Which.
        path: PathBuf,
    },
    /// There is nothing in it.
    #[error("{path}: the file is empty; a log begins with '{{' or with the bytes STORMGLS", path = path.display())]
    Empty {
        /// Which file.
        path: PathBuf,
    },
    /// It is larger than any log.
    #[error(
        "{path}: no log is that large: {bytes} bytes and {deviations} deviations are the most",
        path = path.display(), bytes = crate::file::LARGEST, deviations = crate::log::MOST_DEVIATIONS
    )]
    TooLarge {
        /// Which file.
        path: PathBuf,
    },
    /// It was written by a newer program.
    #[error("{path}: format {format}, and this program reads up to {known}; use a newer one", path = path.display())]
    Newer {
        /// Which file.
        path: PathBuf,
        /// Its format.
        format: u32,
        /// The newest that can be read.
        known: u32,
    },
    /// It cannot be understood.
    #[error("{path}: {place}: {problem}", path = path.display())]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// Where in the file.
        place: String,
        /// What is wrong there.
        problem: String,
    },
    /// The name of a file to be written does not tell the form.
    #[error("{path}: name it .json (for people) or .bin (compact)", path = path.display())]
    UnknownForm {
        /// Which file.
        path: PathBuf,
    },
}
