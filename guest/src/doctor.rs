//! The doctor: tries each thing that a connection needs, and says how to mend what fails.

use crate::api::{Api, Call, Found, Integration, Kind, Making, accepted, encode, no_integration, read, segment};
use crate::clip::clip;
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
            checks.push(check_integration(&integration));
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

fn check_integration(integration: &Integration) -> Check {
    let found = passed("integration", &format!("{} has the id {}", clip(&integration.name), integration.id));
    match integration.making() {
        Making::Done => found,
        Making::UnderWay => Check {
            outcome: CheckOutcome::Warned,
            message: "Genesys is still making the integration".into(),
            remedy: Some("Try again in a minute.".into()),
            ..found
        },
        Making::Failed => Check {
            outcome: CheckOutcome::Failed,
            message: "Genesys failed to make the integration".into(),
            remedy: Some("Delete the integration and create it again.".into()),
            ..found
        },
    }
}

fn check_webhook_url(integration: &Integration) -> Check {
    let remedy = "Enter the platform's public address, https on port 443, as Outbound Notification Webhook URL in the integration.";
    match integration.webhook_url.as_deref() {
        None => Check {
            outcome: CheckOutcome::Failed,
            remedy: Some(remedy.into()),
            ..passed("webhook-url", "the integration has no webhook address")
        },
        Some(url) if !is_callable(url) => Check {
            outcome: CheckOutcome::Warned,
            remedy: Some(remedy.into()),
            ..passed("webhook-url", &format!("webhooks go to {}, which Genesys Cloud does not call", clip(url)))
        },
        Some(url) => passed("webhook-url", &format!("webhooks go to {}", clip(url))),
    }
}

/// Genesys calls webhooks by https on port 443 and no other ("Open Messaging integrations" of the Resource Center).
fn is_callable(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("https://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or("");
    let after_address = authority.rsplit(']').next().unwrap_or("");
    after_address.split_once(':').is_none_or(|(_, port)| port == "443")
}

/// Posts a message with nothing in it. Genesys looks at permissions first and then refuses it, so it tells the one
/// from the other and makes nothing.
fn check_permission(api: &mut Api<'_, impl Imports>, integration: &Integration) -> Check {
    const NAME: &str = "permission-receive";
    let probe = segment(&integration.id).and_then(|id| {
        let path = format!("/api/v2/conversations/messages/{id}/inbound/open/message");
        api.call(&Call::post(path, b"{}".to_vec()))
    });
    match probe.map(|response| (response.status, accepted(response, Kind::Reads))) {
        Ok((400, _)) => passed(NAME, "messages can be sent"),
        Ok((_, Ok(_))) => Check {
            outcome: CheckOutcome::Warned,
            ..passed(NAME, "an empty message was taken; whether real ones are is not known")
        },
        Ok((_, Err(failure))) | Err(failure) => {
            failed(NAME, failure, "Give the OAuth client a role with conversation:message:receive.")
        }
    }
}

fn check_queue(api: &mut Api<'_, impl Imports>) -> Check {
    let Some(queue) = api.account.queue.clone() else {
        return passed("queue", "none is entered; the flow decides");
    };
    match find_queue(api, &queue) {
        // Nothing but this check needs the permission.
        Err(Failure::Credentials(message)) => Check {
            outcome: CheckOutcome::Warned,
            remedy: Some("Compare it with Admin > Contact Center > Queues, or give the OAuth client a role with routing:queue:view.".into()),
            ..passed("queue", &format!("whether there is such a queue cannot be seen: {message}"))
        },
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
        Ok(Some((id, name))) => {
            passed("queue", &format!("{} has the id {id}, which a flow with Find Queue By Id needs instead", clip(&name)))
        }
    }
}

fn find_queue(api: &mut Api<'_, impl Imports>, queue: &str) -> Result<Option<(String, String)>, Failure> {
    let entry = |queue: &Queue<'_>| Some((queue.id.get()?.to_string(), queue.name.get().unwrap_or("").to_string()));
    if is_uuid(queue) {
        let response = api.call(&Call::get(format!("/api/v2/routing/queues/{}", segment(queue)?)))?;
        if response.status == 404 {
            return Ok(None);
        }
        return Ok(entry(&read::<Queue<'_>>(&accepted(response, Kind::Reads)?)?));
    }
    // The filter may match more than the name itself.
    api.pages(&format!("/api/v2/routing/queues?name={}&", encode(queue)), |response| {
        let page: Page<Queue<'_>> = read(response)?;
        let found = page.entities.objects().find(|found| found.name.get() == Some(queue)).and_then(entry);
        Ok((found, page.page_count))
    })
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
