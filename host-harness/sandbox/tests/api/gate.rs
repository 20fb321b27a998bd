//! Tests of what applies to every API request: correlation IDs, body sizes, rate limits, content types, and the request
//! log.

use serde_json::{Value, json};

use crate::support::{Genesys, config, eventually, read, text_message};

#[tokio::test]
async fn every_response_has_a_correlation_id() {
    let genesys = Genesys::start(config()).await;
    for path in ["/api/v2/routing/queues", "/api/v2/routing/queues/unknown", "/api/v2/no/such/thing"] {
        let answer = genesys.get(path).await;
        let header = answer.headers["ININ-Correlation-Id"].to_str().unwrap().to_owned();
        assert_eq!(header.len(), 36, "{path}");
        if answer.status != 200 {
            assert_eq!(answer.body["contextId"], header, "{path}");
        }
    }
    let refused = read(genesys.request("GET", "/api/v2/routing/queues", Value::Null)).await;
    assert_eq!(refused.body["contextId"], refused.headers["ININ-Correlation-Id"].to_str().unwrap());
}

#[tokio::test]
async fn an_unknown_path_returns_a_not_found_error_body() {
    let genesys = Genesys::start(config()).await;
    let answer = genesys.get("/api/v2/no/such/thing").await;
    assert_eq!(
        answer.body,
        json!({
            "message": "The requested resource was not found.",
            "code": "not.found",
            "status": 404,
            "contextId": answer.headers["ININ-Correlation-Id"].to_str().unwrap(),
            "details": [],
            "errors": [],
        }),
    );
    assert_eq!(genesys.call("DELETE", "/api/v2/routing/queues", Value::Null).await.status, 405);
}

/// Genesys's limit `request.bytes.max` is 512 000.
#[tokio::test]
async fn limits_bodies_to_512_000_bytes() {
    let genesys = Genesys::start(config()).await;
    let envelope = text_message("sess-42", "").to_string().len();
    let fits = genesys.inbound("message", text_message("sess-42", &"x".repeat(512_000 - envelope))).await;
    assert_eq!(fits.status, 200);
    let too_large = genesys.inbound("message", text_message("sess-42", &"x".repeat(512_001 - envelope))).await;
    assert_eq!((too_large.status, &too_large.body["status"]), (413, &json!(413)));
}

#[tokio::test]
async fn requires_a_json_body_and_content_type() {
    let genesys = Genesys::start(config()).await;
    let id = &genesys.sandbox.announcement().integration_id;
    let url = format!("{}/api/v2/conversations/messages/{id}/inbound/open/message", genesys.origin);
    let good = text_message("sess-42", "hi").to_string();
    for (content_type, body, status, code) in [
        ("text/plain", good.as_str(), 415, "unsupported.media.type"),
        ("application/json", "{\"channel\":", 400, "bad.request"),
        ("application/json", "[]", 400, "bad.request"),
        ("application/json", "", 400, "bad.request"),
    ] {
        let request = genesys.http.post(&url).bearer_auth(&genesys.token).header("content-type", content_type);
        let answer = read(request.body(body.to_owned())).await;
        assert_eq!((answer.status, answer.code()), (status, code), "{content_type} {body}");
    }
    let request = genesys.http.post(&url).bearer_auth(&genesys.token);
    let answer = read(request.header("content-type", "application/json; charset=utf-8").body(good)).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn limits_the_requests_of_a_client_across_tokens() {
    let mut config = config();
    // The login and two requests.
    config.requests_per_minute = 3;
    let genesys = Genesys::start(config).await;
    assert_eq!(genesys.get("/api/v2/routing/queues").await.status, 200);
    assert_eq!(genesys.get("/api/v2/routing/queues").await.status, 200);
    let answer = genesys.get("/api/v2/routing/queues").await;
    assert_eq!((answer.status, answer.code()), (429, "too.many.requests.retry.after"));
    let seconds: u64 = answer.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&seconds));
    assert_eq!(
        answer.body["message"],
        format!("Rate limit exceeded the maximum. Retry the request in [{seconds}] seconds"),
    );
    let announcement = genesys.sandbox.announcement().clone();
    let login = genesys.token_request(&announcement.client_id, &announcement.client_secret).await;
    assert_eq!(
        (login.status, login.code()),
        (429, "too.many.requests.retry.after"),
        "a new token does not reset the limit"
    );
}

#[tokio::test]
async fn lists_requests() {
    let genesys = Genesys::start(config()).await;
    genesys.get("/api/v2/routing/queues?name=x").await;
    genesys.get("/api/v2/routing/queues/unknown").await;
    let answer = genesys.desk("GET", "requests", Value::Null).await;
    let seen: Vec<_> = answer.body["requests"]
        .as_array()
        .unwrap()
        .iter()
        .map(|request| (request["method"].as_str().unwrap(), request["path"].as_str().unwrap(), &request["status"]))
        .collect();
    assert_eq!(
        seen,
        [
            ("POST", "/oauth/token", &json!(200)),
            ("GET", "/api/v2/routing/queues", &json!(200)),
            ("GET", "/api/v2/routing/queues/unknown", &json!(404)),
        ],
    );
}

#[tokio::test]
async fn bounds_the_list_of_requests() {
    let mut config = config();
    config.requests_per_minute = 0;
    let genesys = Genesys::start(config).await;
    for _ in 0..2_010 {
        let request = genesys.request("GET", "/api/v2/routing/queues/unknown", Value::Null);
        read(request.bearer_auth(&genesys.token)).await;
    }
    eventually(async || {
        let answer = genesys.desk("GET", "requests", Value::Null).await;
        (answer.body["requests"].as_array().unwrap().len() == 2_000).then_some(())
    })
    .await;
}
