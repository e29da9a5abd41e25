//! Machines under worlds, and the bugs they must find.
