//! `/api/v2/conversations/messaging/integrations/open` ("Open Messaging API").

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use jiff::Timestamp;
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

use crate::api::paging::PageRequest;
use crate::api::request::{JsonBody, Target};
use crate::cloud::Cloud;
use crate::config::Permission;
use crate::config::Secret;
use crate::state::integrations::header_map;
use crate::state::integrations::{Integration, Integrations, SECRET_LONGER_THAN, parse_webhook_url};
use crate::state::tokens::Caller;
use crate::wire::error::ApiError;
use crate::wire::json::set;
use crate::wire::schema::Object;

/// The maximum number of integrations.
const MAX_INTEGRATIONS: usize = 1_000;

/// `GET …/open`, and `GET /api/v2/conversations/messaging/integrations`, which lists integrations of all types. The
/// sandbox only has open ones. The filters are `messagingSetting.id` and `supportedContent.id`. There is no filter by
/// name.
pub(crate) async fn list(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    target: Target,
) -> Result<Json<Value>, ApiError> {
    caller.require(Permission::IntegrationView)?;
    let page = PageRequest::read(&target.path, &target.query, cloud.unconfirmed.max_page_size)?;
    let all = cloud.integrations.with(|integrations| {
        let all = integrations.list.iter().map(|integration| integration_json(&cloud, integrations, integration));
        all.filter(|one| {
            matches_reference(one, &target, "messagingSetting") && matches_reference(one, &target, "supportedContent")
        })
        .collect()
    });
    Ok(Json(page.page(all)))
}

/// Whether the integration's reference `field` has the id in the query, if the query has one.
fn matches_reference(integration: &Value, target: &Target, field: &str) -> bool {
    let id = integration.get(field).and_then(|reference| reference.get("id")).and_then(Value::as_str);
    target.values(&format!("{field}.id")).into_iter().all(|wanted| id == Some(wanted))
}

/// `GET …/open/{integrationId}`.
pub(crate) async fn get(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    caller.require(Permission::IntegrationView)?;
    let found = cloud
        .integrations
        .with(|integrations| integrations.get(&id).map(|found| integration_json(&cloud, integrations, found)));
    found.map(Json).ok_or_else(ApiError::not_found)
}

/// `POST …/open`. Creation is asynchronous: the response has the `createStatus` `Initiated`. Later responses have
/// `Completed`.
pub(crate) async fn create(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    body: JsonBody,
) -> Result<Json<Value>, ApiError> {
    caller.require(Permission::IntegrationAdd)?;
    let body = body.read()?;
    let change = Change::read(&Object::body(&body)?)?;
    let (Some(name), Some(url), Some(secret)) = (change.name, change.webhook_url, change.secret) else {
        let required = ["name", "outboundNotificationWebhookUrl", "outboundNotificationWebhookSignatureSecretToken"];
        let missing = required.into_iter().find(|field| body.get(field).is_none_or(Value::is_null));
        return Err(ApiError::missing_field(missing.unwrap_or("name")));
    };
    let now = Timestamp::now();
    let mut integration = Integration::new(Uuid::new_v4().to_string(), name, Some(url), secret, now);
    integration.headers = change.headers.unwrap_or_default();
    integration.supported_content_id = change.supported_content_id;
    integration.messaging_setting_id = change.messaging_setting_id;
    integration.ready_at = now.saturating_add(cloud.integration_creation).unwrap_or(Timestamp::MAX);
    cloud.integrations.with(|integrations| {
        if integrations.list.len() >= MAX_INTEGRATIONS {
            return Err(ApiError::bad_request(format!("There are already {MAX_INTEGRATIONS} integrations.")));
        }
        integrations.require_references(&integration)?;
        let mut response_body = integration_json(&cloud, integrations, &integration);
        set(&mut response_body, "createStatus", json!("Initiated"));
        integrations.list.push(integration);
        Ok(Json(response_body))
    })
}

/// `PATCH …/open/{integrationId}`. Only `name` is required (`OpenIntegrationUpdateRequest`). Unconfirmed: whether its
/// absence returns 400.
pub(crate) async fn update(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    body: JsonBody,
) -> Result<Json<Value>, ApiError> {
    caller.require(Permission::IntegrationEdit)?;
    let change = Change::read(&Object::body(&body.read()?)?)?;
    if change.name.is_none() {
        return Err(ApiError::missing_field("name"));
    }
    cloud.integrations.with(|integrations| {
        let mut integration = integrations.get(&id).ok_or_else(ApiError::not_found)?.clone();
        change.apply(&mut integration, Timestamp::now());
        integrations.require_references(&integration)?;
        integrations.put(integration.clone());
        Ok(Json(integration_json(&cloud, integrations, &integration)))
    })
}

/// `DELETE …/open/{integrationId}`.
pub(crate) async fn delete(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    caller.require(Permission::IntegrationDelete)?;
    cloud.integrations.with(|integrations| {
        let before = integrations.list.len();
        integrations.list.retain(|integration| integration.id != id);
        if integrations.list.len() < before { Ok(StatusCode::NO_CONTENT) } else { Err(ApiError::not_found()) }
    })
}

/// Returns the integration in the API's format. Unconfirmed: whether the format contains the secret.
fn integration_json(cloud: &Cloud, integrations: &Integrations, integration: &Integration) -> Value {
    let mut body = integrations.json(integration, cloud.unconfirmed.show_default_setting);
    if cloud.unconfirmed.show_secret {
        set(&mut body, "outboundNotificationWebhookSignatureSecretToken", json!(integration.secret.expose()));
    }
    body
}

/// The validated fields of a create or update request.
struct Change {
    name: Option<String>,
    webhook_url: Option<Url>,
    secret: Option<Secret>,
    headers: Option<BTreeMap<String, String>>,
    supported_content_id: Option<String>,
    messaging_setting_id: Option<String>,
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
        let reference = |field| match body.object(field)? {
            Some(object) => Ok(Some(object.required_text("id")?.to_owned())),
            None => Ok(None),
        };
        Ok(Self {
            name,
            webhook_url,
            secret: secret.map(Secret::from),
            headers,
            supported_content_id: reference("supportedContent")?,
            messaging_setting_id: reference("messagingSetting")?,
        })
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
        if let Some(id) = self.supported_content_id {
            integration.supported_content_id = Some(id);
        }
        if let Some(id) = self.messaging_setting_id {
            integration.messaging_setting_id = Some(id);
        }
        integration.modified = now;
    }
}
