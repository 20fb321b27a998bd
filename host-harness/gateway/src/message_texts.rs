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
