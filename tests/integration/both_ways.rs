//! Every kind of Open Messaging content, in both directions, over sockets.

use crate::platform::Platform;
use crate::world::{World, text};
use genesys_sandbox::Config;
use handover_host::contract::{
    AnswerKind, Attachment, DeliveryReceipt, FailureReason, MediaKind, OutboundMessage, ReceiptOutcome,
    StructuredAnswer,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

async fn conversation_json(world: &World, conversation: &str) -> Value {
    world.sandbox_get(&format!("conversations/{conversation}")).await
}

fn yes(message: &str) -> OutboundMessage {
    OutboundMessage::Answer(StructuredAnswer {
        message_id: message.into(),
        kind: AnswerKind::QuickReply,
        text: "Yes".into(),
        payload: "yes".into(),
    })
}

/// Sends a question as the flow, and returns its message id.
async fn ask_question(world: &World, conversation: &str) -> String {
    let content = json!([
        { "contentType": "QuickReply", "quickReply": { "text": "Yes", "payload": "yes", "action": "Message" } },
        { "contentType": "QuickReply", "quickReply": { "text": "No", "payload": "no", "action": "Message" } },
    ]);
    let body = json!({ "text": "Shall we go on?", "content": content });
    world.sandbox_post(&format!("conversations/{conversation}/structured"), body).await;
    let seen = conversation_json(world, conversation).await;
    seen["messages"].as_array().and_then(|messages| messages.last()?["id"].as_str().map(String::from)).expect("an id")
}

#[tokio::test]
async fn sends_a_button_press_as_a_structured_message() {
    let world = World::new(Config::default()).await;
    let conversation = world.start().await;
    let id = conversation.id.as_deref().expect("an id");
    let question = ask_question(&world, id).await;
    world.send(&conversation, "m-2", yes(&question)).await.expect("delivered");
    let messages = conversation_json(&world, id).await["messages"].clone();
    let last = messages.as_array().and_then(|messages| messages.last()).expect("a message");
    assert_eq!(last["type"], "Structured");
    assert_eq!(last["content"][0]["buttonResponse"]["payload"], "yes");
}

#[tokio::test]
async fn sends_a_button_press_as_text_without_structured_responses() {
    let mut config = Config::default();
    config.unconfirmed.structured_responses = false;
    let world = World::new(config).await;
    let conversation = world.start().await;
    let id = conversation.id.as_deref().expect("an id");
    let question = ask_question(&world, id).await;
    world.send(&conversation, "m-2", yes(&question)).await.expect("delivered");
    let messages = conversation_json(&world, id).await["messages"].clone();
    let last = messages.as_array().and_then(|messages| messages.last()).expect("a message");
    assert_eq!((last["type"].as_str(), last["text"].as_str()), (Some("Text"), Some("Yes")));
    assert_eq!(last["messageId"], "m-2");
}

#[tokio::test]
async fn sends_a_file_with_its_caption() {
    let world = World::new(Config::default()).await;
    let conversation = world.start().await;
    let file = Attachment {
        kind: MediaKind::File,
        url: "https://files.example.com/u/inv.pdf".into(),
        mime_type: Some("application/pdf".into()),
        filename: Some("inv.pdf".into()),
        caption: Some("my invoice".into()),
        size: Some(12_345),
        sha256: None,
    };
    world.send(&conversation, "m-2", OutboundMessage::Attachment(file)).await.expect("delivered");
    let seen = conversation_json(&world, conversation.id.as_deref().expect("an id")).await;
    let message = &seen["messages"][1];
    assert_eq!(message["text"], "my invoice");
    assert_eq!(message["content"][0]["attachment"]["filename"], "inv.pdf");
    assert_eq!(message["content"][0]["attachment"]["mediaType"], "File");
}

#[tokio::test]
async fn reports_a_failed_receipt_with_its_reason() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let mut config = Config::default();
    config.integrations[0].webhook_url = Some(format!("http://{}", listener.local_addr().expect("an address")));
    let world = World::new(config).await;
    Platform::new(world.connection.clone()).listen(listener);
    let conversation = world.start().await;
    let id = conversation.id.as_deref().expect("an id");
    world.sandbox_post(&format!("conversations/{id}/accept"), json!({ "name": "Grace Hopper" })).await;
    world.sandbox_post(&format!("conversations/{id}/text"), json!({ "text": "Hello" })).await;
    let seen_before = conversation_json(&world, id).await;
    let message = seen_before["messages"][1]["id"].as_str().expect("an id").to_owned();
    let receipt = DeliveryReceipt { message_id: message, outcome: ReceiptOutcome::Failed(FailureReason::UserGone) };
    world.send(&conversation, "m-2", OutboundMessage::Receipt(receipt)).await.expect("delivered");
    let delivery = conversation_json(&world, id).await["messages"][1]["delivery"].clone();
    assert_eq!(delivery["state"], "failed");
    assert!(delivery["reasons"].to_string().contains("InvalidDestination"), "{delivery}");
}

#[tokio::test]
async fn splits_a_long_text_in_order() {
    let world = World::with(Config::default(), &[("text-limit", "100")]).await;
    let conversation = world.start().await;
    let words: Vec<_> = (0..100).map(|number| format!("word-{number}")).collect();
    world.send(&conversation, "m-2", text(&words.join(" "))).await.expect("delivered");
    let seen = conversation_json(&world, conversation.id.as_deref().expect("an id")).await;
    let texts = seen["messages"].as_array().expect("a list").iter().skip(1);
    let texts: Vec<_> = texts.map(|message| message["text"].as_str().expect("a string")).collect();
    assert!(texts.iter().all(|text| text.chars().count() <= 100));
    assert_eq!(texts.join(" "), words.join(" "));
}
