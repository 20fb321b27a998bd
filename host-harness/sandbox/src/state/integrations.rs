//! Open Messaging integrations, and how the API shows them ("Open Messaging API").

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

/// A webhook secret is longer than this, in characters.
pub(crate) const SECRET_LONGER_THAN: usize = 15;

/// An Open Messaging integration.
#[derive(Clone, Debug)]
pub(crate) struct Integration {
    pub(crate) id: String,
    pub(crate) name: String,
    /// `None` only for one of the configuration: the API asks for it.
    pub(crate) webhook_url: Option<Url>,
    pub(crate) secret: Secret,
    /// Checked: they can be HTTP headers.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) recipient_id: String,
    /// The flow that its recipient is attached to.
    pub(crate) flow_id: Option<String>,
    /// Without a supported content profile it passes no media, or all: that is unconfirmed.
    pub(crate) supported_content_id: Option<String>,
    /// `None`: the default one.
    pub(crate) messaging_setting_id: Option<String>,
    /// Until then its creation is not completed.
    pub(crate) ready_at: Timestamp,
    created: Timestamp,
    /// When it was last changed.
    pub(crate) modified: Timestamp,
}

impl Integration {
    /// A new one.
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

/// Where the webhooks of an integration are sent.
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
    /// Those of the configuration, which have the default profile and setting.
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

    /// The integration's supported content profile.
    pub(crate) fn profile_of(&self, id: &str) -> Option<&ContentProfile> {
        self.profiles.get(self.get(id)?.supported_content_id.as_deref()?)
    }

    /// The integration's messaging setting, or else the default one.
    pub(crate) fn setting_of(&self, id: &str) -> &MessagingSetting {
        self.get(id).map_or_else(|| self.settings.default_item(), |integration| self.setting(integration))
    }

    fn setting(&self, integration: &Integration) -> &MessagingSetting {
        let own = integration.messaging_setting_id.as_deref().and_then(|id| self.settings.get(id));
        own.unwrap_or_else(|| self.settings.default_item())
    }

    /// Fails unless what the integration refers to exists. That Genesys Cloud asks is unconfirmed.
    pub(crate) fn require_references(&self, integration: &Integration) -> Result<(), ApiError> {
        if integration.supported_content_id.as_ref().is_some_and(|id| self.profiles.get(id).is_none()) {
            return Err(ApiError::malformed_field("supportedContent.id"));
        }
        if integration.messaging_setting_id.as_ref().is_some_and(|id| self.settings.get(id).is_none()) {
            return Err(ApiError::malformed_field("messagingSetting.id"));
        }
        Ok(())
    }

    /// The integration of this id, as conversations refer to it, once its creation is completed.
    pub(crate) fn reference(&self, id: &str) -> Option<IntegrationRef> {
        self.get(id)
            .filter(|integration| integration.ready_at <= Timestamp::now())
            .map(|integration| IntegrationRef { id: integration.id.clone(), name: integration.name.clone() })
    }

    /// Where the integration's webhooks go.
    pub(crate) fn destination(&self, id: &str) -> Option<WebhookDestination> {
        let integration = self.get(id)?;
        Some(WebhookDestination {
            url: integration.webhook_url.clone()?,
            secret: integration.secret.clone(),
            headers: header_map(&integration.headers).unwrap_or_default(),
        })
    }

    /// The integration of this id.
    pub(crate) fn get(&self, id: &str) -> Option<&Integration> {
        self.list.iter().find(|integration| integration.id == id)
    }

    /// Replaces the integration of the same id.
    pub(crate) fn put(&mut self, integration: Integration) {
        if let Some(before) = self.list.iter_mut().find(|before| before.id == integration.id) {
            *before = integration;
        }
    }

    /// `OpenIntegration`. The secret is left out: whether Genesys Cloud shows it is unconfirmed.
    ///
    /// `shows_default`: one without a messaging setting of its own shows the default one.
    pub(crate) fn json(&self, integration: &Integration, shows_default: bool) -> Value {
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
        if shows_default || integration.messaging_setting_id.is_some() {
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

/// A webhook URL. Genesys Cloud takes `https://` on port 443 only; the sandbox takes what a machine on a desk has.
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
