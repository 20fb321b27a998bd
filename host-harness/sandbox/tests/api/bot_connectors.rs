//! Tests of `/api/v2/integrations` for the Bot Connector and the Digital Bot Connector.

use serde_json::{Value, json};

use crate::support::{Genesys, config};

const PATH: &str = "/api/v2/integrations";

async fn created(genesys: &Genesys, kind: &str) -> String {
    let answer = genesys.call("POST", PATH, json!({ "name": "Bots", "integrationType": { "id": kind } })).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body["id"].as_str().unwrap().to_owned()
}

/// Returns a list with one bot, after `change`.
fn bots(change: impl FnOnce(&mut Value)) -> Value {
    let mut list = json!({ "chatBots": [{
        "id": "acme-support",
        "name": "Acme support",
        "versions": [{
            "version": "1",
            "supportedLanguages": ["en-us"],
            "intents": [{ "name": "finished", "slots": { "topic": { "name": "topic", "type": "String" } } }],
        }],
    }] });
    change(&mut list);
    list
}

#[tokio::test]
async fn an_integration_is_set_up() {
    let genesys = Genesys::start(config()).await;
    let types = genesys.get(&format!("{PATH}/types")).await.body;
    assert_eq!(types["entities"][1]["id"], "genesys-digital-bot-connector");
    let kind = types["entities"][0]["id"].as_str().unwrap();
    let schema = genesys.get(&format!("{PATH}/types/{kind}/configschemas/properties")).await.body;
    assert_eq!(
        schema["properties"]["handleUtteranceEndpoint"],
        json!({ "title": "Bot Connector Handle Utterance URI", "type": "string" })
    );

    let id = created(&genesys, kind).await;
    let integration = genesys.get(&format!("{PATH}/{id}")).await.body;
    assert_eq!(integration["integrationType"]["id"], *kind);
    assert_eq!((&integration["intendedState"], &integration["name"]), (&json!("DISABLED"), &json!("Bots")));
    assert_eq!(genesys.get(PATH).await.body["entities"], json!([integration]));

    let credentials =
        json!({ "name": "Bots", "type": { "name": "userDefined" }, "credentialFields": { "verify-token": "secret" } });
    let credentials = genesys.call("POST", &format!("{PATH}/credentials"), credentials).await.body;
    assert_eq!(credentials.get("credentialFields"), None);

    let current = format!("{PATH}/{id}/config/current");
    let mut configuration = genesys.get(&current).await.body;
    configuration["properties"] = json!({ "handleUtteranceEndpoint": "https://bot.example.com/bots" });
    configuration["credentials"] = json!({ "botConnectorCredentials": { "id": credentials["id"] } });
    let answer = genesys.call("PUT", &current, configuration.clone()).await;
    assert_eq!((answer.status, &answer.body["version"]), (200, &json!(2)));
    assert_eq!(genesys.get(&current).await.body["properties"], configuration["properties"]);
    let stale = genesys.call("PUT", &current, configuration).await;
    assert_eq!(stale.status, 400, "the version has changed");

    let enable = json!({ "intendedState": "ENABLED" });
    let answer = genesys.call("PATCH", &format!("{PATH}/{id}"), enable).await.body;
    assert_eq!(answer["reportedState"]["code"], "ACTIVE");
}

#[tokio::test]
async fn bots_are_registered() {
    let genesys = Genesys::start(config()).await;
    let id = created(&genesys, "genesys-bot-connector").await;
    let path = format!("{PATH}/botconnector/{id}/bots");
    assert_eq!(genesys.get(&path).await.body, json!({ "chatBots": [] }));
    let list = bots(|_| ());
    assert_eq!(genesys.call("PUT", &path, list.clone()).await.status, 204);
    assert_eq!(genesys.get(&path).await.body, list);
    // A Digital Bot Connector asks the platform for its bots instead.
    let digital = created(&genesys, "genesys-digital-bot-connector").await;
    assert_eq!(genesys.call("PUT", &format!("{PATH}/botconnector/{digital}/bots"), list).await.status, 404);
}

#[tokio::test]
async fn invalid_bots_are_refused() {
    let genesys = Genesys::start(config()).await;
    let id = created(&genesys, "genesys-bot-connector").await;
    let path = format!("{PATH}/botconnector/{id}/bots");
    let without = |pointer: &str, field: &str| {
        bots(|list| {
            list.pointer_mut(pointer).and_then(Value::as_object_mut).unwrap().remove(field).unwrap();
        })
    };
    let with = |pointer: &str, value: Value| bots(|list| *list.pointer_mut(pointer).unwrap() = value);
    const VERSION: &str = "/chatBots/0/versions/0";
    const INTENT: &str = "/chatBots/0/versions/0/intents/0";
    const TOPIC: &str = "/chatBots/0/versions/0/intents/0/slots/topic";
    let at = |base: &str, field: &str| format!("{base}/{field}");
    let many = |value: Value| Value::Array(vec![value; 51]);
    let cases = [
        without("", "chatBots"),
        without("/chatBots/0", "id"),
        without("/chatBots/0", "versions"),
        without(VERSION, "version"),
        without(VERSION, "supportedLanguages"),
        without(VERSION, "intents"),
        without(INTENT, "name"),
        without(TOPIC, "name"),
        without(TOPIC, "type"),
        with(&at(TOPIC, "type"), json!("text")),
        with(&at(INTENT, "name"), json!(" finished")),
        with(&at(INTENT, "name"), json!("i".repeat(101))),
        with(&at(VERSION, "version"), json!("v".repeat(101))),
        bots(|list| list["chatBots"][0]["description"] = json!("d".repeat(257))),
        with("/chatBots", many(bots(|_| ())["chatBots"][0].clone())),
        bots(|list| list["chatBots"][0]["versions"] = many(list["chatBots"][0]["versions"][0].clone())),
        bots(|list| *list.pointer_mut(VERSION).unwrap().get_mut("intents").unwrap() = many(json!({ "name": "i" }))),
        bots(|list| {
            let slots = (0..51).map(|n| (format!("s{n}"), json!({ "name": format!("s{n}"), "type": "string" })));
            list.pointer_mut(INTENT).unwrap()["slots"] = Value::Object(slots.collect());
        }),
    ];
    for list in cases {
        let answer = genesys.call("PUT", &path, list.clone()).await;
        assert_eq!((answer.status, answer.code()), (400, "bad.request"), "{list}");
    }
    for kind in ["datetime", "Currency", "integerCollection", "STRINGCOLLECTION"] {
        assert_eq!(genesys.call("PUT", &path, with(&at(TOPIC, "type"), json!(kind))).await.status, 204, "{kind}");
    }
}

#[tokio::test]
async fn invalid_integrations_are_refused() {
    let genesys = Genesys::start(config()).await;
    let id = created(&genesys, "genesys-bot-connector").await;
    let current = format!("{PATH}/{id}/config/current");
    let configuration = genesys.get(&current).await.body;
    for field in ["name", "version", "properties", "advanced", "notes", "credentials"] {
        let mut incomplete = configuration.clone();
        incomplete.as_object_mut().unwrap().remove(field).unwrap();
        assert_eq!(genesys.call("PUT", &current, incomplete).await.status, 400, "{field}");
    }
    // These credentials do not exist, or are for the other type of integration.
    let other = json!({ "type": { "name": "digitalBotConnectorSecret" }, "credentialFields": { "a": "b" } });
    let other = genesys.call("POST", &format!("{PATH}/credentials"), other).await.body;
    for credentials in [json!("x"), other["id"].clone()] {
        let mut wrong = configuration.clone();
        wrong["credentials"] = json!({ "botConnectorCredentials": { "id": credentials } });
        assert_eq!(genesys.call("PUT", &current, wrong).await.status, 400, "{credentials}");
    }
    let unknown = json!({ "name": "Bots", "integrationType": { "id": "x" } });
    assert_eq!(genesys.call("POST", PATH, unknown).await.status, 400);
    assert_eq!(genesys.call("PATCH", &format!("{PATH}/{id}"), json!({})).await.status, 400);
    for (kind, fields) in [("x", json!({ "a": "b" })), ("userDefined", json!({})), ("userDefined", json!({ "a": 1 }))] {
        let credentials = json!({ "type": { "name": kind }, "credentialFields": fields });
        assert_eq!(genesys.call("POST", &format!("{PATH}/credentials"), credentials).await.status, 400, "{kind}");
    }
}

#[tokio::test]
async fn a_type_has_at_most_5_integrations() {
    let genesys = Genesys::start(config()).await;
    for _ in 0..5 {
        created(&genesys, "genesys-digital-bot-connector").await;
    }
    let one_more = json!({ "name": "Bots", "integrationType": { "id": "genesys-digital-bot-connector" } });
    let answer = genesys.call("POST", PATH, one_more).await;
    assert_eq!((answer.status, answer.code()), (400, "bad.request"));
    created(&genesys, "genesys-bot-connector").await;
}

#[tokio::test]
async fn a_late_answer_needs_a_session() {
    let genesys = Genesys::start(config()).await;
    let path = format!("{PATH}/botconnectors/outgoing/messages");
    let answer = json!({
        "botId": "b", "botVersion": "1", "botSessionId": "s", "botState": "MoreData", "languageCode": "en-us",
    });
    assert_eq!(genesys.call("POST", &path, answer.clone()).await.status, 409);
    for field in ["botId", "botVersion", "botSessionId", "botState", "languageCode"] {
        let mut incomplete = answer.clone();
        incomplete.as_object_mut().unwrap().remove(field).unwrap();
        assert_eq!(genesys.call("POST", &path, incomplete).await.status, 400, "{field}");
    }
    let mut wrong = answer;
    wrong["botState"] = json!("Waiting");
    assert_eq!(genesys.call("POST", &path, wrong).await.status, 400);
}
