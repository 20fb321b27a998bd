//! Verifies that a request comes from Genesys: it sends the fields of the integration's credentials as headers. There is
//! no signature and no time in the request, so only the secret and TLS protect it.

use crate::settings::Prepared;
use handover_guest::contract::{Rejection, Webhook};
use handover_guest::signature::{header_values, is_authorized};

/// Verifies the secret in the configured header. Returns the index of the secret.
///
/// # Errors
/// Why the request is not authentic.
pub fn verify(settings: &Prepared<'_>, request: &Webhook) -> Result<u32, Rejection> {
    let mut sent = header_values(&request.headers, settings.header);
    let value = sent.next().ok_or(Rejection::MissingSignature)?;
    if sent.next().is_some() {
        return Err(Rejection::MultipleSignatures);
    }
    let known = (0..).zip(&settings.secrets).find(|(_, secret)| is_authorized(value, secret.as_bytes()));
    known.map(|(index, _)| index).ok_or(Rejection::KeyMismatch)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{HEADER, SECRET};
    use alloc::vec::Vec;
    use handover_guest::contract::Setting;

    fn verified(header: Option<&str>, sent: &[(&str, &str)]) -> Result<u32, Rejection> {
        let setting = |key: &str, value: &str| Setting { key: key.into(), value: value.into() };
        let mut settings = alloc::vec![setting(SECRET, "the-new-secret"), setting(SECRET, "the-old-secret")];
        settings.extend(header.map(|header| setting(HEADER, header)));
        let headers: Vec<_> = sent.iter().map(|(name, value)| ((*name).into(), value.as_bytes().to_vec())).collect();
        verify(
            &Prepared::of(&settings),
            &Webhook { method: "POST".into(), path: "/".into(), headers, body: Vec::new() },
        )
    }

    #[test]
    fn accepts_each_live_secret_in_the_header_of_the_settings() {
        assert_eq!(verified(None, &[("Verify-Token", "the-new-secret")]), Ok(0));
        assert_eq!(verified(None, &[("a", "b"), ("verify-token", "the-old-secret")]), Ok(1));
        assert_eq!(verified(Some("Authorization"), &[("authorization", "Bearer the-old-secret")]), Ok(1));
    }

    #[test]
    fn names_the_reason_for_each_rejection() {
        assert_eq!(verified(None, &[]), Err(Rejection::MissingSignature));
        assert_eq!(
            verified(Some("x-api-key"), &[("verify-token", "the-new-secret")]),
            Err(Rejection::MissingSignature)
        );
        for wrong in ["", "the-new-secret ", "The-new-secret", "the-new-secre"] {
            assert_eq!(verified(None, &[("verify-token", wrong)]), Err(Rejection::KeyMismatch), "{wrong:?}");
        }
        let twice = [("verify-token", "the-new-secret"), ("Verify-Token", "the-new-secret")];
        assert_eq!(verified(None, &twice), Err(Rejection::MultipleSignatures));
    }
}
