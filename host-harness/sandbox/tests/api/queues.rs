//! Tests of `/api/v2/routing/queues`, and of agents as users.

use genesys_sandbox::{Permission, QueueConfig};
use serde_json::{Value, json};

use crate::support::{Genesys, config};

const PATH: &str = "/api/v2/routing/queues";

fn queue(id: &str, name: &str) -> QueueConfig {
    QueueConfig { id: Some(id.to_owned()), name: name.to_owned() }
}

async fn names(genesys: &Genesys, query: &str) -> Vec<String> {
    let answer = genesys.get(&format!("{PATH}{query}")).await;
    let entities = answer.body["entities"].as_array().unwrap();
    entities.iter().map(|entity| entity["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn filters_names_with_wildcards_at_the_ends() {
    let mut config = config();
    config.queues = vec![queue("q1", "Support EN"), queue("q2", "Sales"), queue("q3", "Support")];
    let genesys = Genesys::start(config).await;
    assert_eq!(names(&genesys, "").await, ["Sales", "Support", "Support EN"]);
    assert_eq!(names(&genesys, "?name=Support").await, ["Support"]);
    assert_eq!(names(&genesys, "?name=Support*").await, ["Support", "Support EN"]);
    assert_eq!(names(&genesys, "?name=*EN").await, ["Support EN"]);
    assert_eq!(names(&genesys, "?name=*port*").await, ["Support", "Support EN"]);
    assert_eq!(names(&genesys, "?name=S*&sortOrder=desc").await, ["Support EN", "Support", "Sales"]);
    assert_eq!(names(&genesys, "?id=q1&id=q2").await, ["Sales", "Support EN"]);
    assert_eq!(names(&genesys, "?name=Nothing").await, [""; 0]);
    assert_eq!(names(&genesys, "?pageSize=2&pageNumber=2").await, ["Support EN"]);
}

#[tokio::test]
async fn returns_a_queue_by_id() {
    let genesys = Genesys::start(config()).await;
    let listed = genesys.get(PATH).await.body["entities"][0].clone();
    assert_eq!(listed["name"], "Support");
    let path = listed["selfUri"].as_str().unwrap();
    assert_eq!(path, format!("{PATH}/{}", listed["id"].as_str().unwrap()));
    assert_eq!(genesys.get(path).await.body, listed);
    assert_eq!(genesys.get(&format!("{PATH}/unknown")).await.status, 404);
}

#[tokio::test]
async fn requires_the_permission() {
    let mut config = config();
    config.clients[0].permissions.remove(&Permission::QueueView);
    let genesys = Genesys::start(config).await;
    assert_eq!(genesys.get(PATH).await.code(), "missing.permissions");
    assert_eq!(genesys.get(&format!("{PATH}/x")).await.code(), "missing.permissions");
}

#[tokio::test]
async fn an_agent_is_a_user() {
    let genesys = Genesys::start(config()).await;
    let conversation = genesys.send_text("sess-42", "hello").await;
    let accepted = genesys.act_ok(&conversation, "accept", json!({ "name": "Grace Hopper" })).await;
    let id = accepted["agent"]["id"].as_str().unwrap();
    let user = genesys.get(&format!("/api/v2/users/{id}")).await;
    assert_eq!((user.status, &user.body["name"]), (200, &json!("Grace Hopper")));
    assert_eq!(user.body["selfUri"], format!("/api/v2/users/{id}"));
    assert_eq!(genesys.get("/api/v2/users/unknown").await.status, 404);

    let again = genesys.send_text("sess-43", "hello").await;
    let accepted = genesys.act_ok(&again, "accept", json!({ "name": "Grace Hopper" })).await;
    assert_eq!(accepted["agent"]["id"], id, "the same name is the same user");
}

#[tokio::test]
async fn a_message_can_request_a_queue() {
    let mut config = config();
    config.queues = vec![queue("q1", "Support"), queue("q2", "Sales")];
    let genesys = Genesys::start(config).await;
    for (requested, assigned) in [("q2", "q2"), ("q9", "q1")] {
        let mut body = crate::support::text_message(requested, "hello");
        body["channel"]["metadata"] = json!({ "customAttributes": { "queueId": requested } });
        let answer = genesys.inbound("message?prefetchConversationId=true", body).await;
        let id = answer.body["conversationId"].as_str().unwrap();
        let seen = genesys.desk("GET", &format!("conversations/{id}"), Value::Null).await;
        assert_eq!(seen.body["queueId"], assigned);
    }
}
