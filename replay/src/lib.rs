//! The log of a failing run.
