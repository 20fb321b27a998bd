//! The doctor: checks everything that a connection needs, and explains how to correct failures. Only a probe changes
//! anything.

mod availability;
mod outcome;

use crate::api::{Api, Call, Kind, accepted, disconnect, read, segment};
use crate::lookup::{Found, FoundQueue, Integration, Making, no_integration, several_integrations};
use crate::public_url::webhook_url_problem;
use crate::settings::{Prepared, SetupPolicy, WebhookPolicy};
use crate::wire::api::{AllowedMedia, ContentProfile, MediaType, MediaTypes};
use crate::wire::inbound::Agentless;
use alloc::{format, string::String, vec, vec::Vec};
use availability::{check_opening_hours, check_queue_inactivity, check_queue_state};
use genesys_cloud::ids::is_uuid;
use handover_guest::clip::clip;
use handover_guest::contract::*;
use handover_guest::http::{Status, header};
use handover_guest::imports::Imports;
use handover_guest::time::parse_http_date;
use outcome::{error, failed, passed, skipped, unreadable_check, warning};

/// The id of a conversation that does not exist.
const NO_CONVERSATION: &str = "00000000-0000-4000-8000-000000000000";
/// Checks that require the integration.
const INTEGRATION_CHECKS: [&str; 4] = ["webhook-url", "content-profile", "typing", "permission-receive"];
/// Checks that require only the access token.
const ACCOUNT_CHECKS: [&str; 4] = ["permission-disconnect", "end-detection", "permission-lookup", "queue"];

/// Seconds by which the clock may differ: an HTTP date has whole seconds, and a response takes time to arrive.
const MAX_CLOCK_DIFFERENCE_OK: u64 = 60;
/// Seconds by which the clock may differ before webhooks look like replays. Hosts should tolerate a larger difference.
const MAX_CLOCK_DIFFERENCE_WARNING: u64 = 300;

/// Runs all checks, in the order of their dependencies. With a `probe`, also sends a message to that recipient.
///
/// # Errors
/// The settings are not from this version of the provider.
pub fn check(imports: &mut impl Imports, settings: &Prepared<'_>, probe: Option<&str>) -> Result<Vec<Check>, Failure> {
    let (setup, webhook) = (settings.setup()?, settings.webhook()?);
    let mut checks = vec![check_settings(&setup), check_webhook_secret(&webhook)];
    let mut api = Api::new(imports, settings)?;
    // A cached token would hide that the client's secret has changed since.
    let token = api.request_token().and_then(|response| {
        api.cache_token(&response)?;
        Ok(response)
    });
    let response = match token {
        Ok(response) => response,
        Err(failure) => {
            checks.extend(no_token(failure));
            checks.extend(skipped(&["integration"]));
            checks.extend(skipped(&INTEGRATION_CHECKS));
            checks.extend(skipped(&ACCOUNT_CHECKS));
            return Ok(checks);
        }
    };
    checks.push(passed("region", "Genesys is reachable"));
    checks.extend(check_clock(api.imports().now(), &response));
    checks.push(passed("credentials", "accepted"));
    let integration = match find_integration(&mut api) {
        Ok(integration) => {
            checks.push(check_integration(&integration));
            checks.push(check_webhook_url(&integration));
            checks.push(check_content_profile(&mut api, &integration));
            checks.push(check_typing(&mut api, &integration));
            checks.push(when_ready(&integration, "permission-receive", || check_receive(&mut api, &integration)));
            Some(integration)
        }
        Err(check) => {
            checks.push(check);
            checks.extend(skipped(&INTEGRATION_CHECKS));
            None
        }
    };
    checks.push(check_disconnect(&mut api));
    checks.push(check_end_detection(&mut api, &webhook));
    checks.push(check_lookup(&mut api));
    let (check, queue) = check_queue(&mut api);
    checks.push(check);
    let policy = settings.queue()?;
    if let Some(queue) = &queue {
        checks.extend(check_queue_inactivity(queue));
    }
    if let Some(queue) = queue.filter(|_| policy.state_interval_seconds.is_some()) {
        checks.push(check_queue_state(&mut api, &queue.id));
    }
    checks.extend(check_opening_hours(&mut api, &policy));
    if let (Some(integration), Some(flow)) = (&integration, setup.flow) {
        checks.push(when_ready(integration, "flow", || check_flow(&mut api, integration, flow)));
    }
    if let (Some(integration), Some(recipient)) = (&integration, probe) {
        checks.push(when_ready(integration, "webhook-probe", || send_probe(&mut api, integration, recipient)));
    }
    Ok(checks)
}

/// Runs a check if Genesys has created the integration, and skips it otherwise, because the integration has no address
/// yet.
fn when_ready(integration: &Integration, name: &str, check: impl FnOnce() -> Check) -> Check {
    match integration.making() {
        Making::Done => check(),
        Making::UnderWay | Making::Failed => {
            Check { outcome: CheckOutcome::Skipped, ..passed(name, "the integration is not ready") }
        }
    }
}

/// Returns the checks for a failed token request: the region failed if there was no response, otherwise the credentials
/// failed.
fn no_token(failure: Failure) -> [Check; 2] {
    const REGION: &str = "Compare host with the address of your login page; it may belong to another region.";
    const CREDENTIALS: &str = "Compare host, client-id and client-secret with Admin > Integrations > OAuth; the grant type \
         must be Client Credentials.";
    let unreached = matches!(&failure, Failure::Retry(advice)
        if matches!(advice.cause, RetryCause::Network | RetryCause::TimedOut));
    if unreached {
        let skipped = Check { outcome: CheckOutcome::Skipped, ..passed("credentials", "an earlier check failed") };
        return [Check { remedy: Some(REGION.into()), ..failed("region", failure, REGION) }, skipped];
    }
    [passed("region", "Genesys is reachable"), failed("credentials", failure, CREDENTIALS)]
}

/// Compares the clock with Genesys's, if the response has a date (RFC 9110, section 6.6.1).
fn check_clock(now: Timestamp, response: &Response) -> Option<Check> {
    const NAME: &str = "clock";
    const REMEDY: &str =
        "Set the clock of this machine, by NTP for instance; while it is wrong, webhooks may be refused as replays.";
    let genesys = header(response, "date").and_then(parse_http_date)?;
    let off = now.abs_diff(genesys) / 1000;
    if off <= MAX_CLOCK_DIFFERENCE_OK {
        return Some(passed(NAME, "equals Genesys's"));
    }
    let direction = if now > genesys { "ahead of" } else { "behind" };
    let message = format!("this machine's clock is {off} s {direction} Genesys's");
    Some(if off <= MAX_CLOCK_DIFFERENCE_WARNING {
        warning(NAME, &message, REMEDY)
    } else {
        error(NAME, &message, REMEDY)
    })
}

fn check_settings(setup: &SetupPolicy<'_>) -> Check {
    if setup.warnings.is_empty() {
        return passed("settings", "nothing is missing");
    }
    let (messages, remedies): (Vec<_>, Vec<_>) =
        setup.warnings.iter().map(|(message, remedy)| (&**message, &**remedy)).unzip();
    warning("settings", &messages.join(" "), &remedies.join(" "))
}

fn check_webhook_secret(policy: &WebhookPolicy<'_>) -> Check {
    match policy.secrets().len() {
        0 => warning(
            "webhook-secret",
            "anyone who knows the address of the webhook can write as the agent",
            "Enter the integration's secret as webhook-secret.",
        ),
        count => passed("webhook-secret", &format!("{count} live")),
    }
}

fn find_integration(api: &mut Api<'_, impl Imports>) -> Result<Integration, Check> {
    const REMEDY: &str =
        "Copy the integration's name from Admin > Message > Platforms to deployment-name, or create it.";
    match api.find_integration() {
        Ok(Found::One(integration)) => Ok(integration),
        Ok(Found::None { names }) => {
            Err(error("integration", &no_integration(api.account.deployment_name, &names), REMEDY))
        }
        Ok(Found::Several { ids }) => Err(error(
            "integration",
            &several_integrations(api.account.deployment_name, &ids),
            "Rename or delete all but one under Admin > Message > Platforms.",
        )),
        Err(failure) => {
            Err(failed("integration", failure, "Give the OAuth client a role with messaging:integration:view."))
        }
    }
}

fn check_integration(integration: &Integration) -> Check {
    const NAME: &str = "integration";
    match integration.making() {
        Making::Done => passed(NAME, &format!("{} has the id {}", clip(&integration.name), clip(&integration.id))),
        Making::UnderWay => warning(NAME, "Genesys is still creating the integration", "Try again in a minute."),
        Making::Failed => {
            error(NAME, "Genesys failed to create the integration", "Delete the integration and create it again.")
        }
    }
}

fn check_webhook_url(integration: &Integration) -> Check {
    let remedy =
        "Enter the platform's public URL, https on port 443, as Outbound Notification Webhook URL in the integration.";
    match integration.webhook_url.as_deref() {
        None => Check {
            outcome: CheckOutcome::Error,
            remedy: Some(remedy.into()),
            ..passed("webhook-url", "the integration has no webhook URL")
        },
        Some(url) => match webhook_url_problem(url) {
            None => passed("webhook-url", &format!("webhooks go to {}", clip(url))),
            Some(problem) => {
                let message = format!("Genesys Cloud cannot call {}: {problem}", clip(url));
                warning("webhook-url", &message, remedy)
            }
        },
    }
}

fn check_content_profile(api: &mut Api<'_, impl Imports>, integration: &Integration) -> Check {
    const NAME: &str = "content-profile";
    const REMEDY: &str = "Choose a Supported Content Profile in the integration, such as default.";
    let Some(id) = &integration.content_profile else {
        return warning(
            NAME,
            "the integration has no content profile, so files are refused in both directions",
            REMEDY,
        );
    };
    let response = match get_by_id(api, "/api/v2/conversations/messaging/supportedcontent", id) {
        Ok(response) => response,
        Err(failure) => {
            return unreadable_check(
                NAME,
                failure,
                "Give the OAuth client a role with messaging:supportedContent:view.",
            );
        }
    };
    let document = match read(&response) {
        Ok(document) => document,
        Err(failure) => return failed(NAME, failure, REMEDY),
    };
    let allowed = ContentProfile::of(document.root()).media_types().and_then(MediaTypes::allow);
    let types = |types: Vec<MediaType<'_>>| {
        let kinds: Vec<_> = types.into_iter().filter_map(MediaType::kind).map(clip).collect();
        if kinds.is_empty() { "none".into() } else { kinds.join(", ") }
    };
    let inbound: String = types(allowed.into_iter().flat_map(AllowedMedia::inbound).collect());
    let outbound: String = types(allowed.into_iter().flat_map(AllowedMedia::outbound).collect());
    let message = format!("files to the agent: {inbound}; to the user: {outbound}");
    if inbound == "none" || outbound == "none" {
        return warning(
            NAME,
            &message,
            "Allow the types in Admin > Message > Supported Content, if users and agents should exchange files.",
        );
    }
    passed(NAME, &message)
}

fn check_typing(api: &mut Api<'_, impl Imports>, integration: &Integration) -> Check {
    const NAME: &str = "typing";
    const REMEDY: &str = "Enable typing indicators in a Platform Config and choose it in the integration, if users and agents should see them.";
    const PERMISSION: &str = "Give the OAuth client a role with messaging:setting:view.";
    let found = match &integration.messaging_setting {
        Some(id) => api.messaging_setting(id),
        None => api.default_messaging_setting(),
    };
    match found {
        Ok(Some(found)) => {
            let message = format!("{} (platform configuration {})", found.typing(), clip(&found.name));
            if found.has_typing_both_ways() { passed(NAME, &message) } else { warning(NAME, &message, REMEDY) }
        }
        Ok(None) => warning(NAME, "off in both directions: the integration has no platform configuration", REMEDY),
        Err(failure) => unreadable_check(NAME, failure, PERMISSION),
    }
}

fn get_by_id(api: &mut Api<'_, impl Imports>, path: &str, id: &str) -> Result<Response, Failure> {
    let response = api.call(&Call::get(format!("{path}/{}", segment(id)?)))?;
    accepted(response, Kind::Reads)
}

/// Posts an empty message. Genesys checks the permission first and then refuses the message, so nothing is created.
fn check_receive(api: &mut Api<'_, impl Imports>, integration: &Integration) -> Check {
    const NAME: &str = "permission-receive";
    let probe = segment(&integration.id).and_then(|id| {
        let path = format!("/api/v2/conversations/messages/{id}/inbound/open/message");
        api.call(&Call::post(path, b"{}".to_vec()))
    });
    match probe.map(|response| (Status::of(&response), accepted(response, Kind::Reads))) {
        Ok((Status::Invalid, _)) => passed(NAME, "messages can be sent"),
        Ok((_, Ok(_))) => Check {
            outcome: CheckOutcome::Warning,
            ..passed(NAME, "Genesys accepted an empty message; it is unknown whether it accepts others")
        },
        Ok((_, Err(failure))) | Err(failure) => {
            failed(NAME, failure, "Give the OAuth client a role with conversation:message:receive.")
        }
    }
}

/// Disconnects a participant that does not exist, with the same call as `leave`. Genesys answers 403 to a client
/// without the permission before it looks for the participant (unconfirmed).
fn check_disconnect(api: &mut Api<'_, impl Imports>) -> Check {
    const NAME: &str = "permission-disconnect";
    let call = disconnect(NO_CONVERSATION, NO_CONVERSATION);
    let response = call.and_then(|call| api.call(&call));
    match response.map(|response| (Status::of(&response), accepted(response, Kind::Reads))) {
        Ok((Status::Invalid | Status::NotFound | Status::Conflict, _) | (_, Ok(_))) => {
            passed(NAME, "conversations of users who leave can be closed")
        }
        Ok((Status::Forbidden, _)) => warning(
            NAME,
            "conversations of users who leave stay open; the agent gets the leave message instead",
            "Give the OAuth client a role with conversation:communication:disconnect.",
        ),
        Ok((_, Err(failure))) | Err(failure) => {
            failed(NAME, failure, "Give the OAuth client a role with conversation:communication:disconnect.")
        }
    }
}

/// Checks how the end of a conversation is detected. Genesys's webhook does not report the end, so a push source or
/// polling is required.
fn check_end_detection(api: &mut Api<'_, impl Imports>, policy: &WebhookPolicy<'_>) -> Check {
    const NAME: &str = "end-detection";
    const REMEDY: &str = "Let the OAuth client read conversations, or set up Amazon EventBridge with event-bus-key.";
    let mut sources = Vec::new();
    let has = |wanted| policy.keys().any(|(source, _)| source == wanted);
    sources.extend(has(OperatorSource::EventBus).then_some("the event bus"));
    sources.extend(has(OperatorSource::Trigger).then_some("the trigger"));
    let pushed = match sources.is_empty() {
        true => "no push source is configured".into(),
        false => format!("pushed by {}", sources.join(" and ")),
    };
    let response = api.call(&Call::get(format!("/api/v2/conversations/messages/{NO_CONVERSATION}")));
    match response.map(|response| (Status::of(&response), accepted(response, Kind::Reads))) {
        Ok((Status::NotFound, _) | (_, Ok(_))) => passed(NAME, &format!("{pushed}; conversations can be polled")),
        Ok((Status::Forbidden, _)) if !sources.is_empty() => {
            warning(NAME, &format!("{pushed}, but conversations cannot be polled for lost events"), REMEDY)
        }
        Ok((Status::Forbidden, _)) => {
            error(NAME, "no push source is configured, and conversations cannot be polled", REMEDY)
        }
        Ok((_, Err(failure))) | Err(failure) => failed(NAME, failure, REMEDY),
    }
}

/// Reads a message of a conversation that does not exist, with the same call as `find-delivery`.
fn check_lookup(api: &mut Api<'_, impl Imports>) -> Check {
    const NAME: &str = "permission-lookup";
    const REMEDY: &str = "Give the OAuth client a role with conversation:message:view.";
    let path = format!("/api/v2/conversations/messages/{NO_CONVERSATION}/messages/bulk");
    let response = api.call(&Call::query(path, format!("[\"{NO_CONVERSATION}\"]").into_bytes()));
    match response.map(|response| (Status::of(&response), accepted(response, Kind::Reads))) {
        Ok((Status::Invalid | Status::NotFound, _) | (_, Ok(_))) => {
            passed(NAME, "messages whose outcome is unknown can be looked up")
        }
        Ok((Status::Forbidden, _)) => {
            warning(NAME, "a message whose outcome is unknown is sent again, and may arrive twice", REMEDY)
        }
        Ok((_, Err(failure))) | Err(failure) => failed(NAME, failure, REMEDY),
    }
}

/// Checks the queue of the settings. Also returns it, if there is one.
fn check_queue(api: &mut Api<'_, impl Imports>) -> (Check, Option<FoundQueue>) {
    const NAME: &str = "queue";
    let Some(queue) = api.account.queue else {
        return (passed(NAME, "none is configured; the flow decides"), None);
    };
    let found = match api.find_queue(queue) {
        // Only this check needs the permission.
        Err(failure) => {
            let remedy = "Compare it with Admin > Contact Center > Queues, or give the OAuth client a role with \
                          routing:queue:view.";
            return (unreadable_check(NAME, failure, remedy), None);
        }
        Ok(None) => {
            let remedy = "Copy the queue's name or id from Admin > Contact Center > Queues.";
            return (error(NAME, &format!("no queue is called {}", clip(queue)), remedy), None);
        }
        Ok(Some(found)) => found,
    };
    let (name, id) = (clip(&found.name), clip(&found.id));
    let message = match is_uuid(queue) {
        true => format!("{id} is {name}"),
        false => format!("{name} has the id {id}, which a flow with Find Queue By Id needs instead"),
    };
    (passed(NAME, &message), Some(found))
}

fn check_flow(api: &mut Api<'_, impl Imports>, integration: &Integration, flow: &str) -> Check {
    const NAME: &str = "flow";
    const REMEDY: &str = "Choose the flow for the integration's address in Admin > Routing > Message Routing.";
    match api.find_recipient(integration) {
        Err(failure) => unreadable_check(NAME, failure, "Give the OAuth client a role with routing:message:manage."),
        Ok(Some((_, Some(found)))) if found.name == flow => passed(NAME, &format!("messages go to {}", clip(flow))),
        Ok(Some((_, Some(found)))) => error(NAME, &format!("messages go to {}", clip(&found.name)), REMEDY),
        Ok(_) => error(NAME, "messages go to no flow", REMEDY),
    }
}

/// Asks Genesys to send a message to a recipient that the host chose (Conversations API, agentless messages).
fn send_probe(api: &mut Api<'_, impl Imports>, integration: &Integration, recipient: &str) -> Check {
    const NAME: &str = "webhook-probe";
    let message = Agentless {
        from_address: &integration.id,
        to_address: recipient,
        to_address_messenger_type: "open",
        text_body: "This is a test of the connection. No answer is needed.",
        use_existing_active_conversation: true,
    };
    let sent = serde_json::to_vec(&message)
        .map_err(|_| Failure::Permanent("the probe cannot be written".into()))
        .and_then(|body| api.call(&Call::post("/api/v2/conversations/messages/agentless".into(), body)))
        .and_then(|response| accepted(response, Kind::Changes));
    match sent {
        Ok(_) => passed(NAME, "Genesys was asked to send a message"),
        Err(failure) => {
            unreadable_check(NAME, failure, "Give the OAuth client a role with conversation:message:create.")
        }
    }
}
