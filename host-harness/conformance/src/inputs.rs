//! Test inputs: valid, unusual and hostile.

use handover_host::contract::{
    Annotation, AnswerKind, Attachment, Attribute, CallbackRequest, Conversation, DeliveryReceipt, EventSource,
    HandoverStart, LeaveReason, MediaKind, Outbound, OutboundMessage, Profile, ReceiptOutcome, Routing, Speaker,
    StructuredAnswer, SurveyScore, TranscriptLine, Webhook,
};

/// Unusual JSON objects, each with a description for failure reports.
pub(crate) fn odd_objects() -> Vec<(&'static str, String)> {
    let deep = 10_000;
    vec![
        ("an empty object", "{}".into()),
        ("surrounding whitespace", " \r\n\t{ } \n".into()),
        ("an unknown type", r#"{"type":"Nonsense","id":"1"}"#.into()),
        ("a duplicate member", r#"{"id":"1","id":"2","type":"Text","type":"Text","text":"a","text":"b"}"#.into()),
        (
            "an integer of more than 64 bits",
            r#"{"id":18446744073709551616,"type":"Text","text":12345678901234567890123}"#.into(),
        ),
        ("a number outside the float range", r#"{"id":1e999,"type":-0.0}"#.into()),
        ("a lone high surrogate", r#"{"type":"Text","id":"1","text":"\ud800"}"#.into()),
        ("a lone low surrogate in a member name", r#"{"\udfff":1}"#.into()),
        ("escaped NUL bytes", r#"{"type":"Text","id":"\u0000","text":"\u0000"}"#.into()),
        // RFC 8259, section 8.1: senders must not add one, but parsers may ignore it.
        ("a byte order mark", "\u{feff}{}".into()),
        // Senders that truncate a text by UTF-16 code units can split a pair.
        ("a truncated surrogate pair", r#"{"type":"Text","id":"1","text":"\ud83d"}"#.into()),
        (
            "null for every member",
            r#"{"id":null,"type":null,"text":null,"content":null,"channel":null,"events":null}"#.into(),
        ),
        (
            "numbers in place of strings",
            r#"{"id":1,"type":2,"text":3,"status":4,"channel":{"to":{"id":5},"time":6}}"#.into(),
        ),
        (
            "arrays in place of objects",
            r#"{"type":"Text","id":"1","text":["a"],"channel":[],"content":[[],[1]],"events":{}}"#.into(),
        ),
        ("deeply nested arrays", format!("{{\"a\":{}{}}}", "[".repeat(deep), "]".repeat(deep))),
        ("deeply nested objects", format!("{}1{}", "{\"a\":".repeat(deep), "}".repeat(deep))),
        (
            "a deeply nested array in place of a text",
            format!("{{\"type\":\"Text\",\"text\":{}{}}}", "[".repeat(deep), "]".repeat(deep)),
        ),
        ("many members", format!("{{{}\"z\":0}}", (0..20_000).map(|n| format!("\"m{n}\":{n},")).collect::<String>())),
        ("a long text", format!(r#"{{"type":"Text","id":"1","text":"{}"}}"#, "ä".repeat(300_000))),
        ("a long id", format!(r#"{{"type":"Text","id":"{}","text":"a"}}"#, "1".repeat(100_000))),
    ]
}

/// Bytes that are not a JSON object: a description for failure reports, the bytes, and the expected `mapping-error`.
pub(crate) fn non_objects() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    vec![
        ("no bytes", vec![], "empty"),
        ("invalid UTF-8", b"{\"text\":\"\xff\"}".to_vec(), "not-utf8"),
        ("an overlong UTF-8 sequence", b"{\"text\":\"\xc0\x80\"}".to_vec(), "not-utf8"),
        ("only whitespace", b" \n".to_vec(), "not-json"),
        ("a truncated object", b"{\"text\":".to_vec(), "not-json"),
        ("two objects", b"{}{}".to_vec(), "not-json"),
        ("a trailing comma", b"{\"a\":1,}".to_vec(), "not-json"),
        ("single quotes", b"{'a':1}".to_vec(), "not-json"),
        ("a raw NUL byte", b"{\"a\":\"\0\"}".to_vec(), "not-json"),
        ("a URL-encoded form", b"payload=%7B%7D".to_vec(), "not-json"),
        ("a truncated array", b"[{}".to_vec(), "not-json"),
        ("a string", b"\"{}\"".to_vec(), "not-an-object"),
        ("a number", b"1".to_vec(), "not-an-object"),
        ("null", b"null".to_vec(), "not-an-object"),
    ]
}

/// Returns the body once for each event source.
pub(crate) fn sources(body: &[u8]) -> [EventSource; 4] {
    [
        EventSource::Webhook(body.to_vec()),
        EventSource::EventBus(body.to_vec()),
        EventSource::Trigger(body.to_vec()),
        EventSource::Notification(body.to_vec()),
    ]
}

pub(crate) fn webhook(headers: &[(&str, &[u8])], body: &[u8]) -> Webhook {
    Webhook {
        method: "POST".into(),
        path: "/".into(),
        headers: headers.iter().map(|(name, value)| ((*name).into(), value.to_vec())).collect(),
        body: body.to_vec(),
    }
}

/// Webhooks without a valid signature.
pub(crate) fn unsigned_webhooks() -> Vec<Webhook> {
    let many: Vec<(String, Vec<u8>)> = (0..200).map(|n| (format!("x-{n}"), b"a".to_vec())).collect();
    vec![
        webhook(&[], b"{}"),
        webhook(&[], b""),
        webhook(&[("content-type", b"application/json")], b"\xff\xfe"),
        webhook(&[("", b""), ("\u{0}", b"\0"), ("\u{e4}", b"\xff")], b"{}"),
        webhook(&[("authorization", b""), ("x-signature", b""), ("x-hub-signature-256", b"")], b"{}"),
        webhook(&[("authorization", b"Bearer"), ("x-hub-signature-256", b"sha256=")], b"{}"),
        webhook(&[("x-hub-signature-256", &[b'='; 10_000])], b"{}"),
        Webhook { headers: many, ..webhook(&[], b"{}") },
        webhook(&[], &vec![b'a'; 900_000]),
    ]
}

pub(crate) fn conversation() -> Conversation {
    Conversation { recipient: "user-1".into(), handover: 1, id: Some("conversation-1".into()) }
}

pub(crate) fn outbound(id: &str, message: OutboundMessage) -> Outbound {
    // 2026-03-01T10:00:00.123Z
    Outbound { id: id.into(), time: 1_772_359_200_123, message }
}

/// One message of each kind.
pub(crate) fn messages() -> Vec<(&'static str, OutboundMessage)> {
    let line = |speaker, text: &str| TranscriptLine { speaker, time: 1_772_359_100_000, text: text.into() };
    vec![
        (
            "start",
            OutboundMessage::Start(HandoverStart {
                profile: Some(Profile {
                    name: Some("Ada Lovelace".into()),
                    first_name: Some("Ada".into()),
                    last_name: Some("Lovelace".into()),
                    email: Some("ada@example.com".into()),
                    phone: Some("+4930123456".into()),
                    picture: None,
                    contact_id: None,
                }),
                user_id: Some("user-0".into()),
                session_id: Some("session-1".into()),
                transcript: vec![line(Speaker::User, "Hello"), line(Speaker::Bot, ""), line(Speaker::Bot, "Hi")],
                delivered_until: Some(1_772_359_000_000),
                routing: Routing { language: Some("english".into()), priority: Some(5), ..Routing::default() },
                attributes: vec![Attribute { key: "section".into(), value: "a".into(), confidential: false }],
                summary: None,
                text: Some("A person, please".into()),
            }),
        ),
        ("text", OutboundMessage::Text("Hello, \u{1f469}\u{200d}\u{1f680}!".into())),
        (
            "attachment",
            OutboundMessage::Attachment(Attachment {
                kind: MediaKind::Image,
                url: "https://files.example.com/a.png".into(),
                mime_type: Some("image/png".into()),
                filename: Some("a.png".into()),
                caption: None,
                size: Some(10),
                sha256: None,
            }),
        ),
        ("typing", OutboundMessage::Typing),
        (
            "answer",
            OutboundMessage::Answer(StructuredAnswer {
                message_id: "message-1".into(),
                kind: AnswerKind::QuickReply,
                text: "Yes".into(),
                payload: "yes".into(),
            }),
        ),
        (
            "receipt",
            OutboundMessage::Receipt(DeliveryReceipt {
                message_id: "message-1".into(),
                outcome: ReceiptOutcome::Delivered,
            }),
        ),
        ("leave", OutboundMessage::Leave(LeaveReason::UserLeft)),
        (
            "annotate (reference)",
            OutboundMessage::Annotate(Annotation { reference: Some("order-42".into()), attributes: Vec::new() }),
        ),
        (
            "annotate (confidential attributes)",
            OutboundMessage::Annotate(Annotation {
                reference: None,
                attributes: vec![Attribute { key: "contract".into(), value: "gold".into(), confidential: true }],
            }),
        ),
        ("reroute", OutboundMessage::Reroute(Routing { priority: Some(5), ..Routing::default() })),
        (
            "callback",
            OutboundMessage::Callback(CallbackRequest {
                phone: "+4930123456".into(),
                name: Some("Ada Lovelace".into()),
                time: None,
                routing: Routing::default(),
                attributes: vec![],
            }),
        ),
        ("proactive-text", OutboundMessage::ProactiveText("Your order has arrived".into())),
        ("request-survey", OutboundMessage::RequestSurvey),
        ("survey-score", OutboundMessage::SurveyScore(SurveyScore { score: 5, maximum: 5, comment: None })),
    ]
}
