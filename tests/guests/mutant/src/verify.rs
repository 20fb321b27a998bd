//! Faults in `verify-webhook`.

use crate::fault::on;
use crate::original;
use crate::settings::{has, is, values};
use alloc::{format, string::String, vec::Vec};
use handover_guest::contract::*;

type Verdict = Result<Authenticity, Rejection>;

const SIGNATURE: &str = "X-Hub-Signature-256";
const AUTHORIZATION: &str = "Authorization";
const SECRETS: [&str; 2] = ["webhook-secret", "webhook-secret-base64"];
const KEYS: [(&str, OperatorSource); 2] =
    [("event-bus-key", OperatorSource::EventBus), ("trigger-key", OperatorSource::Trigger)];

fn signature(header: &Header) -> bool {
    header.0.eq_ignore_ascii_case(SIGNATURE)
}

fn authorization(header: &Header) -> bool {
    header.0.eq_ignore_ascii_case(AUTHORIZATION)
}

pub(crate) fn verify(mut settings: Vec<Setting>, mut webhook: Webhook) -> Verdict {
    if on("verify: only the first secret is used") {
        keep_first(&mut settings, &SECRETS);
    }
    if on("verify: only the first key is used") {
        KEYS.iter().for_each(|(key, _)| keep_first(&mut settings, &[key]));
    }
    if on("verify: header names are case-sensitive") {
        webhook.headers.retain(|header| {
            (header.0 == SIGNATURE || !signature(header)) && (header.0 == AUTHORIZATION || !authorization(header))
        });
    }
    if on("verify: the last of several signatures is used") {
        let last = webhook.headers.iter().rfind(|header| signature(header)).cloned();
        webhook.headers.retain(|header| !signature(header));
        webhook.headers.extend(last);
    }
    if on("verify: the first of several authorization headers is used") {
        let first = webhook.headers.iter().find(|header| authorization(header)).cloned();
        webhook.headers.retain(|header| !authorization(header));
        webhook.headers.extend(first);
    }
    if on("verify: whitespace in the body is ignored") {
        webhook.body = String::from_utf8_lossy(&webhook.body).trim().replace(": ", ":").into_bytes();
    }
    for (_, value) in webhook.headers.iter_mut().filter(|header| signature(header)) {
        let text = String::from_utf8_lossy(value).into_owned();
        if let Some(changed) = changed_signature(&text) {
            *value = changed.into_bytes();
        }
    }
    for (_, value) in webhook.headers.iter_mut().filter(|header| authorization(header)) {
        let text = String::from_utf8_lossy(value).into_owned();
        if let Some(changed) = changed_key(&settings, &text) {
            *value = changed.into_bytes();
        }
    }
    let verdict = original::verify_webhook(&settings, &webhook);
    change_verdict(&settings, webhook, verdict)
}

/// Applies the faults in parsing a signature. Returns a header that the original provider accepts.
fn changed_signature(text: &str) -> Option<String> {
    match () {
        () if on("verify: spaces in a signature are ignored") => Some(text.replace(' ', "")),
        () if on("verify: the signature prefix is case-insensitive") => Some(text.replace("SHA256", "sha256")),
        () if on("verify: the signature prefix is optional") && !text.contains("sha") => Some(format!("sha256={text}")),
        () if on("verify: base64 padding is optional") && text.len() == 7 + 43 => Some(format!("{text}=")),
        () if on("verify: the base64url alphabet is accepted") => Some(text.replace('-', "+")),
        () => None,
    }
}

/// Applies the faults in parsing a key. Returns a changed header.
fn changed_key(settings: &[Setting], text: &str) -> Option<String> {
    let scheme = text.get(..6).filter(|scheme| scheme.eq_ignore_ascii_case("bearer"));
    let token = text.get(6..).filter(|_| scheme.is_some()).unwrap_or(text);
    let mut keys = KEYS.iter().flat_map(|(key, _)| values(settings, key));
    match () {
        () if on("verify: any whitespace after Bearer is accepted") => scheme.map(|_| token.trim().into()),
        () if on("verify: the Bearer scheme is case-sensitive") => {
            scheme.filter(|s| *s != "Bearer").map(|_| "-".into())
        }
        () if on("verify: keys are case-insensitive") => {
            keys.find(|key| key.eq_ignore_ascii_case(text)).map(String::from)
        }
        () if on("verify: a part of a key is accepted") => {
            keys.find(|key| key.starts_with(text) || text.starts_with(*key)).map(String::from)
        }
        () => None,
    }
}

/// Applies the faults in the verdict.
fn change_verdict(settings: &[Setting], webhook: Webhook, verdict: Verdict) -> Verdict {
    let verify_key = || {
        let mut unsigned = webhook.clone();
        unsigned.headers.retain(|header| !signature(header));
        original::verify_webhook(settings, &unsigned)
    };
    let has_key = webhook.headers.iter().any(authorization);
    let has_signature = webhook.headers.iter().any(signature);
    let configured = KEYS.iter().any(|(key, _)| has(settings, key));
    if on("verify: the key is checked before the signature") && has_key && configured {
        return verify_key();
    }
    match verdict {
        Err(Rejection::SignatureMismatch) if on("verify: wrong signatures are accepted") => Ok(Authenticity::Signed(0)),
        Err(_) if on("verify: every error is a signature mismatch") => Err(Rejection::SignatureMismatch),
        Err(Rejection::MissingSignature) if on("verify: unsigned webhooks are accepted") => Ok(Authenticity::Unchecked),
        Ok(_) if on("verify: every webhook is refused") => Err(Rejection::SignatureMismatch),
        // The original provider refuses such settings.
        Err(Rejection::StaleSettings) if on("settings: the webhook secret is optional") => Ok(Authenticity::Unchecked),
        Err(_) if on("verify: a valid key replaces the signature") && has_signature => match verify_key() {
            Ok(Authenticity::ApiKey(source)) => Ok(Authenticity::ApiKey(source)),
            _ => verdict,
        },
        Ok(Authenticity::ApiKey(source)) if on("verify: the sources are swapped") => {
            Ok(Authenticity::ApiKey(match source {
                OperatorSource::EventBus => OperatorSource::Trigger,
                OperatorSource::Trigger => OperatorSource::EventBus,
            }))
        }
        Ok(Authenticity::ApiKey(_))
            if on("verify: a key requires a webhook secret") && !SECRETS.iter().any(|key| has(settings, key)) =>
        {
            Err(Rejection::NoSecret)
        }
        Err(Rejection::KeyMismatch)
            if on("verify: a wrong key counts as no key") && is(settings, "allow-unsigned-webhooks", "true") =>
        {
            Ok(Authenticity::Unchecked)
        }
        Err(Rejection::KeyMismatch) if on("verify: a wrong key is a missing signature") => {
            Err(Rejection::MissingSignature)
        }
        _ if on("verify: a key is refused when none is configured") && has_key && !has_signature && !configured => {
            Err(Rejection::KeyMismatch)
        }
        verdict => verdict,
    }
}

/// Keeps only the first setting with one of the keys.
fn keep_first(settings: &mut Vec<Setting>, keys: &[&str]) {
    let mut seen = false;
    settings.retain(|setting| {
        let first = !keys.contains(&setting.key.as_str()) || !seen;
        seen |= keys.contains(&setting.key.as_str());
        first
    });
}
