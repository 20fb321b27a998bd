//! Translation between the user and the agents by a service of the operator. The gateway posts texts to it, signed like
//! events. Each side has to be readable without it, so a failure leaves the original text.

use crate::address::Address;
use crate::callback::Callback;
use crate::mailbox::Translations;
use crate::message_texts;
use handover_host::contract::AgentMessage;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// The maximum size of the texts in one request, in bytes, and of those in its response. Longer texts are not translated.
const MAX_BYTES: usize = 16 << 10;

/// Who reads the translation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Reader {
    /// The agents.
    Agent,
    /// The user.
    User,
}

/// The service that translates, and the time that it has for each request.
#[derive(Clone)]
pub struct Translation {
    service: Callback,
    timeout: Duration,
}

/// The body of a request.
#[derive(Serialize)]
struct Request<'a> {
    connection: &'a str,
    recipient: &'a str,
    #[serde(rename = "for")]
    reader: Reader,
    texts: Vec<&'a str>,
}

/// The body of a response: the translations in the order of the request.
#[derive(Deserialize)]
struct Response {
    texts: Vec<String>,
}

/// Why texts were not translated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct NotTranslated(String);

impl Translation {
    /// Creates a translation by the service at this address.
    #[must_use]
    pub fn new(service: Callback, timeout: Duration) -> Self {
        Self { service, timeout }
    }

    /// Replaces texts by their translations: all of them, or none. `id` identifies the request.
    ///
    /// # Errors
    /// The texts are too long, or the service did not return a translation of each in time.
    pub(crate) async fn translate(
        &self,
        address: &Address,
        reader: Reader,
        id: &str,
        texts: Vec<&mut String>,
    ) -> Result<(), NotTranslated> {
        let mut originals: Vec<&str> = Vec::new();
        for text in texts.iter().map(|text| text.as_str()).filter(|text| !text.trim().is_empty()) {
            // A message often contains a text twice: formatted, and as plain text.
            if !originals.contains(&text) {
                originals.push(text);
            }
        }
        if originals.is_empty() {
            return Ok(());
        }
        if originals.iter().map(|text| text.len()).sum::<usize>() > MAX_BYTES {
            return Err(NotTranslated(format!("the texts have more than {MAX_BYTES} bytes")));
        }
        let request = Request {
            connection: &address.connection,
            recipient: &address.recipient,
            reader,
            texts: originals.clone(),
        };
        let body = self.service.ask_about(id, &request, self.timeout).await.map_err(NotTranslated)?;
        let Some(Response { texts: translations }) = serde_json::from_slice(&body).ok() else {
            return Err(NotTranslated(r#"the response is not {"texts": ["…"]}"#.to_owned()));
        };
        if translations.len() != originals.len() {
            let (expected, got) = (originals.len(), translations.len());
            return Err(NotTranslated(format!("the response has {got} texts, expected {expected}")));
        }
        if translations.iter().any(|text| text.trim().is_empty()) {
            return Err(NotTranslated("a text of the response is empty".to_owned()));
        }
        if translations.iter().map(String::len).sum::<usize>() > MAX_BYTES {
            return Err(NotTranslated(format!("the texts of the response have more than {MAX_BYTES} bytes")));
        }
        let originals: Vec<String> = originals.into_iter().map(str::to_owned).collect();
        let translations: BTreeMap<String, String> = originals.into_iter().zip(translations).collect();
        for text in texts {
            if let Some(translation) = translations.get(text.as_str()) {
                translation.clone_into(text);
            }
        }
        Ok(())
    }

    /// Returns messages in the user's language, by their ids.
    ///
    /// # Errors
    /// As [`translate`](Self::translate).
    pub(crate) async fn for_user(
        &self,
        address: &Address,
        messages: impl IntoIterator<Item = &AgentMessage>,
    ) -> Result<Translations, NotTranslated> {
        let mut translated: Vec<AgentMessage> = messages.into_iter().cloned().collect();
        let Some(id) = translated.first().map(|message| message.id.clone()) else { return Ok(Translations::new()) };
        let texts = translated.iter_mut().flat_map(message_texts::of_agent_message).collect();
        self.translate(address, Reader::User, &id, texts).await?;
        Ok(translated.into_iter().map(|message| (message.id.clone(), message)).collect())
    }
}

impl std::fmt::Debug for Translation {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The service has secrets.
        formatter.debug_struct("Translation").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}
