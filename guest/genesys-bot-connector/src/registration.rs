//! Registers the bots at Genesys.

use crate::bots::registered;
use crate::integration;
use crate::settings::{Prepared, Product};
use alloc::format;
use bot_connector_guest::contract::Bot;
use genesys_cloud::api::{Api, Call, Kind, accepted, segment};
use handover_guest::contract::{Failure, InvalidField, Unsupported};
use handover_guest::imports::Imports;

/// Registers the bots, which replaces all that are registered.
///
/// # Errors
/// A bot exceeds Genesys's limits, or Genesys refuses the list. Or the connection is one of the Digital Bot Connector, for
/// which Genesys reads the list from the platform.
pub fn register(imports: &mut impl Imports, settings: &Prepared<'_>, bots: &[Bot]) -> Result<(), Failure> {
    if settings.product == Product::DigitalBotConnector {
        return Err(Failure::Unsupported);
    }
    let list = registered(settings, bots).map_err(|error| match error {
        Unsupported::Invalid(InvalidField { field, expected }) => {
            Failure::Permanent(format!("{field}: expected {expected}"))
        }
        _ => Failure::Permanent("the bots cannot be registered".into()),
    })?;
    let mut api = Api::new(imports, settings.credentials()?);
    let integration = integration::find(&mut api, settings)?;
    let path = format!("/api/v2/integrations/botconnector/{}/bots", segment(&integration.id)?);
    let body = serde_json::to_vec(&list).map_err(|_| Failure::Permanent("the list cannot be written".into()))?;
    accepted(api.call(&Call::replace(path, body))?, Kind::Reads).map(|_| ())
}
