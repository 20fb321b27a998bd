//! Tests of messaging settings, and of the typing indicators that they allow.

use serde_json::{Value, json};

use crate::support::{Genesys, Receiver, config};

const PATH: &str = "/api/v2/conversations/messaging/settings";
const INTEGRATIONS: &str = "/api/v2/conversations/messaging/integrations/open";

fn typing(inbound: &str, outbound: &str) -> Value {
    json!({ "typing": { "on": { "inbound": inbound, "outbound": outbound } } })
}

#[tokio::test]
async fn typing_is_disabled_by_default() {
    let genesys = Genesys::start(config()).await;
    let list = genesys.get(PATH).await.body;
    let default = &list["entities"][0];
    assert_eq!((&list["total"], &default["event"]), (&json!(1), &typing("Disabled", "Disabled")));
    assert_eq!(genesys.get(default["selfUri"].as_str().unwrap()).await.body, *default);
    let integration = genesys.get(INTEGRATIONS).await.body["entities"][0].clone();
    assert_eq!(integration["messagingSetting"], json!({ "id": default["id"], "selfUri": default["selfUri"] }));
    let delete = genesys.call("DELETE", default["selfUri"].as_str().unwrap(), Value::Null).await;
    assert_eq!(delete.status, 400);
}

#[tokio::test]
async fn creates_a_setting_for_an_integration() {
    let receiver = Receiver::start([]).await;
    let genesys = Genesys::start_with_receiver(&receiver, config()).await;
    let body = json!({ "name": "cfg", "event": typing("Enabled", "Enabled") });
    let created = genesys.call("POST", PATH, body).await;
    assert_eq!((created.status, &created.body["event"]), (200, &typing("Enabled", "Enabled")));
    let path = created.body["selfUri"].as_str().unwrap();
    let one = format!("{INTEGRATIONS}/{}", genesys.sandbox.announcement().integration_id);
    let reference = json!({ "name": "BotHandover", "messagingSetting": { "id": created.body["id"] } });
    assert_eq!(genesys.call("PATCH", &one, reference).await.body["messagingSetting"]["id"], created.body["id"]);

    let conversation = genesys.accepted_conversation("sess-42").await;
    genesys.act_ok(&conversation, "typing", Value::Null).await;
    assert_eq!(receiver.wait_for(1).await[0].json()["type"], "Event");
    assert_eq!(genesys.call("DELETE", path, Value::Null).await.status, 400, "an integration refers to it");

    let half = json!({ "event": { "typing": { "on": { "outbound": "Disabled" } } } });
    assert_eq!(genesys.call("PATCH", path, half).await.body["event"], typing("Enabled", "Disabled"));
    let answer = genesys.act_ok(&conversation, "typing", Value::Null).await;
    assert!(answer["notSent"].is_string());
    let event = json!({
        "channel": { "from": { "id": "sess-42", "idType": "Opaque" }, "time": "2026-03-01T10:02:00.000Z" },
        "events": [{ "eventType": "Typing" }],
    });
    genesys.inbound("event", event).await;
    let seen = genesys.desk("GET", &format!("conversations/{conversation}"), Value::Null).await.body;
    let last = seen["messages"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["type"], &last["direction"]), (&json!("Event"), &json!("Inbound")));
}

#[tokio::test]
async fn reads_and_replaces_the_default_setting() {
    let genesys = Genesys::start(config()).await;
    let default = format!("{PATH}/default");
    let first = genesys.get(&default).await.body;
    assert_eq!((&first["name"], &first["event"]), (&json!("default"), &typing("Disabled", "Disabled")));
    let other = genesys.call("POST", PATH, json!({ "name": "cfg", "event": typing("Enabled", "Enabled") })).await.body;
    assert_eq!(genesys.call("PUT", &default, json!({ "settingId": "x" })).await.status, 400);
    let put = genesys.call("PUT", &default, json!({ "settingId": other["id"] })).await;
    assert_eq!((put.status, &put.body["id"]), (200, &other["id"]));
    assert_eq!(genesys.get(&default).await.body["id"], other["id"]);
    let shown = &genesys.get(INTEGRATIONS).await.body["entities"][0]["messagingSetting"]["id"];
    assert_eq!(shown, &other["id"], "the integration shows the default setting");
    assert_eq!(genesys.call("DELETE", other["selfUri"].as_str().unwrap(), Value::Null).await.status, 400);

    let mut config = config();
    config.unconfirmed.show_default_setting = false;
    let genesys = Genesys::start(config).await;
    assert_eq!(genesys.get(INTEGRATIONS).await.body["entities"][0].get("messagingSetting"), None);
}

#[tokio::test]
async fn filters_integrations_by_setting() {
    let genesys = Genesys::start(config()).await;
    let other = genesys.call("POST", PATH, json!({ "name": "cfg" })).await.body;
    let id = other["id"].as_str().unwrap();
    let all = "/api/v2/conversations/messaging/integrations";
    let total_of = async |id: &str| genesys.get(&format!("{all}?messagingSetting.id={id}")).await.body["total"].clone();
    assert_eq!(total_of(id).await, 0);
    let one = format!("{INTEGRATIONS}/{}", genesys.sandbox.announcement().integration_id);
    genesys.call("PATCH", &one, json!({ "name": "BotHandover", "messagingSetting": { "id": id } })).await;
    assert_eq!(total_of(id).await, 1);
}

#[tokio::test]
async fn refuses_invalid_settings() {
    let genesys = Genesys::start(config()).await;
    for (body, code) in [
        (json!({}), "bad.request"),
        (json!({ "name": "" }), "bad.request"),
        (json!({ "name": "x", "event": [] }), "bad.request"),
        (json!({ "name": "x", "event": typing("On", "Enabled") }), "invalid.value"),
    ] {
        let answer = genesys.call("POST", PATH, body.clone()).await;
        assert_eq!((answer.status, answer.code()), (400, code), "{body}");
    }
    for (method, body) in [("GET", Value::Null), ("PATCH", json!({})), ("DELETE", Value::Null)] {
        assert_eq!(genesys.call(method, &format!("{PATH}/unknown"), body).await.status, 404, "{method}");
    }
    let plain = genesys.call("POST", PATH, json!({ "name": "plain" })).await.body;
    assert_eq!(plain["event"], typing("Disabled", "Disabled"));
    assert_eq!(genesys.call("DELETE", plain["selfUri"].as_str().unwrap(), Value::Null).await.status, 204);
}
