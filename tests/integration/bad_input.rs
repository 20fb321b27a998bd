//! Invalid input returns a typed error, and the next call works.

use crate::support::{connection, provider, settings, valid_settings, webhook};
use handover_host::contract::{Authenticity, EventKind, EventSource, MappingError, Rejection, Severity, Webhook};
use handover_host::{AllowedOrigins, CallError, ConnectError, Connection, Error, Limit};
use handover_tests::answered;

const SECRET: (&str, &str) = ("webhook-secret", "a-secret-of-16-or-more-chars");

/// Asserts that the connection still accepts and maps a valid webhook.
async fn assert_works(connection: &Connection) {
    let signature = "sha256=+hcALFTvwwLTbRoZRcQTpCJvYi6u5ugh4xZW4HddeMk=";
    let valid = webhook(&[("X-Hub-Signature-256", signature)], br#"{"id":"1","type":"Text","text":"hi"}"#);
    assert_eq!(answered(connection.verify_webhook(&valid).await), Ok(Ok(Authenticity::Signed(0))));
    let events = connection.map_agent_events(&EventSource::Webhook(valid.body)).await.expect("mapped");
    assert!(matches!(&events[..], [event] if matches!(event.kind, EventKind::Message(_))));
}

/// Maps a body. Returns `Ok` if the body is malformed, and otherwise `Err` with what it maps to.
async fn map(connection: &Connection, body: &[u8]) -> Result<MappingError, &'static str> {
    let mapped = answered(connection.map_agent_events(&EventSource::Webhook(body.to_vec())).await).expect("no trap");
    assert_works(connection).await;
    match mapped {
        Err(malformed) => Ok(malformed),
        Ok(events) => match &events[..] {
            [event] if matches!(event.kind, EventKind::Ignored(_)) => Err("ignored"),
            [event] if matches!(event.kind, EventKind::Message(_)) => Err("a message"),
            _ => Err("something else"),
        },
    }
}

#[tokio::test]
async fn rejects_bodies_that_are_not_json_objects() {
    let connection = connection(&[SECRET]).await;
    assert_eq!(map(&connection, b"").await, Ok(MappingError::Empty));
    assert_eq!(map(&connection, b"{\"a\":\"\xff\"}").await, Ok(MappingError::NotUtf8(6)));
    // The contract allows the offset to differ by one.
    assert!(matches!(map(&connection, b"{\"a\":\"\0\"}").await, Ok(MappingError::NotJson(5..=7))));
    assert!(matches!(map(&connection, b"\0\0\0\0").await, Ok(MappingError::NotJson(0..=1))));
    assert!(matches!(map(&connection, b"{\n\"a\":1\n").await, Ok(MappingError::NotJson(7..=9))));
    assert_eq!(map(&connection, b"[]").await, Ok(MappingError::NotAnObject));
    assert_eq!(map(&connection, b"12345678901234567890123").await, Ok(MappingError::NotAnObject));
}

#[tokio::test]
async fn ignores_objects_of_unexpected_shape() {
    let connection = connection(&[SECRET]).await;
    let deep = format!("{{\"text\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    for body in [
        r#"{"type":{"type":"Text"},"text":["hi"]}"#,
        r#"{"id":"1","id":"1","type":"Text","text":"hi"}"#,
        r#"{"id":18446744073709551616,"type":"Text","text":"hi"}"#,
        &deep,
    ] {
        assert_eq!(map(&connection, body.as_bytes()).await, Err("ignored"), "{}", &body[..body.len().min(60)]);
    }
    // A text that is cut within a surrogate pair is still a message.
    let cut = map(&connection, br#"{"id":"1","type":"Text","text":"\ud800"}"#).await;
    assert_eq!(cut, Err("a message"));
    // The largest 64-bit integer is an id and keeps every digit.
    let mapped = connection
        .map_agent_events(&EventSource::Webhook(br#"{"id":18446744073709551615,"type":"Text","text":"hi"}"#.to_vec()))
        .await;
    let events = mapped.expect("mapped");
    assert!(matches!(&events[0].kind, EventKind::Message(message) if message.id == "18446744073709551615"));
}

#[tokio::test]
async fn names_the_limit_for_2_mib_bodies_and_10_000_headers() {
    let connection = connection(&[SECRET]).await;
    let large = vec![b' '; 2 << 20];
    let too_large = |limit, allowed| CallError::Limit { limit, allowed };
    assert_eq!(
        connection.map_agent_events(&EventSource::Webhook(large.clone())).await,
        Err(Error::Call(too_large(Limit::Input, 1 << 20)))
    );
    assert_eq!(answered(connection.verify_webhook(&webhook(&[], &large)).await), Err(too_large(Limit::Input, 1 << 20)));
    let headers: Vec<_> = (0..10_000).map(|number| (format!("x-{number}"), b"1".to_vec())).collect();
    let many = Webhook { headers, ..webhook(&[], b"{}") };
    assert_eq!(answered(connection.verify_webhook(&many).await), Err(too_large(Limit::Headers, 200)));
    assert_works(&connection).await;
}

#[tokio::test]
async fn accepts_any_bytes_in_headers() {
    let connection = connection(&[SECRET]).await;
    for value in [&b""[..], b"\0", b"\xff\xfe", b"sha256=\0", "sha256=ä".as_bytes(), &[b'='; 100_000]] {
        let mut webhook = webhook(&[], b"{}");
        webhook.headers.push(("x-hub-signature-256".into(), value.to_vec()));
        let verdict = answered(connection.verify_webhook(&webhook).await).expect("no trap");
        assert!(matches!(
            verdict,
            Err(Rejection::UnsupportedAlgorithm | Rejection::InvalidEncoding | Rejection::InvalidLength)
        ));
    }
    assert_works(&connection).await;
}

#[tokio::test]
async fn reports_every_invalid_setting() {
    let wrong = settings(&[
        ("host", "no host"),
        ("deployment-name", "BotHandover"),
        SECRET,
        ("client-id", "id"),
        ("client-secret", "secret"),
        ("client-secret", "another"),
        ("send-profile", "perhaps"),
    ]);
    match provider().await.connect(wrong, &AllowedOrigins::none()).await {
        Err(ConnectError::Settings(problems)) => {
            let named: Vec<_> = problems.iter().map(|problem| (problem.key.as_str(), problem.index)).collect();
            assert_eq!(named, [("host", Some(0)), ("client-secret", Some(5)), ("send-profile", Some(6))]);
            assert!(problems.iter().all(|problem| problem.severity == Severity::Error));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn names_an_origin_that_is_not_allowed() {
    let settings = valid_settings();
    let provider = provider().await;
    let only_api = AllowedOrigins::none().allow("https://api.mypurecloud.de").expect("an origin");
    match provider.connect(settings.clone(), &only_api).await {
        Err(ConnectError::OriginNotAllowed(origin)) => assert_eq!(origin.url, "https://login.mypurecloud.de"),
        other => panic!("{other:?}"),
    }
    let both = only_api.allow("https://login.mypurecloud.de").expect("an origin");
    provider.connect(settings, &both).await.expect("both are allowed");
}
