//! Open Messaging integrations, and how the API shows them ("Open Messaging API").

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

use crate::config::Secret;
use crate::conversations::IntegrationRef;
use crate::webhook::{Destination, header_map};
use crate::wire::{set, time_text};

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
    recipient_id: String,
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
            created: now,
            modified: now,
        }
    }
}

/// All integrations, in the order of their creation.
#[derive(Debug)]
pub(crate) struct Integrations {
    pub(crate) list: Vec<Integration>,
    supported_content_id: String,
    messaging_setting_id: String,
}

impl Integrations {
    /// Those of the configuration.
    pub(crate) fn new(list: Vec<Integration>) -> Self {
        let id = || Uuid::new_v4().to_string();
        Self { list, supported_content_id: id(), messaging_setting_id: id() }
    }

    /// The integration of this id, as conversations refer to it.
    pub(crate) fn reference(&self, id: &str) -> Option<IntegrationRef> {
        self.get(id).map(|integration| IntegrationRef { id: integration.id.clone(), name: integration.name.clone() })
    }

    /// Where the integration's webhooks go.
    pub(crate) fn destination(&self, id: &str) -> Option<Destination> {
        let integration = self.get(id)?;
        Some(Destination {
            url: integration.webhook_url.clone()?,
            secret: integration.secret.clone(),
            headers: header_map(&integration.headers).unwrap_or_default(),
        })
    }

    /// The integration of this id.
    pub(crate) fn get(&self, id: &str) -> Option<&Integration> {
        self.list.iter().find(|integration| integration.id == id)
    }

    /// The integration of this id, to be changed.
    pub(crate) fn get_mut(&mut self, id: &str) -> Option<&mut Integration> {
        self.list.iter_mut().find(|integration| integration.id == id)
    }

    /// `OpenIntegration`. The secret is left out: whether Genesys Cloud shows it is unconfirmed.
    pub(crate) fn json(&self, integration: &Integration) -> Value {
        let mut body = json!({
            "id": integration.id,
            "name": integration.name,
            "supportedContent": {
                "id": self.supported_content_id,
                "name": "default",
                "selfUri": format!("/api/v2/conversations/messaging/supportedcontent/{}", self.supported_content_id),
            },
            "messagingSetting": {
                "id": self.messaging_setting_id,
                "selfUri": format!("/api/v2/conversations/messaging/settings/{}", self.messaging_setting_id),
            },
            "webhookHeaders": integration.headers,
            "status": "Active",
            "recipient": {
                "id": integration.recipient_id,
                "selfUri": format!("/api/v2/routing/message/recipients/{}", integration.recipient_id),
            },
            "dateCreated": time_text(integration.created),
            "dateModified": time_text(integration.modified),
            "createStatus": "Completed",
            "selfUri": format!("{PATH}/{}", integration.id),
        });
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
