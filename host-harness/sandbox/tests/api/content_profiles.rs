//! Tests of supported content profiles.

use serde_json::{Value, json};

use crate::support::{Genesys, Receiver, config, text_message};

const PATH: &str = "/api/v2/conversations/messaging/supportedcontent";
const INTEGRATIONS: &str = "/api/v2/conversations/messaging/integrations/open";

fn allowed_types(inbound: &[&str], outbound: &[&str]) -> Value {
    let types = |list: &[&str]| list.iter().map(|one| json!({ "type": one })).collect::<Vec<_>>();
    json!({ "allow": { "inbound": types(inbound), "outbound": types(outbound) } })
}

fn attachment(mime: &str) -> Value {
    let mut body = text_message("sess-42", "look");
    body["content"] = json!([
        { "attachment": { "mediaType": "File", "url": "https://files.example.com/u/x", "mime": mime } },
    ]);
    body
}

/// Creates an integration. Returns its ID.
async fn create_integration(genesys: &Genesys, change: Value) -> String {
    let mut body = json!({
        "name": "Another",
        "outboundNotificationWebhookUrl": "http://127.0.0.1:9/",
        "outboundNotificationWebhookSignatureSecretToken": "0123456789abcdef",
    });
    body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    let created = genesys.call("POST", INTEGRATIONS, body).await;
    assert_eq!(created.status, 200, "{:?}", created.body);
    created.body["id"].as_str().unwrap().to_owned()
}

/// Returns whether the integration accepts an attachment of this type.
async fn accepts(genesys: &Genesys, integration: &str, mime: &str) -> bool {
    let path = format!("/api/v2/conversations/messages/{integration}/inbound/open/message");
    let answer = genesys.call("POST", &path, attachment(mime)).await;
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    answer.body.get("content").is_some()
}

#[tokio::test]
async fn the_default_profile_follows_the_configuration() {
    let genesys = Genesys::start(config()).await;
    let default = genesys.get(&format!("{PATH}/default")).await;
    assert_eq!((default.status, &default.body["name"]), (200, &json!("default")));
    assert_eq!(default.body["mediaTypes"], allowed_types(&["*/*"], &["image/jpeg", "image/png", "image/gif"]));
    let id = default.body["id"].as_str().unwrap();
    assert_eq!(default.body["selfUri"], format!("{PATH}/{id}"));
    assert_eq!(genesys.get(&format!("{PATH}/{id}")).await.body, default.body);
    assert_eq!(genesys.get(PATH).await.body["entities"], json!([default.body]));
    let integration = genesys.get(INTEGRATIONS).await.body["entities"][0].clone();
    assert_eq!(
        integration["supportedContent"],
        json!({ "id": id, "name": "default", "selfUri": format!("{PATH}/{id}") }),
    );
    assert_eq!(genesys.call("DELETE", &format!("{PATH}/default"), Value::Null).await.status, 400);
}

#[tokio::test]
async fn creates_changes_and_deletes_a_profile() {
    let genesys = Genesys::start(config()).await;
    let types = allowed_types(&["image/*"], &["*/*"]);
    let created = genesys.call("POST", PATH, json!({ "name": "pictures", "mediaTypes": types })).await;
    assert_eq!((created.status, &created.body["mediaTypes"]), (200, &types));
    let path = created.body["selfUri"].as_str().unwrap();
    let fewer = json!({ "mediaTypes": { "allow": { "inbound": [] } } });
    let changed = genesys.call("PATCH", path, fewer).await.body;
    assert_eq!((&changed["name"], &changed["mediaTypes"]), (&json!("pictures"), &allowed_types(&[], &["*/*"])));
    assert_eq!(genesys.get(path).await.body, changed);

    let user = create_integration(&genesys, json!({ "supportedContent": { "id": created.body["id"] } })).await;
    assert_eq!(genesys.call("DELETE", path, Value::Null).await.status, 400, "an integration refers to it");
    genesys.call("DELETE", &format!("{INTEGRATIONS}/{user}"), Value::Null).await;
    assert_eq!(genesys.call("DELETE", path, Value::Null).await.status, 204);
    assert_eq!(genesys.get(path).await.status, 404);
    assert_eq!(genesys.call("DELETE", path, Value::Null).await.status, 404);
    assert_eq!(genesys.call("PATCH", path, json!({})).await.status, 404);

    for wrong in [
        json!({}),
        json!({ "name": "" }),
        json!({ "name": "x", "mediaTypes": [] }),
        json!({ "name": "x", "mediaTypes": { "allow": { "inbound": [{ "type": "png" }] } } }),
        json!({ "name": "x", "mediaTypes": { "allow": { "inbound": [{}] } } }),
    ] {
        assert_eq!(genesys.call("POST", PATH, wrong.clone()).await.status, 400, "{wrong}");
    }
}

#[tokio::test]
async fn an_integration_accepts_what_its_profile_allows() {
    let genesys = Genesys::start(config()).await;
    let types = allowed_types(&["image/*"], &[]);
    let pictures = genesys.call("POST", PATH, json!({ "name": "pictures", "mediaTypes": types })).await.body;
    let id = create_integration(&genesys, json!({ "supportedContent": { "id": pictures["id"] } })).await;
    assert!(accepts(&genesys, &id, "image/png").await);
    assert!(!accepts(&genesys, &id, "application/pdf").await);
    let all = json!({ "mediaTypes": allowed_types(&["*/*"], &[]) });
    genesys.call("PATCH", pictures["selfUri"].as_str().unwrap(), all).await;
    assert!(accepts(&genesys, &id, "application/pdf").await);

    let one = format!("{INTEGRATIONS}/{id}");
    for field in ["supportedContent", "messagingSetting"] {
        let unknown = genesys.call("PATCH", &one, json!({ "name": "x", field: { "id": "x" } })).await;
        assert_eq!(unknown.body["details"][0]["fieldName"], format!("{field}.id"));
    }
    let default = genesys.get(&format!("{PATH}/default")).await.body["id"].clone();
    let patched = genesys.call("PATCH", &one, json!({ "name": "x", "supportedContent": { "id": default } })).await;
    assert_eq!((patched.status, &patched.body["supportedContent"]["name"]), (200, &json!("default")));
}

#[tokio::test]
async fn accepting_media_without_a_profile_is_configurable() {
    for (needs_profile, expected) in [(true, false), (false, true)] {
        let mut config = config();
        config.unconfirmed.media_needs_profile = needs_profile;
        let genesys = Genesys::start(config).await;
        let id = create_integration(&genesys, json!({})).await;
        let shown = genesys.get(&format!("{INTEGRATIONS}/{id}")).await.body;
        assert_eq!(shown.get("supportedContent"), None);
        assert_eq!(accepts(&genesys, &id, "image/png").await, expected);
    }
}

#[tokio::test]
async fn reports_dropped_media_in_a_failed_receipt() {
    let receiver = Receiver::start([]).await;
    let mut config = config();
    config.unconfirmed.inbound_receipts = true;
    let genesys = Genesys::start_with_receiver(&receiver, config).await;
    let types = json!({ "mediaTypes": allowed_types(&["image/*"], &[]) });
    assert_eq!(genesys.call("PATCH", &format!("{PATH}/default"), types).await.status, 200);
    let id = genesys.sandbox.announcement().integration_id.clone();
    assert!(!accepts(&genesys, &id, "application/pdf").await);
    let receipt = receiver.wait_for(1).await[0].json();
    assert_eq!((&receipt["status"], &receipt["reasons"][0]["code"]), (&json!("Failed"), &json!("MediaTypeNotAllowed")));

    let conversation = genesys.send_text("sess-43", "hello").await;
    genesys.act_ok(&conversation, "accept", json!({ "name": "Grace Hopper" })).await;
    let picture = json!({ "url": "https://x.example/a.png", "mime": "image/png" });
    assert_eq!(genesys.act(&conversation, "attachment", picture).await.status, 400, "the agent cannot send any either");
}
