//! A prefix of a SHA-256 that is long enough to tell the values of one mailbox apart. In records it is base64.

use base64::Engine;
use base64::display::Base64Display;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use std::fmt;

/// The first bytes of a SHA-256, at most 32. An array, because a mailbox has hundreds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct ShortDigest<const BYTES: usize>([u8; BYTES]);

impl<const BYTES: usize> ShortDigest<BYTES> {
    pub(super) fn of(content: &[u8]) -> Self {
        let mut prefix = [0; BYTES];
        prefix.iter_mut().zip(Sha256::digest(content)).for_each(|(byte, digested)| *byte = digested);
        Self(prefix)
    }
}

impl<const BYTES: usize> Serialize for ShortDigest<BYTES> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&Base64Display::new(&self.0, &BASE64_STANDARD_NO_PAD))
    }
}

impl<'de, const BYTES: usize> Deserialize<'de> for ShortDigest<BYTES> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Base64Visitor)
    }
}

struct Base64Visitor<const BYTES: usize>;

impl<const BYTES: usize> Visitor<'_> for Base64Visitor<BYTES> {
    type Value = ShortDigest<BYTES>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{BYTES} bytes in base64")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        let mut bytes = [0; BYTES];
        let decoded = BASE64_STANDARD_NO_PAD.decode_slice(text, &mut bytes);
        // The error leaves out the text.
        if decoded == Ok(BYTES) { Ok(ShortDigest(bytes)) } else { Err(E::invalid_length(text.len(), &self)) }
    }
}

#[cfg(test)]
mod tests {
    use super::ShortDigest;

    /// The SHA-256 of `abc` begins with `ba7816bf8f01cfea41` (FIPS 180-4, example).
    #[test]
    fn is_the_beginning_of_a_sha_256_in_base64() {
        let digest = ShortDigest::<9>::of(b"abc");
        assert_eq!(digest.0, [0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41]);
        let json = serde_json::to_string(&digest).expect("it is serialized");
        assert_eq!(json, r#""ungWv48Bz+pB""#);
        assert_eq!(serde_json::from_str::<ShortDigest<9>>(&json).expect("it is readable"), digest);
    }

    #[test]
    fn refuses_another_length_and_other_characters() {
        for json in [r#""""#, r#""ungWv48Bz+p""#, r#""ungWv48Bz+pBxxxx""#, r#""ungWv48Bz-pB""#, "7"] {
            let error = serde_json::from_str::<ShortDigest<9>>(json).unwrap_err();
            assert!(error.is_data(), "{json}: {error}");
        }
    }
}
