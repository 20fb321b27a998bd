//! Finds objects at Genesys by name: the integration of the connection, queues, flows and recipients.

use crate::api::{Api, Call, Kind, accepted, read, segment};
use crate::wire::api::{
    Directions, EventSetting, Flow, InactivityTimeoutSettings, MessageMediaSettings, MessagingSetting, OpenIntegration,
    Queue, QueueMediaSettings, Recipient, TypingSetting,
};
use alloc::{format, string::String, vec::Vec};
use genesys_cloud::ids::is_uuid;
use genesys_cloud::wire::Reference;
use handover_guest::clip::clip;
use handover_guest::contract::*;
use handover_guest::encoding::query_value;
use handover_guest::http::Status;
use handover_guest::imports::Imports;

/// Seconds for which the integration's id is cached. It changes only if the integration is created again.
const INTEGRATION_TTL_SECONDS: u32 = 3600;
/// The key in the cache. Each connection has its own cache.
const INTEGRATION: &str = "integration";
/// The maximum number of names or ids that a message lists.
const MAX_NAMES: usize = 10;
/// The path of messaging integrations of all kinds.
const ALL_INTEGRATIONS: &str = "/api/v2/conversations/messaging/integrations";
/// The path of Open Messaging integrations.
pub(crate) const INTEGRATIONS: &str = "/api/v2/conversations/messaging/integrations/open";
/// The path of platform configurations.
pub(crate) const SETTINGS: &str = "/api/v2/conversations/messaging/settings";
/// The type of an inbound message flow (Architect API, `Flow.type`).
const INBOUND_MESSAGE_FLOW: &str = "inboundshortmessage";

impl<I: Imports> Api<'_, I> {
    /// Returns the id of the integration with the configured name, from the cache or by reading all integrations.
    pub(crate) fn integration(&mut self) -> Result<String, Failure> {
        if let Some(id) = self.imports().cached(INTEGRATION).and_then(|id| String::from_utf8(id).ok()) {
            return Ok(id);
        }
        Ok(self.look_up_integration()?.id)
    }

    /// Finds the integration with the configured name, and caches its id.
    pub(crate) fn look_up_integration(&mut self) -> Result<Integration, Failure> {
        match self.find_integration()? {
            Found::One(integration) => {
                self.imports().cache(INTEGRATION, integration.id.as_bytes(), INTEGRATION_TTL_SECONDS);
                Ok(integration)
            }
            Found::None { names } => Err(Failure::Credentials(no_integration(self.account.deployment_name, &names))),
            Found::Several { ids } => {
                Err(Failure::Credentials(several_integrations(self.account.deployment_name, &ids)))
            }
        }
    }

    /// Finds the integration with the configured name. Reads all pages, because there is no filter by name. An exact
    /// match takes precedence over one in another case.
    pub(crate) fn find_integration(&mut self) -> Result<Found, Failure> {
        let wanted = self.account.deployment_name;
        let (mut exact, mut similar, mut names) = (Vec::new(), Vec::new(), Vec::new());
        self.pages(&format!("{INTEGRATIONS}?"), |page| {
            for integration in page.entities().map(OpenIntegration::of).filter_map(Integration::of) {
                names.push(integration.name.clone());
                if integration.name == wanted {
                    exact.push(integration);
                } else if integration.name.trim().to_lowercase() == wanted.to_lowercase() {
                    similar.push(integration);
                }
            }
            // A second integration with the same name would make the name ambiguous, so all pages are read.
            None::<()>
        })?;
        let mut found = if exact.is_empty() { similar } else { exact };
        Ok(match (found.pop(), found.is_empty()) {
            (None, _) => Found::None { names },
            (Some(only), true) => Found::One(only),
            (Some(last), false) => {
                found.push(last);
                Found::Several { ids: found.into_iter().map(|integration| integration.id).collect() }
            }
        })
    }

    /// Returns the default platform configuration, which applies to every integration without its own, or `None` if
    /// there is no default.
    pub(crate) fn default_messaging_setting(&mut self) -> Result<Option<MessagingConfiguration>, Failure> {
        let response = self.call(&Call::get(format!("{SETTINGS}/default")))?;
        if Status::of(&response) == Status::NotFound {
            return Ok(None);
        }
        let response = accepted(response, Kind::Reads)?;
        if response.body.is_empty() {
            return Ok(None);
        }
        Ok(MessagingConfiguration::of(MessagingSetting::of(read(&response)?.root())))
    }

    /// Returns a platform configuration by its id.
    pub(crate) fn messaging_setting(&mut self, id: &str) -> Result<Option<MessagingConfiguration>, Failure> {
        let response = accepted(self.call(&Call::get(format!("{SETTINGS}/{}", segment(id)?)))?, Kind::Reads)?;
        Ok(MessagingConfiguration::of(MessagingSetting::of(read(&response)?.root())))
    }

    /// Returns the platform configurations with exactly this name.
    pub(crate) fn find_messaging_settings(&mut self, name: &str) -> Result<Vec<MessagingConfiguration>, Failure> {
        let mut found = Vec::new();
        self.pages(&format!("{SETTINGS}?"), |page| {
            let named = page.entities().map(MessagingSetting::of).filter(|setting| setting.name() == Some(name));
            found.extend(named.filter_map(MessagingConfiguration::of));
            None::<()>
        })?;
        Ok(found)
    }

    /// Counts the integrations of any kind that refer to a platform configuration.
    pub(crate) fn integrations_with_setting(&mut self, id: &str) -> Result<usize, Failure> {
        let path = format!("{ALL_INTEGRATIONS}?messagingSetting.id={}&", query_value(id));
        let mut count = 0;
        self.pages(&path, |page| {
            // A listing that ignores the filter returns integrations with other configurations as well.
            let configurations = page.entities().map(|one| OpenIntegration::of(one).messaging_setting());
            let ids = configurations.map(|configuration| configuration.and_then(Reference::id));
            count += ids.filter(|other| other.is_none_or(|other| other == id)).count();
            None::<()>
        })?;
        Ok(count)
    }

    /// Finds a queue by its id or its exact name.
    pub(crate) fn find_queue(&mut self, queue: &str) -> Result<Option<FoundQueue>, Failure> {
        let entry = FoundQueue::of;
        if is_uuid(queue) {
            let response = self.call(&Call::get(format!("/api/v2/routing/queues/{}", segment(queue)?)))?;
            if Status::of(&response) == Status::NotFound {
                return Ok(None);
            }
            return Ok(entry(Queue::of(read(&accepted(response, Kind::Reads)?)?.root())));
        }
        // The filter may match other names as well.
        self.pages(&format!("/api/v2/routing/queues?name={}&", query_value(queue)), |page| {
            page.entities().map(Queue::of).find(|found| found.name() == Some(queue)).and_then(entry)
        })
    }

    /// Finds an inbound message flow by its exact name.
    pub(crate) fn find_flow(&mut self, flow: &str) -> Result<Option<Named>, Failure> {
        self.pages(&format!("/api/v2/flows?type={INBOUND_MESSAGE_FLOW}&name={}&", query_value(flow)), |page| {
            let found = page.entities().map(Flow::of).find(|found| found.name() == Some(flow));
            found.and_then(|flow| named(flow.id(), flow.name()))
        })
    }

    /// Returns the id of the integration's entry in the message routing, and its flow.
    pub(crate) fn find_recipient(
        &mut self,
        integration: &Integration,
    ) -> Result<Option<(String, Option<Named>)>, Failure> {
        let path =
            format!("/api/v2/routing/message/recipients?messengerType=open&name={}&", query_value(&integration.name));
        self.pages(&path, |page| {
            let ours = |recipient: &Recipient<'_>| match &integration.recipient {
                Some(id) => recipient.id() == Some(id),
                None => recipient.name() == Some(&integration.name),
            };
            let recipient = page.entities().map(Recipient::of).find(ours)?;
            let flow = recipient.flow().and_then(|flow| named(flow.id(), flow.name()));
            Some((owned(recipient.id())?, flow))
        })
    }
}

/// A queue.
pub(crate) struct FoundQueue {
    pub(crate) id: String,
    pub(crate) name: String,
    /// The time without a message after which Genesys ends a conversation, in seconds. Absent if it does not.
    pub(crate) ends_after_seconds: Option<u64>,
}

impl FoundQueue {
    /// Returns `None` if the queue has no id.
    fn of(queue: Queue<'_>) -> Option<Self> {
        let messages = queue.media_settings().and_then(QueueMediaSettings::message);
        let timeout = messages
            .filter(|messages| messages.enable_inactivity_timeout())
            .and_then(MessageMediaSettings::inactivity_timeout_settings)
            .filter(|timeout| timeout.action_type().is_none_or(|action| action == "DISCONNECT"));
        Some(Self {
            id: owned(queue.id())?,
            name: owned(queue.name()).unwrap_or_default(),
            ends_after_seconds: timeout.and_then(InactivityTimeoutSettings::timeout_seconds),
        })
    }
}

/// The id and the name of an object.
pub(crate) struct Named {
    pub(crate) id: String,
    pub(crate) name: String,
}

fn named(id: Option<&str>, name: Option<&str>) -> Option<Named> {
    Some(Named { id: owned(id)?, name: owned(name).unwrap_or_default() })
}

fn id_of(reference: Option<Reference<'_>>) -> Option<String> {
    owned(reference.and_then(Reference::id))
}

fn owned(text: Option<&str>) -> Option<String> {
    text.map(String::from)
}

/// The result of looking up the configured name.
pub(crate) enum Found {
    One(Integration),
    /// No integration has the name. Contains the names of the existing ones.
    None {
        names: Vec<String>,
    },
    /// Several integrations have the name. Contains their ids.
    Several {
        ids: Vec<String>,
    },
}

/// The typing settings of a platform configuration ("messaging setting").
pub(crate) struct MessagingConfiguration {
    pub(crate) id: String,
    pub(crate) name: String,
    /// The agent sees when the customer is typing.
    pub(crate) typing_inbound: bool,
    /// The customer sees when the agent is typing.
    pub(crate) typing_outbound: bool,
}

impl MessagingConfiguration {
    /// Returns `None` if the configuration has no id.
    fn of(setting: MessagingSetting<'_>) -> Option<Self> {
        let typing = setting.event().and_then(EventSetting::typing).and_then(TypingSetting::on);
        let is_enabled = |direction: Option<&str>| direction.is_some_and(|word| word.eq_ignore_ascii_case("Enabled"));
        Some(Self {
            id: owned(setting.id())?,
            name: owned(setting.name()).unwrap_or_default(),
            typing_inbound: is_enabled(typing.and_then(Directions::inbound)),
            typing_outbound: is_enabled(typing.and_then(Directions::outbound)),
        })
    }

    pub(crate) fn has_typing_both_ways(&self) -> bool {
        self.typing_inbound && self.typing_outbound
    }

    /// Describes the typing settings in words.
    pub(crate) fn typing(&self) -> &'static str {
        match (self.typing_inbound, self.typing_outbound) {
            (true, true) => "typing on both ways",
            (true, false) => "typing on from the user to the agent only",
            (false, true) => "typing on from the agent to the user only",
            (false, false) => "typing off both ways",
        }
    }
}

pub(crate) struct Integration {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) webhook_url: Option<String>,
    /// The id of the supported content profile.
    pub(crate) content_profile: Option<String>,
    /// The id of the platform configuration.
    pub(crate) messaging_setting: Option<String>,
    /// The id of its address in the message routing.
    pub(crate) recipient: Option<String>,
    create_status: Option<String>,
}

/// The progress of the creation of an integration, which Genesys performs in the background.
#[derive(PartialEq, Eq)]
pub(crate) enum Making {
    Done,
    UnderWay,
    Failed,
}

impl Integration {
    /// Returns `None` if the integration has no id or no name.
    pub(crate) fn of(integration: OpenIntegration<'_>) -> Option<Self> {
        Some(Self {
            id: owned(integration.id())?,
            name: owned(integration.name())?,
            webhook_url: owned(integration.outbound_notification_webhook_url()),
            content_profile: id_of(integration.supported_content()),
            messaging_setting: id_of(integration.messaging_setting()),
            recipient: id_of(integration.recipient()),
            create_status: owned(integration.create_status()),
        })
    }

    pub(crate) fn making(&self) -> Making {
        match self.create_status.as_deref() {
            Some("Initiated") => Making::UnderWay,
            Some("Error") => Making::Failed,
            _ => Making::Done,
        }
    }
}

/// Returns the message for an integration that does not exist. Lists the existing ones, the most similar first.
pub(crate) fn no_integration(wanted: &str, names: &[String]) -> String {
    let mut near: Vec<_> = names.iter().map(|name| (distance(wanted, name), name)).collect();
    near.sort();
    let mut shown: Vec<_> = near.iter().take(MAX_NAMES).map(|(_, name)| clip(name)).collect();
    if names.len() > shown.len() {
        shown.push("…".into());
    }
    let there = match near.first() {
        None => "none exists".into(),
        // A name with up to a third of its characters wrong is a typo. With more, it is a different name.
        Some((far, nearest)) if far * 3 <= wanted.chars().count() => {
            format!("did you mean {}? Existing: {}", clip(nearest), shown.join(", "))
        }
        Some(_) => format!("existing: {}", shown.join(", ")),
    };
    format!("no Open Messaging integration is called {}; {there}", clip(wanted))
}

/// Returns the message for several platform configurations with the same name.
pub(crate) fn several_messaging_settings(wanted: &str, found: &[MessagingConfiguration]) -> String {
    let ids: Vec<_> = found.iter().take(MAX_NAMES).map(|setting| clip(&setting.id)).collect();
    format!("several platform configurations are called {} ({}): rename all but one", clip(wanted), ids.join(", "))
}

/// Returns the message for several integrations with the same name.
pub(crate) fn several_integrations(wanted: &str, ids: &[String]) -> String {
    let ids: Vec<_> = ids.iter().take(MAX_NAMES).map(|id| clip(id)).collect();
    format!("several Open Messaging integrations are called {} ({}): rename all but one", clip(wanted), ids.join(", "))
}

/// Returns the Levenshtein distance of two names, ignoring case.
fn distance(one: &str, other: &str) -> usize {
    let lower = |name: &str| name.chars().take(100).flat_map(char::to_lowercase).collect::<Vec<_>>();
    let (one, other) = (lower(one), lower(other));
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, letter) in one.iter().enumerate() {
        let (mut left, mut before) = (line + 1, line);
        for (cell, other) in row.iter_mut().skip(1).zip(&other) {
            let here = (before + usize::from(letter != other)).min(*cell + 1).min(left + 1);
            (before, left) = (*cell, here);
            *cell = here;
        }
        if let Some(first) = row.first_mut() {
            *first = line + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn computes_the_edit_distance_without_case() {
        assert_eq!(distance("BotHandover", "bothandover"), 0);
        assert_eq!(distance("BotHandover", "BotHandovr"), 1);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", ""), 3);
    }

    #[test]
    fn suggests_the_nearest_name() {
        let names = ["Sales".to_string(), "BotHandover".to_string()];
        let message = no_integration("BotHandvoer", &names);
        assert!(message.contains("did you mean BotHandover? Existing: BotHandover, Sales"), "{message}");
        assert!(!no_integration("Webchat", &names).contains("did you mean"));
    }
}
