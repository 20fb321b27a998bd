//! Messaging settings: whether typing indicators pass ("Resource Center: platform configuration profiles").

use serde_json::{Value, json};
use uuid::Uuid;

use crate::config::TypingConfig;
use crate::error::ApiError;
use crate::schema::Object;

/// How many settings there may be.
const MAX_SETTINGS: usize = 1_000;

const SWITCH: [&str; 2] = ["Enabled", "Disabled"];

/// A messaging setting.
#[derive(Clone, Debug)]
pub(crate) struct MessagingSetting {
    pub(crate) id: String,
    name: String,
    pub(crate) typing: TypingConfig,
}

impl MessagingSetting {
    /// `MessagingSetting`.
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

    /// As an integration refers to it.
    pub(crate) fn reference(&self) -> Value {
        json!({ "id": self.id, "selfUri": self.self_uri() })
    }

    fn self_uri(&self) -> String {
        format!("/api/v2/conversations/messaging/settings/{}", self.id)
    }
}

/// The fields of a create or update request, each checked.
pub(crate) struct SettingChange {
    name: Option<String>,
    inbound: Option<bool>,
    outbound: Option<bool>,
}

impl SettingChange {
    /// Checks the body.
    pub(crate) fn read(body: &Object<'_>) -> Result<Self, ApiError> {
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
            Some(on) => Ok(on.choice(direction, "TypingSetting", &SWITCH)?.map(|choice| choice == "Enabled")),
            None => Ok(None),
        };
        Ok(Self { name, inbound: switch("inbound")?, outbound: switch("outbound")? })
    }

    fn apply(self, setting: &mut MessagingSetting) {
        if let Some(name) = self.name {
            setting.name = name;
        }
        if let Some(inbound) = self.inbound {
            setting.typing.inbound = inbound;
        }
        if let Some(outbound) = self.outbound {
            setting.typing.outbound = outbound;
        }
    }
}

/// All settings.
#[derive(Debug)]
pub(crate) struct MessagingSettings {
    default: MessagingSetting,
    others: Vec<MessagingSetting>,
}

impl MessagingSettings {
    /// The default one, which allows `typing`.
    pub(crate) fn new(typing: TypingConfig) -> Self {
        let default = MessagingSetting { id: Uuid::new_v4().to_string(), name: "default".to_owned(), typing };
        Self { default, others: Vec::new() }
    }

    /// The default one.
    pub(crate) fn default_one(&self) -> &MessagingSetting {
        &self.default
    }

    /// All of them, the default one first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &MessagingSetting> {
        std::iter::once(&self.default).chain(&self.others)
    }

    /// The setting of this id.
    pub(crate) fn get(&self, id: &str) -> Option<&MessagingSetting> {
        self.iter().find(|setting| setting.id == id)
    }

    /// A new one, in which typing is disabled unless `change` enables it.
    pub(crate) fn create(&mut self, change: SettingChange) -> Result<&MessagingSetting, ApiError> {
        if change.name.is_none() {
            return Err(ApiError::missing_field("name"));
        }
        if self.others.len() >= MAX_SETTINGS {
            return Err(ApiError::bad_request(format!("There are {MAX_SETTINGS} settings already.")));
        }
        let typing = TypingConfig::default();
        let mut setting = MessagingSetting { id: Uuid::new_v4().to_string(), name: String::new(), typing };
        change.apply(&mut setting);
        self.others.push(setting);
        self.others.last().ok_or_else(ApiError::not_found)
    }

    /// Changes one.
    pub(crate) fn update(&mut self, id: &str, change: SettingChange) -> Result<&MessagingSetting, ApiError> {
        let mut all = std::iter::once(&mut self.default).chain(&mut self.others);
        let setting = all.find(|setting| setting.id == id).ok_or_else(ApiError::not_found)?;
        change.apply(setting);
        Ok(setting)
    }

    /// Deletes one, but not the default one.
    pub(crate) fn delete(&mut self, id: &str) -> Result<(), ApiError> {
        if self.get(id).ok_or_else(ApiError::not_found)?.id == self.default.id {
            return Err(ApiError::bad_request("The default setting cannot be deleted."));
        }
        self.others.retain(|setting| setting.id != id);
        Ok(())
    }
}
