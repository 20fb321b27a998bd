//! Finds the queue, the skills and the language of a routing at Genesys. The platform knows their names, and Genesys's calls
//! require their ids.

use crate::api::Api;
use crate::wire::conversations::Skill;
use alloc::{format, string::String, vec::Vec};
use genesys_cloud::wire::Page;
use handover_guest::clip::clip;
use handover_guest::contract::*;
use handover_guest::encoding::query_value;
use handover_guest::imports::Imports;

impl<I: Imports> Api<'_, I> {
    /// Returns the id of the queue: the one that the platform names, or that of the settings. Returns `None` if neither
    /// names one.
    pub(crate) fn queue_id(&mut self, given: Option<&str>) -> Result<Option<String>, Failure> {
        let Some(queue) = given.or(self.account.queue) else { return Ok(None) };
        if let Some(found) = self.find_queue(queue)? {
            return Ok(Some(found.id));
        }
        Err(match given {
            Some(queue) => Failure::Permanent(format!("no queue has the id or the name {}", clip(queue))),
            None => Failure::Credentials(format!("no queue has the id or the name {} of the settings", clip(queue))),
        })
    }

    /// Returns the ids of skills.
    pub(crate) fn skill_ids<'s>(&mut self, names: impl Iterator<Item = &'s str>) -> Result<Vec<String>, Failure> {
        names.map(|name| self.routing_id("skills", "skill", name)).collect()
    }

    /// Returns the id of a language.
    pub(crate) fn language_id(&mut self, name: Option<&str>) -> Result<Option<String>, Failure> {
        name.map(|name| self.routing_id("languages", "language", name)).transpose()
    }

    /// Returns the id of a skill or a language (Routing API, `GET /api/v2/routing/skills` and `…/languages`, whose filter
    /// finds all names that begin with a text).
    fn routing_id(&mut self, collection: &str, kind: &str, name: &str) -> Result<String, Failure> {
        let is_wanted =
            |skill: &Skill<'_>| skill.name() == Some(name) && skill.state().is_none_or(|state| state == "active");
        let path = format!("/api/v2/routing/{collection}?name={}&", query_value(name));
        let found = self.pages(&path, |page: Page<'_>| {
            page.entities().map(Skill::of).find(is_wanted).and_then(Skill::id).map(String::from)
        })?;
        found.ok_or_else(|| {
            Failure::Permanent(format!("no {kind} that the OAuth client may see has the name {}", clip(name)))
        })
    }
}
