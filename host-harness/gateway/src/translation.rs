//! Translation between the user and the agents by a service of the operator. The gateway posts texts to it, signed like
//! events. Each side has to be readable without it, so a failure leaves the original text.

use crate::address::Address;
use crate::message_texts;
use crate::signed_client::{SignedClient, SignedClientError, read_json};
use handover_host::contract::AgentMessage;
use reqwest::header::HeaderMap;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// The maximum size of the texts in one request, in bytes. Longer texts are not translated.
const MAX_BYTES: usize = 16 << 10;
/// The maximum size of the translations in a message, in bytes.
const MAX_TRANSLATED_BYTES: usize = 2 * MAX_BYTES;

/// Who reads the translation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Reader {
    /// The agents.
    Agent,
    /// The user.
    User,
}

/// The service that translates.
#[derive(Clone)]
pub struct Translation {
    service: SignedClient,
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
    /// Creates a translation by the service at this URL. Every request is signed with each of these secrets (`whsec_…`), and has
    /// this time.
    ///
    /// # Errors
    /// The URL or a secret is not valid.
    pub fn new(url: &str, secrets: Vec<String>, timeout: Duration) -> Result<Self, SignedClientError> {
        Ok(Self { service: SignedClient::new(url, secrets, timeout)? })
    }

    /// Replaces texts by their translations: all of them, or none.
    ///
    /// # Errors
    /// The texts are too long, or the service did not return a translation of each in time.
    pub(crate) async fn translate(
        &self,
        address: &Address,
        reader: Reader,
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
        let id = format!("translation-{:032x}", fastrand::u128(..));
        let response = async { read_json(self.service.post(&id, HeaderMap::new(), &request).await?).await };
        let body = response.await.map_err(|error| NotTranslated(error.to_string()))?.unwrap_or_default();
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
        let originals: Vec<String> = originals.into_iter().map(str::to_owned).collect();
        let translations: BTreeMap<String, String> = originals.into_iter().zip(translations).collect();
        let size = |text: &&mut String| translations.get(text.as_str()).map_or(0, String::len);
        if texts.iter().map(size).sum::<usize>() > MAX_TRANSLATED_BYTES {
            return Err(NotTranslated(format!("the translations have more than {MAX_TRANSLATED_BYTES} bytes")));
        }
        for text in texts {
            if let Some(translation) = translations.get(text.as_str()) {
                translation.clone_into(text);
            }
        }
        Ok(())
    }

    /// Returns a message in the user's language.
    ///
    /// # Errors
    /// As [`translate`](Self::translate).
    pub(crate) async fn for_user(
        &self,
        address: &Address,
        message: &AgentMessage,
    ) -> Result<AgentMessage, NotTranslated> {
        let mut translated = message.clone();
        self.translate(address, Reader::User, message_texts::of_agent_message(&mut translated)).await?;
        Ok(translated)
    }
}
