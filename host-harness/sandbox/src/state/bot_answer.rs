//! The answer of a bot: what Genesys accepts, and what the flow gets.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::wire::error::ApiError;
use crate::wire::schema::Object;

/// Which product asks the bot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Product {
    /// The Bot Connector (v1).
    BotConnector,
    /// The Digital Bot Connector (v2), with or without files in answers.
    DigitalBotConnector { attachments: bool },
}

/// The intents of a version of a bot, each with the types of its slots by their names.
pub(crate) type Intents = BTreeMap<String, BTreeMap<String, String>>;

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct BotAnswer {
    pub(crate) state: BotState,
    /// The messages for the user, as the bot sent them.
    pub(crate) messages: Vec<Value>,
    pub(crate) intent: Option<String>,
    /// The values by the names of the slots.
    pub(crate) slots: Map<String, Value>,
    /// The output variables of the action.
    pub(crate) parameters: BTreeMap<String, String>,
    /// The code and the message of `errorInfo`.
    pub(crate) error: (String, String),
}

/// What follows an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BotState {
    MoreData,
    Complete,
    Failed,
}

impl BotState {
    /// Reads the state of an answer, in any case.
    pub(crate) fn of(answer: &Object<'_>) -> Result<Self, ApiError> {
        let states = ["MoreData", "Complete", "Failed"];
        Ok(match answer.required_choice_in_any_case("botState", "BotState", &states)? {
            "MoreData" => Self::MoreData,
            "Complete" => Self::Complete,
            _ => Self::Failed,
        })
    }
}

impl BotAnswer {
    /// Reads an answer.
    ///
    /// # Errors
    /// A field is missing or has another type, or the bot did not declare the intent or a slot.
    pub(crate) fn read(product: Product, intents: &Intents, body: &Value) -> Result<Self, ApiError> {
        let body = Object::body(body)?;
        let state = BotState::of(&body)?;
        let intent = match state {
            BotState::Complete => Some(body.required_text("intent")?),
            BotState::MoreData | BotState::Failed => body.text("intent")?,
        };
        let declared = intent.and_then(|intent| intents.get(intent));
        // Unconfirmed: whether the intent of another answer than the last one must be declared too.
        if state == BotState::Complete && declared.is_none() {
            return Err(ApiError::malformed_field("intent"));
        }
        let no_slots = BTreeMap::new();
        let declared = declared.unwrap_or(&no_slots);
        let (messages, slots) = match product {
            // Unconfirmed: whether v1 also accepts the spelling of v2. One implementation sends both.
            Product::BotConnector => ("replymessages", typed_slots(&body, declared)?),
            Product::DigitalBotConnector { .. } => ("replyMessages", entities(&body, declared)?),
        };
        let info = body.object("errorInfo")?;
        let of_error = |name: &str| match &info {
            Some(info) => info.owned_text(name).map(Option::unwrap_or_default),
            None => Ok(String::new()),
        };
        Ok(Self {
            state,
            messages: replies(product, &body, messages)?,
            intent: intent.map(str::to_owned),
            slots,
            parameters: body.string_map("parameters")?,
            error: (of_error("errorCode")?, of_error("errorMessage")?),
        })
    }
}

/// The slots of v1: in JSON's types.
fn typed_slots(body: &Object<'_>, declared: &BTreeMap<String, String>) -> Result<Map<String, Value>, ApiError> {
    let Some(slots) = body.object("slotValues")? else { return Ok(Map::new()) };
    let mut read = Map::new();
    for (name, value) in slots.entries() {
        let kind = declared.get(name).map(|kind| kind.to_ascii_lowercase());
        let is_valid = kind.as_deref().is_some_and(|kind| match kind.strip_suffix("collection") {
            Some(kind) => value.as_array().is_some_and(|values| values.iter().all(|value| is_typed(kind, value))),
            None => is_typed(kind, value),
        });
        if !is_valid {
            return Err(ApiError::malformed_field(&slots.path(name)));
        }
        read.insert(name.clone(), value.clone());
    }
    Ok(read)
}

fn is_typed(kind: &str, value: &Value) -> bool {
    match kind {
        "integer" => value.is_i64(),
        "decimal" => value.is_number(),
        "boolean" => value.is_boolean(),
        "currency" => {
            value.get("amount").is_some_and(Value::is_string) && value.get("code").is_some_and(Value::is_string)
        }
        _ => value.is_string(),
    }
}

/// The slots of v2: as text.
fn entities(body: &Object<'_>, declared: &BTreeMap<String, String>) -> Result<Map<String, Value>, ApiError> {
    let mut read = Map::new();
    for entity in body.objects("entities")? {
        let name = entity.required_text("name")?;
        let kind = entity.required_text("type")?;
        if declared.get(name).is_none_or(|declared| !declared.eq_ignore_ascii_case(kind)) {
            return Err(ApiError::malformed_field(&entity.path("type")));
        }
        let value = if kind.to_ascii_lowercase().ends_with("collection") {
            Value::from(entity.strings("values")?)
        } else {
            Value::from(entity.text("value")?.ok_or_else(|| ApiError::missing_field(&entity.path("value")))?)
        };
        read.insert(name.to_owned(), value);
    }
    Ok(read)
}

fn replies(product: Product, body: &Object<'_>, field: &str) -> Result<Vec<Value>, ApiError> {
    for message in body.objects(field)? {
        let contents = message.objects("content")?;
        match message.required_choice("type", "ReplyMessageType", &["Text", "Structured"])? {
            "Text" if message.text("text")?.is_none() => {
                return Err(ApiError::missing_field(&message.path("text")));
            }
            "Structured" if contents.is_empty() => return Err(ApiError::missing_field(&message.path("content"))),
            _ => {}
        }
        for content in contents {
            check_content(product, &content)?;
        }
    }
    Ok(body.value(field).and_then(Value::as_array).cloned().unwrap_or_default())
}

fn check_content(product: Product, content: &Object<'_>) -> Result<(), ApiError> {
    let types = ["QuickReply", "Card", "Carousel", "Attachment"];
    match content.required_choice("contentType", "ContentType", &types)? {
        "QuickReply" => {
            let reply = content.required_object("quickReply")?;
            reply.required_text("text")?;
            reply.required_text("payload")?;
        }
        "Card" => check_cards(&[content.required_object("card")?])?,
        "Carousel" => check_cards(&content.required_object("carousel")?.objects("cards")?)?,
        _ => {
            if product != (Product::DigitalBotConnector { attachments: true }) {
                return Err(ApiError::malformed_field(&content.path("contentType")));
            }
            let attachment = content.required_object("attachment")?;
            for field in ["id", "url", "filename"] {
                attachment.required_text(field)?;
            }
            attachment.required_choice("mediaType", "MediaType", &["Image", "Video", "Audio", "File", "Link"])?;
        }
    }
    Ok(())
}

/// Checks cards. The texts and payloads of all their buttons must differ.
fn check_cards(cards: &[Object<'_>]) -> Result<(), ApiError> {
    let mut buttons = Vec::new();
    for card in cards {
        card.required_text("title")?;
        let actions = card.objects("actions")?;
        if actions.is_empty() {
            return Err(ApiError::missing_field(&card.path("actions")));
        }
        for action in actions {
            let text = action.required_text("text")?;
            match action.required_choice("type", "CardActionType", &["Link", "Postback"])? {
                "Link" => action.required_text("url")?,
                _ => action.required_text("payload")?,
            };
            let button = (text, action.text("payload")?);
            if buttons.contains(&button) {
                return Err(ApiError::malformed_field(&action.path("payload")));
            }
            buttons.push(button);
        }
    }
    Ok(())
}
