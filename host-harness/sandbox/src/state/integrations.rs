//! Open Messaging integrations and their format in the API ("Open Messaging API").

use std::collections::BTreeMap;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use jiff::Timestamp;
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

use crate::config::Secret;
use crate::state::collection::Collection;
use crate::state::content_profiles::ContentProfile;
use crate::state::conversations::IntegrationRef;
use crate::state::messaging_settings::MessagingSetting;
use crate::wire::error::ApiError;
use crate::wire::json::{set, time_text};

const PATH: &str = "/api/v2/conversations/messaging/integrations/open";

/// A webhook secret must be longer than this number of characters.
pub(crate) const SECRET_LONGER_THAN: usize = 15;

/// An Open Messaging integration.
#[derive(Clone, Debug)]
pub(crate) struct Integration {
    pub(crate) id: String,
    pub(crate) name: String,
    /// The URL that receives webhooks. Can be `None` only for configured integrations, because the API requires it.
    pub(crate) webhook_url: Option<Url>,
    pub(crate) secret: Secret,
    /// Valid HTTP headers.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) recipient_id: String,
    /// The flow of its recipient.
    pub(crate) flow_id: Option<String>,
    /// The supported content profile. Unconfirmed: whether `None` allows no media or all media.
    pub(crate) supported_content_id: Option<String>,
    /// The messaging setting. `None`: the default one.
    pub(crate) messaging_setting_id: Option<String>,
    /// Whether the contact records of recipients are looked up, and in which external source. The sandbox has no contacts.
    pub(crate) resolves_identities: bool,
    pub(crate) external_source_id: Option<String>,
    /// The time at which its creation is completed.
    pub(crate) ready_at: Timestamp,
    created: Timestamp,
    /// The time of the last change.
    pub(crate) modified: Timestamp,
}

impl Integration {
    /// Creates an integration that is ready immediately.
    pub(crate) fn new(id: String, name: String, webhook_url: Option<Url>, secret: Secret, now: Timestamp) -> Self {
        Self {
            id,
            name,
            webhook_url,
            secret,
            headers: BTreeMap::new(),
            recipient_id: Uuid::new_v4().to_string(),
            flow_id: None,
            supported_content_id: None,
            messaging_setting_id: None,
            resolves_identities: false,
            external_source_id: None,
            ready_at: now,
            created: now,
            modified: now,
        }
    }

    /// Whether its creation is completed.
    pub(crate) fn is_ready(&self) -> bool {
        self.ready_at <= Timestamp::now()
    }
}

/// The destination of an integration's webhooks.
#[derive(Clone, Debug)]
pub(crate) struct WebhookDestination {
    pub(crate) url: Url,
    pub(crate) secret: Secret,
    pub(crate) headers: HeaderMap,
}

/// All integrations, in the order of their creation.
#[derive(Debug)]
pub(crate) struct Integrations {
    pub(crate) list: Vec<Integration>,
    pub(crate) profiles: Collection<ContentProfile>,
    pub(crate) settings: Collection<MessagingSetting>,
}

impl Integrations {
    /// Creates the configured integrations. They have the default profile and the default setting.
    pub(crate) fn new(
        mut list: Vec<Integration>,
        profiles: Collection<ContentProfile>,
        settings: Collection<MessagingSetting>,
    ) -> Self {
        for integration in &mut list {
            integration.supported_content_id = Some(profiles.default_item().id.clone());
        }
        Self { list, profiles, settings }
    }

    /// Returns the integration's supported content profile.
    pub(crate) fn profile_of(&self, id: &str) -> Option<&ContentProfile> {
        self.profiles.get(self.get(id)?.supported_content_id.as_deref()?)
    }

    /// Returns the integration's messaging setting, or the default setting.
    pub(crate) fn setting_of(&self, id: &str) -> &MessagingSetting {
        self.get(id).map_or_else(|| self.settings.default_item(), |integration| self.setting(integration))
    }

    fn setting(&self, integration: &Integration) -> &MessagingSetting {
        let own = integration.messaging_setting_id.as_deref().and_then(|id| self.settings.get(id));
        own.unwrap_or_else(|| self.settings.default_item())
    }

    /// Returns an error unless the profile and the setting of the integration exist. Unconfirmed: whether Genesys Cloud
    /// checks this.
    pub(crate) fn require_references(&self, integration: &Integration) -> Result<(), ApiError> {
        if integration.supported_content_id.as_ref().is_some_and(|id| self.profiles.get(id).is_none()) {
            return Err(ApiError::malformed_field("supportedContent.id"));
        }
        if integration.messaging_setting_id.as_ref().is_some_and(|id| self.settings.get(id).is_none()) {
            return Err(ApiError::malformed_field("messagingSetting.id"));
        }
        Ok(())
    }

    /// Returns the integration with this id as conversations refer to it, or `None` until its creation is completed.
    pub(crate) fn reference(&self, id: &str) -> Option<IntegrationRef> {
        self.get(id)
            .filter(|integration| integration.ready_at <= Timestamp::now())
            .map(|integration| IntegrationRef { id: integration.id.clone(), name: integration.name.clone() })
    }

    /// Returns the destination of the integration's webhooks, or `None` if it has no webhook URL.
    pub(crate) fn destination(&self, id: &str) -> Option<WebhookDestination> {
        let integration = self.get(id)?;
        Some(WebhookDestination {
            url: integration.webhook_url.clone()?,
            secret: integration.secret.clone(),
            headers: header_map(&integration.headers).unwrap_or_default(),
        })
    }

    /// Returns the integration with this id.
    pub(crate) fn get(&self, id: &str) -> Option<&Integration> {
        self.list.iter().find(|integration| integration.id == id)
    }

    /// Replaces the integration with the same id.
    pub(crate) fn put(&mut self, integration: Integration) {
        if let Some(before) = self.list.iter_mut().find(|before| before.id == integration.id) {
            *before = integration;
        }
    }

    /// Returns `OpenIntegration` without the secret. Unconfirmed: whether Genesys Cloud returns the secret.
    ///
    /// With `show_default`, an integration without its own messaging setting has the default one.
    pub(crate) fn json(&self, integration: &Integration, show_default: bool) -> Value {
        let ready = integration.is_ready();
        let mut body = json!({
            "id": integration.id,
            "name": integration.name,
            "webhookHeaders": integration.headers,
            "status": "Active",
            "dateCreated": time_text(integration.created),
            "dateModified": time_text(integration.modified),
            "createStatus": if ready { "Completed" } else { "Initiated" },
            "selfUri": format!("{PATH}/{}", integration.id),
        });
        if show_default || integration.messaging_setting_id.is_some() {
            set(&mut body, "messagingSetting", self.setting(integration).reference());
        }
        if ready {
            let recipient = json!({
                "id": integration.recipient_id,
                "selfUri": format!("/api/v2/routing/message/recipients/{}", integration.recipient_id),
            });
            set(&mut body, "recipient", recipient);
        }
        if let Some(profile) = integration.supported_content_id.as_deref().and_then(|id| self.profiles.get(id)) {
            set(&mut body, "supportedContent", profile.reference());
        }
        if let Some(url) = &integration.webhook_url {
            set(&mut body, "outboundNotificationWebhookUrl", json!(url.as_str()));
        }
        body
    }
}

/// Parses a webhook URL. Genesys Cloud accepts only `https://` on port 443. The sandbox also accepts `http://` and
/// other ports, for local development.
pub(crate) fn parse_webhook_url(text: &str) -> Option<Url> {
    Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

/// Returns `webhookHeaders` as HTTP headers, or `None` if a pair cannot be an HTTP header.
pub(crate) fn header_map(headers: &BTreeMap<String, String>) -> Option<HeaderMap> {
    headers
        .iter()
        .map(|(name, value)| Some((name.parse::<HeaderName>().ok()?, value.parse::<HeaderValue>().ok()?)))
        .collect()
}
