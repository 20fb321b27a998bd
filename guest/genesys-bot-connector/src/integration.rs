//! The integration at Genesys.

use crate::settings::{Prepared, Product};
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
/// The type of the Digital Bot Connector, as one library names it. That of the Bot Connector is not published.
const DIGITAL_TYPE: &str = "genesys-digital-bot-connector";

/// An integration.
pub(crate) struct Integration {
    pub(crate) id: String,
    pub(crate) is_enabled: bool,
    /// The state that Genesys observes, such as `ACTIVE`.
    pub(crate) reported: Option<String>,
}

impl Integration {
    pub(crate) fn of(found: Wire<'_>) -> Option<Self> {
        Some(Self {
            id: found.id()?.into(),
            is_enabled: found.intended_state() == Some("ENABLED"),
            reported: found.reported_state().and_then(|state| state.code()).map(ToString::to_string),
        })
    }
}

/// Returns whether a type of integration is that of the product.
pub(crate) fn is_of_product(product: Product, id: Option<&str>, name: Option<&str>) -> bool {
    let is_digital = product == Product::DigitalBotConnector;
    if id == Some(DIGITAL_TYPE) {
        return is_digital;
    }
    let name = name.unwrap_or_default().to_ascii_lowercase();
    name.contains("bot connector") && name.contains("digital") == is_digital
}

/// Finds the integration of the settings by its id or its name.
///
/// # Errors
/// There is none, several have the name, or it is one of another type.
pub(crate) fn find<I: Imports>(api: &mut Api<'_, I>, settings: &Prepared<'_>) -> Result<Integration, Failure> {
    let wanted = settings.integration()?;
    if is_uuid(wanted) {
        return by_id(api, settings, wanted);
    }
    let found = named(api, wanted, |integration| !is_of_another_type(settings.product, integration))?;
    found.ok_or_else(|| Failure::Credentials(format!("Genesys has no integration {}", clip(wanted))))
}

/// Reads the integration with an id.
///
/// # Errors
/// There is none, or it is one of another type.
pub(crate) fn by_id<I: Imports>(
    api: &mut Api<'_, I>,
    settings: &Prepared<'_>,
    id: &str,
) -> Result<Integration, Failure> {
    let call = Call::get(format!("{INTEGRATIONS}/{}", segment(id)?));
    let response = accepted(api.call(&call)?, Kind::Reads)?;
    let document = read(&response)?;
    let found = Wire::of(document.root());
    if is_of_another_type(settings.product, found) {
        let name = found.integration_type().and_then(|kind| kind.name().or(kind.id())).unwrap_or_default();
        return Err(Failure::Credentials(format!(
            "the integration {} is one of {}; compare the setting product",
            clip(id),
            clip(name)
        )));
    }
    Integration::of(found).ok_or_else(|| genesys_cloud::api::unreadable("the integration has no id"))
}

/// Finds the only integration with a name that `is_wanted`. A second one would make the name ambiguous, so all pages are
/// read.
///
/// # Errors
/// Several have the name.
pub(crate) fn named<I: Imports>(
    api: &mut Api<'_, I>,
    name: &str,
    is_wanted: impl Fn(Wire<'_>) -> bool,
) -> Result<Option<Integration>, Failure> {
    let mut found = Vec::new();
    api.pages(&format!("{INTEGRATIONS}?"), |page| {
        let named = page.entities().map(Wire::of).filter(|one| one.name() == Some(name) && is_wanted(*one));
        found.extend(named.filter_map(Integration::of));
        None::<()>
    })?;
    match (found.pop(), found.len()) {
        (only, 0) => Ok(only),
        (_, others) => Err(Failure::Credentials(format!(
            "Genesys has {} integrations {}; enter the id of one of them as integration",
            others + 1,
            clip(name)
        ))),
    }
}

/// Returns whether an integration is certainly not of the product: its type has the id or the name of another one.
fn is_of_another_type(product: Product, integration: Wire<'_>) -> bool {
    let Some(kind) = integration.integration_type() else { return false };
    let is_known = kind.name().is_some() || kind.id() == Some(DIGITAL_TYPE);
    is_known && !is_of_product(product, kind.id(), kind.name())
}
