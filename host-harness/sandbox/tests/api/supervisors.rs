//! Tests of supervisors, who monitor, coach, or barge in.

use serde_json::{Value, json};

use crate::support::{Genesys, Receiver, config};

async fn participants(genesys: &Genesys, conversation: &str) -> Vec<Value> {
    let path = format!("/api/v2/conversations/messages/{conversation}");
    genesys.get(&path).await.body["participants"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_supervisor_is_an_agent_participant_with_a_role() {
    let genesys = Genesys::start(config()).await;
    let conversation = genesys.accepted_conversation("sess-42").await;
    let agent = participants(&genesys, &conversation).await[2].clone();
    for role in ["monitor", "coach", "barge-in"] {
        genesys.act_ok(&conversation, "supervise", json!({ "name": "Ann Boss", "role": role })).await;
        let all = participants(&genesys, &conversation).await;
        assert_eq!(all.len(), 4, "there is one supervisor in every role");
        let supervisor = &all[3];
        assert_eq!((&supervisor["purpose"], &supervisor["state"]), (&json!("agent"), &json!("connected")));
        assert_eq!((&supervisor["name"], &supervisor["mediaRoles"]), (&json!("Ann Boss"), &json!([role])));
        assert_eq!(supervisor["monitoredParticipantId"], agent["id"]);
    }
    assert_eq!(agent.get("mediaRoles"), None);
}

#[tokio::test]
async fn a_silent_supervisor_is_not_an_agent_and_emits_no_detail_event() {
    let genesys = Genesys::start(config()).await;
    let conversation = genesys.accepted_conversation("sess-42").await;
    let seen = genesys.act_ok(&conversation, "supervise", json!({ "name": "Ann Boss", "role": "monitor" })).await;
    assert_eq!(seen["agents"].as_array().unwrap().len(), 1);
    let waiting = genesys.act_ok(&conversation, "transfer", Value::Null).await;
    assert_eq!((&waiting["state"], waiting["agents"].as_array().unwrap().len()), (&json!("waiting"), 0));
    let events = genesys.desk("GET", "events", Value::Null).await.body;
    let user_events = events["events"].as_array().unwrap().iter().filter(|event| {
        let topic = event["topic"].as_str().unwrap_or_default();
        topic.starts_with("user")
    });
    assert_eq!(user_events.count(), 2, "{events}");
    assert_eq!(genesys.act("unknown", "supervise", json!({ "name": "A", "role": "monitor" })).await.status, 404);
    let refused = genesys.act(&conversation, "supervise", json!({ "name": "A", "role": "monitor" })).await;
    assert_eq!(refused.status, 409, "no agent is connected");
}

#[tokio::test]
async fn a_supervisor_who_barges_in_is_an_agent() {
    let receiver = Receiver::start([]).await;
    let genesys = Genesys::start_with_receiver(&receiver, config()).await;
    let conversation = genesys.accepted_conversation("sess-42").await;
    let seen = genesys.act_ok(&conversation, "supervise", json!({ "name": "Ann Boss", "role": "barge-in" })).await;
    assert_eq!(seen["agents"].as_array().unwrap().len(), 2);
}
