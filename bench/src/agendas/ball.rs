use stormglass_machine::NodeId;

/// One message in flight; as large as an event of the world in which nodes play ping-pong.
pub struct Ball {
    /// Who has thrown it.
    pub from: NodeId,
    /// Who is going to catch it.
    pub to: NodeId,
    /// How often it was thrown.
    pub number: u64,
}
