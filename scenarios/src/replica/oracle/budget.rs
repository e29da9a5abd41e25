use stormglass_machine::Time;
use stormglass_replica::constants::{STARVATION_GRANT_PER_MILLION, STARVATION_WINDOW};
use stormglass_replica::{BandwidthClass, Config};

const NANOS: u128 = 1_000_000_000;

/// A leader's budget for catch-up, counted a second time: it holds a second's worth, refills
/// continuously, and is counted in billionths of a byte.
#[derive(Clone, Debug, Default)]
pub struct Budget {
    rate: u128,
    background: u128,
    level: u128,
    at: Time,
    background_at: Time,
}

impl Budget {
    pub fn new(config: &Config) -> Budget {
        let network = u128::from(config.network_bytes_per_second);
        let rate = network * u128::from(config.budget_per_million) / 1_000_000;
        let background = rate * NANOS / 1_000_000 * u128::from(config.background_per_million);
        let level = rate * NANOS;
        Budget { rate, background, level, at: Time::ZERO, background_at: Time::ZERO }
    }

    /// Whole bytes that are left.
    pub fn bytes(&self) -> u64 {
        (self.level / NANOS) as u64
    }

    /// Pays for so many bytes if it can.
    pub fn admit(&mut self, class: BandwidthClass, bytes: u64, now: Time) -> bool {
        let full = self.rate * NANOS;
        let gained = now.since(self.at).as_nanos() * self.rate;
        self.level = full.min(self.level + gained);
        self.at = now;
        let cost = u128::from(bytes) * NANOS;
        let share = |per_million: u32| full / 1_000_000 * u128::from(per_million);
        let admitted = match class {
            BandwidthClass::Foreground => self.level >= cost || self.level == full,
            BandwidthClass::Background => {
                let starved = now.since(self.background_at) > STARVATION_WINDOW
                    && cost <= share(STARVATION_GRANT_PER_MILLION);
                self.level >= cost + (full - self.background) || starved
            }
            BandwidthClass::Realtime => cost <= full / 2,
        };
        if admitted {
            self.level = self.level.saturating_sub(cost);
            if class == BandwidthClass::Background {
                self.background_at = now;
            }
        }
        admitted
    }
}
