use super::{ClusterView, Command, Transition};

/// Hears of every command a [`Faction`](super::Faction) processes: exactly one call for each.
pub trait Observer {
    /// The command was accepted. Duplicates and strangers are accepted, too.
    fn observe(&mut self, command: Command, transition: &Transition);

    /// The command was a probe.
    fn observe_query(&mut self, command: Command, cluster_view: &ClusterView);

    /// The command was rejected; `admissible` is what the state accepts.
    fn observe_rejection(
        &mut self,
        command: Command,
        cluster_view: &ClusterView,
        admissible: &[Command],
    );
}

/// An observer that does not care.
#[derive(Clone, Copy, Default, Debug)]
pub struct NoOpObserver;

impl Observer for NoOpObserver {
    fn observe(&mut self, _: Command, _: &Transition) {}
    fn observe_query(&mut self, _: Command, _: &ClusterView) {}
    fn observe_rejection(&mut self, _: Command, _: &ClusterView, _: &[Command]) {}
}
