//! The list of bots: what Genesys reads from the platform in v2, and what is registered at Genesys in v1. Each version of
//! a bot also gets the intents of this provider.

use crate::answer::{QUEUE_SLOT, SUMMARY_SLOT, TURN_SLOT, json};
use crate::settings::{Prepared, Product};
use crate::slots::type_name;
use crate::wire::bots as wire;
use alloc::{format, string::String, vec, vec::Vec};
use bot_connector_guest::contract::*;
use handover_guest::contract::*;
use handover_guest::outbound::invalid;

/// Integrations API, `BotList` and its parts.
const MAX_BOTS: usize = 50;
const MAX_VERSIONS: usize = 50;
const MAX_INTENTS: usize = 50;
const MAX_SLOTS: usize = 50;
const MAX_NAME_CHARACTERS: usize = 100;
const MAX_DESCRIPTION_CHARACTERS: usize = 256;

/// Builds the response with all bots, or with the one that has the id. The status is 404 if there is none. Ids are
/// case-sensitive.
///
/// # Errors
/// A bot exceeds Genesys's limits.
pub fn build_list(settings: &Prepared<'_>, bots: &[Bot], id: Option<&str>) -> Result<BotResponse, Unsupported> {
    check(settings, bots)?;
    let Some(id) = id else {
        let entities = bots.iter().map(|bot| of_version_2(settings, bot)).collect();
        return Ok(json(200, &wire::BotListing { entities }));
    };
    Ok(match bots.iter().find(|bot| bot.id == id) {
        Some(bot) => json(200, &of_version_2(settings, bot)),
        None => BotResponse { status: 404, headers: vec![], body: vec![] },
    })
}

/// Returns the bots as v1 registers them.
///
/// # Errors
/// A bot exceeds Genesys's limits.
pub(crate) fn registered<'a>(settings: &'a Prepared<'_>, bots: &'a [Bot]) -> Result<wire::BotList<'a>, Unsupported> {
    check(settings, bots)?;
    let version = |version: &'a BotVersion| wire::BotConnectorBotVersion {
        version: &version.version,
        supported_languages: languages(version),
        intents: intents(settings, version)
            .into_iter()
            .map(|(name, slots)| {
                let slots = slots.into_iter().map(|(name, kind)| (name, wire::BotSlot { name, kind })).collect();
                wire::BotIntent { name, slots }
            })
            .collect(),
    };
    let bot = |bot: &'a Bot| wire::BotConnectorBot {
        id: &bot.id,
        name: &bot.name,
        description: bot.description.as_deref(),
        versions: bot.versions.iter().map(version).collect(),
    };
    Ok(wire::BotList { chat_bots: bots.iter().map(bot).collect() })
}

fn of_version_2<'a>(settings: &'a Prepared<'_>, bot: &'a Bot) -> wire::Bot<'a> {
    let version = |version: &'a BotVersion| wire::BotVersion {
        version: &version.version,
        supported_languages: languages(version),
        intents: intents(settings, version)
            .into_iter()
            .map(|(name, slots)| {
                let entities = slots.into_iter().map(|(name, kind)| wire::BotSlot { name, kind }).collect();
                wire::BotConnectorIntent { name, entities }
            })
            .collect(),
    };
    wire::Bot {
        id: &bot.id,
        name: &bot.name,
        provider: settings.platform,
        // Required, unlike in v1.
        description: bot.description.as_deref().unwrap_or(&bot.name),
        versions: bot.versions.iter().map(version).collect(),
    }
}

fn languages(version: &BotVersion) -> Vec<String> {
    version.languages.iter().map(|language| language.to_ascii_lowercase()).collect()
}

/// The intents of a version with their slots: the bot's and those of this provider. If a bot declares an intent of the
/// provider itself, that intent also gets the provider's slots.
fn intents<'a>(settings: &'a Prepared<'_>, version: &'a BotVersion) -> Vec<(&'a str, Slots<'a>)> {
    let slots = |intent: &'a Intent| intent.slots.iter().map(|slot| (slot.name.as_str(), type_name(slot))).collect();
    let mut intents: Vec<(&str, Slots<'_>)> =
        version.intents.iter().map(|intent| (intent.name.as_str(), slots(intent))).collect();
    for (name, slots) in own_intents(settings) {
        match intents.iter_mut().find(|(declared, _)| *declared == name) {
            Some((_, declared)) => {
                let is_new = |(slot, _): &(&str, _)| !declared.iter().any(|(name, _)| name == slot);
                let new: Slots<'_> = slots.into_iter().filter(is_new).collect();
                declared.extend(new);
            }
            None => intents.push((name, slots)),
        }
    }
    intents
}

/// Slots: their names and types.
type Slots<'a> = Vec<(&'a str, &'static str)>;

/// The intents of this provider. In v2, an answer after which the bot waits has no intent.
fn own_intents<'a>(settings: &'a Prepared<'_>) -> Vec<(&'a str, Slots<'a>)> {
    let talking = (settings.talking_intent, vec![(TURN_SLOT, "Integer")]);
    let handover = (settings.handover_intent, vec![(QUEUE_SLOT, "String"), (SUMMARY_SLOT, "String")]);
    match settings.product {
        Product::BotConnector => vec![talking, handover],
        Product::DigitalBotConnector => vec![handover],
    }
}

fn check(settings: &Prepared<'_>, bots: &[Bot]) -> Result<(), Unsupported> {
    at_most(bots.len(), MAX_BOTS, "bots")?;
    for (index, bot) in bots.iter().enumerate() {
        let path = format!("bots[{index}]");
        name(&bot.id, &format!("{path}.id"))?;
        name(&bot.name, &format!("{path}.name"))?;
        unique(bots.iter().map(|bot| bot.id.as_str()), &bot.id, &format!("{path}.id"))?;
        if bot.description.as_ref().is_some_and(|text| text.chars().count() > MAX_DESCRIPTION_CHARACTERS) {
            return Err(invalid(&format!("{path}.description"), "at most 256 characters"));
        }
        not_empty(bot.versions.len(), &format!("{path}.versions"))?;
        at_most(bot.versions.len(), MAX_VERSIONS, &format!("{path}.versions"))?;
        for (index, version) in bot.versions.iter().enumerate() {
            let names = bot.versions.iter().map(|version| version.version.as_str());
            unique(names, &version.version, &format!("{path}.versions[{index}].version"))?;
            check_version(settings, version, &format!("{path}.versions[{index}]"))?;
        }
    }
    Ok(())
}

fn check_version(settings: &Prepared<'_>, version: &BotVersion, path: &str) -> Result<(), Unsupported> {
    name(&version.version, &format!("{path}.version"))?;
    not_empty(version.languages.len(), &format!("{path}.languages"))?;
    let intents = intents(settings, version);
    at_most(intents.len(), MAX_INTENTS, &format!("{path}.intents"))?;
    let own = own_intents(settings);
    for (index, (intent, slots)) in intents.iter().enumerate() {
        let path = format!("{path}.intents[{index}]");
        name(intent, &format!("{path}.name"))?;
        unique(intents.iter().map(|(name, _)| *name), intent, &format!("{path}.name"))?;
        at_most(slots.len(), MAX_SLOTS, &format!("{path}.slots"))?;
        let own = own.iter().find(|(name, _)| name == intent).map_or(&[][..], |(_, slots)| slots);
        for (index, (slot, kind)) in slots.iter().enumerate() {
            let path = format!("{path}.slots[{index}]");
            name(slot, &format!("{path}.name"))?;
            unique(slots.iter().map(|(name, _)| *name), slot, &format!("{path}.name"))?;
            if let Some((_, expected)) = own.iter().find(|(name, own)| name == slot && own != kind) {
                return Err(invalid(&format!("{path}.kind"), &format!("{expected}, because this provider fills it")));
            }
        }
    }
    Ok(())
}

/// Genesys identifies bots, versions, intents and slots by their names.
fn unique<'a>(names: impl Iterator<Item = &'a str>, wanted: &str, field: &str) -> Result<(), Unsupported> {
    let count = names.filter(|name| *name == wanted).count();
    if count < 2 { Ok(()) } else { Err(invalid(field, "a name that occurs once")) }
}

fn name(text: &str, field: &str) -> Result<(), Unsupported> {
    let fits = !text.is_empty()
        && text.trim() == text
        && text.chars().count() <= MAX_NAME_CHARACTERS
        && !text.chars().any(char::is_control);
    if fits { Ok(()) } else { Err(invalid(field, "1 to 100 displayable characters without blanks at the ends")) }
}

fn at_most(count: usize, maximum: usize, field: &str) -> Result<(), Unsupported> {
    if count <= maximum { Ok(()) } else { Err(invalid(field, &format!("at most {maximum}"))) }
}

fn not_empty(count: usize, field: &str) -> Result<(), Unsupported> {
    if count > 0 { Ok(()) } else { Err(invalid(field, "at least one")) }
}
