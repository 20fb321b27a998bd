//! Supported content profiles: the media types that integrations allow ("Resource Center: supported content profiles").

use serde_json::{Value, json};
use uuid::Uuid;

use crate::config::MediaConfig;
use crate::state::collection::{DEFAULT, Item};
use crate::wire::error::ApiError;
use crate::wire::schema::Object;

/// A supported content profile.
#[derive(Clone, Debug)]
pub(crate) struct ContentProfile {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) media: MediaConfig,
}

impl ContentProfile {
    /// Creates the profile that a new organization has.
    pub(crate) fn initial(media: MediaConfig) -> Self {
        Self { id: Uuid::new_v4().to_string(), name: DEFAULT.to_owned(), media }
    }

    /// Returns `SupportedContent`.
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

    /// Returns the profile as an integration refers to it.
    pub(crate) fn reference(&self) -> Value {
        json!({ "id": self.id, "name": self.name, "selfUri": self.self_uri() })
    }

    fn self_uri(&self) -> String {
        format!("/api/v2/conversations/messaging/supportedcontent/{}", self.id)
    }
}

/// The validated fields of a create or update request.
pub(crate) struct ContentProfileChange {
    name: Option<String>,
    inbound: Option<Vec<String>>,
    outbound: Option<Vec<String>>,
}

impl Item for ContentProfile {
    type Change = ContentProfileChange;

    const NAME: &'static str = "profile";

    /// Creates a profile that allows no media. Unconfirmed.
    fn new(id: String) -> Self {
        Self { id, name: String::new(), media: MediaConfig { inbound: Vec::new(), outbound: Vec::new() } }
    }

    fn id(&self) -> &str {
        &self.id
    }

    fn read_change(body: &Object<'_>) -> Result<ContentProfileChange, ApiError> {
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
        Ok(ContentProfileChange { name, inbound: list("inbound")?, outbound: list("outbound")? })
    }

    fn has_name(change: &ContentProfileChange) -> bool {
        change.name.is_some()
    }

    fn apply(&mut self, change: ContentProfileChange) {
        if let Some(name) = change.name {
            self.name = name;
        }
        if let Some(inbound) = change.inbound {
            self.media.inbound = inbound;
        }
        if let Some(outbound) = change.outbound {
            self.media.outbound = outbound;
        }
    }
}

fn read_types(allow: &Object<'_>, direction: &str) -> Result<Vec<String>, ApiError> {
    let read = |item: &Object<'_>| {
        let text = item.required_text("type")?;
        let is_valid = text.split_once('/').is_some_and(|(family, kind)| !family.is_empty() && !kind.is_empty());
        if is_valid { Ok(text.to_owned()) } else { Err(ApiError::malformed_field(&item.path("type"))) }
    };
    allow.objects(direction)?.iter().map(read).collect()
}
