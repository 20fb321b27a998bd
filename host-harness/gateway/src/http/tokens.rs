//! The tokens of the platform's API.

use sha2::{Digest, Sha256};
use std::sync::Arc;
use subtle::{Choice, ConstantTimeEq};

/// The accepted bearer tokens (RFC 6750). Cheap to clone.
#[derive(Clone)]
pub struct Tokens(Arc<[[u8; 32]]>);

/// A token is too weak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("token {0} is too weak: expected 20 to 500 visible ASCII characters, made at random")]
pub struct InvalidTokens(usize);

impl Tokens {
    /// Creates the list of accepted tokens.
    ///
    /// # Errors
    /// A token is too short, too long or not valid in a header. The error contains its index, counted from 1.
    pub fn new(tokens: &[String]) -> Result<Self, InvalidTokens> {
        let fits = |token: &str| (20..=500).contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_graphic());
        if let Some(unfit) = tokens.iter().position(|token| !fits(token)) {
            return Err(InvalidTokens(unfit + 1));
        }
        Ok(Self(tokens.iter().map(|token| Sha256::digest(token).into()).collect()))
    }

    /// Compares in constant time.
    pub(super) fn admit(&self, token: &[u8]) -> bool {
        let digest: [u8; 32] = Sha256::digest(token).into();
        self.0.iter().fold(Choice::from(0), |admitted, known| admitted | known.ct_eq(&digest)).into()
    }
}
