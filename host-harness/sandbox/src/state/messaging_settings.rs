//! Messaging settings: whether typing indicators are enabled ("Resource Center: platform configuration profiles").

use serde_json::{Value, json};
use uuid::Uuid;

use crate::config::TypingConfig;
use crate::state::collection::{DEFAULT, Item};
use crate::wire::error::ApiError;
use crate::wire::schema::Object;

const TYPING_VALUES: [&str; 2] = ["Enabled", "Disabled"];

/// A messaging setting.
#[derive(Clone, Debug)]
pub(crate) struct MessagingSetting {
    pub(crate) id: String,
    name: String,
    pub(crate) typing: TypingConfig,
}

impl MessagingSetting {
    /// Creates the setting that a new organization has.
    pub(crate) fn initial(typing: TypingConfig) -> Self {
        Self { id: Uuid::new_v4().to_string(), name: DEFAULT.to_owned(), typing }
    }

    /// Returns `MessagingSetting`.
    pub(crate) fn json(&self) -> Value {
        let switch = |on: bool| if on { "Enabled" } else { "Disabled" };
        json!({
            "id": self.id,
            "name": self.name,
            "event": {
                "typing": {
                    "on": { "inbound": switch(self.typing.inbound), "outbound": switch(self.typing.outbound) },
                },
            },
            "selfUri": self.self_uri(),
        })
    }

    /// Returns the setting as an integration refers to it.
    pub(crate) fn reference(&self) -> Value {
        json!({ "id": self.id, "selfUri": self.self_uri() })
    }

    fn self_uri(&self) -> String {
        format!("/api/v2/conversations/messaging/settings/{}", self.id)
    }
}

/// The validated fields of a create or update request.
pub(crate) struct MessagingSettingChange {
    name: Option<String>,
    inbound: Option<bool>,
    outbound: Option<bool>,
}

impl Item for MessagingSetting {
    type Change = MessagingSettingChange;

    const NAME: &'static str = "setting";

    /// Creates a setting that disables typing indicators.
    fn new(id: String) -> Self {
        Self { id, name: String::new(), typing: TypingConfig::default() }
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn read_change(body: &Object<'_>) -> Result<MessagingSettingChange, ApiError> {
        let name = body.owned_text("name")?;
        if name.as_ref().is_some_and(String::is_empty) {
            return Err(ApiError::missing_field("name"));
        }
        let mut at = body.object("event")?;
        for field in ["typing", "on"] {
            at = match at {
                Some(object) => object.object(field)?,
                None => None,
            };
        }
        let switch = |direction| match &at {
            Some(on) => Ok(on.choice(direction, "TypingSetting", &TYPING_VALUES)?.map(|choice| choice == "Enabled")),
            None => Ok(None),
        };
        Ok(MessagingSettingChange { name, inbound: switch("inbound")?, outbound: switch("outbound")? })
    }

    fn has_name(change: &MessagingSettingChange) -> bool {
        change.name.is_some()
    }

    fn apply(&mut self, change: MessagingSettingChange) {
        if let Some(name) = change.name {
            self.name = name;
        }
        if let Some(inbound) = change.inbound {
            self.typing.inbound = inbound;
        }
        if let Some(outbound) = change.outbound {
            self.typing.outbound = outbound;
        }
    }
}
