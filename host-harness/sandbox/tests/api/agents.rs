//! What agents do: they are offered conversations, take them or not, hand them on, bring others in, wrap up.

use serde_json::{Value, json};

use crate::support::{Genesys, config};

/// Name, state, disconnect type and whether they were ever connected, of each agent participant.
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

/// Purpose and disconnect type of each participant.
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
async fn an_offer_alerts_and_is_accepted() {
    let genesys = Genesys::start(config()).await;
    let conversation = genesys.says("sess-42", "hello").await;
    let offered = genesys.does(&conversation, "offer", grace()).await;
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
        "alerted is not connected"
    );

    let accepted = genesys.does(&conversation, "accept", grace()).await;
    assert_eq!((&accepted["state"], &accepted["alerting"]), (&json!("connected"), &Value::Null));
    assert_eq!(agents(&genesys, &conversation).await, expect(&[("Grace Hopper", "connected", "", true)]));
}

#[tokio::test]
async fn whoever_does_not_take_it_was_never_connected() {
    for (act, why) in [("decline", "client"), ("no-answer", "transfer.noanswer")] {
        let genesys = Genesys::start(config()).await;
        let conversation = genesys.says("sess-42", "hello").await;
        assert_eq!(genesys.act(&conversation, act, Value::Null).await.status, 409, "nobody is alerted");
        genesys.does(&conversation, "offer", grace()).await;
        assert_eq!(genesys.act(&conversation, act, alan()).await.status, 409, "another one is alerted");
        let answer = genesys.does(&conversation, act, Value::Null).await;
        assert_eq!((&answer["state"], &answer["alerting"]), (&json!("waiting"), &Value::Null), "{act}");
        genesys.does(&conversation, act, alan()).await;
        genesys.does(&conversation, "accept", grace()).await;
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
async fn how_declining_ends_is_a_switch() {
    use genesys_sandbox::DeclineType;
    for (switch, why) in [(DeclineType::Transfer, "transfer"), (DeclineType::NoAnswerTransfer, "transfer.noanswer")] {
        let mut config = config();
        config.unconfirmed.decline = switch;
        let genesys = Genesys::start(config).await;
        let conversation = genesys.says("sess-42", "hello").await;
        genesys.does(&conversation, "decline", grace()).await;
        assert_eq!(agents(&genesys, &conversation).await, expect(&[("Grace Hopper", "disconnected", why, false)]));
    }
}

#[tokio::test]
async fn a_transfer_to_an_agent_alerts_them() {
    let genesys = Genesys::start(config()).await;
    let conversation = genesys.accepted("sess-42").await;
    let to_self = genesys.act(&conversation, "transfer", json!({ "agent": "Grace Hopper" })).await;
    assert_eq!(
        (to_self.status, &to_self.body["message"]),
        (409, &json!("Grace Hopper is in the conversation already"))
    );
    let both = json!({ "agent": "Alan Turing", "queueId": "q" });
    assert_eq!(genesys.act(&conversation, "transfer", both).await.status, 400);

    let moved = genesys.does(&conversation, "transfer", json!({ "agent": "Alan Turing" })).await;
    assert_eq!((&moved["state"], &moved["alerting"]["name"]), (&json!("waiting"), &json!("Alan Turing")));
    genesys.does(&conversation, "accept", alan()).await;
    assert_eq!(
        agents(&genesys, &conversation).await,
        expect(&[("Grace Hopper", "disconnected", "transfer", true), ("Alan Turing", "connected", "", true)]),
    );
    assert_eq!(
        ends(&genesys, &conversation).await,
        expect_ends(&[("customer", ""), ("acd", "transfer"), ("agent", "transfer"), ("agent", "")]),
        "no queue in between",
    );
}

#[tokio::test]
async fn a_declined_transfer_to_an_agent_waits_in_the_queue() {
    let genesys = Genesys::start(config()).await;
    let conversation = genesys.accepted("sess-42").await;
    let before = genesys.does(&conversation, "transfer", json!({ "agent": "Alan Turing" })).await;
    let after = genesys.does(&conversation, "decline", Value::Null).await;
    assert_eq!((&after["state"], &after["queueId"]), (&json!("waiting"), &before["queueId"]));
    assert_eq!(
        ends(&genesys, &conversation).await,
        expect_ends(&[("customer", ""), ("acd", "transfer"), ("agent", "transfer"), ("agent", "client"), ("acd", "")]),
    );
}

#[tokio::test]
async fn a_conference_has_two_agents_of_whom_one_may_leave() {
    let genesys = Genesys::start(config()).await;
    let conversation = genesys.says("sess-42", "hello").await;
    assert_eq!(genesys.act(&conversation, "conference", alan()).await.status, 409);
    genesys.does(&conversation, "accept", grace()).await;
    let alone = genesys.act(&conversation, "leave-conference", Value::Null).await;
    assert_eq!(alone.body["message"], "only one agent is connected; conference first, or disconnect");
    assert_eq!(genesys.act(&conversation, "conference", grace()).await.status, 409);

    let both = genesys.does(&conversation, "conference", alan()).await;
    let names: Vec<_> = both["agents"].as_array().unwrap().iter().map(|one| one["name"].clone()).collect();
    assert_eq!(names, ["Grace Hopper", "Alan Turing"]);
    assert_eq!(both["agent"]["name"], "Grace Hopper");
    let absent = genesys.act(&conversation, "leave-conference", json!({ "name": "Nobody" })).await;
    assert_eq!((absent.status, &absent.body["message"]), (409, &json!("this agent is not in the conversation")));

    let left = genesys.does(&conversation, "leave-conference", Value::Null).await;
    assert_eq!((&left["state"], &left["agent"]["name"]), (&json!("connected"), &json!("Alan Turing")));
    genesys.does(&conversation, "conference", grace()).await;
    genesys.does(&conversation, "leave-conference", grace()).await;
    genesys.does(&conversation, "disconnect", Value::Null).await;
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
    let conversation = genesys.accepted("sess-42").await;
    genesys.does(&conversation, "conference", alan()).await;
    genesys.does(&conversation, "disconnect", Value::Null).await;
    assert_eq!(
        ends(&genesys, &conversation).await,
        expect_ends(&[("customer", "peer"), ("acd", "transfer"), ("agent", "client"), ("agent", "peer")]),
    );
}

#[tokio::test]
async fn the_api_disconnects_one_of_two_agents_only() {
    let genesys = Genesys::start(config()).await;
    let conversation = genesys.accepted("sess-42").await;
    genesys.does(&conversation, "conference", alan()).await;
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
async fn it_also_ends_without_anybody() {
    for (act, why) in [("expire", "inactivity"), ("fail", "error")] {
        let genesys = Genesys::start(config()).await;
        let conversation = genesys.accepted("sess-42").await;
        assert_eq!(genesys.does(&conversation, act, Value::Null).await["state"], "ended");
        assert_eq!(
            ends(&genesys, &conversation).await,
            expect_ends(&[("customer", why), ("acd", "transfer"), ("agent", why)]),
        );
        assert_eq!(genesys.act(&conversation, act, Value::Null).await.status, 409);

        let waiting = genesys.says("sess-43", "hello").await;
        genesys.does(&waiting, act, Value::Null).await;
        assert_eq!(ends(&genesys, &waiting).await, expect_ends(&[("customer", why), ("acd", why)]));
    }
}

#[tokio::test]
async fn an_end_ends_an_offer() {
    let genesys = Genesys::start(config()).await;
    let conversation = genesys.says("sess-42", "hello").await;
    genesys.does(&conversation, "offer", grace()).await;
    let path = format!("/api/v2/conversations/messages/{conversation}");
    genesys.call("PATCH", &path, json!({ "state": "disconnected" })).await;
    assert_eq!(agents(&genesys, &conversation).await, expect(&[("Grace Hopper", "disconnected", "peer", false)]));
}

#[tokio::test]
async fn wrapping_up_follows_a_transfer_or_the_end() {
    let genesys = Genesys::start(config()).await;
    let conversation = genesys.accepted("sess-42").await;
    let done = json!({ "code": "resolved", "notes": "all well" });
    let early = genesys.act(&conversation, "wrap-up", done.clone()).await;
    assert_eq!(early.status, 409);
    assert!(early.body["message"].as_str().unwrap().starts_with("no agent has left"), "{:?}", early.body);

    genesys.does(&conversation, "transfer", Value::Null).await;
    genesys.does(&conversation, "accept", alan()).await;
    genesys.does(&conversation, "wrap-up", json!({ "code": "handed-on", "name": "Grace Hopper" })).await;
    assert_eq!(genesys.act(&conversation, "wrap-up", json!({ "code": "x" })).await.status, 409, "once is enough");
    genesys.does(&conversation, "disconnect", Value::Null).await;
    assert_eq!(genesys.act(&conversation, "wrap-up", json!({ "code": "" })).await.status, 400);
    genesys.does(&conversation, "wrap-up", done).await;

    let body = genesys.get(&format!("/api/v2/conversations/messages/{conversation}")).await.body;
    let agents: Vec<_> =
        body["participants"].as_array().unwrap().iter().filter(|one| one["purpose"] == "agent").collect();
    assert_eq!((&agents[0]["wrapup"]["code"], &agents[1]["wrapup"]["code"]), (&json!("handed-on"), &json!("resolved")));
    assert_eq!(agents[1]["wrapup"]["notes"], "all well");
    assert_eq!(agents[1]["startAcwTime"], agents[1]["endTime"]);
    assert!(agents[1]["endAcwTime"].is_string());
}
