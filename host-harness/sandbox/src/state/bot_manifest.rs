//! What a list of bots says about a bot: the registered one of v1, or the one that v2 reads from the platform.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::state::bot_answer::{Intents, Product};
use crate::state::bot_sessions::BotReference;
use crate::wire::error::ApiError;
use crate::wire::schema::Object;

/// Finds a version of a bot in its entry.
///
/// # Errors
/// The entry does not have the form of the product, or has no such version or language. Languages must be the same in
/// every letter.
pub(crate) fn reference(
    product: Product,
    entry: &Value,
    version: &str,
    language: &str,
) -> Result<BotReference, ApiError> {
    let bot = Object::body(entry)?;
    let (id, versions) = (bot.required_text("id")?, bot.objects("versions")?);
    let name = match product {
        Product::BotConnector => bot.text("name")?.unwrap_or(id),
        Product::DigitalBotConnector { .. } => {
            bot.required_text("provider")?;
            bot.required_text("description")?;
            bot.required_text("name")?
        }
    };
    for entry in &versions {
        if entry.required_text("version")? == version {
            if !entry.strings("supportedLanguages")?.iter().any(|known| known == language) {
                return Err(ApiError::malformed_field(&entry.path("supportedLanguages")));
            }
            return Ok(BotReference {
                id: id.to_owned(),
                name: name.to_owned(),
                version: version.to_owned(),
                language: language.to_owned(),
                intents: intents(product, entry)?,
            });
        }
    }
    Err(ApiError::malformed_field("versions"))
}

fn intents(product: Product, version: &Object<'_>) -> Result<Intents, ApiError> {
    let mut intents = Intents::new();
    for intent in version.objects("intents")? {
        let mut slots = BTreeMap::new();
        match product {
            Product::BotConnector => {
                if let Some(declared) = intent.object("slots")? {
                    for (name, _) in declared.entries() {
                        slots.insert(name.clone(), declared.required_object(name)?.required_text("type")?.to_owned());
                    }
                }
            }
            Product::DigitalBotConnector { .. } => {
                for entity in intent.objects("entities")? {
                    slots.insert(entity.required_text("name")?.to_owned(), entity.required_text("type")?.to_owned());
                }
            }
        }
        intents.insert(intent.required_text("name")?.to_owned(), slots);
    }
    if intents.is_empty() { Err(ApiError::missing_field(&version.path("intents"))) } else { Ok(intents) }
}
