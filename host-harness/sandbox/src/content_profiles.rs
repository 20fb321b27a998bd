//! Supported content profiles: which media integrations may pass on ("Resource Center: supported content profiles").

use serde_json::{Value, json};
use uuid::Uuid;

use crate::config::MediaConfig;
use crate::error::ApiError;
use crate::schema::Object;

/// How many profiles there may be.
const MAX_PROFILES: usize = 1_000;

/// By this the default profile can be called, too.
const DEFAULT: &str = "default";

/// A supported content profile.
#[derive(Clone, Debug)]
pub(crate) struct ContentProfile {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) media: MediaConfig,
}

impl ContentProfile {
    /// `SupportedContent`.
    pub(crate) fn json(&self) -> Value {
        let types = |patterns: &[String]| patterns.iter().map(|one| json!({ "type": one })).collect::<Vec<_>>();
        json!({
            "id": self.id,
            "name": self.name,
            "mediaTypes": {
                "allow": { "inbound": types(&self.media.inbound), "outbound": types(&self.media.outbound) },
            },
            "selfUri": self.self_uri(),
        })
    }

    /// As an integration refers to it.
    pub(crate) fn reference(&self) -> Value {
        json!({ "id": self.id, "name": self.name, "selfUri": self.self_uri() })
    }

    fn self_uri(&self) -> String {
        format!("/api/v2/conversations/messaging/supportedcontent/{}", self.id)
    }
}

/// The fields of a create or update request, each checked.
pub(crate) struct ProfileChange {
    name: Option<String>,
    inbound: Option<Vec<String>>,
    outbound: Option<Vec<String>>,
}

impl ProfileChange {
    /// Checks the body.
    pub(crate) fn read(body: &Object<'_>) -> Result<Self, ApiError> {
        let name = body.owned_text("name")?;
        if name.as_ref().is_some_and(String::is_empty) {
            return Err(ApiError::missing_field("name"));
        }
        let allow = match body.object("mediaTypes")? {
            Some(types) => types.object("allow")?,
            None => None,
        };
        let list = |direction| match &allow {
            Some(allow) if allow.value(direction).is_some() => read_types(allow, direction).map(Some),
            _ => Ok(None),
        };
        Ok(Self { name, inbound: list("inbound")?, outbound: list("outbound")? })
    }

    fn apply(self, profile: &mut ContentProfile) {
        if let Some(name) = self.name {
            profile.name = name;
        }
        if let Some(inbound) = self.inbound {
            profile.media.inbound = inbound;
        }
        if let Some(outbound) = self.outbound {
            profile.media.outbound = outbound;
        }
    }
}

fn read_types(allow: &Object<'_>, direction: &str) -> Result<Vec<String>, ApiError> {
    let read = |item: &Object<'_>| {
        let text = item.required_text("type")?;
        let fits = text.split_once('/').is_some_and(|(family, kind)| !family.is_empty() && !kind.is_empty());
        if fits { Ok(text.to_owned()) } else { Err(ApiError::malformed_field(&item.path("type"))) }
    };
    allow.objects(direction)?.iter().map(read).collect()
}

/// All profiles.
#[derive(Debug)]
pub(crate) struct ContentProfiles {
    default: ContentProfile,
    others: Vec<ContentProfile>,
}

impl ContentProfiles {
    /// The default one, which allows `media`.
    pub(crate) fn new(media: MediaConfig) -> Self {
        let default = ContentProfile { id: Uuid::new_v4().to_string(), name: DEFAULT.to_owned(), media };
        Self { default, others: Vec::new() }
    }

    /// The default one.
    pub(crate) fn default_one(&self) -> &ContentProfile {
        &self.default
    }

    /// All of them, the default one first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &ContentProfile> {
        std::iter::once(&self.default).chain(&self.others)
    }

    /// The profile of this id, or the default one by the name of `default`.
    pub(crate) fn get(&self, id: &str) -> Option<&ContentProfile> {
        self.iter().find(|profile| profile.id == id || (id == DEFAULT && profile.id == self.default.id))
    }

    /// A new one, which allows nothing but what `change` says (unconfirmed).
    pub(crate) fn create(&mut self, change: ProfileChange) -> Result<&ContentProfile, ApiError> {
        if change.name.is_none() {
            return Err(ApiError::missing_field("name"));
        }
        if self.others.len() >= MAX_PROFILES {
            return Err(ApiError::bad_request(format!("There are {MAX_PROFILES} profiles already.")));
        }
        let media = MediaConfig { inbound: Vec::new(), outbound: Vec::new() };
        let mut profile = ContentProfile { id: Uuid::new_v4().to_string(), name: String::new(), media };
        change.apply(&mut profile);
        self.others.push(profile);
        self.others.last().ok_or_else(ApiError::not_found)
    }

    /// Changes one.
    pub(crate) fn update(&mut self, id: &str, change: ProfileChange) -> Result<&ContentProfile, ApiError> {
        let id = self.get(id).ok_or_else(ApiError::not_found)?.id.clone();
        let mut all = std::iter::once(&mut self.default).chain(&mut self.others);
        let profile = all.find(|profile| profile.id == id).ok_or_else(ApiError::not_found)?;
        change.apply(profile);
        Ok(profile)
    }

    /// Deletes one, but not the default one.
    pub(crate) fn delete(&mut self, id: &str) -> Result<(), ApiError> {
        if self.get(id).ok_or_else(ApiError::not_found)?.id == self.default.id {
            return Err(ApiError::bad_request("The default profile cannot be deleted."));
        }
        self.others.retain(|profile| profile.id != id);
        Ok(())
    }
}
