//! What the command can be told.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::cluster::Cluster;

/// A key-value store on a few nodes that stay one store as long as a majority of them runs.
#[derive(Debug, Parser)]
#[command(name = "raft-kv", after_help = HELP, disable_help_subcommand = true)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run one node of the cluster, until it is killed
    Serve(Serve),
    /// Set a key
    Put {
        /// Any text
        key: String,
        /// Any text
        value: String,
        #[command(flatten)]
        write: Write,
    },
    /// Add to a key that holds a whole number, or nothing yet, and print the sum
    Add {
        /// Any text
        key: String,
        /// A whole number, also a negative one
        #[arg(allow_negative_numbers = true)]
        amount: i64,
        #[command(flatten)]
        write: Write,
    },
    /// Print what a key holds
    Get {
        /// Any text
        key: String,
        #[command(flatten)]
        reach: Reach,
    },
    /// Open a session and print its number, for --session
    Session {
        #[command(flatten)]
        reach: Reach,
    },
    /// Print what each node says of itself
    Status {
        #[command(flatten)]
        reach: Reach,
    },
}

#[derive(Debug, Args)]
pub struct Serve {
    /// Which node this is: 1 is the first of the cluster
    #[arg(long)]
    pub id: u32,
    #[command(flatten)]
    pub cluster: InCluster,
    /// Where the node keeps its data, in a directory of its own; it is made if there is none
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// Take a snapshot after so many log entries, and forget them
    #[arg(long, value_name = "ENTRIES", default_value_t = 1_000,
          value_parser = clap::value_parser!(u64).range(1..))]
    pub snapshot_every: u64,
    /// End when the standard input ends, for programs that start nodes
    #[arg(long)]
    pub stop_with_input: bool,
}

#[derive(Debug, Args)]
pub struct InCluster {
    /// All nodes in order, separated by commas, the same for every command
    #[arg(long = "cluster", value_name = "IP:PORT[/CLIENT_PORT],...")]
    pub nodes: Cluster,
}

/// How to reach the cluster.
#[derive(Debug, Args)]
pub struct Reach {
    #[command(flatten)]
    pub cluster: InCluster,
    /// How many seconds to try
    #[arg(long, value_name = "SECONDS", default_value_t = 10,
          value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub timeout: u64,
}

/// How to have something applied once.
#[derive(Debug, Args)]
pub struct Write {
    #[command(flatten)]
    pub reach: Reach,
    /// A session that is open, instead of one for this command only
    #[arg(long, value_name = "NUMBER", requires = "sequence")]
    pub session: Option<u64>,
    /// Which command of the session this is, from 1: the same number is applied once, however often
    /// it is asked for, and a new one says that the answers to all before it have arrived
    #[arg(long, value_name = "NUMBER", requires = "session",
          value_parser = clap::value_parser!(u64).range(1..))]
    pub sequence: Option<u64>,
}

const HELP: &str = "\
A node listens at two ports: PORT for the other nodes, and CLIENT_PORT for commands, which is
PORT + 1000 if it is not given.

Examples:
  CLUSTER=127.0.0.1:7001,127.0.0.1:7002,127.0.0.1:7003
  raft-kv serve --id 1 --cluster $CLUSTER --data node-1
  raft-kv put city Vienna --cluster $CLUSTER
  raft-kv get city --cluster $CLUSTER

The exit code is 0 if all is well, 1 if there is no such key or it holds no number, 2 if the
command makes no sense or the cluster does not answer.";
