//! Tests of `POST /oauth/token` and of tokens.

use genesys_sandbox::Config;
use serde_json::{Value, json};

use crate::support::{Genesys, config, eventually, read};

#[tokio::test]
async fn accepts_credentials_by_basic_authentication() {
    let genesys = Genesys::start(config()).await;
    let announcement = genesys.sandbox.announcement();
    let answer = genesys.token_request(&announcement.client_id, &announcement.client_secret).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.body["token_type"], "bearer");
    assert_eq!(answer.body["expires_in"], 86_399);
    assert_eq!(answer.body.as_object().unwrap().len(), 3, "no refresh token");
}

#[tokio::test]
async fn accepts_credentials_in_the_form() {
    let genesys = Genesys::start(config()).await;
    let announcement = genesys.sandbox.announcement();
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}",
        announcement.client_id, announcement.client_secret
    );
    let answer = read(genesys.http.post(format!("{}/oauth/token", genesys.origin)).body(form)).await;
    assert_eq!(answer.status, 200);
    assert!(answer.body["access_token"].is_string());
}

#[tokio::test]
async fn distinguishes_a_wrong_secret_from_an_unknown_client() {
    let genesys = Genesys::start(config()).await;
    let id = genesys.sandbox.announcement().client_id.clone();
    let wrong = genesys.token_request(&id, "guess").await;
    assert_eq!(wrong.status, 400);
    let expected = json!({
        "error": "invalid_client",
        "description": "authentication failed",
        "error_description": "authentication failed",
    });
    assert_eq!(wrong.body, expected);
    let unknown = genesys.token_request("unknown", "guess").await;
    assert_eq!(unknown.status, 400);
    let expected = json!({
        "error": "invalid_client",
        "description": "client not found",
        "error_description": "client not found",
    });
    assert_eq!(unknown.body, expected);
}

#[tokio::test]
async fn the_status_of_a_refusal_is_configurable() {
    let mut config = config();
    config.unconfirmed.oauth_failure_status = 401;
    let genesys = Genesys::start(config).await;
    assert_eq!(genesys.token_request("unknown", "guess").await.status, 401);
}

#[tokio::test]
async fn supports_only_client_credentials() {
    let genesys = Genesys::start(config()).await;
    for (form, error) in [
        ("grant_type=password&username=a&password=b", "unsupported_grant_type"),
        ("", "invalid_request"),
        ("grant_type=client_credentials", "invalid_client"),
    ] {
        let answer = read(genesys.http.post(format!("{}/oauth/token", genesys.origin)).body(form)).await;
        assert_eq!((answer.status, answer.body["error"].as_str()), (400, Some(error)), "{form}");
    }
}

#[tokio::test]
async fn a_request_without_a_token_requires_authentication() {
    let genesys = Genesys::start(config()).await;
    for scheme in [None, Some("Basic abc"), Some("abc")] {
        let mut request = genesys.request("GET", "/api/v2/routing/queues", Value::Null);
        if let Some(scheme) = scheme {
            request = request.header("authorization", scheme);
        }
        let answer = read(request).await;
        assert_eq!((answer.status, answer.code()), (401, "authentication.required"), "{scheme:?}");
        assert_eq!(answer.body["message"], "No authentication bearer token specified in authorization header.");
    }
}

#[tokio::test]
async fn an_unknown_token_returns_bad_credentials() {
    let mut genesys = Genesys::start(config()).await;
    genesys.token = "never-issued".to_owned();
    let answer = genesys.get("/api/v2/routing/queues").await;
    assert_eq!((answer.status, answer.code()), (401, "bad.credentials"));
    assert_eq!(answer.body["message"], "Invalid login credentials.");
}

#[tokio::test]
async fn a_token_expires() {
    let mut config: Config = config();
    config.clients[0].token_seconds = 1;
    let genesys = Genesys::start(config).await;
    let answer = eventually(async || {
        let answer = genesys.get("/api/v2/routing/queues").await;
        (answer.status == 401).then_some(answer)
    })
    .await;
    assert_eq!(answer.code(), "credentials.expired");
}

#[tokio::test]
async fn tokens_can_be_revoked() {
    let mut genesys = Genesys::start(config()).await;
    assert_eq!(genesys.get("/api/v2/routing/queues").await.status, 200);
    assert_eq!(genesys.desk("POST", "tokens/revoke", Value::Null).await.status, 204);
    let answer = genesys.get("/api/v2/routing/queues").await;
    assert_eq!((answer.status, answer.code()), (401, "bad.credentials"));
    genesys.log_in().await;
    assert_eq!(genesys.get("/api/v2/routing/queues").await.status, 200);
}
