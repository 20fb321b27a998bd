//! Creates what a connection needs at Genesys, as far as the API permits. An administrator does the rest by hand under
//! Admin.
//!
//! Every step reads first and keeps existing objects. It may change only the integration's webhook URL and profiles,
//! the platform configuration with the integration's name, and the flow of its address. A failed step skips only the
//! steps that depend on it.

use crate::api::{Api, Call, Kind, accepted, read, segment, unreadable};
use crate::lookup::{
    Found, INTEGRATIONS, Integration, Making, MessagingConfiguration, Named, SETTINGS, several_integrations,
    several_messaging_settings,
};
use crate::public_url::{is_same_url, webhook_url_problem};
use crate::settings::{Prepared, SetupPolicy};
use crate::wire::api::{ContentProfile, IdentityResolution, MessagingSetting, OpenIntegration, Queue};
use crate::wire::setup::{
    EventSetting, Id, IdentityResolutionConfig, MessagingSettingPatchRequest, MessagingSettingRequest,
    OpenIntegrationRequest, OpenIntegrationUpdateRequest, QueueRequest, RecipientRequest, Token,
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use genesys_cloud::ids::is_uuid;
use genesys_cloud::wire::Reference;
use handover_guest::clip::clip;
use handover_guest::contract::*;
use handover_guest::http::Status;
use handover_guest::imports::Imports;
use serde::Serialize;

const PROFILES: &str = "/api/v2/conversations/messaging/supportedcontent";
const QUEUES: &str = "/api/v2/routing/queues";
const RECIPIENTS: &str = "/api/v2/routing/message/recipients";
/// The minimum length of a webhook secret. Genesys refuses a shorter one.
const MIN_SECRET_CHARACTERS: usize = 16;

/// The path of the identity resolution of integrations.
const IDENTITY_RESOLUTION: &str = "/api/v2/conversations/messaging/identityresolution/integrations/open";

/// The steps, in the order of their dependencies. [`RESOLUTION_STEP`] is one of them only if the settings ask for it.
const STEPS: [&str; 9] = [
    "credentials",
    "content-profile",
    "platform-configuration",
    "integration",
    "queue",
    "flow",
    "message-routing",
    RESOLUTION_STEP,
    "authorized-application",
];

/// The step that makes Genesys look up the contact records of recipients.
const RESOLUTION_STEP: &str = "identity-resolution";

/// Runs all steps. `webhook_url` is the URL at which the platform receives webhooks.
///
/// # Errors
/// The settings are not from this version of the provider.
pub fn provision(
    imports: &mut impl Imports,
    settings: &Prepared<'_>,
    webhook_url: &str,
    mode: ProvisioningMode,
) -> Result<Vec<ProvisioningStep>, Failure> {
    let (api, policy) = (Api::new(imports, settings)?, settings.setup()?);
    let names: Vec<_> =
        STEPS.into_iter().filter(|name| *name != RESOLUTION_STEP || policy.resolve_identities).collect();
    let mut steps = Vec::with_capacity(names.len());
    Provisioning { api, policy, webhook_url, mode, steps: &mut steps }.run();
    // The remaining steps depend on the failed one.
    for name in names.iter().skip(steps.len()) {
        steps.push(step(name, StepOutcome::Skipped, "an earlier step failed".into()));
    }
    Ok(steps)
}

struct Provisioning<'a, 'i, I> {
    api: Api<'i, I>,
    policy: SetupPolicy<'i>,
    webhook_url: &'a str,
    mode: ProvisioningMode,
    steps: &'a mut Vec<ProvisioningStep>,
}

/// The platform configuration that the integration should have.
enum Configuration {
    /// The one that it already has.
    Unchanged,
    /// One that `apply` would create.
    Planned,
    /// The one with this id.
    Made(String),
}

impl Configuration {
    fn id(&self) -> Option<&str> {
        match self {
            Self::Made(id) => Some(id),
            Self::Unchanged | Self::Planned => None,
        }
    }
}

/// The result of a step: the outcome, the message, and the object that it found or created. There is no object if only
/// `apply` would create it.
type Made<T> = Result<(StepOutcome, String, Option<T>), Failure>;

impl<I: Imports> Provisioning<'_, '_, I> {
    fn run(mut self) {
        if let Err(failure) = self.api.request_token().and_then(|response| self.api.cache_token(&response)) {
            self.steps.push(step("credentials", StepOutcome::Failed, why(failure)));
            return;
        }
        self.steps.push(step("credentials", StepOutcome::Present, "accepted".into()));
        let existing = self.existing_integration();
        let profile = self.content_profile();
        let profile = self.note("content-profile", profile).flatten();
        let configuration = match &existing {
            Ok(integration) => self.platform_configuration(integration.as_ref()),
            Err(_) => Ok((StepOutcome::Skipped, "waits for the integration".into(), None)),
        };
        let configuration = self.note("platform-configuration", configuration).flatten();
        let configuration = configuration.unwrap_or(Configuration::Unchanged);
        let integration = match existing {
            Ok(Some(integration)) => self.update_integration(integration, profile.as_deref(), &configuration),
            Ok(None) => self.create_integration(profile.as_deref(), &configuration),
            Err(failure) => Err(failure),
        };
        let integration = self.note("integration", integration);
        let queue = self.queue();
        self.note("queue", queue);
        let flow = self.flow();
        let flow = self.note("flow", flow).flatten();
        let routing = match &integration {
            Some(integration) => self.routing(integration.as_ref(), flow.as_ref()),
            None => Ok((StepOutcome::Skipped, "waits for the integration".into(), None)),
        };
        self.note("message-routing", routing);
        if self.policy.resolve_identities {
            let resolution = match &integration {
                Some(integration) => self.identity_resolution(integration.as_ref()),
                None => Ok((StepOutcome::Skipped, "waits for the integration".into(), None)),
            };
            self.note(RESOLUTION_STEP, resolution);
        }
        let message = "Admin > Integrations > Authorized Applications > Authorize a Client: enter the client id, if your \
                       organization asks for that.";
        self.steps.push(step("authorized-application", StepOutcome::Manual, message.into()));
    }

    /// Records a step. Returns `None` if it failed, so that the caller skips the steps that depend on it.
    fn note<T>(&mut self, name: &str, made: Made<T>) -> Option<Option<T>> {
        match made {
            Ok((outcome, message, made)) => {
                self.steps.push(step(name, outcome, message));
                (outcome != StepOutcome::Failed).then_some(made)
            }
            Err(failure) => {
                self.steps.push(step(name, StepOutcome::Failed, why(failure)));
                None
            }
        }
    }

    /// Finds the integration before anything is changed. Returns `None` if no integration has the name.
    fn existing_integration(&mut self) -> Result<Option<Integration>, Failure> {
        if let Some(problem) = self.policy.genesys_cloud.then(|| webhook_url_problem(self.webhook_url)).flatten() {
            return Err(Failure::Permanent(format!(
                "Genesys Cloud cannot call {}: {problem}. Give the public https address of the webhook, on port 443",
                clip(self.webhook_url)
            )));
        }
        match self.api.find_integration()? {
            Found::One(integration) => Ok(Some(integration)),
            Found::None { .. } => Ok(None),
            Found::Several { ids } => {
                Err(Failure::Permanent(several_integrations(self.api.account.deployment_name, &ids)))
            }
        }
    }

    fn change(
        &mut self,
        call: impl FnOnce(String, Vec<u8>) -> Call,
        path: String,
        body: &impl Serialize,
    ) -> Result<Response, Failure> {
        let body = serde_json::to_vec(body).map_err(|_| Failure::Permanent("the request cannot be written".into()))?;
        accepted(self.api.call(&call(path, body))?, Kind::Changes)
    }

    fn planned(&self) -> bool {
        self.mode == ProvisioningMode::Plan
    }

    /// Reads the default profile, which every organization has.
    fn content_profile(&mut self) -> Made<String> {
        let response = accepted(self.api.call(&Call::get(format!("{PROFILES}/default")))?, Kind::Reads)?;
        match ContentProfile::of(read(&response)?.root()).id() {
            Some(id) => Ok((StepOutcome::Present, "the default profile is used".into(), Some(id.into()))),
            None => Ok((StepOutcome::Failed, "there is no default content profile".into(), None)),
        }
    }

    /// Enables typing indicators in both directions, without changing a configuration that other integrations may use.
    fn platform_configuration(&mut self, integration: Option<&Integration>) -> Made<Configuration> {
        let default = self.api.default_messaging_setting()?;
        let is_default = |id: &str| default.as_ref().is_some_and(|default| default.id == id);
        // An integration without its own configuration uses the organization's default, and the API may return the
        // default as its own (unconfirmed).
        let attached = integration.and_then(|integration| integration.messaging_setting.as_deref());
        if let Some(id) = attached.filter(|id| !is_default(id)) {
            let found = self.api.messaging_setting(id)?;
            let found = found.ok_or_else(|| unreadable("the platform configuration has no id"))?;
            return match found.name == self.api.account.deployment_name {
                true => self.enable_typing(found, 1),
                false => Ok(shared(&found)),
            };
        }
        if let Some(default) = default.as_ref().filter(|default| default.has_typing_both_ways()) {
            return Ok(shared(default));
        }
        let name = self.api.account.deployment_name;
        let mut named = self.api.find_messaging_settings(name)?;
        if named.len() > 1 {
            return Err(Failure::Permanent(several_messaging_settings(name, &named)));
        }
        if let Some(found) = named.pop() {
            return match is_default(&found.id) {
                true => Ok(shared(&found)),
                false => self.enable_typing(found, 0),
            };
        }
        let message = format!("{}: typing on in both directions", clip(name));
        if self.planned() {
            return Ok((StepOutcome::Planned, message, Some(Configuration::Planned)));
        }
        let request = MessagingSettingRequest { name, event: EventSetting::TYPING_BOTH_WAYS };
        let response = self.change(Call::post, SETTINGS.into(), &request)?;
        let document = read(&response)?;
        let made = MessagingSetting::of(document.root());
        let id = made.id().ok_or_else(|| unreadable("the new platform configuration has no id"))?;
        Ok((StepOutcome::Applied, message, Some(Configuration::Made(id.into()))))
    }

    /// Enables typing in the configuration with the integration's name, unless more than `ours` integrations use it.
    fn enable_typing(&mut self, found: MessagingConfiguration, ours: usize) -> Made<Configuration> {
        let name = clip(&found.name);
        if found.has_typing_both_ways() {
            let message = format!("{name}: typing on in both directions");
            return Ok((StepOutcome::Present, message, Some(Configuration::Made(found.id))));
        }
        if self.api.integrations_with_setting(&found.id)? > ours {
            return Ok(shared(&found));
        }
        let message = format!("{name}: {} before; now typing on in both directions", found.typing());
        if self.planned() {
            let message = format!("{name}: {}; enables typing in both directions", found.typing());
            return Ok((StepOutcome::Planned, message, Some(Configuration::Made(found.id))));
        }
        let path = format!("{SETTINGS}/{}", segment(&found.id)?);
        self.change(Call::patch, path, &MessagingSettingPatchRequest { event: EventSetting::TYPING_BOTH_WAYS })?;
        Ok((StepOutcome::Applied, message, Some(Configuration::Made(found.id))))
    }

    /// Updates an existing integration. Its secret stays unchanged.
    fn update_integration(
        &mut self,
        integration: Integration,
        profile: Option<&str>,
        configuration: &Configuration,
    ) -> Made<Integration> {
        if integration.making() == Making::Failed {
            return Err(Failure::Permanent(format!(
                "Genesys failed to create the integration {}: delete it, and provision again",
                clip(&integration.name)
            )));
        }
        let has_url = integration.webhook_url.as_deref().is_some_and(|url| is_same_url(url, self.webhook_url));
        let url = (!has_url).then_some(self.webhook_url);
        let profile = profile.filter(|_| integration.content_profile.is_none());
        let attached = integration.messaging_setting.as_deref();
        let setting = configuration.id().filter(|id| attached != Some(*id));
        let mut changes = Vec::new();
        changes.extend(url.map(|url| format!("webhook URL {}", clip(url))));
        changes.extend(profile.map(|_| "adds the content profile".to_string()));
        let attaches = setting.is_some() || matches!(configuration, Configuration::Planned);
        changes.extend(attaches.then(|| "adds the platform configuration".to_string()));
        let name = clip(&integration.name);
        if changes.is_empty() {
            let message = format!("{name} has the id {}", clip(&integration.id));
            return Ok((StepOutcome::Present, message, Some(integration)));
        }
        let message = format!("{name}: {}", changes.join(", "));
        if self.planned() {
            return Ok((StepOutcome::Planned, message, Some(integration)));
        }
        let request = OpenIntegrationUpdateRequest {
            name: &integration.name,
            outbound_notification_webhook_url: url,
            supported_content: profile.map(|id| Id { id }),
            messaging_setting: setting.map(|id| Id { id }),
        };
        self.change(Call::patch, format!("{INTEGRATIONS}/{}", segment(&integration.id)?), &request)?;
        Ok((StepOutcome::Applied, message, Some(integration)))
    }

    fn create_integration(&mut self, profile: Option<&str>, configuration: &Configuration) -> Made<Integration> {
        let name = self.api.account.deployment_name;
        let secret = self.policy.webhook_secret.filter(|secret| secret.chars().count() >= MIN_SECRET_CHARACTERS);
        let Some(secret) = secret else {
            let message = "a new integration signs with the first webhook-secret, which must have at least 16 \
                           characters: enter a random one";
            return Ok((StepOutcome::Failed, message.into(), None));
        };
        let message =
            format!("{}: webhook URL {}, signed with the first webhook-secret", clip(name), clip(self.webhook_url));
        if self.planned() {
            return Ok((StepOutcome::Planned, message, None));
        }
        let request = OpenIntegrationRequest {
            name,
            outbound_notification_webhook_url: self.webhook_url,
            outbound_notification_webhook_signature_secret_token: Token(secret),
            supported_content: profile.map(|id| Id { id }),
            messaging_setting: configuration.id().map(|id| Id { id }),
        };
        let response = self.change(Call::post, INTEGRATIONS.into(), &request)?;
        let made = Integration::of(OpenIntegration::of(read(&response)?.root()));
        Ok((StepOutcome::Applied, message, made))
    }

    fn queue(&mut self) -> Made<()> {
        let Some(queue) = self.api.account.queue else {
            return Ok((StepOutcome::Present, "none is configured; the flow decides".into(), None));
        };
        if let Some(found) = self.api.find_queue(queue)? {
            return Ok((StepOutcome::Present, format!("{} has the id {}", clip(&found.name), clip(&found.id)), None));
        }
        if is_uuid(queue) {
            let message = "no queue has this id; enter the right id, or a name to create a queue";
            return Ok((StepOutcome::Failed, message.into(), None));
        }
        if self.planned() {
            return Ok((StepOutcome::Planned, clip(queue), None));
        }
        let response = self.change(Call::post, QUEUES.into(), &QueueRequest { name: queue })?;
        let document = read(&response)?;
        let made = Queue::of(document.root());
        let message =
            format!("{} has the id {}; add its members under Admin", clip(queue), clip(made.id().unwrap_or("")));
        Ok((StepOutcome::Applied, message, None))
    }

    /// Finds the flow. The API cannot create a published flow.
    fn flow(&mut self) -> Made<Named> {
        let instructions = "Admin > Architect > Inbound Message > Add: Get Participant Data (queueId, myLanguage, mySkills, \
                       priority, userId), Send Response, Transfer to ACD; publish it";
        let Some(flow) = self.policy.flow else {
            return Ok((StepOutcome::Manual, format!("{instructions}, and enter its name as flow."), None));
        };
        match self.api.find_flow(flow)? {
            Some(found) => Ok((StepOutcome::Present, clip(flow), Some(found))),
            None => Ok((StepOutcome::Manual, format!("{instructions} as {}.", clip(flow)), None)),
        }
    }

    fn routing(&mut self, integration: Option<&Integration>, flow: Option<&Named>) -> Made<()> {
        let Some(flow) = flow else {
            return Ok((StepOutcome::Skipped, "waits for the flow".into(), None));
        };
        let to = format!("messages go to {}", clip(&flow.name));
        let recipient = match integration {
            None => return Ok((StepOutcome::Planned, to, None)),
            Some(integration) => self.api.find_recipient(integration)?,
        };
        let Some((recipient, leads_to)) = recipient else {
            let message = "Genesys is still creating the integration's address; provision again in a minute";
            return Ok((StepOutcome::Skipped, message.into(), None));
        };
        if leads_to.is_some_and(|now| now.id == flow.id) {
            return Ok((StepOutcome::Present, to, None));
        }
        if self.planned() {
            return Ok((StepOutcome::Planned, to, None));
        }
        let path = format!("{RECIPIENTS}/{}", segment(&recipient)?);
        self.change(Call::put, path, &RecipientRequest { flow: Id { id: &flow.id } })?;
        Ok((StepOutcome::Applied, to, None))
    }

    /// Makes Genesys look up the contact record of each recipient. Keeps the division.
    fn identity_resolution(&mut self, integration: Option<&Integration>) -> Made<()> {
        let source = self.policy.external_source;
        let message = match source {
            Some(source) => format!("Genesys looks up contact records, with the external source {}", clip(source)),
            None => "Genesys looks up contact records".into(),
        };
        let Some(integration) = integration else { return Ok((StepOutcome::Planned, message, None)) };
        let path = format!("{IDENTITY_RESOLUTION}/{}", segment(&integration.id)?);
        let response = self.api.call(&Call::get(path.clone()))?;
        // An integration may have no configuration yet.
        let response = match Status::of(&response) {
            Status::NotFound => Response { body: b"{}".to_vec(), ..response },
            _ => accepted(response, Kind::Reads)?,
        };
        let document = read(&response)?;
        let current = IdentityResolution::of(document.root());
        let current_source = current.external_source().and_then(Reference::id);
        if current.resolve_identities() && source.is_none_or(|source| current_source == Some(source)) {
            return Ok((StepOutcome::Present, message, None));
        }
        if self.planned() {
            return Ok((StepOutcome::Planned, message, None));
        }
        let request = IdentityResolutionConfig {
            resolve_identities: true,
            division: current.division().and_then(Reference::id).map(|id| Id { id }),
            external_source: source.or(current_source).map(|id| Id { id }),
        };
        self.change(Call::replace, path, &request)?;
        Ok((StepOutcome::Applied, message, None))
    }
}

/// Returns the step for a configuration that stays unchanged because other integrations may use it.
fn shared(found: &MessagingConfiguration) -> (StepOutcome, String, Option<Configuration>) {
    let found_is = format!("{}: {}", clip(&found.name), found.typing());
    if found.has_typing_both_ways() {
        return (StepOutcome::Present, found_is, Some(Configuration::Unchanged));
    }
    let message = format!(
        "{found_is}. Other integrations may use it, so it was not changed: enable typing under Admin > Message > \
         Platform Configs, or choose another one in the integration"
    );
    (StepOutcome::Manual, message, Some(Configuration::Unchanged))
}

fn step(name: &str, outcome: StepOutcome, message: String) -> ProvisioningStep {
    ProvisioningStep { name: name.into(), outcome, message }
}

fn why(failure: Failure) -> String {
    match failure {
        Failure::Credentials(message) | Failure::Permanent(message) => message,
        Failure::Retry(advice) => format!("{}; try again", advice.message),
        Failure::Unsupported => "this is not supported".into(),
        Failure::StaleSettings => "the settings must be checked again".into(),
    }
}
