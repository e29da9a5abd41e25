//! The work: five games of ping-pong among five nodes.
//!
//! Each node plays with its right and with its left neighbour. It opens the game with the right
//! one by sending it 0; whoever is sent a number answers with the next one, until the game has had
//! its share of messages. So each game has one message in flight, and all together have five. A
//! node keeps one number: how many messages it has received.

/// How many nodes there are, and games, and messages in flight.
pub const NODES: usize = 5;

/// Who sits to the right of a node; each node opens a game with that one.
pub fn right(node: usize) -> usize {
    (node + 1) % NODES
}

/// How long the games are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Rules {
    /// Messages of each game. What each node receives in all is as much: every other message of
    /// the game to its right, beginning with the second, and every other one of the game to its
    /// left, beginning with the first.
    pub share: u64,
}

impl Rules {
    /// What to answer to a number, if the game goes on.
    ///
    /// # Panics
    ///
    /// If no message of the game has that number.
    #[inline]
    pub fn answer(self, number: u64) -> Option<u64> {
        assert!(number < self.share, "{number} is not in a game of {} messages", self.share);
        (number + 1 < self.share).then_some(number + 1)
    }

    /// All messages that were received, once it is sure that each node has received its share.
    ///
    /// # Panics
    ///
    /// If one has not.
    pub fn delivered(self, received: &[u64]) -> u64 {
        assert_eq!(received, [self.share; NODES], "each node receives its share");
        received.iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_node_receives_its_share() {
        for share in [1, 2, 7, 8] {
            let rules = Rules { share };
            let mut received = [0; NODES];
            for node in 0..NODES {
                let (mut from, mut to, mut number) = (node, right(node), Some(0));
                while let Some(current) = number {
                    received[to] += 1;
                    number = rules.answer(current);
                    (from, to) = (to, from);
                }
            }
            assert_eq!(rules.delivered(&received), share * NODES as u64);
        }
    }

    #[test]
    #[should_panic = "each node receives its share"]
    fn a_message_that_is_missing_is_noticed() {
        Rules { share: 8 }.delivered(&[8, 8, 7, 8, 8]);
    }
}
