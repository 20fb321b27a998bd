//! The texts of messages that people read.

use handover_host::contract::{AgentMessage, Button, Card, Content, HandoverStart, ListSection, OutboundMessage};

/// Returns the texts of a message of the platform. Attributes are data, not texts.
pub(crate) fn of_message(message: &mut OutboundMessage) -> Vec<&mut String> {
    match message {
        OutboundMessage::Start(start) => of_start(start),
        OutboundMessage::Text(text) | OutboundMessage::ProactiveText(text) => vec![text],
        OutboundMessage::Attachment(attachment) => attachment.caption.iter_mut().collect(),
        OutboundMessage::Answer(answer) => vec![&mut answer.text],
        OutboundMessage::SurveyScore(score) => score.comment.iter_mut().collect(),
        OutboundMessage::Typing
        | OutboundMessage::Receipt(_)
        | OutboundMessage::Leave(_)
        | OutboundMessage::Reroute(_)
        | OutboundMessage::Annotate(_)
        | OutboundMessage::Callback(_)
        | OutboundMessage::RequestSurvey => Vec::new(),
    }
}

/// Returns the texts of a start.
pub(crate) fn of_start(start: &mut HandoverStart) -> Vec<&mut String> {
    let transcript = start.transcript.iter_mut().map(|line| &mut line.text);
    transcript.chain(&mut start.text).chain(&mut start.summary).collect()
}

/// Returns the texts of a message for the user. Names, addresses and URLs are no texts.
pub(crate) fn of_agent_message(message: &mut AgentMessage) -> Vec<&mut String> {
    let content = message.content.iter_mut().flat_map(of_content);
    message.text.iter_mut().chain([&mut message.plain_text]).chain(content).collect()
}

fn of_content(content: &mut Content) -> Vec<&mut String> {
    match content {
        Content::Attachment(attachment) => attachment.caption.iter_mut().collect(),
        Content::QuickReply(button) => vec![&mut button.text],
        Content::Card(card) => of_card(card),
        Content::Carousel(cards) => cards.iter_mut().flat_map(of_card).collect(),
        Content::DatePicker(picker) => picker.title.iter_mut().chain(&mut picker.subtitle).collect(),
        Content::ListPicker(sections) => sections.iter_mut().flat_map(of_section).collect(),
        Content::Template(template) => {
            template.header.iter_mut().chain([&mut template.body]).chain(&mut template.footer).collect()
        }
        _ => Vec::new(),
    }
}

fn of_card(card: &mut Card) -> Vec<&mut String> {
    let buttons = card.default_action.iter_mut().chain(&mut card.buttons).map(|Button { text, .. }| text);
    [&mut card.title].into_iter().chain(&mut card.description).chain(buttons).collect()
}

fn of_section(section: &mut ListSection) -> Vec<&mut String> {
    let items = section.items.iter_mut().flat_map(|item| [&mut item.title].into_iter().chain(&mut item.subtitle));
    section.title.iter_mut().chain(items).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn finds_the_texts_of_every_structured_part_but_no_payload_or_url() {
        let button =
            |text: &str| json!({ "text": text, "action": { "answer": "a payload" }, "image": "https://a.example" });
        let card = |title: &str| {
            json!({
                "title": title, "description": format!("{title} description"), "default-action": button("default"),
                "buttons": [button("one"), button("two")],
            })
        };
        let item = json!({ "id": "an id", "title": "item", "subtitle": "item subtitle" });
        let parts: [(Value, &[&str]); 9] = [
            (
                json!({ "attachment": { "kind": "image", "url": "https://a.example", "caption": "caption" } }),
                &["caption"],
            ),
            (json!({ "quick-reply": button("reply") }), &["reply"]),
            (json!({ "card": card("card") }), &["card", "card description", "default", "one", "two"]),
            (
                json!({ "carousel": [card("a"), card("b")] }),
                &["a", "a description", "default", "one", "two", "b", "b description", "default", "one", "two"],
            ),
            (json!({ "date-picker": { "title": "when", "subtitle": "choose", "slots": [] } }), &["when", "choose"]),
            (
                json!({ "list-picker": [{ "title": "section", "multiple": false, "items": [item] }] }),
                &["section", "item", "item subtitle"],
            ),
            (
                json!({ "template": { "header": "header", "body": "body", "footer": "footer" } }),
                &["header", "body", "footer"],
            ),
            (json!({ "location": { "latitude": 52.5, "longitude": 13.4, "name": "Berlin" } }), &[]),
            (json!({ "other": "Notification" }), &[]),
        ];
        for (part, expected) in parts {
            let message = json!({
                "id": "m-1", "author": "human", "text": "text", "plain-text": "plain", "content": [part.clone()],
            });
            let mut message: AgentMessage = serde_json::from_value(message).expect("a message");
            let texts: Vec<_> = of_agent_message(&mut message).into_iter().map(|text| text.clone()).collect();
            assert_eq!(texts, [&["text", "plain"], expected].concat(), "{part}");
        }
    }
}
