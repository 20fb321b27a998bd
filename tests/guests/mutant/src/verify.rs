//! Faults in `verify-webhook`.

use crate::fault::on;
use crate::settings::{has, is, values};
use alloc::{format, string::String, vec::Vec};
use genesys_open_messaging::GenesysOpenMessaging as Sound;
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
    if on("verify: the first secret only") {
        first_only(&mut settings, &SECRETS);
    }
    if on("verify: the first key only") {
        KEYS.iter().for_each(|(key, _)| first_only(&mut settings, &[key]));
    }
    if on("verify: the header's name in one spelling only") {
        webhook.headers.retain(|header| {
            (header.0 == SIGNATURE || !signature(header)) && (header.0 == AUTHORIZATION || !authorization(header))
        });
    }
    if on("verify: the last of several signatures") {
        let last = webhook.headers.iter().rfind(|header| signature(header)).cloned();
        webhook.headers.retain(|header| !signature(header));
        webhook.headers.extend(last);
    }
    if on("verify: the first of several keys") {
        let first = webhook.headers.iter().find(|header| authorization(header)).cloned();
        webhook.headers.retain(|header| !authorization(header));
        webhook.headers.extend(first);
    }
    if on("verify: the body as text without blanks") {
        webhook.body = String::from_utf8_lossy(&webhook.body).trim().replace(": ", ":").into_bytes();
    }
    for (_, value) in webhook.headers.iter_mut().filter(|header| signature(header)) {
        let text = String::from_utf8_lossy(value).into_owned();
        if let Some(respelt) = respelt_signature(&text) {
            *value = respelt.into_bytes();
        }
    }
    for (_, value) in webhook.headers.iter_mut().filter(|header| authorization(header)) {
        let text = String::from_utf8_lossy(value).into_owned();
        if let Some(respelt) = respelt_key(&settings, &text) {
            *value = respelt.into_bytes();
        }
    }
    let verdict = Sound::verify_webhook(settings.clone(), webhook.clone());
    judge(&settings, webhook, verdict)
}

/// What is wrong with reading a signature.
fn respelt_signature(text: &str) -> Option<String> {
    match () {
        () if on("verify: blanks are trimmed") => Some(text.replace(' ', "")),
        () if on("verify: any spelling of the prefix") => Some(text.replace("SHA256", "sha256")),
        () if on("verify: the prefix may be missing") && !text.contains("sha") => Some(format!("sha256={text}")),
        () if on("verify: padding may be missing") && text.len() == 7 + 43 => Some(format!("{text}=")),
        () if on("verify: the URL alphabet as well") => Some(text.replace('-', "+")),
        () => None,
    }
}

/// What is wrong with reading a key.
fn respelt_key(settings: &[Setting], text: &str) -> Option<String> {
    let scheme = text.get(..6).filter(|scheme| scheme.eq_ignore_ascii_case("bearer"));
    let token = text.get(6..).filter(|_| scheme.is_some()).unwrap_or(text);
    let mut keys = KEYS.iter().flat_map(|(key, _)| values(settings, key));
    match () {
        () if on("verify: any blanks behind Bearer") => scheme.map(|_| token.trim().into()),
        () if on("verify: Bearer in one spelling only") => scheme.filter(|s| *s != "Bearer").map(|_| "-".into()),
        () if on("verify: keys in any case") => keys.find(|key| key.eq_ignore_ascii_case(text)).map(String::from),
        () if on("verify: a part of the key is enough") => {
            keys.find(|key| key.starts_with(text) || text.starts_with(*key)).map(String::from)
        }
        () => None,
    }
}

/// What is wrong with the verdict.
fn judge(settings: &[Setting], webhook: Webhook, verdict: Verdict) -> Verdict {
    let keyed = || {
        let mut unsigned = webhook.clone();
        unsigned.headers.retain(|header| !signature(header));
        Sound::verify_webhook(settings.to_vec(), unsigned)
    };
    let sent = webhook.headers.iter().any(authorization);
    let signed = webhook.headers.iter().any(signature);
    let configured = KEYS.iter().any(|(key, _)| has(settings, key));
    if on("verify: the key is judged before the signature") && sent && configured {
        return keyed();
    }
    match verdict {
        Err(Rejection::SignatureMismatch) if on("verify: wrong signatures are believed") => Ok(Authenticity::Signed(0)),
        Err(_) if on("verify: what is not well written is only wrong") => Err(Rejection::SignatureMismatch),
        Err(Rejection::MissingSignature) if on("verify: what is not signed is believed") => Ok(Authenticity::Unchecked),
        Ok(_) if on("verify: nobody is believed") => Err(Rejection::SignatureMismatch),
        Err(Rejection::NoSecret) if on("verify: without a secret everybody is believed") => Ok(Authenticity::Unchecked),
        Err(_) if on("verify: a right key makes up for the signature") && signed => match keyed() {
            Ok(Authenticity::ApiKey(source)) => Ok(Authenticity::ApiKey(source)),
            _ => verdict,
        },
        Ok(Authenticity::ApiKey(source)) if on("verify: the sources are mixed up") => {
            Ok(Authenticity::ApiKey(match source {
                OperatorSource::EventBus => OperatorSource::Trigger,
                OperatorSource::Trigger => OperatorSource::EventBus,
            }))
        }
        Ok(Authenticity::ApiKey(_))
            if on("verify: a key needs a secret") && !SECRETS.iter().any(|key| has(settings, key)) =>
        {
            Err(Rejection::NoSecret)
        }
        Err(Rejection::KeyMismatch)
            if on("verify: a wrong key is as good as none") && is(settings, "allow-unsigned-webhooks", "true") =>
        {
            Ok(Authenticity::Unchecked)
        }
        Err(Rejection::KeyMismatch) if on("verify: a wrong key is a missing signature") => {
            Err(Rejection::MissingSignature)
        }
        _ if on("verify: a key is wrong where none is configured") && sent && !signed && !configured => {
            Err(Rejection::KeyMismatch)
        }
        verdict => verdict,
    }
}

/// Of the settings of these names keeps the first.
fn first_only(settings: &mut Vec<Setting>, keys: &[&str]) {
    let mut seen = false;
    settings.retain(|setting| {
        let first = !keys.contains(&setting.key.as_str()) || !seen;
        seen |= keys.contains(&setting.key.as_str());
        first
    });
}
