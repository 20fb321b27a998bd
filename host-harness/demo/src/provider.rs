//! What is served, and the form of a connection.

use crate::Demo;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use handover_gateway::Served;
use handover_host::contract::{Description, Setting, SettingsProblem};
use serde::{Deserialize, Serialize};

#[derive(Serialize)]
pub(crate) struct StageView {
    connections: Vec<ConnectionView>,
    /// Whether there is a desk to play agents at.
    desk: bool,
}

#[derive(Serialize)]
struct ConnectionView {
    name: String,
    provider: String,
}

pub(crate) async fn stage(State(demo): State<Demo>) -> Json<StageView> {
    let view = |served: &Served| ConnectionView {
        name: served.name().to_owned(),
        provider: served.connection().provider().description().title.clone(),
    };
    let stage = &demo.0.stage;
    Json(StageView { connections: stage.gateway.connections().map(view).collect(), desk: stage.desk.is_some() })
}

pub(crate) async fn describe(
    State(demo): State<Demo>,
    Path(connection): Path<String>,
) -> Result<Json<Description>, StatusCode> {
    Ok(Json(find(&demo, &connection)?.connection().provider().description().clone()))
}

/// What somebody types in the form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entered {
    key: String,
    value: String,
}

/// What is wrong with it, or worth a look. Nothing is kept, and nobody is asked but the plugin.
pub(crate) async fn check(
    State(demo): State<Demo>,
    Path(connection): Path<String>,
    Json(entered): Json<Vec<Entered>>,
) -> Result<Json<Vec<SettingsProblem>>, StatusCode> {
    let settings: Vec<_> = entered.into_iter().map(|one| Setting { key: one.key, value: one.value }).collect();
    match find(&demo, &connection)?.connection().provider().check_settings(&settings).await {
        Ok(Ok(accepted)) => Ok(Json(accepted.warnings)),
        Ok(Err(problems)) => Ok(Json(problems)),
        Err(_) => Err(StatusCode::UNPROCESSABLE_ENTITY),
    }
}

fn find<'d>(demo: &'d Demo, name: &str) -> Result<&'d Served, StatusCode> {
    demo.0.stage.gateway.connections().find(|served| served.name() == name).ok_or(StatusCode::NOT_FOUND)
}
