//! `/api/v2/integrations` for the Bot Connector and the Digital Bot Connector ("Integrations API").

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::api::paging::PageRequest;
use crate::api::request::{JsonBody, Target};
use crate::bot_runs::RunError;
use crate::cloud::Cloud;
use crate::config::Permission;
use crate::state::bot_answer::{BotAnswer, BotState, Product};
use crate::state::bot_connectors::{BOT_CONNECTOR, BotIntegration, FILE_ATTACHMENTS, IntegrationType, TYPES};
use crate::state::tokens::Caller;
use crate::wire::error::ApiError;
use crate::wire::schema::Object;

/// `BotList` and its parts.
const MAX_BOTS: usize = 50;
const MAX_VERSIONS: usize = 50;
const MAX_INTENTS: usize = 50;
const MAX_SLOTS: usize = 50;
const MAX_NAME_CHARACTERS: usize = 100;
const MAX_DESCRIPTION_CHARACTERS: usize = 256;
/// The types of slots, in any case, each also as a collection.
const SLOT_TYPES: [&str; 7] = ["string", "integer", "decimal", "duration", "boolean", "currency", "datetime"];

/// `GET /api/v2/integrations/types`.
pub(crate) async fn list_types(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    target: Target,
) -> Result<Json<Value>, ApiError> {
    caller.require(Permission::PlatformIntegrationView)?;
    let page = PageRequest::read(&target.path, &target.query, cloud.unconfirmed.max_page_size)?;
    Ok(Json(page.page(TYPES.into_iter().map(type_json).collect())))
}

/// `GET …/types/{typeId}/configschemas/{configType}`.
pub(crate) async fn get_schema(
    Extension(caller): Extension<Caller>,
    Path((type_id, config_type)): Path<(String, String)>,
) -> Result<Json<Value>, ApiError> {
    caller.require(Permission::PlatformIntegrationView)?;
    let kind = type_with(&type_id).ok_or_else(ApiError::not_found)?;
    let (name, title) = kind.url;
    let properties = match config_type.as_str() {
        "properties" => json!({
            name: { "title": title, "type": "string" },
            "botProvider": { "title": "Bot Provider", "type": "string" },
            FILE_ATTACHMENTS: { "title": "Enable file attachments", "type": "boolean" },
        }),
        "advanced" => json!({}),
        other => return Err(ApiError::invalid_value(other, "ConfigType", &["properties", "advanced"])),
    };
    Ok(Json(json!({ "title": kind.name, "type": "object", "properties": properties })))
}

/// `GET /api/v2/integrations`.
pub(crate) async fn list(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    target: Target,
) -> Result<Json<Value>, ApiError> {
    caller.require(Permission::PlatformIntegrationView)?;
    let page = PageRequest::read(&target.path, &target.query, cloud.unconfirmed.max_page_size)?;
    let all = cloud.bot_connectors.with(|all| all.integrations.iter().map(integration_json).collect());
    Ok(Json(page.page(all)))
}

/// `POST /api/v2/integrations` (`CreateIntegrationRequest`).
pub(crate) async fn create(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    body: JsonBody,
) -> Result<Json<Value>, ApiError> {
    caller.require(Permission::PlatformIntegrationAdd)?;
    let body = body.read()?;
    let request = Object::body(&body)?;
    let name = request.required_text("name")?;
    let kind = request.required_object("integrationType")?;
    let kind = type_with(kind.required_text("id")?).ok_or_else(|| ApiError::malformed_field("integrationType.id"))?;
    cloud.bot_connectors.with(|all| {
        let created = all.create(name, kind);
        let refused = || ApiError::bad_request(format!("There are too many integrations of the type {}.", kind.id));
        created.map(|integration| Json(integration_json(integration))).ok_or_else(refused)
    })
}

/// `GET /api/v2/integrations/{integrationId}`.
pub(crate) async fn get(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    caller.require(Permission::PlatformIntegrationView)?;
    let found = cloud.bot_connectors.with(|all| all.get(&id).map(integration_json));
    found.map(Json).ok_or_else(ApiError::not_found)
}

/// `PATCH /api/v2/integrations/{integrationId}` (`Integration`, of which `intendedState` is required).
pub(crate) async fn update(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    body: JsonBody,
) -> Result<Json<Value>, ApiError> {
    caller.require(Permission::PlatformIntegrationEdit)?;
    let body = body.read()?;
    let states = ["ENABLED", "DISABLED", "DELETED", "RESTORED"];
    let state = Object::body(&body)?.required_choice("intendedState", "IntegrationState", &states)?;
    cloud.bot_connectors.with(|all| {
        let integration = all.get_mut(&id).ok_or_else(ApiError::not_found)?;
        integration.is_enabled = state == "ENABLED";
        Ok(Json(integration_json(integration)))
    })
}

/// `GET …/{integrationId}/config/current` (`IntegrationConfiguration`).
pub(crate) async fn get_configuration(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    caller.require(Permission::PlatformIntegrationView)?;
    let found = cloud.bot_connectors.with(|all| all.get(&id).map(configuration_json));
    found.map(Json).ok_or_else(ApiError::not_found)
}

/// `PUT …/{integrationId}/config/current`. All members are required. Unconfirmed: the status for another version.
pub(crate) async fn set_configuration(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    body: JsonBody,
) -> Result<Json<Value>, ApiError> {
    caller.require(Permission::PlatformIntegrationEdit)?;
    let body = body.read()?;
    let request = Object::body(&body)?;
    let name = request.required_text("name")?;
    let version = request.integer("version")?.ok_or_else(|| ApiError::missing_field("version"))?;
    let notes = request.text("notes")?.ok_or_else(|| ApiError::missing_field("notes"))?;
    for part in ["properties", "advanced", "credentials"] {
        request.required_object(part)?;
    }
    let part = |name: &str| body.get(name).cloned().unwrap_or_default();
    cloud.bot_connectors.with(|all| {
        let current = all.get(&id).ok_or_else(ApiError::not_found)?;
        if current.version != version {
            return Err(ApiError::bad_request(format!("The version {version} is not the current one.")));
        }
        let credentials = part("credentials");
        if !all.are_usable(current.kind, credentials.as_object().unwrap_or(&Map::new())) {
            return Err(ApiError::malformed_field("credentials"));
        }
        let integration = all.get_mut(&id).ok_or_else(ApiError::not_found)?;
        integration.name = name.to_owned();
        integration.notes = notes.to_owned();
        integration.version += 1;
        (integration.properties, integration.advanced) = (part("properties"), part("advanced"));
        integration.credentials = credentials;
        Ok(Json(configuration_json(integration)))
    })
}

/// `POST /api/v2/integrations/credentials` (`Credential`). The response (`CredentialInfo`) has no fields.
pub(crate) async fn create_credentials(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    body: JsonBody,
) -> Result<Json<Value>, ApiError> {
    caller.require(Permission::PlatformIntegrationAdd)?;
    let body = body.read()?;
    let request = Object::body(&body)?;
    let name = request.text("name")?.unwrap_or_default();
    let kind = request.required_object("type")?.required_text("name")?;
    if !TYPES.iter().any(|known| known.credentials.1 == kind) {
        return Err(ApiError::malformed_field("type.name"));
    }
    let fields = request.string_map("credentialFields")?;
    if fields.is_empty() {
        return Err(ApiError::missing_field("credentialFields"));
    }
    let id = cloud.bot_connectors.with(|all| all.add_credentials(kind, fields));
    Ok(Json(json!({ "id": id, "name": name, "type": { "name": kind } })))
}

/// `GET …/botconnector/{integrationId}/bots` (`BotList`).
pub(crate) async fn get_bots(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    caller.require(Permission::BotConnectorView)?;
    let found = cloud.bot_connectors.with(|all| {
        let integration = all.get(&id).filter(|found| found.kind.id == BOT_CONNECTOR.id)?;
        Some(json!({ "chatBots": integration.bots }))
    });
    found.map(Json).ok_or_else(ApiError::not_found)
}

/// `GET …/botconnectors/{integrationId}/bots` (`BotConnectorBot` in pages): the bots of a Digital Bot Connector, which
/// Genesys reads from the platform. Unconfirmed: whether it reads them now.
pub(crate) async fn list_read_bots(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    target: Target,
) -> Result<Json<Value>, ApiError> {
    caller.require(Permission::BotConnectorView)?;
    let page = PageRequest::read(&target.path, &target.query, cloud.unconfirmed.max_page_size)?;
    let integration = cloud.bot_integration(Some(&id)).map_err(not_asked)?;
    if integration.kind.id == BOT_CONNECTOR.id {
        return Err(ApiError::not_found());
    }
    Ok(Json(page.page(cloud.read_bots(&integration).await.map_err(not_asked)?)))
}

/// Why a bot cannot be asked. Unconfirmed: the codes.
pub(crate) fn not_asked(error: RunError) -> ApiError {
    match error {
        RunError::NotFound(_) => ApiError::not_found(),
        RunError::Conflict(why) => ApiError::conflict("bot.not.asked", why),
    }
}

/// `PUT …/botconnector/{integrationId}/bots` (`BotList`), which replaces all bots.
pub(crate) async fn set_bots(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    body: JsonBody,
) -> Result<StatusCode, ApiError> {
    caller.require(Permission::BotConnectorEdit)?;
    let body = body.read()?;
    check_bots(&Object::body(&body)?)?;
    cloud.bot_connectors.with(|all| {
        let integration = all.get_mut(&id).filter(|found| found.kind.id == BOT_CONNECTOR.id);
        let integration = integration.ok_or_else(ApiError::not_found)?;
        integration.bots = body.get("chatBots").cloned().unwrap_or_default();
        Ok(StatusCode::NO_CONTENT)
    })
}

/// `POST …/botconnectors/outgoing/messages` (`OutgoingMessageRequest`): the bot speaks after its response.
pub(crate) async fn send_outgoing_message(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    body: JsonBody,
) -> Result<Json<Value>, ApiError> {
    caller.require(Permission::BotConnectorSend)?;
    let body = body.read()?;
    let request = Object::body(&body)?;
    let (bot, version) = (request.required_text("botId")?, request.required_text("botVersion")?);
    let session_id = request.required_text("botSessionId")?;
    request.required_text("languageCode")?;
    BotState::of(&request)?;
    cloud.bot_sessions.with(|sessions| {
        let not_found = || ApiError::conflict("session.not.found", "There is no such session.");
        let session = sessions.get_mut(session_id).ok_or_else(not_found)?;
        let is_active =
            cloud.bot_connectors.with(|all| all.get(&session.integration_id).is_some_and(|one| one.is_enabled));
        let refused = match () {
            () if session.product == Product::BotConnector => return Err(not_found()),
            () if !is_active => Some(("integration.not.active", "The integration is not active.")),
            () if !session.is_open() => Some(("session.already.closed", "The session is closed.")),
            () if session.bot.id != bot => Some(("session.bot.id.mismatch", "The session is one of another bot.")),
            () if session.bot.version != version => {
                Some(("session.bot.version.mismatch", "The session is one of another version of the bot."))
            }
            () => None,
        };
        if let Some((code, message)) = refused {
            return Err(ApiError::conflict(code, message));
        }
        session.answered(BotAnswer::read(session.product, &session.bot.intents, &body)?);
        Ok(())
    })?;
    cloud.transfer_after(session_id);
    Ok(Json(json!({ "messageId": Uuid::new_v4().to_string() })))
}

fn type_with(id: &str) -> Option<&'static IntegrationType> {
    TYPES.into_iter().find(|kind| kind.id == id)
}

/// `IntegrationType`.
fn type_json(kind: &IntegrationType) -> Value {
    let (key, credential_type) = kind.credentials;
    json!({
        "id": kind.id,
        "name": kind.name,
        "credentials": { key: { "required": false, "title": "Credentials", "credentialTypes": [credential_type] } },
    })
}

/// `Integration`.
fn integration_json(integration: &BotIntegration) -> Value {
    let (intended, reported) = if integration.is_enabled { ("ENABLED", "ACTIVE") } else { ("DISABLED", "INACTIVE") };
    json!({
        "id": integration.id,
        "name": integration.name,
        "integrationType": { "id": integration.kind.id, "name": integration.kind.name },
        "notes": integration.notes,
        "intendedState": intended,
        "reportedState": { "code": reported },
        "selfUri": format!("/api/v2/integrations/{}", integration.id),
    })
}

/// `IntegrationConfiguration`.
fn configuration_json(integration: &BotIntegration) -> Value {
    json!({
        "id": integration.id,
        "name": integration.name,
        "version": integration.version,
        "properties": integration.properties,
        "advanced": integration.advanced,
        "notes": integration.notes,
        "credentials": integration.credentials,
    })
}

/// Checks a list of bots against the model's required fields and limits.
fn check_bots(list: &Object<'_>) -> Result<(), ApiError> {
    if list.value("chatBots").is_none() {
        return Err(ApiError::missing_field("chatBots"));
    }
    let bots = list.objects("chatBots")?;
    at_most(bots.len(), MAX_BOTS, "chatBots")?;
    for bot in bots {
        bot.required_text("id")?;
        let description = bot.text("description")?.unwrap_or_default();
        if description.chars().count() > MAX_DESCRIPTION_CHARACTERS {
            return Err(ApiError::malformed_field(&bot.path("description")));
        }
        let versions = bot.objects("versions")?;
        if versions.is_empty() {
            return Err(ApiError::missing_field(&bot.path("versions")));
        }
        at_most(versions.len(), MAX_VERSIONS, &bot.path("versions"))?;
        for version in versions {
            check_name(&version, "version")?;
            if version.strings("supportedLanguages")?.is_empty() {
                return Err(ApiError::missing_field(&version.path("supportedLanguages")));
            }
            let intents = version.objects("intents")?;
            if intents.is_empty() {
                return Err(ApiError::missing_field(&version.path("intents")));
            }
            at_most(intents.len(), MAX_INTENTS, &version.path("intents"))?;
            for intent in intents {
                check_name(&intent, "name")?;
                check_slots(&intent)?;
            }
        }
    }
    Ok(())
}

/// Checks the slots of an intent, which are a map by their names.
fn check_slots(intent: &Object<'_>) -> Result<(), ApiError> {
    let Some(slots) = intent.object("slots")? else { return Ok(()) };
    let names: Vec<_> = slots.entries().map(|(name, _)| name).collect();
    at_most(names.len(), MAX_SLOTS, &intent.path("slots"))?;
    for name in names {
        let slot = slots.required_object(name)?;
        check_name(&slot, "name")?;
        let kind = slot.required_text("type")?.to_ascii_lowercase();
        if !SLOT_TYPES.contains(&kind.strip_suffix("collection").unwrap_or(&kind)) {
            return Err(ApiError::malformed_field(&slot.path("type")));
        }
    }
    Ok(())
}

fn check_name(object: &Object<'_>, field: &str) -> Result<(), ApiError> {
    let name = object.required_text(field)?;
    if name.trim() == name && name.chars().count() <= MAX_NAME_CHARACTERS {
        return Ok(());
    }
    Err(ApiError::malformed_field(&object.path(field)))
}

fn at_most(count: usize, maximum: usize, field: &str) -> Result<(), ApiError> {
    if count <= maximum { Ok(()) } else { Err(ApiError::malformed_field(field)) }
}
