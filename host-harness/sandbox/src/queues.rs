//! `GET /api/v2/routing/queues` ("Routing API").

use axum::extract::{Path, State};
use axum::{Extension, Json};
use serde_json::{Value, json};

use crate::cloud::{Cloud, Target};
use crate::conversations::Queue;
use crate::error::ApiError;
use crate::paging::PageRequest;
use crate::permissions::Permission;
use crate::tokens::Caller;

/// `GET /api/v2/routing/queues`: by `name` (which may start and end with `*`) and `id` (which may repeat), sorted by
/// name (`sortOrder=desc`: backwards).
pub(crate) async fn list(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    target: Target,
) -> Result<Json<Value>, ApiError> {
    caller.require(Permission::QueueView)?;
    let page = PageRequest::read(&target.path, &target.query, cloud.unconfirmed.max_page_size)?;
    let values = |name: &str| -> Vec<&str> {
        target.query.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect()
    };
    let (names, ids) = (values("name"), values("id"));
    let mut queues: Vec<Queue> =
        cloud.conversations.with(|conversations| conversations.rules().queues().cloned().collect());
    queues.retain(|queue| {
        names.iter().all(|pattern| matches(pattern, &queue.name))
            && (ids.is_empty() || ids.contains(&queue.id.as_str()))
    });
    queues.sort_by(|one, other| one.name.cmp(&other.name));
    if values("sortOrder").first().is_some_and(|order| order.eq_ignore_ascii_case("desc")) {
        queues.reverse();
    }
    Ok(Json(page.page(queues.iter().map(queue_json).collect())))
}

/// `GET /api/v2/routing/queues/{id}`.
pub(crate) async fn get(
    State(cloud): State<Cloud>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    caller.require(Permission::QueueView)?;
    let queue = cloud.conversations.with(|conversations| conversations.rules().queue(&id).cloned());
    Ok(Json(queue_json(&queue.ok_or_else(ApiError::not_found)?)))
}

fn queue_json(queue: &Queue) -> Value {
    json!({
        "id": queue.id,
        "name": queue.name,
        "memberCount": 0,
        "userMemberCount": 0,
        "joinedMemberCount": 0,
        "selfUri": format!("/api/v2/routing/queues/{}", queue.id),
    })
}

/// Whether `name` fits `pattern`, case aside (that case does not count is unconfirmed).
fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.to_lowercase(), name.to_lowercase());
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(_), Some(_)) => name.contains(pattern.trim_matches('*')),
        (Some(end), None) => name.ends_with(end),
        (None, Some(start)) => name.starts_with(start),
        (None, None) => name == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn stars_stand_at_the_ends_only() {
        for (pattern, name, fits) in [
            ("Support", "Support", true),
            ("support", "Support", true),
            ("Support", "Support EN", false),
            ("Support*", "Support EN", true),
            ("*EN", "Support EN", true),
            ("*EN", "Support ENG", false),
            ("*port*", "Support EN", true),
            ("*", "anything", true),
            ("Su*EN", "Support EN", false),
        ] {
            assert_eq!(matches(pattern, name), fits, "{pattern} {name}");
        }
    }
}
