//! Tests of both alternatives of the behavior that Genesys's documentation leaves open (`unconfirmed`).

use genesys_sandbox::{AttachmentDownloads, Config, CustomAttributes, Permission, RefusedWebhook, Unconfirmed};
use serde_json::{Value, json};

use crate::support::{Genesys, Receiver, config, text_message};

fn with(change: impl FnOnce(&mut Unconfirmed)) -> Config {
    let mut config = config();
    change(&mut config.unconfirmed);
    config
}

fn message_with_attributes(attributes: Value) -> Value {
    let mut message = text_message("sess-42", "hello");
    message["channel"]["metadata"] = json!({ "customAttributes": attributes });
    message
}

#[tokio::test]
async fn refuses_long_texts_and_many_attributes_if_limited() {
    let genesys = Genesys::start(with(|unconfirmed| {
        unconfirmed.max_text_characters = 5;
        unconfirmed.max_custom_attributes = 2;
        unconfirmed.max_custom_attribute_bytes = 8;
    }))
    .await;
    let status = async |body: Value| genesys.inbound("message", body).await.status;
    assert_eq!(status(text_message("sess-42", "äöüäö")).await, 200);
    assert_eq!(status(text_message("sess-42", "äöüäöü")).await, 400);
    assert_eq!(status(message_with_attributes(json!({ "a": "1234567" }))).await, 200);
    assert_eq!(status(message_with_attributes(json!({ "a": "12345678" }))).await, 400);
    assert_eq!(status(message_with_attributes(json!({ "a": "", "b": "", "c": "" }))).await, 400);
    let free = Genesys::start(config()).await;
    assert_eq!(free.inbound("message", text_message("sess-42", &"x".repeat(20_000))).await.status, 200);
}

#[tokio::test]
async fn accepts_ignores_or_refuses_custom_attributes() {
    for (mode, status, kept) in [
        (CustomAttributes::Accepted, 200, json!({ "a": "1" })),
        (CustomAttributes::Ignored, 200, json!({})),
        (CustomAttributes::Refused, 400, Value::Null),
    ] {
        let genesys = Genesys::start(with(|unconfirmed| unconfirmed.custom_attributes = mode)).await;
        let answer = genesys.inbound("message", message_with_attributes(json!({ "a": "1" }))).await;
        assert_eq!(answer.status, status, "{mode:?}");
        let seen = genesys.desk("GET", "conversations", Value::Null).await.body;
        assert_eq!(seen["conversations"][0]["attributes"], kept, "{mode:?}");
    }
}

#[tokio::test]
async fn agent_attachments_redirect_from_a_genesys_download_url() {
    for (downloads, without_token, with_token) in [
        (AttachmentDownloads::Public, 307, 307),
        (AttachmentDownloads::Authorized, 401, 307),
        (AttachmentDownloads::Expired, 404, 404),
    ] {
        let receiver = Receiver::start([]).await;
        let config = with(|unconfirmed| unconfirmed.attachment_downloads = downloads);
        let genesys = Genesys::start_with_receiver(&receiver, config).await;
        let conversation = genesys.accepted_conversation("sess-42").await;
        let file = json!({ "url": "https://files.example.com/a.png", "mime": "image/png" });
        genesys.act_ok(&conversation, "attachment", file).await;
        let url = receiver.wait_for(1).await[0].json()["content"][0]["attachment"]["url"].clone();
        let url = url.as_str().unwrap();
        assert!(url.starts_with(&format!("{}/api/v2/downloads/", genesys.origin)), "{url}");
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        assert_eq!(http.get(url).send().await.unwrap().status(), without_token, "{downloads:?}");
        let answer = http.get(url).bearer_auth(&genesys.token).send().await.unwrap();
        assert_eq!(answer.status(), with_token, "{downloads:?}");
        if with_token == 307 {
            assert_eq!(answer.headers()["location"], "https://files.example.com/a.png");
        }
    }
}

#[tokio::test]
async fn a_refused_webhook_fails_the_message_or_ends_the_conversation() {
    for (refused, state) in [(RefusedWebhook::FailsMessage, "connected"), (RefusedWebhook::EndsConversation, "ended")] {
        let receiver = Receiver::start([403]).await;
        let genesys =
            Genesys::start_with_receiver(&receiver, with(|unconfirmed| unconfirmed.refused_webhook = refused)).await;
        let conversation = genesys.accepted_conversation("sess-42").await;
        genesys.act_ok(&conversation, "text", json!({ "text": "hello" })).await;
        genesys.wait_for_delivery(&conversation, "failed").await;
        let seen = crate::support::eventually(async || {
            let seen = genesys.desk("GET", &format!("conversations/{conversation}"), Value::Null).await.body;
            (seen["state"] == state).then_some(seen)
        })
        .await;
        let customer = &seen["participants"][0];
        let why = if state == "ended" { json!("error") } else { Value::Null };
        assert_eq!(customer["disconnectType"], why);
    }
}

#[tokio::test]
async fn checks_the_permission_first_or_last() {
    for (first, expected) in [(true, 403), (false, 400)] {
        let mut config = with(|unconfirmed| unconfirmed.permissions_first = first);
        config.clients[0].permissions.retain(|permission| {
            !matches!(
                permission,
                Permission::MessageReceive
                    | Permission::MessageView
                    | Permission::WebMessagingView
                    | Permission::CommunicationDisconnect
                    | Permission::ParticipantWrapup
                    | Permission::CallRecord
            )
        });
        let genesys = Genesys::start(config).await;
        assert_eq!(genesys.inbound("message", json!({})).await.status, expected, "first: {first}");
        assert_eq!(genesys.inbound("message", text_message("sess-42", "hello")).await.status, 403);
        let missing = if first { 403 } else { 404 };
        let unknown_conversation = "/api/v2/conversations/messages/unknown";
        let bulk = genesys.call("POST", &format!("{unknown_conversation}/messages/bulk"), json!([])).await;
        assert_eq!(bulk.status, missing);
        let leave = genesys
            .call("PATCH", &format!("{unknown_conversation}/participants/x"), json!({ "state": "disconnected" }))
            .await;
        assert_eq!(leave.status, missing);
    }
}

#[tokio::test]
async fn refuses_attachments_that_genesys_cannot_fetch_if_configured() {
    let message = |url: &str| {
        let mut message = text_message("sess-42", "hello");
        message["content"] = json!([{ "attachment": { "mediaType": "Image", "mime": "image/png", "url": url } }]);
        message
    };
    let strict = Genesys::start(with(|unconfirmed| unconfirmed.refuse_private_attachments = true)).await;
    for (url, status) in [
        ("https://files.example.com/a.png", 200),
        ("http://files.example.com/a.png", 400),
        ("https://127.0.0.1/a.png", 400),
        ("https://10.0.0.1/a.png", 400),
        ("https://[::1]/a.png", 400),
        ("https://files/a.png", 400),
        ("https://files.local/a.png", 400),
    ] {
        assert_eq!(strict.inbound("message", message(url)).await.status, status, "{url}");
    }
    let genesys = Genesys::start(config()).await;
    assert_eq!(genesys.inbound("message", message("http://127.0.0.1:1/a.png")).await.status, 200);
    for url in ["https://files.example.com/my file.png", "https://files.example.com/ä.png"] {
        assert_eq!(genesys.inbound("message", message(url)).await.status, 400, "{url}");
    }
}
