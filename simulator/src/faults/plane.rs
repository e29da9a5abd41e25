//! One plane of the network is cut or clogged.

use std::borrow::Cow;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use stormglass_machine::NodeId;

use super::shape::Impairment;
use super::{Clog, Cut, Episodes, Family, Fault, Nonsense};
use crate::Deviation;

pub(super) const FAMILY: Family = Family {
    name: "plane",
    what: "Links are cut or clogged for the messages of one plane only. Strikes if the scenario \
           says which planes there are.",
    parameters: "plane, and those of a cut or a clog",
    dull: "lasts 0 s",
    only_finds: "a peer whose heartbeats arrive and whose answers do not, given up",
    switch: |faults, on| faults.plane = on,
};

/// Links are cut or clogged for the messages of one plane only.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plane {
    /// Which plane: what [`Kind::plane`](stormglass_machine::Kind::plane) says of a message.
    pub plane: Cow<'static, str>,
    /// What happens to it.
    pub is: Impaired,
}

/// What happens to the messages of a plane.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Impaired {
    /// They are lost.
    Cut(Cut),
    /// They are kept.
    Clogged(Clog),
}

impl Plane {
    pub(crate) fn impairment(&self) -> Impairment<'_> {
        let whole = match &self.is {
            Impaired::Cut(cut) => cut.impairment(),
            Impaired::Clogged(clog) => clog.impairment(),
        };
        Impairment { plane: Some(&self.plane), ..whole }
    }

    fn inner(&self) -> &dyn Fault {
        match &self.is {
            Impaired::Cut(cut) => cut,
            Impaired::Clogged(clog) => clog,
        }
    }
}

impl Fault for Plane {
    fn at(&self) -> Option<Duration> {
        self.inner().at()
    }

    fn at_mut(&mut self) -> Option<&mut Duration> {
        match &mut self.is {
            Impaired::Cut(cut) => cut.at_mut(),
            Impaired::Clogged(clog) => clog.at_mut(),
        }
    }

    fn lasts_mut(&mut self) -> Option<&mut Duration> {
        match &mut self.is {
            Impaired::Cut(cut) => cut.lasts_mut(),
            Impaired::Clogged(clog) => clog.lasts_mut(),
        }
    }

    fn last_node(&self) -> Option<NodeId> {
        self.inner().last_node()
    }

    fn check(&self) -> Result<(), Nonsense> {
        self.inner().check()
    }

    fn simpler(&self) -> Vec<Self> {
        let with = |is| Plane { plane: self.plane.clone(), is };
        match &self.is {
            Impaired::Cut(cut) => cut.simpler().into_iter().map(Impaired::Cut).map(with).collect(),
            Impaired::Clogged(clog) => {
                clog.simpler().into_iter().map(Impaired::Clogged).map(with).collect()
            }
        }
    }

    fn begins(&self) -> Option<String> {
        Some(format!("plane {:?}: {}", self.plane, self.inner().begins()?))
    }

    fn ends(&self) -> Option<String> {
        Some(format!("plane {:?}: {}", self.plane, self.inner().ends()?))
    }
}

impl<R> Episodes<'_, R> {
    pub(super) fn plane(&mut self) {
        let plane = Cow::Borrowed(*self.dice.pick(self.planes));
        let at = self.at();
        let lasts = self.span(at);
        let shape = self.shape();
        let is = match self.dice.below(2) {
            0 => Impaired::Cut(Cut { shape, at, lasts }),
            _ => Impaired::Clogged(Clog { shape, at, lasts }),
        };
        self.plan.push(Deviation::Plane(Plane { plane, is }));
    }
}
