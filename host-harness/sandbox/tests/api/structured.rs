//! Tests of structured messages of flows, and of canned responses.

use serde_json::{Value, json};

use crate::support::{Genesys, Receiver, config};

fn quick_reply() -> Value {
    json!({ "contentType": "QuickReply", "quickReply": { "text": "Yes", "payload": "yes", "action": "Message" } })
}

fn card() -> Value {
    json!({
        "contentType": "Card",
        "card": {
            "title": "Plan A", "description": "10 GB", "image": "https://shop.example.com/a.png",
            "defaultAction": { "type": "Link", "text": "Open", "url": "https://shop.example.com/a" },
            "actions": [
                { "type": "Postback", "text": "Choose A", "payload": "plan-a" },
                { "type": "Link", "text": "Details", "url": "https://shop.example.com/a" },
            ],
        },
    })
}

fn template() -> Value {
    json!({
        "contentType": "Notification",
        "template": {
            "id": "cannedresponse@1234", "language": "en", "header": { "type": "Text", "text": "Hello" },
            "body": { "text": "Hi Happy", "parameters": [{ "name": "name", "text": "Happy" }] },
            "footer": { "text": "Goodbye" },
        },
    })
}

fn flow_contents() -> Vec<Value> {
    vec![
        json!([
            quick_reply(),
            { "contentType": "QuickReply", "quickReply": {
                "text": "No", "payload": "no", "action": "Message", "image": "https://x.example/no.png",
            } },
        ]),
        json!([card()]),
        json!([{ "contentType": "Carousel", "carousel": { "cards": [
            { "title": "Card 1", "description": "", "image": "https://x.example/1.png",
              "actions": [{ "type": "Postback", "text": "Option 1", "payload": "o1" }] },
            { "title": "Card 2", "description": "",
              "actions": [{ "type": "Postback", "text": "Option 2", "payload": "o2" }] },
        ] } }]),
        json!([{ "contentType": "DatePicker", "datePicker": {
            "title": "When?", "subtitle": "Pick one", "imageUrl": "https://x.example/d.png",
            "availableTimes": [{ "dateTime": "2026-03-05T12:00:00.000Z", "duration": 1800 }],
            "dateMinimum": "2026-03-01T00:00:00.000Z", "dateMaximum": "2026-03-31T00:00:00.000Z",
            "location": { "latitude": 52.5, "longitude": 13.4 },
        } }]),
        json!([{ "contentType": "ListPicker", "listPicker": {
            "id": "lp1",
            "sections": [{ "title": "Size", "multipleSelection": false, "items": [
                { "id": "s", "title": "Small", "subtitle": "for one", "imageUrl": "https://x.example/s.png" },
            ] }],
            "replyMessage": { "title": "Thanks" }, "receivedMessage": { "title": "Choose" },
        } }]),
        json!([{ "contentType": "Location", "location": {
            "latitude": 52.5, "longitude": 13.4, "address": "Unter den Linden", "text": "Office",
            "url": "https://maps.example.com/x",
        } }]),
    ]
}

#[tokio::test]
async fn a_flow_sends_every_content_type_as_a_bot() {
    let receiver = Receiver::start([]).await;
    let genesys = Genesys::start_with_receiver(&receiver, config()).await;
    let conversation = genesys.send_text("sess-42", "hello").await;
    for (index, content) in flow_contents().into_iter().enumerate() {
        genesys.act_ok(&conversation, "structured", json!({ "content": content, "text": "Well?", "as": "bot" })).await;
        let body = receiver.wait_for(index + 1).await[index].json();
        assert_eq!((&body["type"], &body["text"]), (&json!("Structured"), &json!("Well?")));
        assert_eq!((&body["originatingEntity"], &body["direction"]), (&json!("Bot"), &json!("Outbound")));
        assert_eq!((&body["content"], &body["conversationId"]), (&content, &json!(conversation)));
        assert_eq!(body["id"], body["channel"]["messageId"]);
    }
    genesys.act_ok(&conversation, "structured", json!({ "content": [card()] })).await;
    assert_eq!(receiver.wait_for(7).await[6].json().get("text"), None);
}

#[tokio::test]
async fn an_agent_sends_a_canned_response() {
    let receiver = Receiver::start([]).await;
    let genesys = Genesys::start_with_receiver(&receiver, config()).await;
    let conversation = genesys.send_text("sess-42", "hello").await;
    let body = json!({ "content": [template()], "text": "Hi Happy" });
    assert_eq!(genesys.act(&conversation, "structured", body.clone()).await.status, 409, "no agent has accepted");
    genesys.act_ok(&conversation, "accept", json!({ "name": "Grace Hopper" })).await;
    genesys.act_ok(&conversation, "structured", body).await;
    let arrived = receiver.wait_for(1).await[0].json();
    assert_eq!((&arrived["originatingEntity"], &arrived["type"]), (&json!("Human"), &json!("Structured")));
    assert_eq!(arrived["content"], json!([template()]));
}

#[tokio::test]
async fn names_the_wrong_field() {
    let genesys = Genesys::start(config()).await;
    let conversation = genesys.accepted_conversation("sess-42").await;
    let quick = |reply: Value| json!({ "content": [{ "contentType": "QuickReply", "quickReply": reply }] });
    let date = |time: &str| {
        json!({ "content": [{ "contentType": "DatePicker", "datePicker": {
            "title": "When?", "availableTimes": [{ "dateTime": time }],
        } }] })
    };
    for (body, reason) in [
        (json!({}), "missing field `content`"),
        (json!({ "content": [] }), "`content` must not be empty"),
        (json!({ "content": ["x"] }), "`content[0]` must be an object"),
        (json!({ "content": [{ "contentType": "Quick" }] }), "`content[0].contentType` must be one of QuickReply,"),
        (json!({ "content": [{ "contentType": "Card" }] }), "`content[0].card` is missing"),
        (json!({ "content": [{ "contentType": "Card", "Card": {} }] }), "`content[0]` knows no `Card`"),
        (quick(json!({ "text": "Yes" })), "`content[0].quickReply.payload` is missing"),
        (quick(json!({ "text": "", "payload": "x" })), "`content[0].quickReply.text` must be a text"),
        (quick(json!({ "text": "Yes", "payload": "x", "action": "Tell" })), "must be one of Message"),
        (quick(json!({ "text": "Yes", "payload": "x", "img": "y" })), "`content[0].quickReply` knows no `img`"),
        (date("tomorrow"), "`content[0].datePicker.availableTimes[0].dateTime` must be a time"),
        (
            json!({ "content": [{ "contentType": "Carousel", "carousel": { "cards": [] } }] }),
            "`content[0].carousel.cards` must be a list that is not empty",
        ),
        (
            json!({ "content": [{ "contentType": "Carousel", "carousel": { "cards": [{ "title": "x", "a": 1 }] } }] }),
            "`content[0].carousel.cards[0]` knows no `a`",
        ),
        (
            json!({ "content": [{ "contentType": "Location", "location": { "latitude": "x", "longitude": 1 } }] }),
            "`content[0].location.latitude` must be a number",
        ),
        (json!({ "content": [quick_reply(), card()] }), "QuickReply and Card do not mix"),
        (json!({ "content": [card(), card()] }), "there can be only one Card"),
        (json!({ "content": [card()], "as": "human" }), "`as` is wrong: a flow sends Card"),
        (json!({ "content": [template()], "as": "bot" }), "`as` is wrong: an agent sends Notification"),
        (json!({ "content": [card()], "text": "" }), "it must have 1 to 2000"),
        (json!({ "content": [card()], "color": 1 }), "unknown field"),
    ] {
        let answer = genesys.act(&conversation, "structured", body).await;
        assert_eq!(answer.status, 400, "{reason}");
        assert!(answer.body["message"].as_str().unwrap().contains(reason), "{reason}: {:?}", answer.body);
    }
    assert_eq!(genesys.desk("GET", "conversations", Value::Null).await.body["conversations"][0]["messageCount"], 1);
}
