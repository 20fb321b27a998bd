//! Tests of the four inbound endpoints: their responses and refusals.

use genesys_sandbox::Permission;
use serde_json::{Value, json};

use crate::support::{Genesys, Receiver, config, text_message};

fn full_message() -> Value {
    json!({
        "channel": {
            "from": {
                "id": "sess-42", "idType": "Opaque", "nickname": "Ada L.", "firstName": "Ada", "lastName": "Lovelace",
                "email": "ada@example.com",
            },
            "time": "2026-03-01T10:00:00.123Z",
            "messageId": "b7c0a9f4-0001",
            "metadata": { "customAttributes": { "language": "english", "priority": 1 } },
        },
        "text": "I would like to talk to a person",
        "metadata": { "source": "web" },
    })
}

fn attachment_message() -> Value {
    json!({
        "channel": { "from": { "id": "sess-42", "idType": "Opaque" }, "time": "2026-03-01T10:01:00.000Z" },
        "text": "my invoice",
        "content": [{
            "attachment": {
                "mediaType": "File", "url": "https://files.example.com/u/inv.pdf", "mime": "application/pdf",
                "filename": "inv.pdf",
            },
        }],
    })
}

fn typing_event() -> Value {
    json!({
        "channel": { "from": { "id": "sess-42", "idType": "Opaque" }, "time": "2026-03-01T10:02:00.000Z" },
        "events": [{ "eventType": "Typing" }],
    })
}

fn button_response() -> Value {
    json!({
        "channel": {
            "from": { "id": "sess-42", "idType": "Opaque" }, "time": "2026-03-01T10:04:00.000Z",
            "messageId": "b7c0a9f4-0007",
        },
        "buttonResponse": { "type": "QuickReply", "text": "Yes", "payload": "yes" },
        "originatingMessageId": "c327c2078ca056db130c55ce648d9fa2",
    })
}

/// Returns `body` with `value` at `pointer`; `null` removes the field.
fn with(mut body: Value, pointer: &str, value: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = body.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    if value.is_null() {
        parent.remove(name);
    } else {
        parent.insert(name.to_owned(), value);
    }
    body
}

fn take(body: &mut Value, field: &str) -> Value {
    body.as_object_mut().unwrap().remove(field).unwrap_or_default()
}

#[tokio::test]
async fn answers_a_message_as_documented() {
    let genesys = Genesys::start(config()).await;
    let integration = genesys.sandbox.announcement().integration_id.clone();
    let mut answer = genesys.inbound("message?prefetchConversationId=true", full_message()).await;
    assert_eq!(answer.status, 200);
    let id = take(&mut answer.body, "id");
    let id = id.as_str().unwrap();
    assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
    assert_eq!(take(&mut answer.body, "conversationId").as_str().unwrap().len(), 36);
    assert_eq!(
        answer.body,
        json!({
            "channel": {
                "id": integration,
                "platform": "Open", "type": "Private",
                "messageId": "b7c0a9f4-0001",
                "to": { "id": integration },
                "from": {
                    "nickname": "Ada L.", "id": "sess-42", "idType": "Opaque", "firstName": "Ada",
                    "lastName": "Lovelace", "email": "ada@example.com",
                },
                "time": "2026-03-01T10:00:00.123Z",
            },
            "type": "Text",
            "text": "I would like to talk to a person",
            "metadata": { "source": "web" },
        }),
    );
}

#[tokio::test]
async fn returns_the_conversation_id_only_on_request() {
    let genesys = Genesys::start(config()).await;
    for (query, is_returned) in
        [("", false), ("?prefetchConversationId=false", false), ("?prefetchConversationId=true", true)]
    {
        let answer = genesys.inbound(&format!("message{query}"), text_message("sess-42", "hi")).await;
        assert_eq!(answer.body.get("conversationId").is_some(), is_returned, "{query}");
    }
}

#[tokio::test]
async fn the_success_status_is_configurable() {
    let mut config = config();
    config.unconfirmed.inbound_status = 202;
    config.unconfirmed.check_originating_message = false;
    let genesys = Genesys::start(config).await;
    assert_eq!(genesys.inbound("message", full_message()).await.status, 202);
    assert_eq!(genesys.inbound("event", typing_event()).await.status, 202);
    assert_eq!(genesys.inbound("structured/response", button_response()).await.status, 202);
}

#[tokio::test]
async fn answers_an_attachment_with_its_content_type() {
    let genesys = Genesys::start(config()).await;
    let answer = genesys.inbound("message", attachment_message()).await;
    assert_eq!(answer.body["content"][0]["contentType"], "Attachment");
    let attachment = &answer.body["content"][0]["attachment"];
    assert_eq!(attachment["url"], "https://files.example.com/u/inv.pdf");
    assert_eq!(attachment["id"].as_str().unwrap().len(), 36);

    let without_text = with(attachment_message(), "/text", Value::Null);
    assert_eq!(genesys.inbound("message", without_text).await.status, 200);
}

#[tokio::test]
async fn requires_the_required_fields() {
    let genesys = Genesys::start(config()).await;
    let receipt = json!({
        "id": "x",
        "channel": { "to": { "id": "sess-42", "idType": "Opaque" }, "time": "2026-03-01T10:03:01.000Z" },
        "status": "Delivered",
    });
    for (endpoint, body, pointers) in [
        (
            "message",
            attachment_message(),
            &[
                "/channel",
                "/channel/from",
                "/channel/from/id",
                "/channel/from/idType",
                "/content/0/attachment",
                "/content/0/attachment/mediaType",
                "/content/0/attachment/url",
                "/content/0/attachment/mime",
            ][..],
        ),
        ("event", typing_event(), &["/channel", "/channel/from", "/events", "/events/0/eventType"]),
        ("receipt", receipt, &["/id", "/channel", "/channel/to", "/channel/to/id", "/channel/to/idType", "/status"]),
        (
            "structured/response",
            button_response(),
            &[
                "/channel",
                "/buttonResponse",
                "/buttonResponse/type",
                "/buttonResponse/text",
                "/buttonResponse/payload",
                "/originatingMessageId",
            ],
        ),
    ] {
        for pointer in pointers {
            let answer = genesys.inbound(endpoint, with(body.clone(), pointer, Value::Null)).await;
            assert_eq!((answer.status, answer.code()), (400, "bad.request"), "{endpoint} {pointer}");
            assert_eq!(answer.body["details"][0]["errorCode"], "required", "{endpoint} {pointer}");
        }
    }
}

#[tokio::test]
async fn refuses_fields_of_the_wrong_type() {
    let genesys = Genesys::start(config()).await;
    for (pointer, value) in [
        ("/channel", json!("x")),
        ("/channel/from", json!([])),
        ("/channel/from/id", json!(42)),
        ("/channel/from/id", json!("")),
        ("/channel/from/nickname", json!(42)),
        ("/channel/messageId", json!(42)),
        ("/channel/metadata", json!("x")),
        ("/text", json!(42)),
        ("/content", json!({})),
        ("/content", json!(["x"])),
        ("/content/0/attachment", json!("x")),
        ("/content/0/attachment/url", json!("files/inv.pdf")),
        ("/content/0/attachment/url", json!("file:///etc/passwd")),
        ("/content/0/attachment/filename", json!(42)),
        ("/metadata", json!("x")),
        ("/metadata", json!({ "customAttributes": { "k": "v" } })),
        ("/metadata", json!({ "k": 1 })),
    ] {
        let answer = genesys.inbound("message", with(attachment_message(), pointer, value.clone())).await;
        assert_eq!((answer.status, answer.code()), (400, "bad.request"), "{pointer} {value}");
    }
}

#[tokio::test]
async fn requires_text_or_content() {
    let genesys = Genesys::start(config()).await;
    let nothing = with(text_message("sess-42", "x"), "/text", Value::Null);
    for body in [nothing.clone(), with(nothing.clone(), "/content", json!([])), with(nothing, "/text", json!(""))] {
        let answer = genesys.inbound("message", body).await;
        assert_eq!((answer.status, answer.code()), (400, "bad.request"));
        assert_eq!(
            answer.body["message"],
            "should have required property 'content', should have required property '.text', should match some schema in anyOf",
        );
    }
}

#[tokio::test]
async fn refuses_more_than_one_attachment() {
    let genesys = Genesys::start(config()).await;
    let mut body = attachment_message();
    let one = body["content"][0].clone();
    body["content"] = json!([one, one]);
    assert_eq!(genesys.inbound("message", body).await.status, 400);
}

#[tokio::test]
async fn an_unknown_enum_value_is_an_invalid_value() {
    let genesys = Genesys::start(config()).await;
    for (endpoint, body, pointer, choices) in [
        ("message", attachment_message(), "/channel/from/idType", "Email, Phone, Opaque"),
        ("message", attachment_message(), "/content/0/attachment/mediaType", "Image, Video, Audio, File, Link"),
        ("event", typing_event(), "/events/0/eventType", "Typing"),
        ("structured/response", button_response(), "/buttonResponse/type", "Button, QuickReply, DatePicker"),
    ] {
        let answer = genesys.inbound(endpoint, with(body, pointer, json!("Presence"))).await;
        assert_eq!((answer.status, answer.code()), (400, "invalid.value"), "{pointer}");
        let message = answer.body["message"].as_str().unwrap();
        assert!(message.starts_with("Value [Presence] is not valid for field type ["), "{message}");
        assert!(message.ends_with(&format!("]. Allowable values are: {choices}")), "{message}");
    }
    let lower = with(text_message("sess-42", "hi"), "/channel/from/idType", json!("email"));
    let answer = genesys.inbound("message", lower).await;
    assert_eq!((answer.status, &answer.body["channel"]["from"]["idType"]), (200, &json!("Email")));
}

#[tokio::test]
async fn a_bad_date_is_an_invalid_date() {
    let mut config = config();
    config.unconfirmed.check_originating_message = false;
    let genesys = Genesys::start(config).await;
    for (endpoint, body) in
        [("message", text_message("s", "hi")), ("event", typing_event()), ("structured/response", button_response())]
    {
        for bad in [json!("yesterday"), json!("2026-03-01T10:00:00+01:00"), json!(1_772_359_200)] {
            let answer = genesys.inbound(endpoint, with(body.clone(), "/channel/time", bad)).await;
            assert_eq!((answer.status, answer.code()), (400, "invalid.date"));
            assert_eq!(
                answer.body["message"],
                "Dates must be specified as ISO-8601 strings. For example: yyyy-MM-ddTHH:mm:ss.SSSZ",
            );
        }
        let seconds = with(body, "/channel/time", json!("2026-03-01T10:00:00Z"));
        assert_eq!(genesys.inbound(endpoint, seconds).await.status, 200);
    }
}

#[tokio::test]
async fn accepts_unknown_fields() {
    let genesys = Genesys::start(config()).await;
    let mut body = attachment_message();
    body["id"] = json!("mine");
    body["direction"] = json!("Inbound");
    body["type"] = json!("Text");
    body["channel"]["platform"] = json!("Open");
    body["channel"]["to"] = json!({ "id": "x" });
    body["content"][0]["contentType"] = json!("Attachment");
    assert_eq!(genesys.inbound("message", body).await.status, 200);
}

#[tokio::test]
async fn custom_attributes_become_attributes_of_the_customer() {
    let genesys = Genesys::start(config()).await;
    let answer = genesys.inbound("message?prefetchConversationId=true", full_message()).await;
    let id = answer.body["conversationId"].as_str().unwrap();
    let conversation = genesys.get(&format!("/api/v2/conversations/messages/{id}")).await.body;
    let customer = &conversation["participants"][0];
    assert_eq!(customer["purpose"], "customer");
    assert_eq!(customer["attributes"], json!({ "language": "english", "priority": "1" }));

    let later = with(full_message(), "/channel/metadata", json!({ "customAttributes": { "priority": "2" }, "x": 1 }));
    genesys.inbound("message", later).await;
    genesys.inbound("message", with(full_message(), "/channel/metadata", json!({ "customAttributes": "x" }))).await;
    let conversation = genesys.get(&format!("/api/v2/conversations/messages/{id}")).await.body;
    assert_eq!(conversation["participants"][0]["attributes"], json!({ "language": "english", "priority": "2" }));
}

#[tokio::test]
async fn an_unknown_integration_is_not_found() {
    let genesys = Genesys::start(config()).await;
    for endpoint in ["message", "event", "receipt", "structured/response"] {
        let path = format!("/api/v2/conversations/messages/unknown/inbound/open/{endpoint}");
        let answer = genesys.call("POST", &path, full_message()).await;
        assert_eq!((answer.status, answer.code()), (404, "not.found"), "{endpoint}");
    }
}

#[tokio::test]
async fn requires_the_permission() {
    let mut config = config();
    config.clients[0].permissions.remove(&Permission::MessageReceive);
    let genesys = Genesys::start(config).await;
    for endpoint in ["message", "event", "receipt", "structured/response"] {
        let answer = genesys.inbound(endpoint, full_message()).await;
        assert_eq!((answer.status, answer.code()), (403, "missing.permissions"), "{endpoint}");
    }
}

#[tokio::test]
async fn answers_an_event_as_documented() {
    let genesys = Genesys::start(config()).await;
    let integration = genesys.sandbox.announcement().integration_id.clone();
    let mut answer = genesys.inbound("event", typing_event()).await;
    assert_eq!(take(&mut answer.body, "id").as_str().unwrap().len(), 32);
    assert_eq!(
        answer.body,
        json!({
            "channel": {
                "id": integration, "platform": "Open", "type": "Private", "to": { "id": integration },
                "from": { "id": "sess-42", "idType": "Opaque" }, "time": "2026-03-01T10:02:00.000Z",
            },
            "type": "Event",
            "events": [{ "eventType": "Typing", "typing": { "type": "On", "duration": 5000 } }],
        }),
    );
}

#[tokio::test]
async fn answers_a_structured_response_as_documented() {
    let mut config = config();
    config.unconfirmed.check_originating_message = false;
    let genesys = Genesys::start(config).await;
    let answer = genesys.inbound("structured/response", button_response()).await;
    assert_eq!(answer.status, 200);
    assert_eq!((&answer.body["type"], &answer.body["direction"]), (&json!("Structured"), &json!("Inbound")));
    assert_eq!(answer.body["content"][0]["contentType"], "ButtonResponse");
    assert_eq!(answer.body["content"][0]["buttonResponse"]["payload"], "yes");
    assert_eq!(answer.body["channel"]["messageId"], "b7c0a9f4-0007");
    let list = genesys.desk("GET", "conversations", Value::Null).await.body;
    let id = list["conversations"][0]["id"].as_str().unwrap();
    let seen = genesys.desk("GET", &format!("conversations/{id}"), Value::Null).await.body;
    assert_eq!((&seen["messages"][0]["type"], &seen["messages"][0]["text"]), (&json!("Structured"), &json!("Yes")));
}

#[tokio::test]
async fn a_structured_response_requires_a_message_that_a_webhook_sent() {
    let genesys = Genesys::start(config()).await;
    let conversation = genesys.accepted_conversation("sess-42").await;
    let own = genesys.inbound("message", text_message("sess-42", "hi")).await.body["id"].clone();
    for unknown in [json!("c327c2078ca056db130c55ce648d9fa2"), own] {
        let body = with(button_response(), "/originatingMessageId", unknown);
        let refused = genesys.inbound("structured/response", body).await;
        assert_eq!((refused.status, refused.code()), (400, "bad.request"));
    }
    let reply = json!({ "contentType": "QuickReply", "quickReply": { "text": "Yes", "payload": "yes" } });
    let sent = genesys.act_ok(&conversation, "structured", json!({ "content": [reply] })).await;
    let id = sent["message"]["id"].clone();
    let body = with(button_response(), "/originatingMessageId", id.clone());
    assert_eq!(genesys.inbound("structured/response", body).await.status, 200);
    let seen = genesys.desk("GET", &format!("conversations/{conversation}"), Value::Null).await.body;
    let last = seen["messages"].as_array().unwrap().last().unwrap();
    assert_eq!(
        last["content"],
        json!([{ "contentType": "ButtonResponse", "buttonResponse": {
            "type": "QuickReply", "text": "Yes", "payload": "yes", "originatingMessageId": id,
        } }]),
    );
}

#[tokio::test]
async fn structured_responses_can_be_disabled() {
    let mut config = config();
    config.unconfirmed.structured_responses = false;
    let genesys = Genesys::start(config).await;
    let answer = genesys.inbound("structured/response", button_response()).await;
    assert_eq!((answer.status, answer.code()), (404, "not.found"));
}

#[tokio::test]
async fn a_receipt_sets_the_delivery_state() {
    let receiver = Receiver::start([]).await;
    let genesys = Genesys::start_with_receiver(&receiver, config()).await;
    let conversation = genesys.accepted_conversation("sess-42").await;
    for (status, reasons, state) in [
        ("Delivered", json!([]), "delivered"),
        ("Failed", json!([{ "code": "InvalidDestination", "message": "user left the web chat" }]), "failed"),
    ] {
        let sent = genesys.act_ok(&conversation, "text", json!({ "text": "Hello" })).await;
        genesys.wait_for_delivery(&conversation, "sent").await;
        let receipt = json!({
            "id": sent["message"]["id"],
            "channel": { "to": { "id": "sess-42", "idType": "Opaque" }, "time": "2026-03-01T10:03:01.000Z" },
            "status": status, "reasons": reasons,
        });
        assert_eq!(genesys.inbound("receipt", receipt).await.status, 200);
        assert_eq!(genesys.last_delivery(&conversation).await, json!({ "state": state, "reasons": reasons }));
    }
}

#[tokio::test]
async fn validates_and_answers_receipts() {
    let genesys = Genesys::start(config()).await;
    let conversation = genesys.accepted_conversation("sess-42").await;
    let sent = genesys.act_ok(&conversation, "text", json!({ "text": "Hello" })).await;
    let receipt = |status: &str, reasons: Value| {
        json!({
            "id": sent["message"]["id"],
            "channel": { "to": { "id": "sess-42", "idType": "Opaque" }, "time": "2026-03-01T10:03:01.000Z" },
            "status": status, "reasons": reasons, "isFinalReceipt": true,
        })
    };
    let refused = genesys.inbound("receipt", receipt("Read", json!([]))).await;
    assert_eq!((refused.status, refused.code()), (400, "invalid.value"));
    for status in ["Sent", "Published", "Removed"] {
        let refused = genesys.inbound("receipt", receipt(status, json!([]))).await;
        assert_eq!((refused.status, refused.code()), (400, "bad.request"), "{status}");
    }
    let why = json!([{ "code": "InvalidDestination", "message": "user left" }]);
    assert_eq!(genesys.inbound("receipt", receipt("Delivered", why.clone())).await.status, 400);
    let odd = json!([{ "code": "Odd", "message": "user left" }]);
    assert_eq!(genesys.inbound("receipt", receipt("Failed", odd)).await.code(), "invalid.value");
    assert_eq!(genesys.inbound("receipt", receipt("Failed", json!([{ "code": "ServerError" }]))).await.status, 400);

    let answer = genesys.inbound("receipt", receipt("Failed", why.clone())).await;
    assert_eq!((answer.status, &answer.body["type"]), (200, &json!("Receipt")));
    assert_eq!((&answer.body["direction"], &answer.body["reasons"]), (&json!("Outbound"), &why));
    assert_eq!(answer.body["channel"]["platform"], "Open");
}

#[tokio::test]
async fn a_receipt_requires_a_message_that_a_webhook_sent() {
    let genesys = Genesys::start(config()).await;
    let own = genesys.inbound("message", text_message("sess-42", "hi")).await.body["id"].clone();
    for id in [json!("c327c2078ca056db130c55ce648d9fa2"), own] {
        let receipt = json!({
            "id": id,
            "channel": { "to": { "id": "sess-42", "idType": "Opaque" }, "time": "2026-03-01T10:03:01.000Z" },
            "status": "Delivered",
        });
        assert_eq!(genesys.inbound("receipt", receipt).await.status, 404);
    }
}

#[tokio::test]
async fn drops_media_that_is_not_allowed() {
    let mut config = config();
    config.media.inbound = vec!["image/*".to_owned()];
    let genesys = Genesys::start(config).await;
    let answer = genesys.inbound("message?prefetchConversationId=true", attachment_message()).await;
    assert_eq!((answer.status, answer.body.get("content")), (200, None));
    let id = answer.body["conversationId"].as_str().unwrap();
    let seen = genesys.desk("GET", &format!("conversations/{id}"), Value::Null).await.body;
    let message = &seen["messages"][0];
    assert_eq!((&message["content"], &message["text"]), (&json!([]), &json!("my invoice")));
    assert_eq!(message["delivery"]["reasons"][0]["code"], "MediaTypeNotAllowed");
}

#[tokio::test]
async fn a_repeated_message_id_creates_two_messages_unless_dropped() {
    for (drop, count) in [(false, 2), (true, 1)] {
        let mut config = config();
        config.unconfirmed.drop_repeated_message_ids = drop;
        let genesys = Genesys::start(config).await;
        let first = genesys.inbound("message?prefetchConversationId=true", full_message()).await.body;
        let second = genesys.inbound("message?prefetchConversationId=true", full_message()).await.body;
        assert_eq!(first["conversationId"], second["conversationId"]);
        assert_eq!(first["id"] == second["id"], drop);
        let list = genesys.desk("GET", "conversations", Value::Null).await.body;
        assert_eq!(list["conversations"][0]["messageCount"], count);
    }
}
