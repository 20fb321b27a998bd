//! The doctor: checks everything that a connection needs, and explains how to correct failures. Changes nothing.

use crate::integration::{self, Integration};
use crate::settings::{Prepared, Product};
use crate::wire::api::{Bot, BotList};
use alloc::{
    format,
    string::{String, ToString},
    vec,
    vec::Vec,
};
use genesys_cloud::api::{Api, Call, Kind, accepted, read, segment};
use handover_guest::clip::clip;
use handover_guest::contract::*;
use handover_guest::imports::Imports;

/// The most ids that a message lists.
const MAX_IDS: usize = 10;

/// Runs all checks, in the order of their dependencies.
///
/// # Errors
/// None: each failure is a check.
pub fn check(imports: &mut impl Imports, settings: &Prepared<'_>) -> Result<Vec<Check>, Failure> {
    let mut checks = vec![check_secrets(settings)];
    let Ok(credentials) = settings.credentials() else {
        checks.push(Check {
            remedy: Some("Enter client-id and client-secret to check the set-up and to register bots.".into()),
            outcome: CheckOutcome::Warning,
            ..passed("credentials", "there is no OAuth client; turns are answered without one, but not later")
        });
        checks.extend(skipped(&["integration", "bots"]));
        return Ok(checks);
    };
    let mut api = Api::new(imports, credentials);
    // A cached token would hide that the client's secret has changed since.
    if let Err(failure) = api.new_token() {
        const REMEDY: &str = "Compare host, client-id and client-secret with Admin > Integrations > OAuth; the grant type \
                              must be Client Credentials.";
        checks.push(failed("credentials", failure, REMEDY));
        checks.extend(skipped(&["integration", "bots"]));
        return Ok(checks);
    }
    checks.push(passed("credentials", "accepted"));
    match integration::find(&mut api, settings) {
        Ok(integration) => {
            checks.push(check_integration(&integration));
            checks.push(check_bots(&mut api, settings, &integration));
        }
        Err(failure) => {
            const REMEDY: &str = "Compare the setting integration with Admin > Integrations; the OAuth client's role needs \
                                  the permission integrations:integration:view.";
            checks.push(failed("integration", failure, REMEDY));
            checks.extend(skipped(&["bots"]));
        }
    }
    Ok(checks)
}

fn check_secrets(settings: &Prepared<'_>) -> Check {
    passed("secret", &format!("{} live, in the header {}", settings.secrets.len(), clip(settings.header)))
}

fn check_integration(integration: &Integration) -> Check {
    const REMEDY: &str = "Set its status to Active under Admin > Integrations.";
    match (integration.is_enabled, integration.reported.as_deref()) {
        (false, _) => Check {
            outcome: CheckOutcome::Error,
            remedy: Some(REMEDY.into()),
            ..passed("integration", "it is disabled, so Genesys asks no bot")
        },
        (true, Some("ACTIVE") | None) => passed("integration", "enabled"),
        (true, Some(state)) => Check {
            outcome: CheckOutcome::Warning,
            remedy: Some("Wait some minutes, and look at Admin > Integrations if it stays so.".into()),
            ..passed("integration", &format!("enabled, but its state is {}", clip(state)))
        },
    }
}

/// Lists the bots that Genesys knows: registered ones in v1, those that it reads from the platform in v2.
fn check_bots(api: &mut Api<'_, impl Imports>, settings: &Prepared<'_>, integration: &Integration) -> Check {
    const REMEDY: &str =
        "The OAuth client's role needs the permission integration:botconnector:view, or all of textbots.";
    match known_bots(api, settings, integration) {
        Ok(ids) if ids.is_empty() => Check {
            outcome: CheckOutcome::Warning,
            remedy: Some(match settings.product {
                Product::BotConnector => "Register the bots.".into(),
                Product::DigitalBotConnector => "Compare the Bot Connector URI with the URL of this connection.".into(),
            }),
            ..passed("bots", "Genesys knows no bot")
        },
        Ok(ids) => {
            let listed: Vec<_> = ids.iter().take(MAX_IDS).map(|id| clip(id)).collect();
            passed("bots", &format!("Genesys knows {}: {}", ids.len(), listed.join(", ")))
        }
        Err(failure) => failed("bots", failure, REMEDY),
    }
}

fn known_bots(
    api: &mut Api<'_, impl Imports>,
    settings: &Prepared<'_>,
    integration: &Integration,
) -> Result<Vec<String>, Failure> {
    let id = segment(&integration.id)?;
    let mut ids = Vec::new();
    match settings.product {
        Product::BotConnector => {
            let call = Call::get(format!("/api/v2/integrations/botconnector/{id}/bots"));
            let response = accepted(api.call(&call)?, Kind::Reads)?;
            let document = read(&response)?;
            ids.extend(BotList::of(document.root()).chat_bots().filter_map(|bot| bot.id().map(ToString::to_string)));
        }
        Product::DigitalBotConnector => {
            api.pages(&format!("/api/v2/integrations/botconnectors/{id}/bots?"), |page| {
                ids.extend(page.entities().map(Bot::of).filter_map(|bot| bot.id().map(ToString::to_string)));
                None::<()>
            })?;
        }
    }
    Ok(ids)
}

fn passed(name: &str, message: &str) -> Check {
    Check { name: name.into(), outcome: CheckOutcome::Ok, message: message.into(), remedy: None }
}

fn failed(name: &str, failure: Failure, remedy: &str) -> Check {
    let message = match failure {
        Failure::Retry(advice) => advice.message,
        Failure::Credentials(message) | Failure::Permanent(message) => message,
        Failure::Unsupported | Failure::StaleSettings => "the call is not possible".into(),
    };
    Check { outcome: CheckOutcome::Error, remedy: Some(remedy.into()), ..passed(name, &message) }
}

fn skipped(names: &[&str]) -> impl Iterator<Item = Check> {
    names.iter().map(|name| Check { outcome: CheckOutcome::Skipped, ..passed(name, "an earlier check failed") })
}
