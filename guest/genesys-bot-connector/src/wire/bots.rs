//! The list of bots.

use alloc::{collections::BTreeMap, string::String, vec::Vec};
use serde::Serialize;

/// The body of `PUT …/botconnector/{integrationId}/bots` (`BotList`).
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BotList<'a> {
    /// The bots.
    pub chat_bots: Vec<BotConnectorBot<'a>>,
}

/// A bot of v1 (`BotConnectorBot`).
#[derive(Debug, Serialize)]
pub struct BotConnectorBot<'a> {
    /// The id.
    pub id: &'a str,
    /// The name.
    pub name: &'a str,
    /// The description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<&'a str>,
    /// The versions.
    pub versions: Vec<BotConnectorBotVersion<'a>>,
}

/// A version of a bot of v1 (`BotConnectorBotVersion`).
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BotConnectorBotVersion<'a> {
    /// The version.
    pub version: &'a str,
    /// The languages.
    pub supported_languages: Vec<String>,
    /// The intents.
    pub intents: Vec<BotIntent<'a>>,
}

/// An intent of v1 (`BotIntent`).
#[derive(Debug, Serialize)]
pub struct BotIntent<'a> {
    /// The name.
    pub name: &'a str,
    /// The slots by their names.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub slots: BTreeMap<&'a str, BotSlot<'a>>,
}

/// A slot: `BotSlot` of v1, `BotEntity` of v2.
#[derive(Debug, Serialize)]
pub struct BotSlot<'a> {
    /// The name.
    pub name: &'a str,
    /// The type.
    #[serde(rename = "type")]
    pub kind: &'static str,
}

/// The response to `GET {base}/bots` (v2).
#[derive(Debug, Serialize)]
pub struct BotListing<'a> {
    /// The bots.
    pub entities: Vec<Bot<'a>>,
}

/// A bot of v2 (`Bot`). All fields are required.
#[derive(Debug, Serialize)]
pub struct Bot<'a> {
    /// The id.
    pub id: &'a str,
    /// The name.
    pub name: &'a str,
    /// The platform.
    pub provider: &'a str,
    /// The description.
    pub description: &'a str,
    /// The versions.
    pub versions: Vec<BotVersion<'a>>,
}

/// A version of a bot of v2 (`BotVersion`).
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BotVersion<'a> {
    /// The version.
    pub version: &'a str,
    /// The languages.
    pub supported_languages: Vec<String>,
    /// The intents.
    pub intents: Vec<BotConnectorIntent<'a>>,
}

/// An intent of v2 (`BotConnectorIntent`).
#[derive(Debug, Serialize)]
pub struct BotConnectorIntent<'a> {
    /// The name.
    pub name: &'a str,
    /// The slots.
    pub entities: Vec<BotSlot<'a>>,
}
