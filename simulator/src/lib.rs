//! A seeded world for virtual clusters.
