//! Makes a failing list of items small.
