//! Verifies webhooks by the signature that a provider declares, without calling it.

use crate::contract::{
    Rejection, Setting, SignatureAlgorithm, SignatureSecret, TextEncoding, Webhook, WebhookSignature,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The length of an HMAC-SHA-256 tag, in bytes (RFC 2104, RFC 6234).
const TAG_BYTES: usize = 32;
/// An encoded tag that is longer is refused before it is decoded, because the sender controls its length (contract,
/// `webhook-signature`).
const MAX_ENCODED_BYTES: usize = 88;

/// A declared signature with its secrets, ready to verify webhooks.
pub(crate) struct Verifier {
    header: String,
    prefix: String,
    encoding: TextEncoding,
    /// One for each secret, in their order. The key is set up already.
    secrets: Vec<Hmac<Sha256>>,
}

impl Verifier {
    /// Creates a verifier from a provider's declaration and the operator's settings.
    ///
    /// # Errors
    /// What is wrong with the declaration.
    pub(crate) fn new(
        signature: &WebhookSignature,
        settings: &[Setting],
        is_secret: impl Fn(&Setting) -> bool,
    ) -> Result<Self, String> {
        match signature.algorithm {
            SignatureAlgorithm::HmacSha256 => {}
        }
        if signature.encoding == TextEncoding::Utf8 {
            return Err("a tag is bytes and has no encoding utf8".into());
        }
        let secret = |secret: &SignatureSecret| {
            let index = usize::try_from(secret.setting).unwrap_or(usize::MAX);
            let setting = settings.get(index).filter(|setting| is_secret(setting));
            let setting = setting.ok_or_else(|| format!("the setting {index} is not a secret"))?;
            let bytes = bytes(&setting.value, secret.encoding).filter(|bytes| !bytes.is_empty());
            let bytes = bytes.ok_or_else(|| format!("the value of {} is empty or not in its encoding", setting.key))?;
            Hmac::new_from_slice(&bytes).map_err(|_| format!("the value of {} is not a key", setting.key))
        };
        let secrets: Vec<_> = signature.secrets.iter().map(secret).collect::<Result<_, _>>()?;
        if secrets.is_empty() {
            return Err("it has no secret".into());
        }
        let (header, prefix) = (signature.header.clone(), signature.prefix.clone());
        Ok(Self { header, prefix, encoding: signature.encoding, secrets })
    }

    /// Verifies a webhook, and returns the index of the secret that signed it. Returns `None` if the webhook does not
    /// have the header, so that only the provider can decide.
    pub(crate) fn verify(&self, webhook: &Webhook) -> Option<Result<u32, Rejection>> {
        let mut values = webhook.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case(&self.header));
        let (_, value) = values.next()?;
        if values.next().is_some() {
            return Some(Err(Rejection::MultipleSignatures));
        }
        Some(self.tag(value).and_then(|tag| {
            let is_signed_with =
                |mac: &Hmac<Sha256>| mac.clone().chain_update(&webhook.body).verify_slice(&tag).is_ok();
            let signed = (0..).zip(&self.secrets).find(|(_, mac)| is_signed_with(mac));
            signed.map(|(index, _)| index).ok_or(Rejection::SignatureMismatch)
        }))
    }

    fn tag(&self, value: &[u8]) -> Result<[u8; TAG_BYTES], Rejection> {
        let encoded = value.strip_prefix(self.prefix.as_bytes()).ok_or(Rejection::UnsupportedAlgorithm)?;
        let is_hexadecimal = encoded.len() == 2 * TAG_BYTES && encoded.iter().all(u8::is_ascii_hexdigit);
        if self.encoding == TextEncoding::Base64 && is_hexadecimal {
            return Err(Rejection::InvalidEncoding);
        }
        if encoded.len() > MAX_ENCODED_BYTES {
            return Err(Rejection::InvalidLength);
        }
        let text = std::str::from_utf8(encoded).map_err(|_| Rejection::InvalidEncoding)?;
        let tag = bytes(text, self.encoding).ok_or(Rejection::InvalidEncoding)?;
        tag.try_into().map_err(|_| Rejection::InvalidLength)
    }
}

/// Decodes a text. Returns `None` if it is not in this encoding.
fn bytes(text: &str, encoding: TextEncoding) -> Option<Vec<u8>> {
    match encoding {
        TextEncoding::Utf8 => Some(text.as_bytes().to_vec()),
        TextEncoding::Base64 => STANDARD.decode(text).ok(),
        TextEncoding::Hexadecimal => {
            let digits: Option<Vec<u8>> =
                text.chars().map(|digit| digit.to_digit(16).and_then(|value| u8::try_from(value).ok())).collect();
            let digits = digits?;
            let (pairs, rest) = digits.as_chunks::<2>();
            rest.is_empty().then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = b"what do ya want for nothing?";
    /// RFC 4231, test case 2, with the key `Jefe`.
    const HEXADECIMAL: &str = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    const BASE64: &str = "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=";

    fn setting(value: &str) -> Setting {
        Setting { key: "secret".into(), value: value.into() }
    }

    fn verifier(encoding: TextEncoding, secrets: &[(&str, TextEncoding)]) -> Result<Verifier, String> {
        let settings: Vec<_> = secrets.iter().map(|(value, _)| setting(value)).collect();
        let secrets = (0..).zip(secrets);
        let secrets =
            secrets.map(|(setting, (_, encoding))| SignatureSecret { setting, encoding: *encoding }).collect();
        let (header, prefix) = ("x-signature".into(), "v1=".into());
        let algorithm = SignatureAlgorithm::HmacSha256;
        Verifier::new(&WebhookSignature { header, prefix, encoding, algorithm, secrets }, &settings, |_| true)
    }

    fn verify(verifier: &Verifier, values: &[&str]) -> Option<Result<u32, Rejection>> {
        let headers = values.iter().map(|value| ("X-Signature".to_owned(), value.as_bytes().to_vec()));
        let headers = headers.chain([("other".to_owned(), Vec::new())]).collect();
        verifier.verify(&Webhook { method: "POST".into(), path: "/".into(), headers, body: BODY.to_vec() })
    }

    #[test]
    fn verifies_the_test_vector_of_rfc_4231_in_every_encoding() {
        use TextEncoding::{Base64, Hexadecimal, Utf8};
        for (secret, secret_encoding) in [("Jefe", Utf8), ("SmVmZQ==", Base64), ("4a656665", Hexadecimal)] {
            for (encoding, tag) in [(Base64, BASE64), (Hexadecimal, HEXADECIMAL)] {
                let verifier = verifier(encoding, &[("another", Utf8), (secret, secret_encoding)]).expect("valid");
                assert_eq!(verify(&verifier, &[&format!("v1={tag}")]), Some(Ok(1)), "{secret}");
            }
        }
    }

    #[test]
    fn names_the_reason_for_each_rejection() {
        let verifier = verifier(TextEncoding::Base64, &[("Jefe", TextEncoding::Utf8)]).expect("valid");
        let rejected = |value: &str| match verify(&verifier, &[value]) {
            Some(Err(rejection)) => rejection,
            other => panic!("{value}: {other:?}"),
        };
        assert_eq!(verify(&verifier, &[]), None);
        assert_eq!(verify(&verifier, &["a", "a"]), Some(Err(Rejection::MultipleSignatures)));
        assert_eq!(rejected(BASE64), Rejection::UnsupportedAlgorithm);
        assert_eq!(rejected(&format!("V1={BASE64}")), Rejection::UnsupportedAlgorithm);
        assert_eq!(rejected(&format!("v1={HEXADECIMAL}")), Rejection::InvalidEncoding);
        assert_eq!(rejected(&format!("v1= {BASE64}")), Rejection::InvalidEncoding);
        assert_eq!(rejected("v1=AAAA"), Rejection::InvalidLength);
        assert_eq!(rejected(&format!("v1={}", "=".repeat(89))), Rejection::InvalidLength);
        assert_eq!(rejected("v1=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="), Rejection::SignatureMismatch);
    }

    #[test]
    fn refuses_declarations_that_would_accept_forgeries() {
        use TextEncoding::{Base64, Hexadecimal, Utf8};
        for secrets in [&[][..], &[("", Utf8)], &[("*", Base64)], &[("0", Hexadecimal)], &[("", Base64)]] {
            assert!(verifier(Base64, secrets).is_err(), "{secrets:?}");
        }
        assert!(verifier(Utf8, &[("Jefe", Utf8)]).is_err());
        let signature = WebhookSignature {
            header: "x".into(),
            prefix: String::new(),
            encoding: Base64,
            algorithm: SignatureAlgorithm::HmacSha256,
            secrets: vec![SignatureSecret { setting: 0, encoding: Utf8 }],
        };
        assert!(Verifier::new(&signature, &[setting("public")], |_| false).is_err());
        assert!(Verifier::new(&signature, &[], |_| true).is_err());
    }
}
