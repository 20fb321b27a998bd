//! Tests of the agents' actions: offers, accepts, declines, transfers, conferences and wrap-up.

use serde_json::{Value, json};

use crate::support::{Genesys, config};

/// Returns the name, the state, the disconnect type, and whether it was ever connected, of each agent participant.
async fn agents(genesys: &Genesys, conversation: &str) -> Vec<(String, String, String, bool)> {
    let answer = genesys.get(&format!("/api/v2/conversations/messages/{conversation}")).await;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let participants = answer.body["participants"].as_array().unwrap().iter();
    let agents = participants.filter(|one| one["purpose"] == "agent");
    agents
        .map(|one| {
            let connected = one.get("connectedTime").is_some();
            (text(&one["name"]), text(&one["state"]), text(&one["disconnectType"]), connected)
        })
        .collect()
}

fn expect(expected: &[(&str, &str, &str, bool)]) -> Vec<(String, String, String, bool)> {
    let own = |(name, state, why, connected): &(&str, &str, &str, bool)| {
        ((*name).into(), (*state).into(), (*why).into(), *connected)
    };
    expected.iter().map(own).collect()
}

fn grace() -> Value {
    json!({ "name": "Grace Hopper" })
}

fn alan() -> Value {
    json!({ "name": "Alan Turing" })
}

/// Returns the purpose and the disconnect type of each participant.
async fn ends(genesys: &Genesys, conversation: &str) -> Vec<(String, String)> {
    let answer = genesys.get(&format!("/api/v2/conversations/messages/{conversation}")).await;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let participants = answer.body["participants"].as_array().unwrap().iter();
    participants.map(|one| (text(&one["purpose"]), text(&one["disconnectType"]))).collect()
}

fn expect_ends(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(purpose, why)| ((*purpose).into(), (*why).into())).collect()
}

#[tokio::test]
async fn an_offer_alerts_an_agent_who_accepts() {
    let genesys = Genesys::start(config()).await;
    let conversation = genesys.send_text("sess-42", "hello").await;
    let offered = genesys.act_ok(&conversation, "offer", grace()).await;
    assert_eq!((&offered["state"], &offered["agent"]), (&json!("waiting"), &Value::Null));
    assert_eq!(offered["alerting"]["name"], "Grace Hopper");
    assert_eq!(agents(&genesys, &conversation).await, expect(&[("Grace Hopper", "alerting", "", false)]));

    let other = genesys.act(&conversation, "accept", alan()).await;
    assert_eq!(other.status, 409);
    assert!(other.body["message"].as_str().unwrap().starts_with("the conversation is offered to Grace Hopper"));
    assert_eq!(genesys.act(&conversation, "offer", alan()).await.status, 409);
    assert_eq!(
        genesys.act(&conversation, "text", json!({ "text": "x" })).await.status,
        409,
        "an alerted agent is not connected"
    );

    let accepted = genesys.act_ok(&conversation, "accept", grace()).await;
    assert_eq!((&accepted["state"], &accepted["alerting"]), (&json!("connected"), &Value::Null));
    assert_eq!(agents(&genesys, &conversation).await, expect(&[("Grace Hopper", "connected", "", true)]));
}

#[tokio::test]
async fn an_agent_who_does_not_accept_was_never_connected() {
    for (act, why) in [("decline", "client"), ("no-answer", "transfer.noanswer")] {
        let genesys = Genesys::start(config()).await;
        let conversation = genesys.send_text("sess-42", "hello").await;
        assert_eq!(genesys.act(&conversation, act, Value::Null).await.status, 409, "no agent is alerted");
        genesys.act_ok(&conversation, "offer", grace()).await;
        assert_eq!(genesys.act(&conversation, act, alan()).await.status, 409, "another agent is alerted");
        let answer = genesys.act_ok(&conversation, act, Value::Null).await;
        assert_eq!((&answer["state"], &answer["alerting"]), (&json!("waiting"), &Value::Null), "{act}");
        genesys.act_ok(&conversation, act, alan()).await;
        genesys.act_ok(&conversation, "accept", grace()).await;
        assert_eq!(
            agents(&genesys, &conversation).await,
            expect(&[
                ("Grace Hopper", "disconnected", why, false),
                ("Alan Turing", "disconnected", why, false),
                ("Grace Hopper", "connected", "", true),
            ]),
        );
    }
}

#[tokio::test]
async fn the_disconnect_type_of_a_decline_is_configurable() {
    use genesys_sandbox::DeclineType;
    for (switch, why) in [(DeclineType::Transfer, "transfer"), (DeclineType::NoAnswerTransfer, "transfer.noanswer")] {
        let mut config = config();
        config.unconfirmed.decline = switch;
        let genesys = Genesys::start(config).await;
        let conversation = genesys.send_text("sess-42", "hello").await;
        genesys.act_ok(&conversation, "decline", grace()).await;
        assert_eq!(agents(&genesys, &conversation).await, expect(&[("Grace Hopper", "disconnected", why, false)]));
    }
}

#[tokio::test]
async fn a_transfer_to_an_agent_alerts_the_agent() {
    let genesys = Genesys::start(config()).await;
    let conversation = genesys.accepted_conversation("sess-42").await;
    let to_self = genesys.act(&conversation, "transfer", json!({ "agent": "Grace Hopper" })).await;
    assert_eq!(
        (to_self.status, &to_self.body["message"]),
        (409, &json!("Grace Hopper is in the conversation already"))
    );
    let both = json!({ "agent": "Alan Turing", "queueId": "q" });
    assert_eq!(genesys.act(&conversation, "transfer", both).await.status, 400);

    let moved = genesys.act_ok(&conversation, "transfer", json!({ "agent": "Alan Turing" })).await;
    assert_eq!((&moved["state"], &moved["alerting"]["name"]), (&json!("waiting"), &json!("Alan Turing")));
    genesys.act_ok(&conversation, "accept", alan()).await;
    assert_eq!(
        agents(&genesys, &conversation).await,
        expect(&[("Grace Hopper", "disconnected", "transfer", true), ("Alan Turing", "connected", "", true)]),
    );
    assert_eq!(
        ends(&genesys, &conversation).await,
        expect_ends(&[("customer", ""), ("acd", "transfer"), ("agent", "transfer"), ("agent", "")]),
        "there is no queue in between",
    );
}

#[tokio::test]
async fn a_declined_transfer_to_an_agent_waits_in_the_queue() {
    let genesys = Genesys::start(config()).await;
    let conversation = genesys.accepted_conversation("sess-42").await;
    let before = genesys.act_ok(&conversation, "transfer", json!({ "agent": "Alan Turing" })).await;
    let after = genesys.act_ok(&conversation, "decline", Value::Null).await;
    assert_eq!((&after["state"], &after["queueId"]), (&json!("waiting"), &before["queueId"]));
    assert_eq!(
        ends(&genesys, &conversation).await,
        expect_ends(&[("customer", ""), ("acd", "transfer"), ("agent", "transfer"), ("agent", "client"), ("acd", "")]),
    );
}

#[tokio::test]
async fn one_of_two_agents_can_leave_a_conference() {
    let genesys = Genesys::start(config()).await;
    let conversation = genesys.send_text("sess-42", "hello").await;
    assert_eq!(genesys.act(&conversation, "conference", alan()).await.status, 409);
    genesys.act_ok(&conversation, "accept", grace()).await;
    let alone = genesys.act(&conversation, "leave-conference", Value::Null).await;
    assert_eq!(alone.body["message"], "only one agent is connected; conference first, or disconnect");
    assert_eq!(genesys.act(&conversation, "conference", grace()).await.status, 409);

    let both = genesys.act_ok(&conversation, "conference", alan()).await;
    let names: Vec<_> = both["agents"].as_array().unwrap().iter().map(|one| one["name"].clone()).collect();
    assert_eq!(names, ["Grace Hopper", "Alan Turing"]);
    assert_eq!(both["agent"]["name"], "Grace Hopper");
    let absent = genesys.act(&conversation, "leave-conference", json!({ "name": "Ada Lovelace" })).await;
    assert_eq!((absent.status, &absent.body["message"]), (409, &json!("this agent is not in the conversation")));

    let left = genesys.act_ok(&conversation, "leave-conference", Value::Null).await;
    assert_eq!((&left["state"], &left["agent"]["name"]), (&json!("connected"), &json!("Alan Turing")));
    genesys.act_ok(&conversation, "conference", grace()).await;
    genesys.act_ok(&conversation, "leave-conference", grace()).await;
    genesys.act_ok(&conversation, "disconnect", Value::Null).await;
    assert_eq!(
        agents(&genesys, &conversation).await,
        expect(&[
            ("Grace Hopper", "disconnected", "client", true),
            ("Alan Turing", "disconnected", "client", true),
            ("Grace Hopper", "disconnected", "client", true),
        ]),
    );
}

#[tokio::test]
async fn ending_a_conference_makes_the_other_agent_a_peer() {
    let genesys = Genesys::start(config()).await;
    let conversation = genesys.accepted_conversation("sess-42").await;
    genesys.act_ok(&conversation, "conference", alan()).await;
    genesys.act_ok(&conversation, "disconnect", Value::Null).await;
    assert_eq!(
        ends(&genesys, &conversation).await,
        expect_ends(&[("customer", "peer"), ("acd", "transfer"), ("agent", "client"), ("agent", "peer")]),
    );
}

#[tokio::test]
async fn the_api_disconnects_only_one_of_two_agents() {
    let genesys = Genesys::start(config()).await;
    let conversation = genesys.accepted_conversation("sess-42").await;
    genesys.act_ok(&conversation, "conference", alan()).await;
    let path = format!("/api/v2/conversations/messages/{conversation}");
    let participants = genesys.get(&path).await.body["participants"].clone();
    let first = participants.as_array().unwrap().iter().find(|one| one["purpose"] == "agent").unwrap();
    let one = format!("{path}/participants/{}", first["id"].as_str().unwrap());
    assert_eq!(genesys.call("PATCH", &one, json!({ "state": "disconnected" })).await.status, 202);
    assert_eq!(
        agents(&genesys, &conversation).await,
        expect(&[("Grace Hopper", "disconnected", "client", true), ("Alan Turing", "connected", "", true)]),
    );
}

#[tokio::test]
async fn ends_by_expiry_and_failure() {
    for (act, why) in [("expire", "inactivity"), ("fail", "error")] {
        let genesys = Genesys::start(config()).await;
        let conversation = genesys.accepted_conversation("sess-42").await;
        assert_eq!(genesys.act_ok(&conversation, act, Value::Null).await["state"], "ended");
        assert_eq!(
            ends(&genesys, &conversation).await,
            expect_ends(&[("customer", why), ("acd", "transfer"), ("agent", why)]),
        );
        assert_eq!(genesys.act(&conversation, act, Value::Null).await.status, 409);

        let waiting = genesys.send_text("sess-43", "hello").await;
        genesys.act_ok(&waiting, act, Value::Null).await;
        assert_eq!(ends(&genesys, &waiting).await, expect_ends(&[("customer", why), ("acd", why)]));
    }
}

#[tokio::test]
async fn an_end_disconnects_an_alerted_agent() {
    let genesys = Genesys::start(config()).await;
    let conversation = genesys.send_text("sess-42", "hello").await;
    genesys.act_ok(&conversation, "offer", grace()).await;
    let path = format!("/api/v2/conversations/messages/{conversation}");
    genesys.call("PATCH", &path, json!({ "state": "disconnected" })).await;
    assert_eq!(agents(&genesys, &conversation).await, expect(&[("Grace Hopper", "disconnected", "peer", false)]));
}

#[tokio::test]
async fn wrap_up_follows_a_transfer_or_the_end() {
    let genesys = Genesys::start(config()).await;
    let conversation = genesys.accepted_conversation("sess-42").await;
    let done = json!({ "code": "resolved", "notes": "all well" });
    let early = genesys.act(&conversation, "wrap-up", done.clone()).await;
    assert_eq!(early.status, 409);
    assert!(early.body["message"].as_str().unwrap().starts_with("no agent has left"), "{:?}", early.body);

    genesys.act_ok(&conversation, "transfer", Value::Null).await;
    genesys.act_ok(&conversation, "accept", alan()).await;
    genesys.act_ok(&conversation, "wrap-up", json!({ "code": "handed-on", "name": "Grace Hopper" })).await;
    assert_eq!(
        genesys.act(&conversation, "wrap-up", json!({ "code": "x" })).await.status,
        409,
        "an agent wraps up only once"
    );
    genesys.act_ok(&conversation, "disconnect", Value::Null).await;
    assert_eq!(genesys.act(&conversation, "wrap-up", json!({ "code": "" })).await.status, 400);
    genesys.act_ok(&conversation, "wrap-up", done).await;

    let body = genesys.get(&format!("/api/v2/conversations/messages/{conversation}")).await.body;
    let agents: Vec<_> =
        body["participants"].as_array().unwrap().iter().filter(|one| one["purpose"] == "agent").collect();
    assert_eq!((&agents[0]["wrapup"]["code"], &agents[1]["wrapup"]["code"]), (&json!("handed-on"), &json!("resolved")));
    assert_eq!(agents[1]["wrapup"]["notes"], "all well");
    assert_eq!(agents[1]["startAcwTime"], agents[1]["endTime"]);
    assert!(agents[1]["endAcwTime"].is_string());
}
