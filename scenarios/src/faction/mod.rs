//! The faction machine.

use stormglass_campaign::Registry;

/// Adds the scenarios of this machine.
pub fn register(registry: Registry) -> Registry {
    registry
}
