//! The routing attributes of a waiting conversation.

use serde_json::{Value, json};

/// The requested routing attributes. The sandbox records them, but does not use them for routing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Routing {
    pub(crate) priority: Option<i64>,
    pub(crate) skill_ids: Option<Vec<String>>,
    pub(crate) language_id: Option<String>,
}

impl Routing {
    /// Replaces the attributes that `other` has.
    pub(crate) fn merge(&mut self, other: Self) {
        self.priority = other.priority.or(self.priority);
        self.skill_ids = other.skill_ids.or_else(|| self.skill_ids.take());
        self.language_id = other.language_id.or_else(|| self.language_id.take());
    }

    /// Returns the attributes as the desk shows them.
    pub(crate) fn json(&self) -> Value {
        json!({
            "priority": self.priority.unwrap_or(0),
            "skillIds": self.skill_ids.clone().unwrap_or_default(),
            "languageId": self.language_id,
        })
    }
}
