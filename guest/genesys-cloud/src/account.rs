//! The settings of an account: its region and its OAuth client.

use crate::region::{self, Region};
use alloc::vec::Vec;
use handover_guest::contract::{Origin, Setting, SettingField, SettingKind, SettingsProblem};
use handover_guest::settings::{error, field, value, warning};
use serde::{Deserialize, Serialize};

/// The setting with the region of Genesys Cloud.
pub const HOST: &str = "host";
/// The setting with the id of the OAuth client.
pub const CLIENT_ID: &str = "client-id";
/// The setting with the secret of the OAuth client.
pub const CLIENT_SECRET: &str = "client-secret";

/// The origin of the API.
pub const API: &str = "api";
/// The origin of OAuth.
pub const LOGIN: &str = "login";

/// Returns the field for the region.
#[must_use]
pub fn host_field() -> SettingField {
    field(
        SettingKind::Text,
        HOST,
        "Host",
        "The region's domain, such as mypurecloud.de or cac1.pure.cloud. The URL of the login page or an AWS region \
         (eu-central-1) is accepted as well; for a local Genesys Cloud, its URL with the port.",
        "mypurecloud.de",
    )
}

/// Returns the field for the id of the OAuth client.
#[must_use]
pub fn client_id_field() -> SettingField {
    field(
        SettingKind::Text,
        CLIENT_ID,
        "Client ID",
        "The OAuth client of the grant type Client Credentials, under Admin > Integrations > OAuth.",
        "0a1b2c3d-0000-4000-8000-000000000002",
    )
}

/// Returns the field for the secret of the OAuth client.
#[must_use]
pub fn client_secret_field() -> SettingField {
    field(
        SettingKind::Secret,
        CLIENT_SECRET,
        "Client Secret",
        "The secret of that OAuth client.",
        "an-example-of-a-secret",
    )
}

/// Returns the region of the settings, and adds the problems of the entered host.
pub fn check_region(settings: &[Setting], problems: &mut Vec<SettingsProblem>) -> Option<Region> {
    const EXPECTED: &str = "Enter the region's domain, such as mypurecloud.de or cac1.pure.cloud.";
    let (index, setting) = (0..).zip(settings).find(|(_, setting)| setting.key == HOST && !setting.value.is_empty())?;
    let host = Some(setting.value.trim()).filter(|host| !host.is_empty())?;
    let region = region::normalize(host);
    match &region {
        None => problems.push(error(HOST, Some(index), "This is not the domain of a region.", EXPECTED)),
        Some(region) if !region.known => problems.push(warning(
            HOST,
            index,
            "Genesys does not list this region.",
            "Compare it with the URL of your login page. A new region works without being listed.",
        )),
        Some(_) => {}
    }
    region
}

/// Returns the origins of a region.
#[must_use]
pub fn origins(region: Region) -> Vec<Origin> {
    [(API, region.api), (LOGIN, region.login)].map(|(name, url)| Origin { name: name.into(), url }).into()
}

/// The OAuth client.
#[derive(Clone, Copy, Deserialize, Serialize)]
pub struct Credentials<'a> {
    /// The id.
    pub client_id: &'a str,
    /// The secret.
    pub client_secret: &'a str,
}

impl<'a> Credentials<'a> {
    /// Reads the settings. Returns `None` if the id or the secret is missing.
    #[must_use]
    pub fn of(settings: &'a [Setting]) -> Option<Self> {
        Some(Self { client_id: value(settings, CLIENT_ID)?, client_secret: value(settings, CLIENT_SECRET)? })
    }
}

impl core::fmt::Debug for Credentials<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Credentials").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}
