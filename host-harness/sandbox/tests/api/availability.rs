//! Tests of what Genesys Cloud reports about queues and hours of operation. Fields: `ConversationActivityResponse`,
//! `RoutingActivityResponse`, `EstimatedWaitTimePredictions`, `ScheduleGroup`, `Schedule` and `EmergencyGroup` of the
//! official SDKs.

use genesys_sandbox::{EmergencyGroupConfig, QueueConfig, ScheduleConfig, ScheduleGroupConfig};
use serde_json::{Value, json};

use crate::support::{Genesys, config};

fn queue(id: &str, name: &str) -> QueueConfig {
    QueueConfig { id: Some(id.to_owned()), name: name.to_owned() }
}

async fn two_queues() -> Genesys {
    let mut config = config();
    config.queues = vec![queue("q1", "Support"), queue("q2", "Sales")];
    config.estimated_wait_seconds = 30;
    Genesys::start(config).await
}

async fn waiting(genesys: &Genesys, queue: &str, details: bool) -> Value {
    let predicates = json!([
        { "dimension": "queueId", "value": queue },
        { "dimension": "mediaType", "value": "message" },
    ]);
    let query = json!({
        "metrics": [{ "metric": "oWaiting", "details": details }],
        "filter": { "type": "and", "predicates": predicates },
    });
    let answer = genesys.call("POST", "/api/v2/analytics/conversations/activity/query", query).await;
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    answer.body
}

#[tokio::test]
async fn counts_and_lists_waiting_conversations() {
    let genesys = two_queues().await;
    assert_eq!(waiting(&genesys, "q1", true).await["results"], json!([]));
    let first = genesys.send_text("sess-1", "hello").await;
    let second = genesys.send_text("sess-2", "hello").await;
    let third = genesys.send_text("sess-3", "hello").await;
    genesys.act_ok(&third, "accept", json!({ "name": "Grace" })).await;

    let answer = waiting(&genesys, "q1", true).await;
    let result = &answer["results"][0];
    assert_eq!(
        (&result["truncated"], &result["data"]),
        (&json!(false), &json!([{ "metric": "oWaiting", "count": 2 }]))
    );
    let ids: Vec<_> =
        result["entities"].as_array().unwrap().iter().map(|one| one["conversationId"].as_str().unwrap()).collect();
    assert_eq!(ids, [first.as_str(), second.as_str()]);
    assert_eq!(result["entities"][0]["queueId"], "q1");
    assert!(result["entities"][0]["activityDate"].is_string());
    assert_eq!(waiting(&genesys, "q1", false).await["results"][0].get("entities"), None);
    assert_eq!(waiting(&genesys, "q2", true).await["results"], json!([]));
}

#[tokio::test]
async fn refuses_unknown_metrics_and_dimensions() {
    let genesys = two_queues().await;
    let ask = async |metric: &str, dimension: &str| {
        let predicates = json!([{ "dimension": dimension, "value": "x" }]);
        let filter = json!({ "type": "and", "predicates": predicates });
        let query = json!({ "metrics": [{ "metric": metric }], "filter": filter });
        genesys.call("POST", "/api/v2/analytics/conversations/activity/query", query).await.status
    };
    assert_eq!(ask("oWaiting", "queueId").await, 200);
    assert_eq!(ask("oOnQueueUsers", "queueId").await, 400);
    assert_eq!(ask("oWaiting", "queue").await, 400);
}

#[tokio::test]
async fn estimates_the_wait_of_each_conversation() {
    let genesys = two_queues().await;
    let first = genesys.send_text("sess-1", "hello").await;
    let second = genesys.send_text("sess-2", "hello").await;
    let wait = async |path: &str| {
        let answer = genesys.get(&format!("/api/v2/routing/queues/q1/{path}")).await;
        answer.body["results"][0]["estimatedWaitTimeSeconds"].as_u64()
    };
    assert_eq!(wait(&format!("estimatedwaittime?conversationId={first}")).await, Some(30));
    assert_eq!(wait(&format!("estimatedwaittime?conversationId={second}")).await, Some(60));
    assert_eq!(wait("estimatedwaittime?conversationId=unknown").await, None);
    assert_eq!(wait("mediatypes/message/estimatedwaittime").await, Some(90));

    // A point of priority is worth a minute in the queue.
    let raised =
        genesys.call("PATCH", &format!("/api/v2/routing/conversations/{second}"), json!({ "priority": 5 })).await;
    assert_eq!(raised.status, 200);
    assert_eq!(wait(&format!("estimatedwaittime?conversationId={second}")).await, Some(30));

    genesys.desk("POST", "queues/q1", json!({ "estimatedWaitSeconds": null })).await;
    assert_eq!(wait("mediatypes/message/estimatedwaittime").await, None);
    assert_eq!(genesys.get("/api/v2/routing/queues/unknown/estimatedwaittime").await.status, 404);
}

#[tokio::test]
async fn counts_agents_on_queue() {
    let genesys = two_queues().await;
    let agents = async || {
        let predicates = json!([{ "dimension": "queueId", "value": "q1" }]);
        let filter = json!({ "type": "and", "predicates": predicates });
        let query = json!({ "metrics": [{ "metric": "oOnQueueUsers" }], "filter": filter });
        genesys.call("POST", "/api/v2/analytics/routing/activity/query", query).await.body["results"].clone()
    };
    assert_eq!(agents().await[0]["data"], json!([{ "metric": "oOnQueueUsers", "count": 1 }]));
    let set = genesys.desk("POST", "queues/q1", json!({ "agentsOnQueue": 7 })).await;
    assert_eq!(set.body, json!({ "id": "q1", "agentsOnQueue": 7, "estimatedWaitSeconds": 30 }));
    assert_eq!(agents().await[0]["data"][0]["count"], 7);
    genesys.desk("POST", "queues/q1", json!({ "agentsOnQueue": 0 })).await;
    assert_eq!(agents().await, json!([]));
    assert_eq!(genesys.desk("POST", "queues/q9", json!({})).await.status, 404);
}

#[tokio::test]
async fn lists_schedules_and_groups() {
    let mut config = config();
    let schedule = |name: &str, rrule: Option<&str>| ScheduleConfig {
        name: name.to_owned(),
        start: "2026-01-05T08:00:00.000".to_owned(),
        end: "2026-01-05T18:00:00.000".to_owned(),
        rrule: rrule.map(str::to_owned),
    };
    config.schedules = vec![schedule("Weekdays", Some("FREQ=DAILY")), schedule("Holiday", None)];
    config.schedule_groups = vec![ScheduleGroupConfig {
        name: "Support hours".to_owned(),
        time_zone: "Europe/Berlin".to_owned(),
        open: vec!["Weekdays".to_owned()],
        closed: Vec::new(),
        holidays: vec!["Holiday".to_owned()],
    }];
    config.emergency_groups = vec![EmergencyGroupConfig { name: "Fire".to_owned(), enabled: false }];
    let genesys = Genesys::start(config).await;

    let group = genesys.get("/api/v2/architect/schedulegroups?name=Support%20hours").await.body["entities"][0].clone();
    assert_eq!((&group["timeZone"], &group["closedSchedules"]), (&json!("Europe/Berlin"), &json!([])));
    let by_id = genesys.get(group["selfUri"].as_str().unwrap()).await;
    assert_eq!(by_id.body, group);
    let open = genesys.get(group["openSchedules"][0]["selfUri"].as_str().unwrap()).await.body;
    assert_eq!(
        (&open["name"], &open["start"], &open["rrule"]),
        (&json!("Weekdays"), &json!("2026-01-05T08:00:00.000"), &json!("FREQ=DAILY"))
    );
    let holiday = genesys.get(group["holidaySchedules"][0]["selfUri"].as_str().unwrap()).await.body;
    assert_eq!((&holiday["name"], holiday.get("rrule")), (&json!("Holiday"), None));
    assert_eq!(genesys.get("/api/v2/architect/schedules").await.body["total"], 2);

    let path = format!("schedule-groups/{}", group["id"].as_str().unwrap());
    genesys.desk("POST", &path, json!({ "closed": ["Holiday"] })).await;
    let closed = genesys.get(group["selfUri"].as_str().unwrap()).await.body["closedSchedules"].clone();
    assert_eq!(closed[0]["selfUri"], holiday["selfUri"]);
    assert_eq!(genesys.desk("POST", &path, json!({ "closed": ["Unknown"] })).await.status, 404);
    assert_eq!(genesys.desk("POST", "schedule-groups/unknown", json!({ "closed": [] })).await.status, 404);

    let fire = genesys.get("/api/v2/architect/emergencygroups").await.body["entities"][0].clone();
    assert_eq!(fire["enabled"], false);
    let path = format!("emergency-groups/{}", fire["id"].as_str().unwrap());
    genesys.desk("POST", &path, json!({ "enabled": true })).await;
    assert_eq!(genesys.get(fire["selfUri"].as_str().unwrap()).await.body["enabled"], true);
    assert_eq!(genesys.get("/api/v2/architect/schedulegroups/unknown").await.status, 404);
}

#[tokio::test]
async fn an_agents_message_is_listed_at_the_agent() {
    let genesys = Genesys::start(config()).await;
    let conversation = genesys.send_text("sess-1", "hello").await;
    genesys.act_ok(&conversation, "accept", json!({ "name": "Grace" })).await;
    let said = genesys.act_ok(&conversation, "text", json!({ "text": "Good morning" })).await;
    let id = said["message"]["id"].as_str().unwrap();
    let read = genesys.get(&format!("/api/v2/conversations/messages/{conversation}")).await.body;
    let of = |purpose: &str| {
        let found = read["participants"].as_array().unwrap().iter().find(|one| one["purpose"] == purpose).unwrap();
        let messages = found["messages"].as_array().unwrap();
        messages.iter().map(|message| message["messageId"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(of("agent"), [id]);
    assert_eq!(of("customer").len(), 1);
    assert_eq!(of("acd").len(), 0);
}
