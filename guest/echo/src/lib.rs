//! The smallest complete provider. Its contact center "Echo" exists only as an example: `POST /messages` accepts a
//! message, `GET /messages/{id}` returns it, `GET /conversations/{id}` returns whether a conversation has ended, and a
//! webhook with `X-Echo-Signature` (HMAC-SHA-256 of the body in base64) delivers an agent's message.

#![cfg_attr(target_family = "wasm", no_std)]

extern crate alloc;

use alloc::{format, string::String, vec, vec::Vec};
use handover_guest::imports::HostImports;
use handover_guest::provider::{Configuration, Handover};
use handover_guest::{contract::*, encoding, events, http, json, outbound, prepared, settings, signature, split};
use serde_json::json;

const SECRET: &str = "webhook-secret";
const SIGNATURE: &str = "x-echo-signature";
/// The maximum number of characters in one message.
const MAX_CHARACTERS: usize = 4000;

/// The provider for Echo.
#[derive(Debug)]
pub struct Echo;

handover_guest::export!(Echo);

type Built = Result<Vec<ProviderRequest>, Unsupported>;

handover_guest::json_types! {
    /// Any object that Echo sends: a webhook or a response.
    struct EchoObject {
        "id" => id: text,
        "recipient" => recipient: text,
        "text" => text: text,
        "ended" => has_ended: boolean,
    }
}

fn form() -> Vec<SettingField> {
    use SettingKind::{Secret, Text};
    let url = settings::field(Text, "url", "URL", "The origin of Echo's API.", "https://echo.example.com");
    let secret = settings::field(Secret, SECRET, "Webhook secret", "Echo signs with it.", "an-example-secret");
    vec![settings::required(url), settings::required(secret)]
}

/// Sends a request to Echo. Returns `None` if Echo has no such object.
fn call(method: Method, path: String, body: Vec<u8>) -> Result<Option<Response>, Failure> {
    let headers = vec![("content-type".into(), "application/json".into())];
    http::send(&mut HostImports, "Echo", &Request { origin: "api".into(), method, path, headers, body })
}

/// Reads an object of a collection. Returns `None` if Echo has no such object.
fn get(collection: &str, id: &str) -> Result<Option<Response>, Failure> {
    let id = encoding::path_segment(id).ok_or_else(|| Failure::Permanent("the id is not valid".into()))?;
    call(Method::Get, format!("/{collection}/{id}"), vec![])
}

fn message_id(response: &Response) -> Option<String> {
    EchoObject::of(json::read(&response.body)?.root()).id().map(String::from)
}

fn message_event(object: json::Object<'_>) -> AgentEvent {
    let message = EchoObject::of(object);
    let (Some(id), Some(recipient), Some(text)) = (message.id(), message.recipient(), message.text()) else {
        return events::ignored(object.json().as_bytes(), "an object without id, recipient and text".into());
    };
    events::event(format!("message:{id}"), recipient, events::text_message(id, text))
}

impl Configuration for Echo {
    const STAMP: &str = concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION"));
    /// The secret of the webhooks, the only setting that calls need.
    type Settings<'a> = &'a str;

    fn describe() -> Description {
        let (name, version) = (env!("CARGO_PKG_NAME").into(), env!("CARGO_PKG_VERSION").into());
        let (origins, abilities) = (vec!["api".into()], vec![Ability::Observation]);
        Description { name, title: "Echo".into(), version, settings: form(), origins, abilities }
    }

    fn check_settings(settings: &[Setting]) -> Result<AcceptedSettings, Vec<SettingsProblem>> {
        let problems = settings::problems(&form(), settings);
        let values = settings::value(settings, "url").zip(settings::entered(settings, SECRET));
        let (url, secret) = values.filter(|_| problems.is_empty()).ok_or(problems)?;
        let origins = vec![Origin { name: "api".into(), url: url.into() }];
        let (prepared, headers) = (prepared::seal(Self::STAMP, &secret), vec![SIGNATURE.into()]);
        let signature = signature::declare_hmac_sha256(SIGNATURE, "", settings, &[(SECRET, TextEncoding::Utf8)]);
        Ok(AcceptedSettings { prepared, origins, headers, signature, warnings: vec![] })
    }

    fn check_connection(_: &&str, _: Option<&str>) -> Result<Vec<Check>, Failure> {
        let is_up = matches!(call(Method::Get, "/status".into(), vec![]), Ok(Some(found)) if found.body == b"up");
        let outcome = if is_up { CheckOutcome::Ok } else { CheckOutcome::Error };
        let remedy = (!is_up).then(|| "Compare url with the address of Echo's API.".into());
        Ok(vec![Check { name: "api".into(), outcome, message: format!("Echo is up: {is_up}"), remedy }])
    }
}

impl Handover for Echo {
    fn verify_webhook(secret: &&str, webhook: &Webhook) -> Result<Authenticity, Rejection> {
        signature::verify_hmac_sha256(webhook, SIGNATURE, b"", [secret.as_bytes()].into_iter())
            .map(Authenticity::Signed)
    }

    fn map_agent_events(_: &&str, source: &EventSource) -> Result<Vec<AgentEvent>, MappingError> {
        let text = json::text(events::body(source))?;
        json::map_text(text, |object| Ok(vec![message_event(object)]))
    }

    fn build_outbound_message(_: &&str, to: &Conversation, message: &Outbound) -> Built {
        outbound::check_numbers(to, message)?;
        let text = match &message.message {
            OutboundMessage::Start(start) => start.text.as_deref().unwrap_or("The user asks for an agent."),
            OutboundMessage::Text(text) => text,
            _ => return Err(Unsupported::Kind("Echo accepts only texts".into())),
        };
        outbound::check_visible("text", text)?;
        let body = |id: &str, text| {
            serde_json::to_vec(&json!({ "id": id, "recipient": to.recipient, "text": text })).unwrap_or_default()
        };
        Ok(outbound::requests(to, message, "messages", split::split(text, MAX_CHARACTERS), body))
    }

    fn deliver(_: &&str, request: &ProviderRequest) -> Result<Delivery, Failure> {
        if request.operation != "messages" {
            return Err(Failure::Permanent("this provider did not build the request".into()));
        }
        let response = call(Method::Post, "/messages".into(), request.body.clone())?;
        let id = response.as_ref().and_then(message_id).ok_or_else(|| http::unreadable("the response has no id"))?;
        Ok(outbound::delivered(Some(&id), None))
    }

    fn find_delivery(_: &&str, _: &Conversation, request: &ProviderRequest) -> Result<DeliveryStatus, Failure> {
        let Some(found) = get("messages", &request.idempotency_key)? else { return Ok(DeliveryStatus::NotDelivered) };
        let delivered = |id: String| DeliveryStatus::Delivered(outbound::delivered(Some(&id), None));
        Ok(message_id(&found).map_or(DeliveryStatus::Unknown, delivered))
    }

    fn observe_conversation(_: &&str, conversation: &Conversation) -> Result<Vec<AgentEvent>, Failure> {
        let id = conversation.id.as_ref().ok_or_else(|| Failure::Permanent("the id is not known yet".into()))?;
        let Some(response) = get("conversations", id)? else { return Ok(vec![]) };
        let has_ended = json::read(&response.body).is_some_and(|found| EchoObject::of(found.root()).has_ended());
        let kind = EventKind::Ended(EndReason::Completed);
        let ended = events::event(format!("ended:{id}"), &conversation.recipient, kind);
        Ok(has_ended.then_some(ended).into_iter().collect())
    }
}
