//! Open Messaging integrations: `/api/v2/conversations/messaging/integrations/open` ("Open Messaging API").

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use jiff::Timestamp;
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

use crate::cloud::{Cloud, JsonBody, Target};
use crate::config::Secret;
use crate::conversations::IntegrationRef;
use crate::error::ApiError;
use crate::paging::PageRequest;
use crate::permissions::{Permission, require};
use crate::schema::Object;
use crate::tokens::Caller;
use crate::webhook::{Destination, header_map};
use crate::wire::{set, time_text};

const PATH: &str = "/api/v2/conversations/messaging/integrations/open";

/// A webhook secret is longer than this, in characters.
pub(crate) const SECRET_LONGER_THAN: usize = 15;

/// How many integrations there may be.
const MAX_INTEGRATIONS: usize = 1_000;

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
    modified: Timestamp,
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
    list: Vec<Integration>,
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

    fn get(&self, id: &str) -> Option<&Integration> {
        self.list.iter().find(|integration| integration.id == id)
    }

    fn get_mut(&mut self, id: &str) -> Option<&mut Integration> {
        self.list.iter_mut().find(|integration| integration.id == id)
    }

    /// `OpenIntegration`. The secret is left out: whether Genesys Cloud shows it is unconfirmed.
    fn json(&self, integration: &Integration) -> Value {
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

/// `GET …/open`: all of them, by pages; there is no filter by name.
pub(crate) async fn list(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    target: Target,
) -> Result<Json<Value>, ApiError> {
    require(&caller, Permission::IntegrationView)?;
    let page = PageRequest::read(&target.path, &target.query, cloud.unconfirmed.max_page_size)?;
    let all = cloud.integrations.with(|integrations| {
        integrations.list.iter().map(|integration| shown(&cloud, integrations, integration)).collect()
    });
    Ok(Json(page.page(all)))
}

/// `GET …/open/{integrationId}`.
pub(crate) async fn get(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    require(&caller, Permission::IntegrationView)?;
    let found = cloud
        .integrations
        .with(|integrations| integrations.get(&id).map(|integration| shown(&cloud, integrations, integration)));
    found.map(Json).ok_or_else(ApiError::not_found)
}

/// `POST …/open`. Creation is asynchronous: the answer says `Initiated`, the next look `Completed`.
pub(crate) async fn create(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    JsonBody(body): JsonBody,
) -> Result<Json<Value>, ApiError> {
    require(&caller, Permission::IntegrationAdd)?;
    let change = Change::read(&Object::body(&body)?)?;
    let (Some(name), Some(url), Some(secret)) = (change.name, change.webhook_url, change.secret) else {
        let required = ["name", "outboundNotificationWebhookUrl", "outboundNotificationWebhookSignatureSecretToken"];
        let missing = required.into_iter().find(|field| body.get(field).is_none_or(Value::is_null));
        return Err(ApiError::missing_field(missing.unwrap_or("name")));
    };
    let mut integration = Integration::new(Uuid::new_v4().to_string(), name, Some(url), secret, Timestamp::now());
    integration.headers = change.headers.unwrap_or_default();
    cloud.integrations.with(|integrations| {
        if integrations.list.len() >= MAX_INTEGRATIONS {
            return Err(ApiError::bad_request(format!("There are {MAX_INTEGRATIONS} integrations already.")));
        }
        let mut answer = shown(&cloud, integrations, &integration);
        set(&mut answer, "createStatus", json!("Initiated"));
        integrations.list.push(integration);
        Ok(Json(answer))
    })
}

/// `PATCH …/open/{integrationId}`: every field is optional.
pub(crate) async fn update(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    JsonBody(body): JsonBody,
) -> Result<Json<Value>, ApiError> {
    require(&caller, Permission::IntegrationEdit)?;
    let change = Change::read(&Object::body(&body)?)?;
    cloud.integrations.with(|integrations| {
        let integration = integrations.get_mut(&id).ok_or_else(ApiError::not_found)?;
        change.apply(integration, Timestamp::now());
        let integration = integration.clone();
        Ok(Json(shown(&cloud, integrations, &integration)))
    })
}

/// `DELETE …/open/{integrationId}`.
pub(crate) async fn delete(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    require(&caller, Permission::IntegrationDelete)?;
    cloud.integrations.with(|integrations| {
        let before = integrations.list.len();
        integrations.list.retain(|integration| integration.id != id);
        if integrations.list.len() < before { Ok(StatusCode::NO_CONTENT) } else { Err(ApiError::not_found()) }
    })
}

/// The integration as the API shows it.
fn shown(cloud: &Cloud, integrations: &Integrations, integration: &Integration) -> Value {
    let mut body = integrations.json(integration);
    if cloud.unconfirmed.show_secret {
        set(&mut body, "outboundNotificationWebhookSignatureSecretToken", json!(integration.secret.expose()));
    }
    body
}

/// The fields of a create or update request, each checked.
struct Change {
    name: Option<String>,
    webhook_url: Option<Url>,
    secret: Option<Secret>,
    headers: Option<BTreeMap<String, String>>,
}

impl Change {
    fn read(body: &Object<'_>) -> Result<Self, ApiError> {
        const URL: &str = "outboundNotificationWebhookUrl";
        const SECRET: &str = "outboundNotificationWebhookSignatureSecretToken";
        let name = body.owned_text("name")?;
        if name.as_ref().is_some_and(String::is_empty) {
            return Err(ApiError::missing_field("name"));
        }
        let webhook_url = match body.text(URL)? {
            Some(text) => Some(parse_webhook_url(text).ok_or_else(|| ApiError::malformed_field(URL))?),
            None => None,
        };
        let secret = body.owned_text(SECRET)?;
        if secret.as_ref().is_some_and(|secret| secret.chars().count() <= SECRET_LONGER_THAN) {
            return Err(ApiError::bad_request(format!(
                "The {SECRET} must be longer than {SECRET_LONGER_THAN} characters."
            )));
        }
        let headers = match body.value("webhookHeaders") {
            Some(_) => Some(body.string_map("webhookHeaders")?),
            None => None,
        };
        if headers.as_ref().is_some_and(|headers| header_map(headers).is_none()) {
            return Err(ApiError::malformed_field("webhookHeaders"));
        }
        Ok(Self { name, webhook_url, secret: secret.map(Secret::from), headers })
    }

    fn apply(self, integration: &mut Integration, now: Timestamp) {
        if let Some(name) = self.name {
            integration.name = name;
        }
        if let Some(url) = self.webhook_url {
            integration.webhook_url = Some(url);
        }
        if let Some(secret) = self.secret {
            integration.secret = secret;
        }
        if let Some(headers) = self.headers {
            integration.headers = headers;
        }
        integration.modified = now;
    }
}

/// A webhook URL. Genesys Cloud takes `https://` on port 443 only; the sandbox takes what a machine on a desk has.
pub(crate) fn parse_webhook_url(text: &str) -> Option<Url> {
    Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}
