//! The form of a connection: the settings that the provider asks for, the stored values, and what the provider reports of
//! values that somebody enters instead. These are not kept.

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
    settings: Vec<Entered>,
    /// The keys of the stored secrets; an empty value stands for the stored one.
    secrets: BTreeSet<String>,
}

/// A line of the form.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entered {
    key: String,
    value: String,
}

pub(crate) async fn show(
    State(demo): State<Demo>,
    Path(connection): Path<String>,
) -> Result<Json<FormView>, StatusCode> {
    let connection = find(&demo, &connection)?.connection();
    let entered = |setting: &Setting| Entered { key: setting.key.clone(), value: setting.value.clone() };
    Ok(Json(FormView {
        description: connection.provider().description().clone(),
        settings: connection.shown_settings().map(entered).collect(),
        secrets: connection.secrets().map(|setting| setting.key.clone()).collect(),
    }))
}

/// Returns the problems of the entered settings. Calls only the plugin.
pub(crate) async fn check(
    State(demo): State<Demo>,
    Path(connection): Path<String>,
    Json(entered): Json<Vec<Entered>>,
) -> Result<Json<Vec<SettingsProblem>>, StatusCode> {
    let service = find(&demo, &connection)?.connection();
    match service.provider().check_settings(&completed(service, entered)).await {
        Ok(accepted) => Ok(Json(accepted.warnings)),
        Err(Error::Provider(problems)) => Ok(Json(problems)),
        Err(Error::Call(_)) => Err(StatusCode::UNPROCESSABLE_ENTITY),
    }
}

/// Runs the provider's checks with the entered settings. The connection may reach only the origins of the connection that is served: a token
/// for the page must not be enough to send the gateway's secrets to another host.
pub(crate) async fn try_out(
    State(demo): State<Demo>,
    Path(connection): Path<String>,
    Json(entered): Json<Vec<Entered>>,
) -> Result<Json<Vec<Check>>, StatusCode> {
    let service = find(&demo, &connection)?.connection();
    let checks = match service.with_settings(completed(service, entered)).await {
        Ok(connection) => connection.check_connection(None).await.map_err(|_| StatusCode::UNPROCESSABLE_ENTITY)?,
        Err(error) => refused(error),
    };
    Ok(Json(checks))
}

/// Completes the settings with the secrets of the connection that is served, which the page does not know.
fn completed(service: &Connection, entered: Vec<Entered>) -> Vec<Setting> {
    let mut settings: Vec<_> = entered.into_iter().map(|one| Setting { key: one.key, value: one.value }).collect();
    let keys: BTreeSet<_> = settings.iter().map(|setting| setting.key.clone()).collect();
    settings.extend(service.secrets().filter(|secret| !keys.contains(&secret.key)).cloned());
    settings
}

fn refused(error: ConnectError) -> Vec<Check> {
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
            "This page reaches only the origins of the connection that the gateway serves. Try other settings with `handover check`.",
        )],
        error => vec![failed("connect", error.to_string(), "Ask the provider's author.")],
    }
}

fn find<'d>(demo: &'d Demo, name: &str) -> Result<&'d ConnectionService, StatusCode> {
    demo.0.context.gateway.connections().find(|service| service.name() == name).ok_or(StatusCode::NOT_FOUND)
}
