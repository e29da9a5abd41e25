//! The stormglass command.
