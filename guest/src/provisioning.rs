//! Sets a connection up at Genesys: what people otherwise click together under Admin, as far as the API can.
//!
//! Every step looks first. What is there stays, but for the integration's webhook address and its profiles, and the flow
//! of its address, which are what the connection is about.

use crate::api::{Api, Call, Kind, accepted, read, segment};
use crate::clip::clip;
use crate::contract::*;
use crate::imports::Imports;
use crate::lookup::{Found, Integration, Named};
use crate::outbound::is_uuid;
use crate::settings::ProvisioningPolicy;
use crate::wire::api::{ContentProfile, MessagingSetting, OpenIntegration, Page, Queue};
use crate::wire::setup::{
    Directions, EventSetting, Id, MessagingSettingRequest, OpenIntegrationRequest, QueueRequest, RecipientRequest,
    Token, TypingSetting,
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use serde::Serialize;

const INTEGRATIONS: &str = "/api/v2/conversations/messaging/integrations/open";
const PROFILES: &str = "/api/v2/conversations/messaging/supportedcontent";
const SETTINGS: &str = "/api/v2/conversations/messaging/settings";
const QUEUES: &str = "/api/v2/routing/queues";
const RECIPIENTS: &str = "/api/v2/routing/message/recipients";
/// Genesys refuses a shorter one.
const SHORTEST_SECRET: usize = 16;

/// The steps, in the order in which one needs another.
const STEPS: [&str; 8] = [
    "credentials",
    "content-profile",
    "platform-configuration",
    "integration",
    "queue",
    "flow",
    "message-routing",
    "authorized-application",
];

/// Goes through all steps; `webhook_url` is where the platform takes webhooks.
pub fn provision(
    imports: &mut impl Imports,
    settings: &[Setting],
    webhook_url: &str,
    mode: ProvisioningMode,
) -> Vec<ProvisioningStep> {
    let policy = ProvisioningPolicy::of(settings);
    let mut steps = Vec::with_capacity(STEPS.len());
    match Api::new(imports, settings) {
        Ok(api) => Provisioning { api, policy, webhook_url, mode, steps: &mut steps }.run(),
        Err(failure) => steps.push(step("credentials", StepOutcome::Failed, why(failure))),
    }
    // What was not come to, waits for what failed.
    for name in STEPS.iter().skip(steps.len()) {
        steps.push(step(name, StepOutcome::Skipped, "an earlier step has to be done first".into()));
    }
    steps
}

struct Provisioning<'a, 'i, I> {
    api: Api<'i, I>,
    policy: ProvisioningPolicy,
    webhook_url: &'a str,
    mode: ProvisioningMode,
    steps: &'a mut Vec<ProvisioningStep>,
}

/// What a step found or made; `None` for what `apply` would make.
type Made<T> = Result<(StepOutcome, String, Option<T>), Failure>;

impl<I: Imports> Provisioning<'_, '_, I> {
    fn run(mut self) {
        if let Err(failure) = self.api.new_token() {
            self.steps.push(step("credentials", StepOutcome::Failed, why(failure)));
            return;
        }
        self.steps.push(step("credentials", StepOutcome::Present, "the OAuth client is taken".into()));
        let profile = self.content_profile();
        let Some(profile) = self.note("content-profile", profile) else { return };
        let setting = self.messaging_setting();
        let Some(setting) = self.note("platform-configuration", setting) else { return };
        let integration = self.integration(profile.as_deref(), setting.as_deref());
        let Some(integration) = self.note("integration", integration) else { return };
        let queue = self.queue();
        self.note("queue", queue);
        let flow = self.flow();
        let flow = self.note("flow", flow).flatten();
        let routing = self.routing(integration.as_ref(), flow.as_ref());
        self.note("message-routing", routing);
        let message = "Admin > Integrations > Authorized Applications > Authorize a Client: enter the client id, if your \
                       organisation asks for that.";
        self.steps.push(step("authorized-application", StepOutcome::ByHand, message.into()));
    }

    /// Notes the step; `None` where what follows cannot go on.
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

    fn change(
        &mut self,
        call: impl FnOnce(String, Vec<u8>) -> Call,
        path: String,
        body: &impl Serialize,
    ) -> Result<Response, Failure> {
        let body = serde_json::to_vec(body).map_err(|_| Failure::Never("the request cannot be written".into()))?;
        accepted(self.api.call(&call(path, body))?, Kind::Changes)
    }

    fn planned(&self) -> bool {
        self.mode == ProvisioningMode::Plan
    }

    /// The one that every organisation has.
    fn content_profile(&mut self) -> Made<String> {
        let response = accepted(self.api.call(&Call::get(format!("{PROFILES}/default")))?, Kind::Reads)?;
        let profile: ContentProfile<'_> = read(&response)?;
        match profile.id.get() {
            Some(id) => Ok((StepOutcome::Present, "the default profile is used".into(), Some(id.into()))),
            None => Ok((StepOutcome::Failed, "there is no default content profile".into(), None)),
        }
    }

    fn messaging_setting(&mut self) -> Made<String> {
        let name = self.api.account.deployment_name.clone();
        let found = self.api.pages(&format!("{SETTINGS}?"), |response| {
            let page: Page<MessagingSetting<'_>> = read(response)?;
            let found = page.entities.objects().find(|setting| setting.name.get() == Some(&name));
            Ok((found.and_then(|setting| setting.id.get()).map(String::from), page.page_count))
        })?;
        if let Some(id) = found {
            return Ok((StepOutcome::Present, clip(&name), Some(id)));
        }
        let message = format!("{}, with typing indicators both ways", clip(&name));
        if self.planned() {
            return Ok((StepOutcome::Planned, message, None));
        }
        let on = Directions { inbound: "Enabled", outbound: "Enabled" };
        let event = EventSetting { typing: TypingSetting { on } };
        let response = self.change(Call::post, SETTINGS.into(), &MessagingSettingRequest { name: &name, event })?;
        let made: MessagingSetting<'_> = read(&response)?;
        Ok((StepOutcome::Done, message, made.id.get().map(String::from)))
    }

    fn integration(&mut self, profile: Option<&str>, setting: Option<&str>) -> Made<Integration> {
        match self.api.find_integration()? {
            Found::One(integration) => self.keep_integration(integration, profile, setting),
            Found::None { .. } => self.make_integration(profile, setting),
        }
    }

    /// Brings what is there up to date.
    fn keep_integration(
        &mut self,
        integration: Integration,
        profile: Option<&str>,
        setting: Option<&str>,
    ) -> Made<Integration> {
        let url = (integration.webhook_url.as_deref() != Some(self.webhook_url)).then_some(self.webhook_url);
        let profile = profile.filter(|_| integration.content_profile.is_none());
        let setting_missing = integration.messaging_setting.is_none();
        let mut changes = Vec::new();
        changes.extend(url.map(|url| format!("its webhooks go to {}", clip(url))));
        changes.extend(profile.map(|_| "it gets the content profile".to_string()));
        changes.extend(setting_missing.then(|| "it gets the platform configuration".to_string()));
        let name = clip(&integration.name);
        if changes.is_empty() {
            let message = format!("{name} has the id {}", clip(&integration.id));
            return Ok((StepOutcome::Present, message, Some(integration)));
        }
        let message = format!("{name}: {}", changes.join(", "));
        if self.planned() {
            return Ok((StepOutcome::Planned, message, Some(integration)));
        }
        let request = OpenIntegrationRequest {
            outbound_notification_webhook_url: url,
            supported_content: profile.map(|id| Id { id }),
            messaging_setting: setting.filter(|_| setting_missing).map(|id| Id { id }),
            ..OpenIntegrationRequest::default()
        };
        self.change(Call::patch, format!("{INTEGRATIONS}/{}", segment(&integration.id)?), &request)?;
        Ok((StepOutcome::Done, message, Some(integration)))
    }

    fn make_integration(&mut self, profile: Option<&str>, setting: Option<&str>) -> Made<Integration> {
        let name = self.api.account.deployment_name.clone();
        let secret = self.policy.webhook_secret.clone().filter(|secret| secret.chars().count() >= SHORTEST_SECRET);
        let Some(secret) = secret else {
            let message = "a new integration needs a webhook-secret of at least 16 characters: enter random ones";
            return Ok((StepOutcome::Failed, message.into(), None));
        };
        let message = format!("{}, whose webhooks go to {}", clip(&name), clip(self.webhook_url));
        if self.planned() {
            return Ok((StepOutcome::Planned, message, None));
        }
        let request = OpenIntegrationRequest {
            name: Some(&name),
            outbound_notification_webhook_url: Some(self.webhook_url),
            outbound_notification_webhook_signature_secret_token: Some(Token(&secret)),
            supported_content: profile.map(|id| Id { id }),
            messaging_setting: setting.map(|id| Id { id }),
        };
        let response = self.change(Call::post, INTEGRATIONS.into(), &request)?;
        let made: OpenIntegration<'_> = read(&response)?;
        Ok((StepOutcome::Done, message, Integration::of(&made)))
    }

    fn queue(&mut self) -> Made<()> {
        let Some(queue) = self.api.account.queue.clone() else {
            return Ok((StepOutcome::Present, "none is entered; the flow decides".into(), None));
        };
        if let Some(found) = self.api.find_queue(&queue)? {
            return Ok((StepOutcome::Present, format!("{} has the id {}", clip(&found.name), clip(&found.id)), None));
        }
        if is_uuid(&queue) {
            let message = "there is no queue with this id; enter a name to have one made, or the right id";
            return Ok((StepOutcome::Failed, message.into(), None));
        }
        if self.planned() {
            return Ok((StepOutcome::Planned, clip(&queue), None));
        }
        let response = self.change(Call::post, QUEUES.into(), &QueueRequest { name: &queue })?;
        let made: Queue<'_> = read(&response)?;
        let message =
            format!("{} has the id {}; add its members by hand", clip(&queue), clip(made.id.get().unwrap_or("")));
        Ok((StepOutcome::Done, message, None))
    }

    /// Architect's flows are drawn by people.
    fn flow(&mut self) -> Made<Named> {
        let drawing = "Admin > Architect > Inbound Message > Add: Get Participant Data (queueId, myLanguage, mySkills, \
                       priority, userId), Send Response, Transfer to ACD; publish it";
        let Some(flow) = self.policy.flow.clone() else {
            return Ok((StepOutcome::ByHand, format!("{drawing}, and enter its name as flow."), None));
        };
        match self.api.find_flow(&flow)? {
            Some(found) => Ok((StepOutcome::Present, clip(&flow), Some(found))),
            None => Ok((StepOutcome::ByHand, format!("{drawing} as {}.", clip(&flow)), None)),
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
            let message = "Genesys is still making the integration's address; do this again in a minute";
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
        Ok((StepOutcome::Done, to, None))
    }
}

fn step(name: &str, outcome: StepOutcome, message: String) -> ProvisioningStep {
    ProvisioningStep { name: name.into(), outcome, message }
}

fn why(failure: Failure) -> String {
    match failure {
        Failure::Credentials(message) | Failure::Never(message) => message,
        Failure::Retry(advice) => format!("{}; try again", advice.message),
    }
}
