//! The skills and the languages of the organization.

use uuid::Uuid;

/// A skill or a language.
#[derive(Clone, Debug)]
pub(crate) struct RoutingName {
    pub(crate) id: String,
    pub(crate) name: String,
}

/// All skills and languages. They are immutable.
#[derive(Debug)]
pub(crate) struct RoutingNames {
    pub(crate) skills: Vec<RoutingName>,
    pub(crate) languages: Vec<RoutingName>,
}

impl RoutingNames {
    /// Creates them with random ids.
    pub(crate) fn new(skills: &[String], languages: &[String]) -> Self {
        let named = |names: &[String]| {
            names.iter().map(|name| RoutingName { id: Uuid::new_v4().to_string(), name: name.clone() }).collect()
        };
        Self { skills: named(skills), languages: named(languages) }
    }
}

/// Returns the one with this id.
pub(crate) fn by_id<'a>(names: &'a [RoutingName], id: &str) -> Option<&'a RoutingName> {
    names.iter().find(|name| name.id == id)
}
