//! The integration at Genesys.

use crate::settings::Prepared;
use crate::wire::api::Integration as Wire;
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use genesys_cloud::api::{Api, Call, Kind, accepted, read, segment};
use genesys_cloud::ids::is_uuid;
use handover_guest::clip::clip;
use handover_guest::contract::Failure;
use handover_guest::imports::Imports;

const INTEGRATIONS: &str = "/api/v2/integrations";

/// An integration.
pub(crate) struct Integration {
    pub(crate) id: String,
    pub(crate) is_enabled: bool,
    /// The state that Genesys observes, such as `ACTIVE`.
    pub(crate) reported: Option<String>,
}

impl Integration {
    fn of(found: Wire<'_>) -> Option<Self> {
        Some(Self {
            id: found.id()?.into(),
            is_enabled: found.intended_state() == Some("ENABLED"),
            reported: found.reported_state().and_then(|state| state.code()).map(ToString::to_string),
        })
    }
}

/// Finds the integration of the settings by its id or its name.
pub(crate) fn find<I: Imports>(api: &mut Api<'_, I>, settings: &Prepared<'_>) -> Result<Integration, Failure> {
    let wanted =
        settings.integration.ok_or_else(|| Failure::Credentials("the setting integration is missing".into()))?;
    if is_uuid(wanted) {
        let call = Call::get(format!("{INTEGRATIONS}/{}", segment(wanted)?));
        let response = accepted(api.call(&call)?, Kind::Reads)?;
        let found = Integration::of(Wire::of(read(&response)?.root()));
        return found.ok_or_else(|| genesys_cloud::api::unreadable("the integration has no id"));
    }
    let mut named = Vec::new();
    api.pages(&format!("{INTEGRATIONS}?"), |page| {
        let found = page.entities().map(Wire::of).filter(|integration| integration.name() == Some(wanted));
        named.extend(found.filter_map(Integration::of));
        // A second integration with the name would make it ambiguous, so all pages are read.
        None::<()>
    })?;
    match (named.pop(), named.len()) {
        (Some(only), 0) => Ok(only),
        (None, _) => Err(Failure::Credentials(format!("Genesys has no integration {}", clip(wanted)))),
        (Some(_), others) => Err(Failure::Credentials(format!(
            "Genesys has {} integrations {}; enter the id of one of them",
            others + 1,
            clip(wanted)
        ))),
    }
}
