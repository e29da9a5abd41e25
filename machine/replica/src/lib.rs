//! Replica roles, election and catch-up.
