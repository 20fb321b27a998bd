//! The doctor: tries each thing that a connection needs, and says how to mend what fails. Only a probe changes anything.

use crate::api::{Api, Call, Kind, accepted, header, read, segment};
use crate::clip::clip;
use crate::contract::*;
use crate::delivery::disconnect;
use crate::imports::Imports;
use crate::lookup::{Found, Integration, Making, no_integration, several_integrations};
use crate::outbound::is_uuid;
use crate::public_url::webhook_url_problem;
use crate::settings::{self, ProvisioningPolicy, WebhookPolicy};
use crate::time::parse_http_date;
use crate::wire::api::{ContentProfile, MediaType};
use crate::wire::inbound::Agentless;
use crate::wire::lenient::{List, Object};
use alloc::{format, string::String, vec, vec::Vec};

/// A conversation that there is not.
const NOBODY: &str = "00000000-0000-4000-8000-000000000000";
/// What needs the integration.
const OF_INTEGRATION: [&str; 4] = ["webhook-url", "content-profile", "typing", "permission-receive"];
/// What needs the token alone.
const OF_ACCOUNT: [&str; 4] = ["permission-disconnect", "end-detection", "permission-lookup", "queue"];

/// Seconds by which the clock may be off: an HTTP date has whole seconds, and the answer takes a while.
const CLOCK_EXACT: u64 = 60;
/// Seconds by which the clock may be off before webhooks look like replays; hosts should allow for more.
const CLOCK_USABLE: u64 = 300;

/// All checks, in the order in which one thing needs another; with a `probe`, a message to that recipient besides.
pub fn check(imports: &mut impl Imports, settings: &[Setting], probe: Option<&str>) -> Vec<Check> {
    let mut checks = vec![check_settings(settings), check_webhook_secret(settings)];
    let Ok(mut api) = Api::new(imports, settings) else {
        checks.extend(skipped(&["region", "credentials", "integration"]));
        checks.extend(skipped(&OF_INTEGRATION));
        checks.extend(skipped(&OF_ACCOUNT));
        return checks;
    };
    // A new one: a token from the cache would hide that the secret was changed since.
    let token = api.request_token().and_then(|response| {
        api.keep_token(&response)?;
        Ok(response)
    });
    let response = match token {
        Ok(response) => response,
        Err(failure) => {
            checks.extend(no_token(failure));
            checks.extend(skipped(&["integration"]));
            checks.extend(skipped(&OF_INTEGRATION));
            checks.extend(skipped(&OF_ACCOUNT));
            return checks;
        }
    };
    checks.push(passed("region", "Genesys can be reached"));
    checks.extend(check_clock(api.imports.now(), &response));
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
            checks.extend(skipped(&OF_INTEGRATION));
            None
        }
    };
    checks.push(check_disconnect(&mut api));
    checks.push(check_end_detection(&mut api, settings));
    checks.push(check_lookup(&mut api));
    checks.push(check_queue(&mut api));
    if let (Some(integration), Some(flow)) = (&integration, ProvisioningPolicy::of(settings).flow) {
        checks.push(when_ready(integration, "flow", || check_flow(&mut api, integration, &flow)));
    }
    if let (Some(integration), Some(recipient)) = (&integration, probe) {
        checks.push(when_ready(integration, "webhook-probe", || send_probe(&mut api, integration, recipient)));
    }
    checks
}

/// Runs a check of what an integration has only once Genesys has made it; until then it has no address.
fn when_ready(integration: &Integration, name: &str, check: impl FnOnce() -> Check) -> Check {
    match integration.making() {
        Making::Done => check(),
        Making::UnderWay | Making::Failed => {
            Check { outcome: CheckOutcome::Skipped, ..passed(name, "the integration is not ready") }
        }
    }
}

/// Why there is no token: the region, where nobody answered; the credentials, where somebody did.
fn no_token(failure: Failure) -> [Check; 2] {
    const REGION: &str = "Compare host with the address of your login page; it may be another region's.";
    const CREDENTIALS: &str = "Compare host, client-id and client-secret with Admin > Integrations > OAuth; the grant type \
         must be Client Credentials.";
    let unreached = matches!(&failure, Failure::Retry(advice)
        if matches!(advice.cause, RetryCause::Network | RetryCause::TimedOut));
    if unreached {
        let skipped = Check { outcome: CheckOutcome::Skipped, ..passed("credentials", "an earlier check failed") };
        return [Check { remedy: Some(REGION.into()), ..failed("region", failure, REGION) }, skipped];
    }
    [passed("region", "Genesys can be reached"), failed("credentials", failure, CREDENTIALS)]
}

/// Compares the clock with Genesys's, where the answer bears its date (RFC 9110, section 6.6.1).
fn check_clock(now: Timestamp, response: &Response) -> Option<Check> {
    const NAME: &str = "clock";
    const REMEDY: &str =
        "Set the clock of this machine, by NTP for instance; while it is wrong, webhooks may be refused as replays.";
    let genesys = header(response, "date").and_then(parse_http_date)?;
    let off = now.abs_diff(genesys) / 1000;
    if off <= CLOCK_EXACT {
        return Some(passed(NAME, "as Genesys's"));
    }
    let direction = if now > genesys { "ahead of" } else { "behind" };
    let message = format!("this machine's clock is {off} s {direction} Genesys's");
    Some(if off <= CLOCK_USABLE { warned(NAME, &message, REMEDY) } else { wrong(NAME, &message, REMEDY) })
}

fn check_settings(settings: &[Setting]) -> Check {
    let problems = match settings::check(settings) {
        Ok(accepted) if accepted.warnings.is_empty() => return passed("settings", "nothing is missing"),
        Ok(accepted) => accepted.warnings,
        Err(problems) => problems,
    };
    let wrong = problems.iter().any(|problem| problem.severity == Severity::Error);
    let join = |part: fn(&SettingsProblem) -> String| problems.iter().map(part).collect::<Vec<_>>().join(" ");
    Check {
        name: "settings".into(),
        outcome: if wrong { CheckOutcome::Error } else { CheckOutcome::Warning },
        message: join(|problem| format!("{}: {}", problem.key, problem.message)),
        remedy: Some(join(|problem| problem.remedy.clone())),
    }
}

fn check_webhook_secret(settings: &[Setting]) -> Check {
    match WebhookPolicy::of(settings) {
        Ok(policy) if policy.secrets().len() > 0 => {
            passed("webhook-secret", &format!("{} live", policy.secrets().len()))
        }
        Ok(policy) if policy.unsigned_allowed => Check {
            outcome: CheckOutcome::Warning,
            remedy: Some("Enter the integration's secret as webhook-secret.".into()),
            ..passed("webhook-secret", "anybody who knows the webhook's address can speak as the agent")
        },
        _ => Check {
            outcome: CheckOutcome::Error,
            remedy: Some("Enter the integration's Outbound Notification Webhook Signature Secret Token.".into()),
            ..passed("webhook-secret", "no webhook can be verified")
        },
    }
}

fn find_integration(api: &mut Api<'_, impl Imports>) -> Result<Integration, Check> {
    const REMEDY: &str =
        "Copy the integration's name from Admin > Message > Platforms to deployment-name, or create it.";
    match api.find_integration() {
        Ok(Found::One(integration)) => Ok(integration),
        Ok(Found::None { names }) => {
            Err(wrong("integration", &no_integration(&api.account.deployment_name, &names), REMEDY))
        }
        Ok(Found::Several { ids }) => Err(wrong(
            "integration",
            &several_integrations(&api.account.deployment_name, &ids),
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
        Making::UnderWay => warned(NAME, "Genesys is still making the integration", "Try again in a minute."),
        Making::Failed => {
            wrong(NAME, "Genesys failed to make the integration", "Delete the integration and create it again.")
        }
    }
}

fn check_webhook_url(integration: &Integration) -> Check {
    let remedy = "Enter the platform's public address, https on port 443, as Outbound Notification Webhook URL in the integration.";
    match integration.webhook_url.as_deref() {
        None => Check {
            outcome: CheckOutcome::Error,
            remedy: Some(remedy.into()),
            ..passed("webhook-url", "the integration has no webhook address")
        },
        Some(url) => match webhook_url_problem(url) {
            None => passed("webhook-url", &format!("webhooks go to {}", clip(url))),
            Some(problem) => {
                let message = format!("Genesys Cloud cannot call {}: {problem}", clip(url));
                warned("webhook-url", &message, remedy)
            }
        },
    }
}

fn check_content_profile(api: &mut Api<'_, impl Imports>, integration: &Integration) -> Check {
    const NAME: &str = "content-profile";
    const REMEDY: &str = "Choose a Supported Content Profile in the integration, such as default.";
    let Some(id) = &integration.content_profile else {
        return warned(NAME, "the integration has no content profile, so files are refused both ways", REMEDY);
    };
    let response = match look(api, "/api/v2/conversations/messaging/supportedcontent", id) {
        Ok(response) => response,
        Err(failure) => {
            return unseen(NAME, failure, "Give the OAuth client a role with messaging:supportedContent:view.");
        }
    };
    let profile = match read::<ContentProfile<'_>>(&response) {
        Ok(profile) => profile,
        Err(failure) => return failed(NAME, failure, REMEDY),
    };
    let allowed = profile.media_types.get().and_then(|types| types.allow.get());
    let types = |list: Option<&List<Object<MediaType<'_>>>>| {
        let kinds: Vec<_> =
            list.into_iter().flat_map(List::objects).filter_map(|kind| kind.kind.get()).map(clip).collect();
        if kinds.is_empty() { "none".into() } else { kinds.join(", ") }
    };
    let (inbound, outbound) = (types(allowed.map(|a| &a.inbound)), types(allowed.map(|a| &a.outbound)));
    let message = format!("files to the agent: {inbound}; to the user: {outbound}");
    if inbound == "none" || outbound == "none" {
        return warned(NAME, &message, "Allow the types in Admin > Message > Supported Content, if files should pass.");
    }
    passed(NAME, &message)
}

fn check_typing(api: &mut Api<'_, impl Imports>, integration: &Integration) -> Check {
    const NAME: &str = "typing";
    const REMEDY: &str =
        "Enable typing indicators in a Platform Config and choose it in the integration, if they should pass.";
    const PERMISSION: &str = "Give the OAuth client a role with messaging:setting:view.";
    let found = match &integration.messaging_setting {
        Some(id) => api.messaging_setting(id),
        None => api.default_messaging_setting(),
    };
    match found {
        Ok(Some(found)) => {
            let message = format!("{} (platform configuration {})", found.typing(), clip(&found.name));
            if found.has_typing_both_ways() { passed(NAME, &message) } else { warned(NAME, &message, REMEDY) }
        }
        Ok(None) => warned(NAME, "off both ways: the integration has no platform configuration", REMEDY),
        Err(failure) => unseen(NAME, failure, PERMISSION),
    }
}

fn look(api: &mut Api<'_, impl Imports>, path: &str, id: &str) -> Result<Response, Failure> {
    let response = api.call(&Call::get(format!("{path}/{}", segment(id)?)))?;
    accepted(response, Kind::Reads)
}

/// Posts a message with nothing in it. Genesys looks at permissions first and then refuses it, so it tells the one
/// from the other and makes nothing.
fn check_receive(api: &mut Api<'_, impl Imports>, integration: &Integration) -> Check {
    const NAME: &str = "permission-receive";
    let probe = segment(&integration.id).and_then(|id| {
        let path = format!("/api/v2/conversations/messages/{id}/inbound/open/message");
        api.call(&Call::post(path, b"{}".to_vec()))
    });
    match probe.map(|response| (response.status, accepted(response, Kind::Reads))) {
        Ok((400, _)) => passed(NAME, "messages can be sent"),
        Ok((_, Ok(_))) => Check {
            outcome: CheckOutcome::Warning,
            ..passed(NAME, "an empty message was taken; whether real ones are is not known")
        },
        Ok((_, Err(failure))) | Err(failure) => {
            failed(NAME, failure, "Give the OAuth client a role with conversation:message:receive.")
        }
    }
}

/// Disconnects a participant that does not exist, by the call that `leave` makes. Genesys answers 403 to a client without
/// the permission before it looks for the participant (unconfirmed).
fn check_disconnect(api: &mut Api<'_, impl Imports>) -> Check {
    const NAME: &str = "permission-disconnect";
    let call = disconnect(NOBODY, NOBODY);
    let response = call.and_then(|call| api.call(&call));
    match response.map(|response| (response.status, accepted(response, Kind::Reads))) {
        Ok((400 | 404 | 409, _) | (_, Ok(_))) => passed(NAME, "conversations of users who leave can be closed"),
        Ok((403, _)) => warned(
            NAME,
            "conversations of users who leave stay open; the agent gets the leave message instead",
            "Give the OAuth client a role with conversation:communication:disconnect.",
        ),
        Ok((_, Err(failure))) | Err(failure) => {
            failed(NAME, failure, "Give the OAuth client a role with conversation:communication:disconnect.")
        }
    }
}

/// Genesys's webhook does not tell the end. Somebody else has to, or it has to be asked.
fn check_end_detection(api: &mut Api<'_, impl Imports>, settings: &[Setting]) -> Check {
    const NAME: &str = "end-detection";
    const REMEDY: &str = "Let the OAuth client read conversations, or set up Amazon EventBridge with event-bus-key.";
    let mut told_by = Vec::new();
    if let Ok(policy) = WebhookPolicy::of(settings) {
        let has = |wanted| policy.keys().any(|(source, _)| source == wanted);
        told_by.extend(has(OperatorSource::EventBus).then_some("the event bus"));
        told_by.extend(has(OperatorSource::Trigger).then_some("the trigger"));
    }
    let told = if told_by.is_empty() { "nobody".into() } else { told_by.join(" and ") };
    let response = api.call(&Call::get(format!("/api/v2/conversations/messages/{NOBODY}")));
    match response.map(|response| (response.status, accepted(response, Kind::Reads))) {
        Ok((404, _) | (_, Ok(_))) => passed(NAME, &format!("{told} tells of ends; conversations can be observed")),
        Ok((403, _)) if !told_by.is_empty() => {
            warned(NAME, &format!("{told} tells of ends, but what it loses cannot be observed"), REMEDY)
        }
        Ok((403, _)) => wrong(NAME, "nobody tells of ends, and conversations cannot be observed", REMEDY),
        Ok((_, Err(failure))) | Err(failure) => failed(NAME, failure, REMEDY),
    }
}

/// Asks for a message of a conversation that there is not: what `find-delivery` asks.
fn check_lookup(api: &mut Api<'_, impl Imports>) -> Check {
    const NAME: &str = "permission-lookup";
    const REMEDY: &str = "Give the OAuth client a role with conversation:message:view.";
    let path = format!("/api/v2/conversations/messages/{NOBODY}/messages/bulk");
    let response = api.call(&Call::ask(path, format!("[\"{NOBODY}\"]").into_bytes()));
    match response.map(|response| (response.status, accepted(response, Kind::Reads))) {
        Ok((400 | 404, _) | (_, Ok(_))) => {
            passed(NAME, "messages of which nobody knows whether they arrived can be found")
        }
        Ok((403, _)) => warned(
            NAME,
            "a message of which nobody knows whether it arrived is sent again, and may be there twice",
            REMEDY,
        ),
        Ok((_, Err(failure))) | Err(failure) => failed(NAME, failure, REMEDY),
    }
}

fn check_queue(api: &mut Api<'_, impl Imports>) -> Check {
    const NAME: &str = "queue";
    let Some(queue) = api.account.queue.clone() else {
        return passed(NAME, "none is entered; the flow decides");
    };
    match api.find_queue(&queue) {
        // Nothing but this check needs the permission.
        Err(failure) => unseen(
            NAME,
            failure,
            "Compare it with Admin > Contact Center > Queues, or give the OAuth client a role with routing:queue:view.",
        ),
        Ok(None) => wrong(
            NAME,
            &format!("no queue is called {}", clip(&queue)),
            "Copy the queue's name or id from Admin > Contact Center > Queues.",
        ),
        Ok(Some(found)) if is_uuid(&queue) => passed(NAME, &format!("{} is {}", clip(&found.id), clip(&found.name))),
        Ok(Some(found)) => {
            let (name, id) = (clip(&found.name), clip(&found.id));
            passed(NAME, &format!("{name} has the id {id}, which a flow with Find Queue By Id needs instead"))
        }
    }
}

fn check_flow(api: &mut Api<'_, impl Imports>, integration: &Integration, flow: &str) -> Check {
    const NAME: &str = "flow";
    const REMEDY: &str = "Choose the flow for the integration's address in Admin > Routing > Message Routing.";
    match api.find_recipient(integration) {
        Err(failure) => unseen(NAME, failure, "Give the OAuth client a role with routing:message:manage."),
        Ok(Some((_, Some(found)))) if found.name == flow => passed(NAME, &format!("messages go to {}", clip(flow))),
        Ok(Some((_, Some(found)))) => wrong(NAME, &format!("messages go to {}", clip(&found.name)), REMEDY),
        Ok(_) => wrong(NAME, "messages go to no flow", REMEDY),
    }
}

/// Has Genesys send a message to an address of the host's choice, which it sees arriving (Conversations API, agentless
/// messages).
fn send_probe(api: &mut Api<'_, impl Imports>, integration: &Integration, recipient: &str) -> Check {
    const NAME: &str = "webhook-probe";
    let message = Agentless {
        from_address: &integration.id,
        to_address: recipient,
        to_address_messenger_type: "open",
        text_body: "A test of the connection; nobody has to answer.",
        use_existing_active_conversation: true,
    };
    let sent = serde_json::to_vec(&message)
        .map_err(|_| Failure::Permanent("the probe cannot be written".into()))
        .and_then(|body| api.call(&Call::post("/api/v2/conversations/messages/agentless".into(), body)))
        .and_then(|response| accepted(response, Kind::Changes));
    match sent {
        Ok(_) => passed(NAME, "Genesys was asked to send a message"),
        Err(failure) => unseen(NAME, failure, "Give the OAuth client a role with conversation:message:create."),
    }
}

/// Where a missing permission keeps one from looking, which nothing else needs.
fn unseen(name: &str, failure: Failure, remedy: &str) -> Check {
    match failure {
        Failure::Credentials(message) => warned(name, &format!("this cannot be seen: {message}"), remedy),
        failure => failed(name, failure, remedy),
    }
}

fn warned(name: &str, message: &str, remedy: &str) -> Check {
    Check { outcome: CheckOutcome::Warning, remedy: Some(remedy.into()), ..passed(name, message) }
}

fn wrong(name: &str, message: &str, remedy: &str) -> Check {
    Check { outcome: CheckOutcome::Error, remedy: Some(remedy.into()), ..passed(name, message) }
}

fn passed(name: &str, message: &str) -> Check {
    Check { name: name.into(), outcome: CheckOutcome::Ok, message: message.into(), remedy: None }
}

fn failed(name: &str, failure: Failure, remedy: &str) -> Check {
    let (message, remedy) = match failure {
        Failure::Credentials(message) | Failure::Permanent(message) => (message, remedy),
        Failure::Retry(advice) => (
            advice.message,
            "Try again; if it stays so, compare host with your region and look at Genesys's status page.",
        ),
    };
    Check { name: name.into(), outcome: CheckOutcome::Error, message, remedy: Some(remedy.into()) }
}

fn skipped(names: &[&str]) -> Vec<Check> {
    let why = "an earlier check failed";
    names.iter().map(|name| Check { outcome: CheckOutcome::Skipped, ..passed(name, why) }).collect()
}
