//! What is lost at random. Pure: the same seed loses the same ones.

use thiserror::Error;

use crate::config::LossConfig;

/// What can be lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lossy {
    /// A post of the event bus.
    EventBus,
    /// A post of the trigger.
    Trigger,
    /// A frame of a notification channel.
    Notification,
    /// A webhook.
    Webhook,
}

/// A probability that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a probability must be from 0 to 1")]
pub(crate) struct NotAProbability;

/// The dice. Each kind of thing has its own, so that what becomes of one does not hang on how many others there are.
#[derive(Debug)]
pub(crate) struct Losses {
    config: LossConfig,
    /// In the order of [`Lossy`].
    dice: [u64; 4],
}

impl Losses {
    /// Dice that were not thrown yet.
    pub(crate) fn new(config: LossConfig) -> Result<Self, NotAProbability> {
        let all = [config.event_bus, config.trigger, config.notification, config.webhook];
        if !all.iter().all(|probability| (0.0..=1.0).contains(probability)) {
            return Err(NotAProbability);
        }
        Ok(Self { config, dice: [0, 1, 2, 3].map(|number: u64| config.seed ^ (number << 62)) })
    }

    /// How likely what is lost.
    pub(crate) fn config(&self) -> LossConfig {
        self.config
    }

    /// Whether the next one of `what` is lost.
    pub(crate) fn strikes(&mut self, what: Lossy) -> bool {
        let [event_bus, trigger, notification, webhook] = &mut self.dice;
        let (die, probability) = match what {
            Lossy::EventBus => (event_bus, self.config.event_bus),
            Lossy::Trigger => (trigger, self.config.trigger),
            Lossy::Notification => (notification, self.config.notification),
            Lossy::Webhook => (webhook, self.config.webhook),
        };
        throw(die) < probability
    }
}

/// From 0 to less than 1, by SplitMix64.
fn throw(die: &mut u64) -> f64 {
    *die = die.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut bits = *die;
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^= bits >> 31;
    f64::from(u32::try_from(bits >> 32).unwrap_or(u32::MAX)) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn throws(config: LossConfig, what: Lossy) -> Vec<bool> {
        let mut losses = Losses::new(config).unwrap();
        (0..1_000).map(|_| losses.strikes(what)).collect()
    }

    #[test]
    fn the_probability_and_the_seed_decide() {
        let half = LossConfig { webhook: 0.5, ..LossConfig::default() };
        let lost = throws(half, Lossy::Webhook);
        assert!((400..600).contains(&lost.iter().filter(|lost| **lost).count()));
        assert_eq!(throws(half, Lossy::Webhook), lost);
        assert_ne!(throws(LossConfig { seed: 2, ..half }, Lossy::Webhook), lost);
        assert_ne!(throws(LossConfig { trigger: 0.5, ..half }, Lossy::Trigger), lost);
        assert!(throws(half, Lossy::EventBus).iter().all(|lost| !lost));
        assert!(throws(LossConfig { webhook: 1.0, ..half }, Lossy::Webhook).iter().all(|lost| *lost));
    }

    #[test]
    fn a_probability_is_one() {
        for wrong in [-0.1, 1.1, f64::NAN] {
            assert!(Losses::new(LossConfig { trigger: wrong, ..LossConfig::default() }).is_err(), "{wrong}");
        }
    }
}
