//! Requests on their way: an answer counts only if it was asked for, and only once.

use alloc::vec::Vec;

use stormglass_machine::{NodeId, Time};

use crate::constants::{REQUEST_LIFETIME, REQUEST_REGISTRY_CAPACITY};

/// One unanswered request.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Token {
    /// Whom was asked.
    pub leader: NodeId,
    /// The number of the request.
    pub request_id: u64,
    /// When it was asked.
    pub asked_at: Time,
}

impl Token {
    fn is_live(&self, now: Time) -> bool {
        now.since(self.asked_at) < REQUEST_LIFETIME
    }
}

/// The unanswered requests.
#[derive(Clone, Debug, Default)]
pub struct Outstanding {
    tokens: Vec<Token>,
}

impl Outstanding {
    /// Notes a request. At capacity expired ones are dropped; if none has expired, the registry
    /// grows beyond it, unless it is `bounded`: then the oldest one makes room.
    pub fn insert(&mut self, leader: NodeId, request_id: u64, now: Time, bounded: bool) {
        if self.tokens.len() >= REQUEST_REGISTRY_CAPACITY {
            self.tokens.retain(|token| token.is_live(now));
            if bounded && self.tokens.len() >= REQUEST_REGISTRY_CAPACITY {
                self.tokens.remove(0);
            }
        }
        self.tokens.push(Token { leader, request_id, asked_at: now });
    }

    /// Uses the request up. False if there was none, or it is too old.
    pub fn take(&mut self, leader: NodeId, request_id: u64, now: Time) -> bool {
        let known = |token: &Token| token.leader == leader && token.request_id == request_id;
        match self.tokens.iter().position(known) {
            Some(position) => self.tokens.remove(position).is_live(now),
            None => false,
        }
    }

    /// Is there a request that [`take`](Outstanding::take) would use up?
    pub fn holds(&self, leader: NodeId, request_id: u64, now: Time) -> bool {
        self.tokens.iter().any(|token| {
            token.leader == leader && token.request_id == request_id && token.is_live(now)
        })
    }

    /// Drops every request to this leader.
    pub fn forget(&mut self, leader: NodeId) {
        self.tokens.retain(|token| token.leader != leader);
    }

    /// Drops every request.
    pub fn forget_all(&mut self) {
        self.tokens.clear();
    }

    /// The unanswered requests, oldest first.
    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }
}
