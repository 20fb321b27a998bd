//! The doctor: tries each thing that a connection needs, and says how to mend what fails.

use crate::api::{Api, Call, Found, Integration, accepted, clip, encode, no_integration, read};
use crate::contract::*;
use crate::imports::Imports;
use crate::outbound::is_uuid;
use crate::settings::{self, WebhookPolicy};
use crate::wire::api::{Page, Queue};
use alloc::{
    format,
    string::{String, ToString},
    vec,
    vec::Vec,
};

/// All checks, in the order in which one thing needs another.
pub(crate) fn check(imports: &mut impl Imports, settings: &[Setting]) -> Vec<Check> {
    let mut checks = vec![check_settings(settings), check_webhook_secret(settings)];
    let Ok(mut api) = Api::new(imports, settings) else {
        checks.extend(skipped(&["credentials", "integration", "webhook-url", "permission-receive", "queue"]));
        return checks;
    };
    // A new one: a token from the cache would hide that the secret was changed since.
    if let Err(failure) = api.new_token() {
        checks.push(failed("credentials", failure, "Compare host, client-id and client-secret with Admin > Integrations > OAuth; the grant type must be Client Credentials."));
        checks.extend(skipped(&["integration", "webhook-url", "permission-receive", "queue"]));
        return checks;
    }
    checks.push(passed("credentials", "the OAuth client is taken"));
    match find_integration(&mut api) {
        Ok(integration) => {
            checks.push(passed("integration", &format!("{} has the id {}", clip(&integration.name), integration.id)));
            checks.push(check_webhook_url(&integration));
            checks.push(check_permission(&mut api, &integration));
        }
        Err(check) => {
            checks.push(check);
            checks.extend(skipped(&["webhook-url", "permission-receive"]));
        }
    }
    checks.push(check_queue(&mut api));
    checks
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
        outcome: if wrong { CheckOutcome::Failed } else { CheckOutcome::Warned },
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
            outcome: CheckOutcome::Warned,
            remedy: Some("Enter the integration's secret as webhook-secret.".into()),
            ..passed("webhook-secret", "anybody who knows the webhook's address can speak as the agent")
        },
        _ => Check {
            outcome: CheckOutcome::Failed,
            remedy: Some("Enter the integration's Outbound Notification Webhook Signature Secret Token.".into()),
            ..passed("webhook-secret", "no webhook can be verified")
        },
    }
}

fn find_integration(api: &mut Api<'_, impl Imports>) -> Result<Integration, Check> {
    const REMEDY: &str = "Copy the integration's name from Admin > Message > Platforms to deployment-name.";
    match api.find_integration() {
        Ok(Found::One(integration)) => Ok(integration),
        Ok(Found::None { names }) => Err(Check {
            outcome: CheckOutcome::Failed,
            remedy: Some(REMEDY.into()),
            ..passed("integration", &no_integration(&api.account.deployment_name, &names))
        }),
        Err(failure) => {
            Err(failed("integration", failure, "Give the OAuth client a role with messaging:integration:view."))
        }
    }
}

fn check_webhook_url(integration: &Integration) -> Check {
    let remedy = "Enter the platform's address as Outbound Notification Webhook URL in the integration.";
    match (integration.create_status.as_deref(), integration.webhook_url.as_deref()) {
        (Some("Error"), _) => Check {
            outcome: CheckOutcome::Failed,
            remedy: Some("Delete the integration and create it again.".into()),
            ..passed("webhook-url", "Genesys failed to create the integration")
        },
        (_, None) => Check {
            outcome: CheckOutcome::Failed,
            remedy: Some(remedy.into()),
            ..passed("webhook-url", "the integration has no webhook address")
        },
        (_, Some(url)) => passed("webhook-url", &format!("webhooks go to {}", clip(url))),
    }
}

/// Posts a message with nothing in it. Genesys looks at permissions first and then refuses it, so it tells the one
/// from the other and makes nothing.
fn check_permission(api: &mut Api<'_, impl Imports>, integration: &Integration) -> Check {
    let path = format!("/api/v2/conversations/messages/{}/inbound/open/message", encode(&integration.id));
    match api.call(&Call::post(path, b"{}".to_vec())) {
        Ok(response) if response.status == 400 => passed("permission-receive", "messages can be sent"),
        Ok(response) => match accepted(response, false) {
            Err(failure) => {
                failed("permission-receive", failure, "Give the OAuth client a role with conversation:message:receive.")
            }
            Ok(_) => Check {
                outcome: CheckOutcome::Warned,
                remedy: None,
                ..passed("permission-receive", "an empty message was taken; whether real ones are is not known")
            },
        },
        Err(failure) => failed("permission-receive", failure, "Try again."),
    }
}

fn check_queue(api: &mut Api<'_, impl Imports>) -> Check {
    let Some(queue) = api.account.queue.clone() else {
        return passed("queue", "none is entered; the flow decides");
    };
    match find_queue(api, &queue) {
        Err(failure) => failed(
            "queue",
            failure,
            "Enter the id or the exact name of a queue; looking it up takes routing:queue:view.",
        ),
        Ok(None) => Check {
            outcome: CheckOutcome::Failed,
            remedy: Some("Copy the queue's name or id from Admin > Contact Center > Queues.".into()),
            ..passed("queue", &format!("no queue is called {}", clip(&queue)))
        },
        Ok(Some((id, name))) if is_uuid(&queue) => passed("queue", &format!("{id} is {}", clip(&name))),
        Ok(Some((id, name))) => Check {
            remedy: Some(format!("A flow with Find Queue By Id needs the id instead of the name: {id}.")),
            ..passed("queue", &format!("{} has the id {id}", clip(&name)))
        },
    }
}

fn find_queue(api: &mut Api<'_, impl Imports>, queue: &str) -> Result<Option<(String, String)>, Failure> {
    let entry = |queue: &Queue<'_>| Some((queue.id.get()?.to_string(), queue.name.get().unwrap_or("").to_string()));
    if is_uuid(queue) {
        let response = api.call(&Call::get(format!("/api/v2/routing/queues/{}", encode(queue))))?;
        if response.status == 404 {
            return Ok(None);
        }
        return Ok(entry(&read::<Queue<'_>>(&accepted(response, false)?)?));
    }
    // The filter may match more than the name itself.
    let path = format!("/api/v2/routing/queues?name={}&pageSize=100&pageNumber=1", encode(queue));
    let response = accepted(api.call(&Call::get(path))?, false)?;
    let page: Page<Queue<'_>> = read(&response)?;
    Ok(page.entities.objects().find(|found| found.name.get() == Some(queue)).and_then(entry))
}

fn passed(name: &str, message: &str) -> Check {
    Check { name: name.into(), outcome: CheckOutcome::Passed, message: message.into(), remedy: None }
}

fn failed(name: &str, failure: Failure, remedy: &str) -> Check {
    let (message, remedy) = match failure {
        Failure::Credentials(message) | Failure::Never(message) => (message, remedy),
        Failure::Retry(advice) => (
            advice.message,
            "Try again; if it stays so, compare host with your region and look at Genesys's status page.",
        ),
    };
    Check { name: name.into(), outcome: CheckOutcome::Failed, message, remedy: Some(remedy.into()) }
}

fn skipped(names: &[&str]) -> Vec<Check> {
    let why = "an earlier check failed";
    names.iter().map(|name| Check { outcome: CheckOutcome::Skipped, ..passed(name, why) }).collect()
}
