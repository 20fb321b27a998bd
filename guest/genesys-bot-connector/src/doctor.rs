//! The doctor: checks everything that a connection needs, and explains how to correct failures. Changes nothing.

use crate::integration::{self, Integration};
use crate::settings::{Prepared, Product};
use crate::wire::api::{Bot, BotList, PostTextResponse, Version};
use crate::wire::textbots::{PostTextMessage, PostTextRequest};
use alloc::{
    format,
    string::{String, ToString},
    vec,
    vec::Vec,
};
use genesys_cloud::api::{Api, Call, Kind, accepted, read, segment};
use handover_guest::clip::clip;
use handover_guest::contract::*;
use handover_guest::events::digest;
use handover_guest::imports::Imports;

/// The most ids that a message lists.
const MAX_IDS: usize = 10;

/// The check that reports whether the bot of the probe answered.
const PROBE: &str = "bot-probe";
/// The session of a probe is over after this many minutes: more than 10 (`PostTextRequest`).
const PROBE_MINUTES: u32 = 11;
/// What the probe says to the bot.
const PROBE_TEXT: &str = "Is anybody there? This is a test of the connection.";

/// Runs all checks, in the order of their dependencies. With a `probe`, Genesys also asks the bot with this id.
///
/// # Errors
/// None: each failure is a check.
pub fn check(imports: &mut impl Imports, settings: &Prepared<'_>, probe: Option<&str>) -> Result<Vec<Check>, Failure> {
    let mut checks = check_connection(imports, settings, probe)?;
    // Without an OAuth client, or after a failure.
    if probe.is_some() && !checks.iter().any(|check| check.name == PROBE) {
        checks.extend(skipped(&[PROBE]));
    }
    Ok(checks)
}

fn check_connection(
    imports: &mut impl Imports,
    settings: &Prepared<'_>,
    probe: Option<&str>,
) -> Result<Vec<Check>, Failure> {
    let now = imports.now();
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
            let known = known_bots(&mut api, settings, &integration);
            // After a failure, the check of the bots has the reason.
            let asked = probe.zip(known.as_deref().ok());
            let asked = asked.map(|(id, known)| ask_bot(&mut api, &integration, known, id, now));
            checks.push(check_bots(settings, known));
            checks.extend(asked);
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
fn check_bots(settings: &Prepared<'_>, known: Result<Vec<KnownBot>, Failure>) -> Check {
    const REMEDY: &str =
        "The OAuth client's role needs the permission integration:botconnector:view, or all of textbots.";
    const REMEDY_OF_DIGITAL: &str = "The OAuth client's role needs the permission integration:botconnector:view. Genesys \
                                     reads the bots at the Bot Connector URI: compare it, the header and the secret with \
                                     the integration's, and look at the log of the gateway.";
    let remedy = match settings.product {
        Product::BotConnector => REMEDY,
        Product::DigitalBotConnector => REMEDY_OF_DIGITAL,
    };
    match known {
        Ok(ids) if ids.is_empty() => Check {
            outcome: CheckOutcome::Warning,
            remedy: Some(match settings.product {
                Product::BotConnector => "Register the bots.".into(),
                Product::DigitalBotConnector => "Compare the Bot Connector URI with the URL of this connection.".into(),
            }),
            ..passed("bots", "Genesys knows no bot")
        },
        Ok(ids) => {
            let listed: Vec<_> = ids.iter().take(MAX_IDS).map(|bot| clip(&bot.id)).collect();
            passed("bots", &format!("Genesys knows {}: {}", ids.len(), listed.join(", ")))
        }
        Err(failure) => failed("bots", failure, remedy),
    }
}

/// A bot that Genesys knows.
struct KnownBot {
    id: String,
    /// Its last version.
    version: Option<String>,
    /// The first language of that version.
    language: Option<String>,
}

impl KnownBot {
    fn of(bot: Bot<'_>) -> Option<Self> {
        let version = bot.versions().last();
        Some(Self {
            id: bot.id()?.into(),
            version: version.and_then(Version::version).map(ToString::to_string),
            language: version.and_then(|version| version.supported_languages().next()).map(ToString::to_string),
        })
    }
}

fn known_bots(
    api: &mut Api<'_, impl Imports>,
    settings: &Prepared<'_>,
    integration: &Integration,
) -> Result<Vec<KnownBot>, Failure> {
    let id = segment(&integration.id)?;
    let mut ids = Vec::new();
    match settings.product {
        Product::BotConnector => {
            let call = Call::get(format!("/api/v2/integrations/botconnector/{id}/bots"));
            let response = accepted(api.call(&call)?, Kind::Reads)?;
            let document = read(&response)?;
            ids.extend(BotList::of(document.root()).chat_bots().filter_map(KnownBot::of));
        }
        Product::DigitalBotConnector => {
            api.pages(&format!("/api/v2/integrations/botconnectors/{id}/bots?"), |page| {
                ids.extend(page.entities().map(Bot::of).filter_map(KnownBot::of));
                None::<()>
            })?;
        }
    }
    Ok(ids)
}

/// Makes Genesys ask a bot, as a flow does (`POST /api/v2/textbots/bots/execute`).
fn ask_bot(
    api: &mut Api<'_, impl Imports>,
    integration: &Integration,
    known: &[KnownBot],
    id: &str,
    now: Timestamp,
) -> Check {
    const REMEDY: &str = "The OAuth client's role needs the permission textbots:session:execute.";
    const REMEDY_OF_FAILURE: &str = "Look at the log of the gateway, or of the application at the URL. If no request \
                                     arrived, compare the URL with the integration's; if it was refused, the header and \
                                     the secret.";
    let Some(bot) = known.iter().find(|bot| bot.id == id) else {
        return Check {
            outcome: CheckOutcome::Error,
            remedy: Some("Name one of the bots that Genesys knows.".into()),
            ..passed(PROBE, &format!("Genesys knows no bot {}", clip(id)))
        };
    };
    match execute(api, integration, bot, now) {
        Ok(state) if state.as_deref() == Some("Failed") => Check {
            outcome: CheckOutcome::Error,
            remedy: Some(REMEDY_OF_FAILURE.into()),
            ..passed(PROBE, "the bot failed, did not answer, or Genesys did not accept its answer")
        },
        Ok(state) => passed(PROBE, &format!("the bot answered ({})", clip(state.as_deref().unwrap_or("no state")))),
        Err(failure) => failed(PROBE, failure, REMEDY),
    }
}

/// Returns the state in the bot's answer: `MoreData`, `Complete` or `Failed`.
fn execute(
    api: &mut Api<'_, impl Imports>,
    integration: &Integration,
    bot: &KnownBot,
    now: Timestamp,
) -> Result<Option<String>, Failure> {
    let request = PostTextRequest {
        bot_id: &bot.id,
        bot_alias: bot.version.as_deref(),
        integration_id: &integration.id,
        bot_session_id: &session_id(&bot.id, now),
        post_text_message: PostTextMessage { kind: "Text", text: PROBE_TEXT },
        language_code: bot.language.as_deref(),
        bot_session_timeout_minutes: PROBE_MINUTES,
        bot_channels: &["Messaging"],
        messaging_platform_type: "Unknown",
    };
    let body = serde_json::to_vec(&request).unwrap_or_default();
    let response = accepted(api.call(&Call::post("/api/v2/textbots/bots/execute".into(), body))?, Kind::Changes)?;
    let document = read(&response)?;
    Ok(PostTextResponse::of(document.root()).bot_state().map(ToString::to_string))
}

/// Returns a UUID of version 8 (RFC 9562, section 5.8), because Genesys expects one, and a provider has no random numbers.
fn session_id(bot: &str, now: Timestamp) -> String {
    let digits = digest(format!("{bot} {now}").as_bytes());
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    format!("{}-{}-8{}-8{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32))
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
