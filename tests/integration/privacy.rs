//! Message texts, personal data and secrets do not appear in `Debug` output or in errors.

use crate::support::{provider, valid_settings, webhook};
use handover_host::contract::{
    AgentMessage, Attachment, Attribute, Author, Button, ButtonAction, Card, Content, EventKind, EventSource,
    HandoverStart, Location, MediaKind, Outbound, OutboundMessage, Profile, ProviderRequest, Setting, Speaker,
    Template, TranscriptLine,
};
use handover_host::{AllowedOrigins, ConnectError};

const CANARY: &str = "canary-9d1f";

fn canary() -> Option<String> {
    Some(CANARY.into())
}

#[test]
fn debug_output_omits_texts_and_secrets() {
    let attachment = Attachment {
        kind: MediaKind::File,
        url: CANARY.into(),
        mime_type: None,
        filename: canary(),
        caption: canary(),
        size: None,
        sha256: None,
    };
    let button = Button { text: CANARY.into(), action: ButtonAction::Answer(CANARY.into()), image: None };
    let card = Card {
        title: CANARY.into(),
        description: canary(),
        image: None,
        default_action: Some(button.clone()),
        buttons: vec![button.clone()],
    };
    let location = Location { latitude: 52.5, longitude: 13.4, address: canary(), name: canary(), url: None };
    let template = Template { id: None, language: None, header: canary(), body: CANARY.into(), footer: canary() };
    let message = AgentMessage {
        id: "1".into(),
        author: Author::Human,
        agent: None,
        text: canary(),
        content: vec![
            Content::Attachment(attachment.clone()),
            Content::QuickReply(button),
            Content::Carousel(vec![card]),
            Content::Location(location),
            Content::Template(template),
        ],
        plain_text: CANARY.into(),
    };
    let start = HandoverStart {
        profile: Some(Profile {
            name: canary(),
            first_name: canary(),
            last_name: None,
            email: canary(),
            phone: canary(),
            picture: None,
            contact_id: canary(),
        }),
        transcript: vec![TranscriptLine { speaker: Speaker::User, time: 0, text: CANARY.into() }],
        attributes: vec![Attribute { key: "key".into(), value: CANARY.into(), confidential: false }],
        summary: canary(),
        text: canary(),
        ..HandoverStart::default()
    };
    let outbound = |message| Outbound { id: "m-1".into(), time: 0, message };
    let request = ProviderRequest {
        idempotency_key: "m-1".into(),
        recipient: "sess-42".into(),
        ttl_ms: None,
        operation: "text".into(),
        body: CANARY.into(),
    };
    for shown in [
        format!("{:?}", EventKind::Message(message)),
        format!("{:?}", EventSource::Webhook(CANARY.into())),
        format!("{:?}", outbound(OutboundMessage::Start(start))),
        format!("{:?}", outbound(OutboundMessage::Text(CANARY.into()))),
        format!("{:?}", outbound(OutboundMessage::Attachment(attachment))),
        format!("{request:?}"),
        format!("{:?}", webhook(&[("authorization", CANARY)], CANARY.as_bytes())),
        format!("{:?}", Setting { key: "client-secret".into(), value: CANARY.into() }),
    ] {
        assert!(!shown.contains(CANARY), "{shown}");
    }
}

#[tokio::test]
async fn errors_and_connections_do_not_expose_settings() {
    let mut settings = valid_settings();
    settings
        .iter_mut()
        .filter(|setting| setting.key.ends_with("secret"))
        .for_each(|setting| setting.value = CANARY.into());
    let provider = provider().await;
    let allowed = "https://api.mypurecloud.de https://login.mypurecloud.de".parse().expect("origins");
    let connection = provider.connect(settings.clone(), &allowed).await.expect("the connection");
    let refused = provider.connect(settings.clone(), &AllowedOrigins::none()).await.expect_err("a refused origin");
    settings.push(Setting { key: "client-secret".into(), value: CANARY.into() });
    let invalid = provider.connect(settings, &allowed).await.expect_err("a duplicate setting");
    assert!(matches!(invalid, ConnectError::Settings(_)));
    for shown in [format!("{connection:?}"), format!("{refused:?} {refused}"), format!("{invalid:?} {invalid}")] {
        assert!(!shown.contains(CANARY), "{shown}");
    }
}
