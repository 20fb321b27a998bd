//! Tests of `/api/v2/conversations/messaging/integrations/open`.

use genesys_sandbox::{IntegrationConfig, Permission};
use serde_json::{Value, json};

use crate::support::{Genesys, config};

const PATH: &str = "/api/v2/conversations/messaging/integrations/open";

fn named(name: &str) -> IntegrationConfig {
    IntegrationConfig { name: name.to_owned(), ..IntegrationConfig::default() }
}

#[tokio::test]
async fn lists_the_default_integration() {
    let mut config = config();
    config.integrations[0].webhook_url = Some("https://bot.example.com/handover".to_owned());
    config.integrations[0].webhook_headers.insert("x-tenant".to_owned(), "acme".into());
    let genesys = Genesys::start(config).await;
    let page = genesys.get(PATH).await.body;
    let id = &genesys.sandbox.announcement().integration_id;
    assert_eq!((&page["total"], &page["pageCount"], &page["pageSize"]), (&json!(1), &json!(1), &json!(25)));
    let entity = &page["entities"][0];
    assert_eq!(entity["id"], **id);
    assert_eq!(entity["name"], "BotHandover");
    assert_eq!(entity["status"], "Active");
    assert_eq!(entity["createStatus"], "Completed");
    assert_eq!(entity["outboundNotificationWebhookUrl"], "https://bot.example.com/handover");
    assert_eq!(entity["webhookHeaders"], json!({ "x-tenant": "acme" }));
    assert_eq!(entity["selfUri"], format!("{PATH}/{id}"));
    assert_eq!(entity.get("outboundNotificationWebhookSignatureSecretToken"), None, "the secret is hidden");
    assert_eq!(genesys.get(&format!("{PATH}/{id}?expand=messagingSetting")).await.body, *entity);
}

#[tokio::test]
async fn the_secret_can_be_shown() {
    let mut config = config();
    config.unconfirmed.show_secret = true;
    let genesys = Genesys::start(config).await;
    let secret = &genesys.sandbox.announcement().webhook_secret;
    let page = genesys.get(PATH).await.body;
    assert_eq!(page["entities"][0]["outboundNotificationWebhookSignatureSecretToken"], **secret);
}

#[tokio::test]
async fn pages_the_list_and_ignores_a_name_filter() {
    let mut config = config();
    config.integrations = (1..=27).map(|number| named(&format!("integration {number}"))).collect();
    let genesys = Genesys::start(config).await;
    let first = genesys.get(&format!("{PATH}?name=integration%2027")).await.body;
    assert_eq!(first["entities"].as_array().unwrap().len(), 25);
    assert_eq!((&first["total"], &first["pageCount"], &first["pageNumber"]), (&json!(27), &json!(2), &json!(1)));
    let next = first["nextUri"].as_str().unwrap();
    assert_eq!(first.get("previousUri"), None);
    let second = genesys.get(next).await.body;
    let names: Vec<_> = second["entities"].as_array().unwrap().iter().map(|entity| entity["name"].clone()).collect();
    assert_eq!(names, ["integration 26", "integration 27"]);
    assert_eq!(second["previousUri"], first["selfUri"]);
    assert_eq!(second.get("nextUri"), None);
    assert_eq!(first["lastUri"], second["selfUri"]);
}

#[tokio::test]
async fn limits_the_page_size_to_100() {
    let genesys = Genesys::start(config()).await;
    assert_eq!(genesys.get(&format!("{PATH}?pageSize=100")).await.status, 200);
    for query in ["pageSize=101", "pageSize=0", "pageSize=many", "pageNumber=0"] {
        let answer = genesys.get(&format!("{PATH}?{query}")).await;
        assert_eq!((answer.status, answer.code()), (400, "bad.request"), "{query}");
    }
}

fn creation() -> Value {
    json!({
        "name": "Another",
        "outboundNotificationWebhookUrl": "https://bot.example.com/other",
        "outboundNotificationWebhookSignatureSecretToken": "0123456789abcdef",
        "webhookHeaders": { "x-tenant": "acme" },
    })
}

#[tokio::test]
async fn creates_changes_and_deletes_an_integration() {
    let genesys = Genesys::start(config()).await;
    let created = genesys.call("POST", PATH, creation()).await;
    assert_eq!((created.status, &created.body["createStatus"]), (200, &json!("Initiated")));
    let path = created.body["selfUri"].as_str().unwrap();
    assert_eq!(genesys.get(path).await.body["createStatus"], "Completed");

    let without_name = genesys.call("PATCH", path, json!({ "webhookHeaders": {} })).await;
    assert_eq!((without_name.status, &without_name.body["details"][0]["fieldName"]), (400, &json!("name")));
    let changed = genesys.call("PATCH", path, json!({ "name": "Renamed" })).await;
    assert_eq!((changed.status, &changed.body["name"]), (200, &json!("Renamed")));
    assert_eq!(changed.body["outboundNotificationWebhookUrl"], "https://bot.example.com/other");

    assert_eq!(genesys.call("DELETE", path, Value::Null).await.status, 204);
    assert_eq!(genesys.get(path).await.status, 404);
    assert_eq!(genesys.call("DELETE", path, Value::Null).await.status, 404);
    assert_eq!(genesys.call("PATCH", path, json!({ "name": "x" })).await.status, 404);
}

#[tokio::test]
async fn requires_all_fields_for_creation() {
    let genesys = Genesys::start(config()).await;
    for field in ["name", "outboundNotificationWebhookUrl", "outboundNotificationWebhookSignatureSecretToken"] {
        let mut body = creation();
        body.as_object_mut().unwrap().remove(field);
        let answer = genesys.call("POST", PATH, body).await;
        assert_eq!((answer.status, answer.code()), (400, "bad.request"), "{field}");
        assert_eq!(answer.body["details"][0]["fieldName"], field);
    }
}

#[tokio::test]
async fn requires_a_secret_of_16_characters() {
    let genesys = Genesys::start(config()).await;
    let mut body = creation();
    body["outboundNotificationWebhookSignatureSecretToken"] = json!("0123456789abcde");
    let answer = genesys.call("POST", PATH, body).await;
    assert_eq!((answer.status, answer.code()), (400, "bad.request"));
    let id = &genesys.sandbox.announcement().integration_id;
    let short = json!({ "name": "x", "outboundNotificationWebhookSignatureSecretToken": "0123456789abcde" });
    assert_eq!(genesys.call("PATCH", &format!("{PATH}/{id}"), short).await.status, 400);
}

#[tokio::test]
async fn refuses_invalid_webhook_settings() {
    let genesys = Genesys::start(config()).await;
    for (field, value) in [
        ("outboundNotificationWebhookUrl", json!("not a url")),
        ("outboundNotificationWebhookUrl", json!("ftp://bot.example.com/")),
        ("outboundNotificationWebhookUrl", json!(7)),
        ("webhookHeaders", json!({ "x tenant": "acme" })),
        ("webhookHeaders", json!({ "x-tenant": 7 })),
        ("name", json!("")),
    ] {
        let mut body = creation();
        body[field] = value.clone();
        assert_eq!(genesys.call("POST", PATH, body).await.status, 400, "{field} {value}");
    }
}

#[tokio::test]
async fn each_operation_requires_its_permission() {
    let mut config = config();
    config.clients[0].permissions = [Permission::QueueView].into();
    let genesys = Genesys::start(config).await;
    let one = format!("{PATH}/{}", genesys.sandbox.announcement().integration_id);
    for (method, path, body, permission) in [
        ("GET", PATH, Value::Null, "messaging:integration:view"),
        ("GET", one.as_str(), Value::Null, "messaging:integration:view"),
        ("POST", PATH, creation(), "messaging:integration:add"),
        ("PATCH", one.as_str(), json!({}), "messaging:integration:edit"),
        ("DELETE", one.as_str(), Value::Null, "messaging:integration:delete"),
    ] {
        let answer = genesys.call(method, path, body).await;
        assert_eq!((answer.status, answer.code()), (403, "missing.permissions"), "{method} {path}");
        assert_eq!(
            answer.body["message"],
            format!(
                "Unable to perform the requested action. You are missing the following permission(s): {permission}"
            ),
        );
    }
}

#[tokio::test]
async fn changes_the_identity_resolution() {
    let genesys = Genesys::start(config()).await;
    let id = genesys.sandbox.announcement().integration_id.clone();
    let path = format!("/api/v2/conversations/messaging/identityresolution/integrations/open/{id}");
    assert_eq!(genesys.get(&path).await.body["resolveIdentities"], false);
    let config = json!({ "resolveIdentities": true, "externalSource": { "id": "s-1" } });
    assert_eq!(genesys.call("PUT", &path, config).await.status, 200);
    let changed = genesys.get(&path).await.body;
    assert_eq!((&changed["resolveIdentities"], &changed["externalSource"]["id"]), (&json!(true), &json!("s-1")));
    assert_eq!(genesys.call("PUT", &path, json!({})).await.status, 400);
    assert_eq!(genesys.get(&path.replace(&id, "unknown")).await.status, 404);

    let mut only = crate::support::config();
    only.clients[0].permissions.retain(|one| one.name() == "messaging:identityResolutionOpen:view");
    let reader = Genesys::start(only).await;
    let path = path.replace(&id, &reader.sandbox.announcement().integration_id);
    assert_eq!(reader.get(&path).await.status, 200);
    assert_eq!(reader.call("PUT", &path, json!({ "resolveIdentities": true })).await.status, 403);
}
