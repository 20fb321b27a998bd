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

/// The id by which the default setting can be read.
pub(crate) const DEFAULT: &str = "default";

/// All settings.
#[derive(Debug)]
pub(crate) struct MessagingSettings {
    /// The one that an organization begins with.
    first: MessagingSetting,
    others: Vec<MessagingSetting>,
    /// The id of the one that holds for integrations without one of their own.
    default_id: String,
}

impl MessagingSettings {
    /// The default one, which allows `typing`.
    pub(crate) fn new(typing: TypingConfig) -> Self {
        let first = MessagingSetting { id: Uuid::new_v4().to_string(), name: "default".to_owned(), typing };
        let default_id = first.id.clone();
        Self { first, others: Vec::new(), default_id }
    }

    /// The default one.
    pub(crate) fn default_one(&self) -> &MessagingSetting {
        self.by_id(&self.default_id).unwrap_or(&self.first)
    }

    /// Makes another one the default.
    pub(crate) fn set_default(&mut self, id: &str) -> Result<&MessagingSetting, ApiError> {
        if self.by_id(id).is_none() {
            return Err(ApiError::malformed_field("settingId"));
        }
        self.default_id = id.to_owned();
        Ok(self.default_one())
    }

    /// All of them, the first one first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &MessagingSetting> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// The setting of this id, or the default one.
    pub(crate) fn get(&self, id: &str) -> Option<&MessagingSetting> {
        if id == DEFAULT { Some(self.default_one()) } else { self.by_id(id) }
    }

    fn by_id(&self, id: &str) -> Option<&MessagingSetting> {
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
        let mut all = std::iter::once(&mut self.first).chain(&mut self.others);
        let setting = all.find(|setting| setting.id == id).ok_or_else(ApiError::not_found)?;
        change.apply(setting);
        Ok(setting)
    }

    /// Deletes one, but not the default one.
    pub(crate) fn delete(&mut self, id: &str) -> Result<(), ApiError> {
        let found = self.by_id(id).ok_or_else(ApiError::not_found)?;
        if found.id == self.default_id || found.id == self.first.id {
            return Err(ApiError::bad_request("The default setting cannot be deleted."));
        }
        self.others.retain(|setting| setting.id != id);
        Ok(())
    }
}
