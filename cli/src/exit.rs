/// How the command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Nothing was violated, or what a log says was reproduced.
    Fine,
    /// Something was violated, or what a log says was not reproduced.
    Failed,
    /// Bad usage, or input that cannot be read.
    Misuse,
    /// Whether the bug is there cannot be told: `git bisect run` skips this commit.
    CannotTell,
    /// Ctrl-C came before anything failed.
    Interrupted,
}

impl Exit {
    pub(crate) fn code(self) -> u8 {
        match self {
            Exit::Fine => 0,
            Exit::Failed => 1,
            Exit::Misuse => 2,
            Exit::CannotTell => 125,
            // What shells report of a process that Ctrl-C has ended: 128 + SIGINT.
            Exit::Interrupted => 130,
        }
    }

    /// Fine or failed.
    pub(crate) fn of(fine: bool) -> Exit {
        if fine { Exit::Fine } else { Exit::Failed }
    }
}
