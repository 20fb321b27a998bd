//! Tests of tags, secure attributes, summaries and callbacks. Fields: `ConversationTagsUpdate`,
//! `ConversationSecureAttributes`, `ConversationSummariesGetResponse`, `CreateCallbackCommand` and `CreateCallbackResponse`
//! of the official SDKs.

use serde_json::{Value, json};

use crate::support::{Genesys, config};

async fn seen(genesys: &Genesys, conversation: &str) -> Value {
    genesys.desk("GET", &format!("conversations/{conversation}"), Value::Null).await.body
}

#[tokio::test]
async fn sets_the_external_tag() {
    let genesys = Genesys::start(config()).await;
    let conversation = genesys.send_text("sess-42", "hello").await;
    let path = format!("/api/v2/conversations/{conversation}/tags");
    assert_eq!(genesys.call("PUT", &path, json!({ "externalTag": "order-42" })).await.status, 200);
    assert_eq!(seen(&genesys, &conversation).await["externalTag"], "order-42");
    assert_eq!(genesys.call("PUT", &path, json!({ "externalTag": 42 })).await.status, 400);
    let unknown = "/api/v2/conversations/unknown/tags";
    assert_eq!(genesys.call("PUT", unknown, json!({ "externalTag": "x" })).await.status, 404);
}

#[tokio::test]
async fn adds_secure_attributes_that_are_not_participant_data() {
    let genesys = Genesys::start(config()).await;
    let conversation = genesys.send_text("sess-42", "hello").await;
    let path = format!("/api/v2/conversations/{conversation}/secureattributes");
    for attributes in [json!({ "iban": "DE1", "tier": "gold" }), json!({ "tier": "silver" })] {
        assert_eq!(genesys.call("PATCH", &path, json!({ "attributes": attributes })).await.status, 200);
    }
    let seen = seen(&genesys, &conversation).await;
    assert_eq!(seen["secureAttributes"], json!({ "iban": "DE1", "tier": "silver" }));
    assert_eq!(seen["attributes"], json!({}));
    assert_eq!(genesys.call("PATCH", &path, json!({ "attributes": { "a": 1 } })).await.status, 400);
}

#[tokio::test]
async fn returns_the_summary_that_the_desk_wrote() {
    let genesys = Genesys::start(config()).await;
    let conversation = genesys.send_text("sess-42", "hello").await;
    let path = format!("/api/v2/conversations/{conversation}/summaries");
    let before = genesys.get(&path).await;
    assert_eq!((before.status, before.body.get("summary"), &before.body["sessionSummaries"]), (200, None, &json!([])));
    genesys.act_ok(&conversation, "summary", json!({ "text": "A refund was promised." })).await;
    let summary = genesys.get(&path).await.body["summary"].clone();
    assert_eq!((&summary["text"], &summary["status"]), (&json!("A refund was promised."), &json!("Completed")));
    assert_eq!(genesys.get("/api/v2/conversations/unknown/summaries").await.status, 404);
}

#[tokio::test]
async fn creates_a_callback() {
    let mut with_skills = config();
    with_skills.skills = vec!["Billing".to_owned()];
    let genesys = Genesys::start(with_skills).await;
    let queue = genesys.get("/api/v2/routing/queues").await.body["entities"][0]["id"].clone();
    let skill = genesys.get("/api/v2/routing/skills?name=bill").await.body["entities"][0]["id"].clone();
    let command = json!({
        "routingData": { "queueId": queue, "priority": -5, "skillIds": [skill] },
        "callbackUserName": "Ada",
        "callbackNumbers": ["+4930123456"],
        "callbackScheduledTime": "2026-12-01T09:00:00.000Z",
        "data": { "topic": "refund" },
    });
    let created = genesys.call("POST", "/api/v2/conversations/callbacks", command.clone()).await;
    assert_eq!(created.status, 200);
    let listed = genesys.desk("GET", "callbacks", Value::Null).await.body["callbacks"][0].clone();
    assert_eq!(listed["conversationId"], created.body["conversation"]["id"]);
    for field in ["routingData", "callbackUserName", "callbackNumbers", "callbackScheduledTime", "data"] {
        assert_eq!(listed[field], command[field], "{field}");
    }
    for wrong in [
        json!({ "callbackNumbers": ["+4930123456"] }),
        json!({ "queueId": "unknown", "callbackNumbers": ["+4930123456"] }),
        json!({ "queueId": queue }),
        json!({ "queueId": queue, "callbackNumbers": ["+4930123456"], "callbackScheduledTime": "tomorrow" }),
        json!({ "routingData": { "queueId": queue, "skillIds": ["unknown"] }, "callbackNumbers": ["+4930123456"] }),
    ] {
        let refused = genesys.call("POST", "/api/v2/conversations/callbacks", wrong.clone()).await;
        assert_eq!(refused.status, 400, "{wrong}");
    }
}

#[tokio::test]
async fn creates_a_survey_after_the_end() {
    let genesys = Genesys::start(config()).await;
    let conversation = genesys.accepted_conversation("sess-42").await;
    let create = async |id: &str| {
        let body = json!({ "conversationId": id, "surveyFormContextId": "form-1" });
        genesys.call("POST", "/api/v2/quality/surveys", body).await
    };
    assert_eq!(create(&conversation).await.status, 400, "it has not ended");
    genesys.act_ok(&conversation, "disconnect", json!({})).await;
    let created = create(&conversation).await;
    assert_eq!((created.status, &created.body["status"]), (200, &json!("Pending")));
    assert!(created.body["customerSurveyUrl"].is_string());
    assert_eq!(seen(&genesys, &conversation).await["surveyId"], created.body["id"]);
    assert_eq!(create("unknown").await.status, 404);
}
