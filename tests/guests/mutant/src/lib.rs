//! The Genesys provider with one fault of choice, to test the conformance kit.
//!
//! Every fault is in the one component; [`with_fault`] switches one on by patching a slot in its data. That is
//! quicker than building dozens of components, and keeps the faults side by side.

#![cfg_attr(target_family = "wasm", no_std)]

extern crate alloc;

mod attack;
mod fault;

use alloc::{format, string::String, vec, vec::Vec};
use fault::on;
use genesys_open_messaging::GenesysOpenMessaging as Sound;
use genesys_open_messaging::bindings;
use genesys_open_messaging::contract::*;

pub use fault::{ATTACKS, FAULTS, with_fault};

/// The provider with the fault.
#[derive(Debug)]
pub struct Mutant;

#[cfg(target_family = "wasm")]
#[allow(unreachable_pub, reason = "generated")]
mod component {
    use crate::Mutant;
    genesys_open_messaging::bindings::export!(Mutant with_types_in genesys_open_messaging::bindings);
}

impl Guest for Mutant {
    fn describe() -> Description {
        let mut description = Sound::describe();
        if on("describe: a version that is none") {
            description.version = "1".into();
        }
        if on("describe: a setting without help") {
            description.settings.iter_mut().take(1).for_each(|field| field.help.clear());
        }
        if on("describe: an ability too many") {
            description.abilities.push(Ability::Answers);
        }
        description
    }

    fn check_settings(settings: Vec<Setting>) -> Result<AcceptedSettings, Vec<SettingsProblem>> {
        let secret = settings.iter().map(|setting| setting.value.clone()).next_back().unwrap_or_default();
        let example = settings.iter().any(|setting| setting.value == "0a1b2c3d-0000-4000-8000-000000000002");
        let mut checked = Sound::check_settings(settings);
        if on("settings: the examples are not good enough") && example {
            let message = String::from("no");
            let (key, remedy) = ("host".into(), message.clone());
            checked = Err(vec![SettingsProblem { severity: Severity::Error, key, index: None, message, remedy }]);
        }
        if on("settings: only the first problem") {
            checked = checked.map_err(|mut problems| {
                problems.truncate(1);
                problems
            });
        }
        for (fault, forgiven) in [
            ("settings: nothing is required", "missing"),
            ("settings: unknown keys are fine", "no such setting"),
            ("settings: everything repeats", "more than once"),
            ("settings: any word is a switch", "neither on nor off"),
            ("settings: any text is a host", "no host name"),
            ("settings: blanks are a value", "only blanks"),
            ("settings: a secret is not needed", "no webhook secret"),
            ("settings: any text is base64", "not base64"),
        ] {
            if on(fault) {
                checked = forgive(checked, forgiven);
            }
        }
        if on("settings: problems repeat the value") {
            checked = checked.map_err(|mut problems| {
                problems.iter_mut().for_each(|problem| problem.message.push_str(&secret));
                problems
            });
        }
        if let Ok(accepted) = &mut checked {
            if on("settings: an origin of another name") {
                accepted.origins.iter_mut().for_each(|origin| origin.name = "web".into());
            }
            if on("settings: always the same region") {
                accepted.origins.iter_mut().for_each(|origin| origin.url = "https://api.mypurecloud.com".into());
            }
            if on("settings: warnings are kept back") {
                accepted.warnings.clear();
            }
        }
        checked
    }

    fn verify_webhook(mut settings: Vec<Setting>, mut webhook: Webhook) -> Result<Authenticity, Rejection> {
        const NAME: &str = "X-Hub-Signature-256";
        let ours = |header: &Header| header.0.eq_ignore_ascii_case(NAME);
        if on("verify: wrong signatures are believed") {
            return match Sound::verify_webhook(settings, webhook) {
                Err(Rejection::WrongSignature) => Ok(Authenticity::Signed(0)),
                verdict => verdict,
            };
        }
        if on("verify: what is not well written is only wrong") {
            return Sound::verify_webhook(settings, webhook).map_err(|_| Rejection::WrongSignature);
        }
        if on("verify: what is not signed is believed") {
            return match Sound::verify_webhook(settings, webhook) {
                Err(Rejection::MissingSignature) => Ok(Authenticity::Unchecked),
                verdict => verdict,
            };
        }
        if on("verify: nobody is believed") {
            return match Sound::verify_webhook(settings, webhook) {
                Ok(_) => Err(Rejection::WrongSignature),
                verdict => verdict,
            };
        }
        if on("verify: without a secret everybody is believed")
            && let Err(Rejection::NoSecret) = Sound::verify_webhook(settings.clone(), webhook.clone())
        {
            return Ok(Authenticity::Unchecked);
        }
        if on("verify: the first secret only") {
            settings.truncate(1);
        }
        if on("verify: the header's name in one spelling only") {
            webhook.headers.retain(|header| header.0 == NAME);
        }
        if on("verify: the last of several signatures") {
            let last = webhook.headers.iter().rfind(|header| ours(header)).cloned();
            webhook.headers = last.into_iter().collect();
        }
        if on("verify: the body as text without blanks") {
            webhook.body = String::from_utf8_lossy(&webhook.body).trim().replace(": ", ":").into_bytes();
        }
        for (name, value) in webhook.headers.iter_mut().filter(|header| ours(header)) {
            let text = String::from_utf8_lossy(value).into_owned();
            if on("verify: blanks are trimmed") {
                *value = text.replace(' ', "").into_bytes();
            }
            if on("verify: any spelling of the prefix") {
                *value = text.replace("SHA256", "sha256").into_bytes();
            }
            if on("verify: the prefix may be missing") && !text.contains("sha") {
                *value = format!("sha256={text}").into_bytes();
            }
            if on("verify: padding may be missing") && text.len() == 7 + 43 {
                *value = format!("{text}=").into_bytes();
            }
            if on("verify: the URL alphabet as well") {
                *value = text.replace('-', "+").into_bytes();
            }
            let _ = name;
        }
        Sound::verify_webhook(settings, webhook)
    }

    fn map_agent_events(settings: Vec<Setting>, source: EventSource) -> Result<Vec<AgentEvent>, Malformed> {
        attack::attack();
        if on("purity: the clock in a pure function") {
            bindings::wasi::clocks::wall_clock::now();
        }
        let body = match &source {
            EventSource::Webhook(body) => String::from_utf8_lossy(body).into_owned(),
            _ => String::new(),
        };
        let mut mapped = Sound::map_agent_events(settings, source);
        if on("map: what cannot be mapped is ignored") && mapped.is_err() {
            mapped = Ok(vec![]);
        }
        if on("map: what is odd is malformed") && body.contains("\\ud800") {
            mapped = Err(Malformed::NotJson(0));
        }
        let mut events = mapped?;
        if on("map: events get lost") {
            events.clear();
        }
        if on("purity: calls are counted") {
            events.iter_mut().for_each(|event| event.time = Some(fault::count()));
        }
        for event in &mut events {
            attack::spoil(event);
            if on("map: one id for everything") {
                event.id = "1".into();
            }
            if on("map: the recipient is not told") {
                event.recipient = None;
            }
            if on("map: the conversation is not told") {
                event.conversation = None;
            }
            if on("map: the time in seconds") {
                event.time = event.time.map(|time| time / 1000);
            }
            if let EventKind::Ignored(why) = &mut event.kind {
                if on("map: the reason repeats the text") {
                    *why = body.clone();
                }
                if on("map: the unknown is taken for typing") {
                    event.kind = EventKind::Typing(0);
                }
            }
            match &mut event.kind {
                EventKind::Message(message) => {
                    if on("map: attachments get lost") {
                        message.content.clear();
                    }
                    if on("map: everybody is human") {
                        message.author = Author::Human;
                    }
                }
                EventKind::Typing(lasts) if on("map: typing in seconds") => *lasts /= 1000,
                EventKind::Receipt(receipt) => {
                    if on("map: what failed was delivered") && matches!(receipt.status, ReceiptStatus::Failed(_)) {
                        receipt.status = ReceiptStatus::Delivered;
                    }
                    if on("map: every receipt is the last") {
                        receipt.final_ = true;
                    }
                }
                _ => {}
            }
        }
        Ok(events)
    }

    fn build_outbound_message(
        mut settings: Vec<Setting>,
        mut conversation: Conversation,
        mut message: Outbound,
    ) -> Result<Vec<ProviderRequest>, Unsupported> {
        if on("build: typing is not supported") && matches!(message.message, OutboundMessage::Typing) {
            return Err(Unsupported::Kind("typing".into()));
        }
        if on("build: what is not supported becomes text") {
            message.message = match message.message {
                OutboundMessage::Attachment(attachment) => OutboundMessage::Text(attachment.url),
                OutboundMessage::Answer(answer) => OutboundMessage::Text(answer.text),
                OutboundMessage::Receipt(receipt) => OutboundMessage::Text(receipt.message),
                supported => supported,
            };
        }
        if on("build: anybody is a recipient") && conversation.recipient.is_empty() {
            conversation.recipient.push('-');
        }
        if on("build: any time is a time") {
            message.time = message.time.min(1_772_359_200_123);
        }
        if on("build: any id is right") {
            message.id = format!("m-{}", message.id.len());
        }
        if on("build: empty texts are sent")
            && let OutboundMessage::Text(text) = &mut message.message
            && text.trim().is_empty()
        {
            text.push('.');
        }
        if on("build: a conversation is made up") {
            conversation.id = conversation.id.filter(|id| !id.is_empty()).or(Some("conversation".into()));
        }
        if on("build: the profile is always sent") {
            settings.retain(|setting| setting.key != "send-profile");
            settings.push(Setting { key: "send-profile".into(), value: "true".into() });
        }
        if on("build: the profile is never sent") {
            settings.retain(|setting| setting.key != "send-profile");
        }
        if on("build: the transcript gets lost")
            && let OutboundMessage::Start(start) = &mut message.message
        {
            start.transcript.clear();
        }
        if on("build: the queue gets lost") {
            settings.retain(|setting| setting.key != "queue");
        }
        if on("build: the time without milliseconds") {
            message.time = message.time / 1000 * 1000;
        }
        let mut requests = Sound::build_outbound_message(settings, conversation, message)?;
        if on("build: the first request only") {
            requests.truncate(1);
        }
        for request in &mut requests {
            if on("build: one key for everything") {
                request.idempotency_key = "1".into();
            }
            if on("build: the operation names the user") {
                request.operation = format!("{} {}", request.operation, request.recipient);
            }
            if on("build: attributes where they are refused") {
                let body = String::from_utf8_lossy(&request.body).replace("customAttributes", "attributes");
                request.body = body.into_bytes();
            }
        }
        Ok(requests)
    }

    fn deliver(settings: Vec<Setting>, mut request: ProviderRequest) -> Result<Delivery, Failure> {
        if on("deliver: what it did not build") && request.operation == "no/such/operation" {
            return Ok(Delivery { message: None, conversation: None });
        }
        if on("deliver: nothing is ever delivered") {
            return Err(Failure::Never("no".into()));
        }
        if on("deliver: events are messages") && request.operation == "inbound/open/event" {
            request.operation = "inbound/open/message".into();
        }
        let secret = secret(&settings);
        let delivered = Sound::deliver(settings, request).map_err(|failure| fail(failure, &secret));
        match delivered {
            Err(_) if on("deliver: everything is delivered") => Ok(Delivery { message: None, conversation: None }),
            Ok(delivery) if on("deliver: the conversation is not told") => {
                Ok(Delivery { conversation: None, ..delivery })
            }
            delivered => delivered,
        }
    }

    fn observe_conversation(settings: Vec<Setting>, conversation: Conversation) -> Result<Vec<AgentEvent>, Failure> {
        if on("observe: any id is known") && !matches!(conversation.id.as_deref(), Some(id) if id.len() > 2) {
            return Ok(vec![]);
        }
        let secret = secret(&settings);
        let mut events =
            Sound::observe_conversation(settings, conversation).map_err(|failure| fail(failure, &secret))?;
        if on("observe: no end is seen") {
            events.retain(|event| !matches!(event.kind, EventKind::Ended(_)));
        }
        if on("observe: a transfer is an end") {
            for event in &mut events {
                if matches!(event.kind, EventKind::Transferred | EventKind::Queued(_)) {
                    event.kind = EventKind::Ended(EndReason::Completed);
                }
            }
        }
        if on("observe: agents have no names") {
            for event in &mut events {
                if let EventKind::AgentJoined(agent) | EventKind::AgentLeft(agent) = &mut event.kind {
                    agent.name = None;
                }
            }
        }
        Ok(events)
    }

    fn check_connection(settings: Vec<Setting>) -> Vec<Check> {
        let mut checks = Sound::check_connection(settings);
        for check in &mut checks {
            if on("doctor: all is well") {
                check.outcome = CheckOutcome::Passed;
            }
            if on("doctor: no remedies") {
                check.remedy = None;
            }
        }
        checks
    }
}

/// Takes problems with these words back, and accepts when none is left.
fn forgive(
    checked: Result<AcceptedSettings, Vec<SettingsProblem>>,
    words: &str,
) -> Result<AcceptedSettings, Vec<SettingsProblem>> {
    let mut problems = checked.err().into_iter().flatten().collect::<Vec<_>>();
    problems.retain(|problem| !problem.message.contains(words));
    if problems.iter().any(|problem| problem.severity == Severity::Error) {
        return Err(problems);
    }
    let origin = |name: &str| Origin { name: name.into(), url: format!("https://{name}.mypurecloud.de") };
    Ok(AcceptedSettings { origins: vec![origin("api"), origin("login")], warnings: vec![] })
}

fn secret(settings: &[Setting]) -> String {
    settings
        .iter()
        .find(|setting| setting.key == "client-secret")
        .map(|setting| setting.value.clone())
        .unwrap_or_default()
}

/// The faults in telling failures.
fn fail(failure: Failure, secret: &str) -> Failure {
    let Failure::Retry(mut advice) = failure else { return failure };
    let never = match advice.cause {
        RetryCause::Network => on("failure: no network means never"),
        RetryCause::ServerError => on("failure: a server error means never"),
        RetryCause::RateLimited => on("failure: too many requests means never"),
        _ => false,
    };
    if never {
        return Failure::Never(advice.message);
    }
    if on("failure: silence is a broken network") && advice.cause == RetryCause::TimedOut {
        advice.cause = RetryCause::Network;
    }
    if on("failure: Retry-After gets lost") {
        advice.after = None;
    }
    if on("failure: it surely did not arrive") {
        advice.may_have_arrived = false;
    }
    if on("failure: it may always have arrived") {
        advice.may_have_arrived = true;
    }
    if on("failure: a secret is told") {
        advice.message.push_str(secret);
    }
    Failure::Retry(advice)
}
