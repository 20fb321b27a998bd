//! The settings form of a connection: the settings that the provider declares, the stored values, and the provider's
//! checks of entered values. Entered values are not stored.

use crate::Demo;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use handover_gateway::ConnectionService;
use handover_host::contract::{Check, CheckOutcome, Description, Setting, SettingsProblem};
use handover_host::{ConnectError, Connection, Error};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

#[derive(Serialize)]
pub(crate) struct FormView {
    description: Description,
    /// The stored values, without secrets.
    settings: Vec<FormValue>,
    /// The keys of the stored secrets. A secret that is left empty in the form keeps its stored value.
    secrets: BTreeSet<String>,
}

/// A value of the form.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FormValue {
    key: String,
    value: String,
}

pub(crate) async fn show(
    State(demo): State<Demo>,
    Path(connection): Path<String>,
) -> Result<Json<FormView>, StatusCode> {
    let connection = find(&demo, &connection)?.connection();
    let stored = |setting: &Setting| FormValue { key: setting.key.clone(), value: setting.value.clone() };
    Ok(Json(FormView {
        description: connection.provider().description().clone(),
        settings: connection.shown_settings().map(stored).collect(),
        secrets: connection.secrets().map(|setting| setting.key.clone()).collect(),
    }))
}

/// Returns the problems of the entered settings. Calls only the plugin, not the contact center.
pub(crate) async fn find_problems(
    State(demo): State<Demo>,
    Path(connection): Path<String>,
    Json(entered): Json<Vec<FormValue>>,
) -> Result<Json<Vec<SettingsProblem>>, StatusCode> {
    let service = find(&demo, &connection)?.connection();
    match service.provider().check_settings(&with_stored_secrets(service, entered)).await {
        Ok(accepted) => Ok(Json(accepted.warnings)),
        Err(Error::Provider(problems)) => Ok(Json(problems)),
        Err(Error::Call(_)) => Err(StatusCode::UNPROCESSABLE_ENTITY),
    }
}

/// Runs the provider's checks with the entered settings. They can reach only the origins of the served connection: a
/// token for the page must not be enough to send the gateway's secrets to another host.
pub(crate) async fn run_checks(
    State(demo): State<Demo>,
    Path(connection): Path<String>,
    Json(entered): Json<Vec<FormValue>>,
) -> Result<Json<Vec<Check>>, StatusCode> {
    let service = find(&demo, &connection)?.connection();
    let checks = match service.with_settings(with_stored_secrets(service, entered)).await {
        Ok(connection) => connection.check_connection(None).await.map_err(|_| StatusCode::UNPROCESSABLE_ENTITY)?,
        Err(error) => failed_checks(error),
    };
    Ok(Json(checks))
}

/// Adds the secrets of the served connection, which the page does not know.
fn with_stored_secrets(service: &Connection, entered: Vec<FormValue>) -> Vec<Setting> {
    let mut settings: Vec<_> =
        entered.into_iter().map(|field| Setting { key: field.key, value: field.value }).collect();
    let keys: BTreeSet<_> = settings.iter().map(|setting| setting.key.clone()).collect();
    settings.extend(service.secrets().filter(|secret| !keys.contains(&secret.key)).cloned());
    settings
}

fn failed_checks(error: ConnectError) -> Vec<Check> {
    let failed = |name: &str, message: String, remedy: &str| Check {
        name: name.into(),
        outcome: CheckOutcome::Error,
        message,
        remedy: Some(remedy.into()),
    };
    match error {
        ConnectError::Settings(problems) => problems
            .into_iter()
            .map(|problem| failed(&format!("setting {}", problem.key), problem.message, &problem.remedy))
            .collect(),
        error @ ConnectError::OriginNotAllowed(_) => vec![failed(
            "origin",
            error.to_string(),
            "This page can reach only the origins of the connection that the gateway serves. Use `handover check` for other origins.",
        )],
        error => vec![failed("connect", error.to_string(), "Contact the provider's author.")],
    }
}

fn find<'d>(demo: &'d Demo, name: &str) -> Result<&'d ConnectionService, StatusCode> {
    demo.0.context.gateway.connections().find(|service| service.name() == name).ok_or(StatusCode::NOT_FOUND)
}
