//! Random losses. The same seed loses the same items. No I/O.

use thiserror::Error;

use crate::config::LossConfig;

/// The target of a random loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LossTarget {
    /// A post of the event bus.
    EventBus,
    /// A post of the trigger.
    Trigger,
    /// A frame of a notification channel.
    Notification,
    /// A webhook.
    Webhook,
}

/// The error for a probability outside of 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a probability must be from 0 to 1")]
pub(crate) struct InvalidProbability;

/// The random losses. Each target has its own generator, so the losses of one target do not depend on the number of
/// items of other targets.
#[derive(Debug)]
pub(crate) struct Losses {
    config: LossConfig,
    /// The state of each generator, in the order of [`LossTarget`].
    generators: [u64; 4],
}

impl Losses {
    /// Creates the generators from the seed. Returns an error if a probability is invalid.
    pub(crate) fn new(config: LossConfig) -> Result<Self, InvalidProbability> {
        let all = [config.event_bus, config.trigger, config.notification, config.webhook];
        if !all.iter().all(|probability| (0.0..=1.0).contains(probability)) {
            return Err(InvalidProbability);
        }
        Ok(Self { config, generators: [0, 1, 2, 3].map(|number: u64| config.seed ^ (number << 62)) })
    }

    /// Returns the probabilities and the seed.
    pub(crate) fn config(&self) -> LossConfig {
        self.config
    }

    /// Whether the next item of `target` is lost. Advances the generator.
    pub(crate) fn is_next_lost(&mut self, target: LossTarget) -> bool {
        let [event_bus, trigger, notification, webhook] = &mut self.generators;
        let (generator, probability) = match target {
            LossTarget::EventBus => (event_bus, self.config.event_bus),
            LossTarget::Trigger => (trigger, self.config.trigger),
            LossTarget::Notification => (notification, self.config.notification),
            LossTarget::Webhook => (webhook, self.config.webhook),
        };
        next_random(generator) < probability
    }
}

/// Returns the next random number from 0 (inclusive) to 1 (exclusive), with SplitMix64.
fn next_random(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut bits = *state;
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^= bits >> 31;
    f64::from(u32::try_from(bits >> 32).unwrap_or(u32::MAX)) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn losses(config: LossConfig, target: LossTarget) -> Vec<bool> {
        let mut losses = Losses::new(config).unwrap();
        (0..1_000).map(|_| losses.is_next_lost(target)).collect()
    }

    #[test]
    fn probability_and_seed_determine_the_losses() {
        let half = LossConfig { webhook: 0.5, ..LossConfig::default() };
        let lost = losses(half, LossTarget::Webhook);
        assert!((400..600).contains(&lost.iter().filter(|lost| **lost).count()));
        assert_eq!(losses(half, LossTarget::Webhook), lost);
        assert_ne!(losses(LossConfig { seed: 2, ..half }, LossTarget::Webhook), lost);
        assert_ne!(losses(LossConfig { trigger: 0.5, ..half }, LossTarget::Trigger), lost);
        assert!(losses(half, LossTarget::EventBus).iter().all(|lost| !lost));
        assert!(losses(LossConfig { webhook: 1.0, ..half }, LossTarget::Webhook).iter().all(|lost| *lost));
    }

    #[test]
    fn rejects_invalid_probabilities() {
        for invalid in [-0.1, 1.1, f64::NAN] {
            assert!(Losses::new(LossConfig { trigger: invalid, ..LossConfig::default() }).is_err(), "{invalid}");
        }
    }
}
