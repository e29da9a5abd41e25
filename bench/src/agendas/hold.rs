use std::time::Duration;

use stormglass_machine::{Dice, NodeId};

use super::{Ball, Queue};

/// How long a ball is in the air.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delays {
    /// 10 ms, always: a world without faults.
    Constant,
    /// Anything from 5 to 15 ms.
    Uniform,
    /// Every other ball is a timer of 1 s; the others take 10 ms and up to 1.28 s more, each
    /// halving as likely as the next: a world with faults.
    Mixed,
}

impl Delays {
    /// Every sort.
    pub const ALL: [Delays; 3] = [Delays::Constant, Delays::Uniform, Delays::Mixed];

    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Delays::Constant => "constant",
            Delays::Uniform => "uniform",
            Delays::Mixed => "heavy-tailed, and timers",
        }
    }

    #[inline]
    fn draw(self, ball: &Ball, dice: &mut Dice) -> Duration {
        let micros = match self {
            Delays::Constant => 10_000,
            Delays::Uniform => 5_000 + dice.below(10_000),
            Delays::Mixed if ball.from.0.is_multiple_of(2) => 1_000_000,
            Delays::Mixed => {
                let longest = 1_280_000 >> dice.below(8);
                10_000 + dice.below(longest)
            }
        };
        Duration::from_micros(micros)
    }
}

/// Balls that are caught and thrown again: as many are in the air at any time (the hold model of
/// Vaucher and Duval 1975).
pub trait Hold {
    /// Catches the next ball and throws it again, so many times. Returns a digest of which balls
    /// those were, and when.
    fn throw(&mut self, times: u64) -> u64;
}

struct Juggler<Q> {
    queue: Q,
    dice: Dice,
    delays: Delays,
}

/// So many balls in the air in a structure of this kind.
pub fn hold<Q: Queue<Ball> + 'static>(delays: Delays, in_flight: usize) -> Box<dyn Hold> {
    let mut queue = Q::new();
    queue.clear();
    let mut dice = Dice::new(0, "hold", 0);
    for number in 0..in_flight as u32 {
        let ball = Ball { from: NodeId(number), to: NodeId(number), number: 0 };
        // No two are in step.
        let later = Duration::from_nanos(dice.below(10_000_000));
        let delay = delays.draw(&ball, &mut dice);
        queue.push(stormglass_machine::Time::ZERO + delay + later, ball);
    }
    Box::new(Juggler { queue, dice, delays })
}

impl<Q: Queue<Ball>> Hold for Juggler<Q> {
    fn throw(&mut self, times: u64) -> u64 {
        let mut digest = 0_u64;
        for _ in 0..times {
            let (now, mut ball) = self.queue.pop().expect("all balls are in the air");
            digest = digest.rotate_left(5) ^ now.as_nanos() ^ u64::from(ball.to.0);
            ball.number += 1;
            let delay = self.delays.draw(&ball, &mut self.dice);
            self.queue.push(now + delay, ball);
        }
        digest
    }
}
