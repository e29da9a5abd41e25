//! Is the cluster ready to begin.
