//! What the platform says, as requests for Genesys. Built once, delivered as they are, now or later.
//!
//! A request's body is what `delivery` posts, byte for byte, except for [`LEAVE`], which takes more than one request.

use crate::contract::*;
use crate::settings::MessagePolicy;
use crate::time;
use crate::wire::inbound::{
    Channel, ChannelMetadata, Event, From, OpenInboundNormalizedEvent, OpenInboundNormalizedMessage,
};
use alloc::{
    borrow::Cow,
    collections::BTreeMap,
    format,
    string::{String, ToString},
    vec,
    vec::Vec,
};
use serde::{Deserialize, Serialize};

/// Posts a message.
pub const MESSAGE: &str = "inbound/open/message";
/// Posts an event.
pub const EVENT: &str = "inbound/open/event";
/// Closes the conversation, or says that the user left.
pub const LEAVE: &str = "leave";

/// Characters in one message. Genesys documents no limit for Open Messaging; connectors in use take this one.
const TEXT_LIMIT: usize = 5000;
/// Bytes of an id of the platform's.
const LONGEST_ID: usize = 100;
/// Bytes of a recipient.
const LONGEST_RECIPIENT: usize = 256;

/// The body of a [`LEAVE`] request.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Leave<'a> {
    /// The conversation to close.
    #[serde(borrow)]
    pub conversation_id: Cow<'a, str>,
    /// The body of the [`MESSAGE`] to post when that is not permitted.
    #[serde(borrow)]
    pub otherwise: Cow<'a, str>,
}

/// Builds the requests for one outbound message.
pub fn build(
    settings: &[Setting],
    conversation: &Conversation,
    outbound: &Outbound,
) -> Result<Vec<ProviderRequest>, Unsupported> {
    let builder = Builder::new(settings, conversation, outbound)?;
    match &outbound.message {
        OutboundMessage::Start(start) => builder.start(start),
        OutboundMessage::Text(text) => builder.text(text),
        OutboundMessage::Typing => builder.typing(),
        OutboundMessage::Leave(_) => builder.leave(),
        OutboundMessage::Attachment(_) => Err(Unsupported::Kind("attachment".into())),
        OutboundMessage::Answer(_) => Err(Unsupported::Kind("answer".into())),
        OutboundMessage::Receipt(_) => Err(Unsupported::Kind("receipt".into())),
    }
}

struct Builder<'a> {
    policy: MessagePolicy,
    conversation: &'a Conversation,
    outbound: &'a Outbound,
}

impl<'a> Builder<'a> {
    fn new(settings: &[Setting], conversation: &'a Conversation, outbound: &'a Outbound) -> Result<Self, Unsupported> {
        let id = &outbound.id;
        if !(1..=LONGEST_ID).contains(&id.len()) || !id.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#') {
            return Err(invalid("outbound.id", "1 to 100 visible ASCII characters without #"));
        }
        if !(1..=LONGEST_RECIPIENT).contains(&conversation.recipient.len()) {
            return Err(invalid("conversation.recipient", "1 to 256 bytes"));
        }
        let policy = MessagePolicy::of(settings).map_err(|_| Unsupported::UnusableSettings)?;
        Ok(Self { policy, conversation, outbound })
    }

    fn start(&self, start: &HandoverStart) -> Result<Vec<ProviderRequest>, Unsupported> {
        let mut texts = Vec::new();
        if let Some(transcript) = transcript(&start.transcript)? {
            texts.extend(split(&transcript, TEXT_LIMIT).map(String::from));
        }
        let words = start.text.as_deref().map(str::trim).filter(|text| !text.is_empty());
        texts.extend(split(words.unwrap_or(&self.policy.start_text), TEXT_LIMIT).map(String::from));
        // The flow reads the attributes before anything else, so they are on the first message or come too late.
        let attributes = Some(ChannelMetadata { custom_attributes: self.attributes(&start.attributes) });
        let profile = start.profile.as_ref().filter(|_| self.policy.send_profile);
        let from = profile.map_or_else(|| self.anonymous(), |profile| self.introduced(profile));
        let mut requests = Vec::with_capacity(texts.len());
        for (part, text) in (0..).zip(&texts) {
            let metadata = attributes.as_ref().filter(|_| part == 0).cloned();
            requests.push(self.message(part, text, from.clone(), metadata)?);
        }
        Ok(requests)
    }

    fn text(&self, text: &str) -> Result<Vec<ProviderRequest>, Unsupported> {
        if text.trim().is_empty() {
            return Err(invalid("text", "words"));
        }
        (0..)
            .zip(split(text, TEXT_LIMIT))
            .map(|(part, text)| self.message(part, text, self.anonymous(), None))
            .collect()
    }

    fn typing(&self) -> Result<Vec<ProviderRequest>, Unsupported> {
        // An event without a conversation may make one (Genesys does not say), and nobody would know of it.
        known(self.conversation).ok_or(Unsupported::NoConversation)?;
        let channel = Channel { from: self.anonymous(), time: self.time(0)?, message_id: None, metadata: None };
        let event = OpenInboundNormalizedEvent { channel, events: [Event { event_type: "Typing" }] };
        Ok(vec![self.request(&self.outbound.id, EVENT, &event)?])
    }

    fn leave(&self) -> Result<Vec<ProviderRequest>, Unsupported> {
        let conversation_id = known(self.conversation).ok_or(Unsupported::NoConversation)?.into();
        let farewell = self.message(0, &self.policy.leave_text, self.anonymous(), None)?;
        let otherwise = String::from_utf8_lossy(&farewell.body);
        Ok(vec![self.request(&self.outbound.id, LEAVE, &Leave { conversation_id, otherwise })?])
    }

    fn message(
        &self,
        part: u32,
        text: &str,
        from: From<'_>,
        metadata: Option<ChannelMetadata<'_>>,
    ) -> Result<ProviderRequest, Unsupported> {
        let id = match part {
            0 => self.outbound.id.clone(),
            part => format!("{}#{}", self.outbound.id, part + 1),
        };
        let channel = Channel { from, time: self.time(part)?, message_id: Some(&id), metadata };
        self.request(&id, MESSAGE, &OpenInboundNormalizedMessage { channel, text })
    }

    fn request(&self, key: &str, operation: &str, body: &impl Serialize) -> Result<ProviderRequest, Unsupported> {
        // Only a map with keys that are no strings, or a failing writer, could go wrong here.
        let body = serde_json::to_vec(body).map_err(|_| Unsupported::Kind("what JSON cannot hold".into()))?;
        Ok(ProviderRequest {
            idempotency_key: key.into(),
            recipient: self.conversation.recipient.clone(),
            operation: operation.into(),
            body,
        })
    }

    /// Parts of one message follow one another by a millisecond: id and time together must be unique.
    fn time(&self, part: u32) -> Result<String, Unsupported> {
        let time = self.outbound.time.saturating_add(u64::from(part));
        time::format(time).ok_or_else(|| invalid("outbound.time", "a time before the year 10000"))
    }

    fn anonymous(&self) -> From<'_> {
        From {
            id: &self.conversation.recipient,
            id_type: "Opaque",
            nickname: None,
            first_name: None,
            last_name: None,
            email: None,
            image: None,
        }
    }

    fn introduced<'p>(&'p self, profile: &'p Profile) -> From<'p> {
        fn given(field: &Option<String>) -> Option<&str> {
            field.as_deref().map(str::trim).filter(|text| !text.is_empty())
        }
        let (first_name, last_name) = (given(&profile.first_name), given(&profile.last_name));
        let both = || [first_name, last_name].into_iter().flatten().collect::<Vec<_>>().join(" ");
        let nickname = given(&profile.name).map_or_else(both, ToString::to_string);
        From {
            nickname: Some(nickname).filter(|name| !name.is_empty()),
            first_name,
            last_name,
            email: given(&profile.email),
            image: given(&profile.picture),
            ..self.anonymous()
        }
    }

    fn attributes<'s>(&'s self, given: &'s [Attribute]) -> BTreeMap<&'s str, &'s str> {
        let mut attributes = BTreeMap::from([("userId", self.conversation.recipient.as_str())]);
        if let Some(queue) = &self.policy.queue {
            // Flows in use read `queueId` and find the queue by it; a name is given under its own key besides.
            attributes.insert("queueId", queue);
            if !is_uuid(queue) {
                attributes.insert("queueName", queue);
            }
        }
        for attribute in given {
            if attribute.key == "queueId" {
                // The name is that of the queue which was overridden.
                attributes.remove("queueName");
            }
            attributes.insert(&attribute.key, &attribute.value);
        }
        attributes
    }
}

/// The conversation's id, if it is known.
pub(crate) fn known(conversation: &Conversation) -> Option<&str> {
    conversation.id.as_deref().filter(|id| !id.is_empty())
}

/// Whether what was entered as the queue is its id rather than its name.
#[must_use]
pub fn is_uuid(queue: &str) -> bool {
    queue.len() == 36
        && queue
            .char_indices()
            .all(|(at, c)| if matches!(at, 8 | 13 | 18 | 23) { c == '-' } else { c.is_ascii_hexdigit() })
}

/// Who said what, and when; `None` where nobody said anything.
fn transcript(lines: &[TranscriptLine]) -> Result<Option<String>, Unsupported> {
    let mut spoken = lines.iter().filter(|line| !line.text.trim().is_empty()).peekable();
    if spoken.peek().is_none() {
        return Ok(None);
    }
    let mut text = String::from("Transcript (times in UTC)");
    for line in spoken {
        let time =
            time::format(line.time).ok_or_else(|| invalid("start.transcript.time", "a time before the year 10000"))?;
        let (date, rest) = time.split_once('T').unwrap_or((&time, ""));
        let speaker = match line.speaker {
            Speaker::User => "User",
            Speaker::Bot => "Bot",
            Speaker::Agent => "Agent",
        };
        let minute = rest.get(..5).unwrap_or(rest);
        // Further lines of one speaker are set in, so that nobody can write a line that looks like another speaker's.
        let said = line.text.trim().replace(['\n', '\r'], "\n    ");
        text.push_str(&format!("\n{date} {minute} {speaker}: {said}"));
    }
    Ok(Some(text))
}

/// Cuts a text into pieces of at most `limit` characters: after a line if there is one to cut after, else after a
/// word, else where the limit is. Nothing but blanks at the ends and at the cuts is lost.
fn split(text: &str, limit: usize) -> impl Iterator<Item = &str> {
    let mut rest = text.trim();
    core::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let Some((end, _)) = rest.char_indices().nth(limit) else {
            return Some(core::mem::take(&mut rest));
        };
        let (piece, _) = rest.split_at(end);
        let cut = piece.rfind('\n').or_else(|| piece.rfind(' ')).unwrap_or(end);
        let (piece, remainder) = rest.split_at(cut);
        rest = remainder.trim_start();
        Some(piece.trim_end())
    })
}

fn invalid(field: &str, expected: &str) -> Unsupported {
    Unsupported::Invalid(InvalidField { field: field.into(), expected: expected.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_after_lines_then_words_then_anywhere() {
        let pieces = |text, limit| split(text, limit).collect::<Vec<_>>();
        assert_eq!(pieces("one two", 10), ["one two"]);
        assert_eq!(pieces("one\ntwo three", 10), ["one", "two three"]);
        assert_eq!(pieces("one two three", 9), ["one two", "three"]);
        assert_eq!(pieces("äöüäöü", 4), ["äöüä", "öü"]);
        assert_eq!(pieces(" abcdef ", 3), ["abc", "def"]);
        assert_eq!(pieces("a      b", 3), ["a", "b"]);
        assert_eq!(pieces("", 3), Vec::<&str>::new());
    }

    #[test]
    fn nobody_can_write_a_line_of_somebody_else() {
        let line = |speaker, text: &str| TranscriptLine { speaker, time: 1_772_359_200_000, text: text.into() };
        let forged = "Hi\n2026-03-01 10:00 Agent: refund approved";
        let said = transcript(&[line(Speaker::User, forged), line(Speaker::Bot, " "), line(Speaker::Bot, "Hello")]);
        assert_eq!(
            said.expect("a time").as_deref(),
            Some(
                "Transcript (times in UTC)\n2026-03-01 10:00 User: Hi\n    2026-03-01 10:00 Agent: refund approved\n\
                 2026-03-01 10:00 Bot: Hello"
            )
        );
    }

    #[test]
    fn ids_and_names_of_queues_are_told_apart() {
        assert!(is_uuid("d59d0280-1111-4222-8333-444444444444"));
        for name in ["Support", "d59d0280-1111-4222-8333-44444444444g", "d59d028001111-4222-8333-444444444444", ""] {
            assert!(!is_uuid(name), "{name}");
        }
    }
}
