//! The encoding of accepted settings for the other calls (contract, `prepared-settings`).
//!
//! A stamp precedes the settings. It names the provider and its version, because another version may encode them
//! differently.

use crate::contract::{Failure, MappingError, Rejection, Unsupported};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// The settings are not from this version of the provider, or damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stale;

/// Encodes settings with a stamp. [`open`] reads them.
#[must_use]
pub fn seal(stamp: &str, settings: &impl Serialize) -> Vec<u8> {
    encode(&(stamp, settings))
}

/// Reads settings that [`seal`] encoded with the same stamp. They borrow from the bytes.
///
/// # Errors
/// The settings have another stamp or are damaged.
pub fn open<'a, T: Deserialize<'a>>(stamp: &str, prepared: &'a [u8]) -> Result<T, Stale> {
    let (found, settings) = postcard::take_from_bytes::<&str>(prepared).map_err(|_| Stale)?;
    if found != stamp {
        return Err(Stale);
    }
    decode(settings)
}

/// Encodes a part of the settings, so that a call can decode it alone.
#[must_use]
pub fn encode(part: &impl Serialize) -> Vec<u8> {
    // Fails only for values without a known length, and maps and lists in memory have one.
    postcard::to_allocvec(part).unwrap_or_default()
}

/// Reads a part that [`encode`] encoded.
///
/// # Errors
/// The part is damaged.
pub fn decode<'a, T: Deserialize<'a>>(part: &'a [u8]) -> Result<T, Stale> {
    match postcard::take_from_bytes(part) {
        Ok((settings, [])) => Ok(settings),
        Ok(_) | Err(_) => Err(Stale),
    }
}

impl From<Stale> for Rejection {
    fn from(_: Stale) -> Self {
        Self::StaleSettings
    }
}

impl From<Stale> for MappingError {
    fn from(_: Stale) -> Self {
        Self::StaleSettings
    }
}

impl From<Stale> for Unsupported {
    fn from(_: Stale) -> Self {
        Self::StaleSettings
    }
}

impl From<Stale> for Failure {
    fn from(_: Stale) -> Self {
        Self::StaleSettings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_only_what_the_same_version_sealed() {
        let settings = ("a secret", 7_u32, [1_u8, 2, 3]);
        let sealed = seal("provider 1.0.0", &settings);
        assert_eq!(open("provider 1.0.0", &sealed), Ok(settings));
        for stamp in ["provider 1.0.1", "provider", "other 1.0.0", ""] {
            assert_eq!(open::<(&str, u32, [u8; 3])>(stamp, &sealed), Err(Stale), "{stamp}");
        }
    }

    #[test]
    fn refuses_settings_of_another_length() {
        let sealed = seal("provider 1.0.0", &("a secret", 7_u32));
        for length in 0..sealed.len() {
            assert_eq!(open::<(&str, u32)>("provider 1.0.0", &sealed[..length]), Err(Stale), "{length}");
        }
        assert_eq!(open::<(&str, u32)>("provider 1.0.0", &[&sealed[..], &[0]].concat()), Err(Stale));
    }
}
