//! Clients that wait until one leader leads, and leaders that are lost only when everybody has
//! caught up: then no number is ever given out twice, hardened or not.

/// Whether a run has been polite so far.
#[derive(Clone, Debug, Default)]
pub struct Politeness {
    rude: bool,
    /// How often somebody began to lead in the polite part.
    pub leaderships: u64,
}

impl Politeness {
    /// Somebody begins to lead. `level` says that all who are up hold everything there ever was.
    pub fn leadership(&mut self, level: bool) {
        self.rude |= !level;
        self.leaderships += u64::from(!self.rude);
    }

    /// Somebody appends. `alone` says that it leads, and nobody else does.
    pub fn append(&mut self, alone: bool) {
        self.rude |= !alone;
    }

    /// Somebody has crashed. `kept` says that somebody who is up holds everything there ever was.
    pub fn crash(&mut self, kept: bool) {
        self.rude |= !kept;
    }

    pub fn is_polite(&self) -> bool {
        !self.rude
    }
}
