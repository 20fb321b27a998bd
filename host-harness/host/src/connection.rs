//! A plugin with the settings of one contact center: the calls of the contract.

use crate::call::{Lent, reached};
use crate::contract::{
    AgentEvent, Authenticity, Check, Conversation, Delivery, DeliveryStatus, EventSource, Failure, Malformed,
    OperatorSource, Outbound, ProviderRequest, ProvisioningMode, ProvisioningStep, Rejection, Setting, SettingKind,
    SettingsProblem, Unsupported, Webhook,
};
use crate::error::{CallError, ConnectError, Error, Limit};
use crate::instances::InstancePool;
use crate::origin::{AllowedOrigins, LentOrigins, NotLent};
use crate::provider::Provider;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Duration;

/// A provider and the settings of one connection. Cheap to clone.
///
/// The outer `Result` of each call says whether the plugin did its work, the inner one what the provider answered.
#[derive(Clone)]
pub struct Connection {
    inner: Arc<Inner>,
    /// What a call may take.
    call_time: Duration,
}

struct Inner {
    provider: Provider,
    settings: Vec<Setting>,
    warnings: Vec<SettingsProblem>,
    lent: Lent,
    pool: InstancePool,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection")
            .field("provider", &self.inner.provider)
            .field("settings", &self.inner.settings)
            .finish_non_exhaustive()
    }
}

/// A webhook that is believed.
#[derive(Clone, Debug, PartialEq)]
pub struct VerifiedWebhook {
    /// Why it is.
    pub authenticity: Authenticity,
    /// What it tells.
    pub events: Result<Vec<AgentEvent>, Malformed>,
}

/// A call of the contract: pure ones are lent nothing.
macro_rules! call {
    ($connection:expr, $lent:expr, $function:ident $(, $argument:expr)*) => {{
        let inner = &$connection.inner;
        let instances = inner.provider.instances();
        instances
            .call(&inner.pool, $lent, $connection.call_time, async |store, instance| {
                instances.exports.$function(store, instance, &inner.settings $(, $argument)*).await
            })
            .await
    }};
}

impl Provider {
    /// Makes a connection: checks the settings, and lends the origins that they lead to if the operator allowed them.
    ///
    /// # Errors
    /// Settings that the provider refuses, all problems at once; an origin that is not allowed; a plugin that fails.
    pub async fn connect(&self, settings: Vec<Setting>, allowed: &AllowedOrigins) -> Result<Connection, ConnectError> {
        let accepted = self.check_settings(&settings).await.map_err(|error| match error {
            Error::Provider(problems) => ConnectError::Settings(problems),
            Error::Call(error) => ConnectError::Call(error),
        })?;
        let mut origins = LentOrigins::default();
        for origin in &accepted.origins {
            origins.lend(origin, allowed).map_err(|not_lent| match not_lent {
                NotLent::NotAllowed => ConnectError::OriginNotAllowed(origin.clone()),
                NotLent::Invalid(why) => ConnectError::InvalidOrigin { origin: origin.clone(), why },
            })?;
        }
        Ok(self.connection(settings, accepted.warnings, origins))
    }

    /// A connection with settings that nobody checked, which may reach nothing. For conformance kits: what
    /// `check_settings` refuses, the other functions must survive.
    #[must_use]
    pub fn connect_unchecked(&self, settings: Vec<Setting>) -> Connection {
        self.connection(settings, Vec::new(), LentOrigins::default())
    }

    fn connection(&self, settings: Vec<Setting>, warnings: Vec<SettingsProblem>, origins: LentOrigins) -> Connection {
        let shared = &self.instances().shared;
        let lent = Lent {
            transport: Arc::clone(&shared.transport),
            cache: Arc::clone(&shared.cache),
            origins,
            namespace: namespace(self.fingerprint(), &settings).into(),
        };
        let pool = InstancePool::new(&shared.limits);
        let call_time = shared.limits.call_time;
        Connection { inner: Arc::new(Inner { provider: self.clone(), settings, warnings, lent, pool }), call_time }
    }
}

/// A name for a connection's part of the cache: the same on every machine, and nobody else's.
fn namespace(plugin: &[u8; 32], settings: &[Setting]) -> String {
    let mut hash = Sha256::new_with_prefix(plugin);
    for part in settings.iter().flat_map(|setting| [&setting.key, &setting.value]) {
        // With their lengths, for two texts side by side could be cut elsewhere.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Connection {
    /// The provider that is connected.
    #[must_use]
    pub fn provider(&self) -> &Provider {
        &self.inner.provider
    }

    /// What somebody should look at in the settings, although they can be used.
    #[must_use]
    pub fn warnings(&self) -> &[SettingsProblem] {
        &self.inner.warnings
    }

    /// The settings that are secrets by the provider's description, for whoever has to keep them out of what they show.
    pub fn secrets(&self) -> impl Iterator<Item = &Setting> {
        self.inner.settings.iter().filter(|setting| self.is_secret(setting))
    }

    /// The settings that may be shown: those that are no secrets.
    pub fn shown_settings(&self) -> impl Iterator<Item = &Setting> {
        self.inner.settings.iter().filter(|setting| !self.is_secret(setting))
    }

    /// What the description does not name is a secret, too: nobody says that it is none.
    fn is_secret(&self, setting: &Setting) -> bool {
        let field = self.inner.provider.description().settings.iter().find(|field| field.key == setting.key);
        field.is_none_or(|field| field.kind == SettingKind::Secret)
    }

    /// The same connection with another bound in place of [`Limits::call_time`](crate::Limits::call_time).
    #[must_use]
    pub fn with_call_time(&self, call_time: Duration) -> Self {
        Self { inner: Arc::clone(&self.inner), call_time }
    }

    /// A connection with other settings, which may reach what this one may and nothing else.
    ///
    /// # Errors
    /// As [`Provider::connect`].
    pub async fn with_settings(&self, settings: Vec<Setting>) -> Result<Connection, ConnectError> {
        self.inner.provider.connect(settings, &self.inner.lent.origins.allowed()).await
    }

    /// Whether a webhook comes from whom it says. Give it the bytes that arrived.
    ///
    /// # Errors
    /// A webhook larger than the limits; a plugin that fails.
    pub async fn verify_webhook(&self, webhook: &Webhook) -> Result<Authenticity, Error<Rejection>> {
        self.bound_webhook(webhook)?;
        call!(self, None, verify_webhook, webhook)?.map_err(Error::Provider)
    }

    /// [`verify_webhook`](Self::verify_webhook) and then, of what is believed,
    /// [`map_agent_events`](Self::map_agent_events): in one instance, which costs half of what two do.
    ///
    /// # Errors
    /// As for the two.
    pub async fn receive_webhook(&self, webhook: &Webhook) -> Result<VerifiedWebhook, Error<Rejection>> {
        self.bound_webhook(webhook)?;
        let inner = &self.inner;
        let instances = inner.provider.instances();
        let received = instances.call(&inner.pool, None, self.call_time, async |store, instance| {
            let exports = &instances.exports;
            let authenticity = match exports.verify_webhook(&mut *store, instance, &inner.settings, webhook).await? {
                Ok(authenticity) => authenticity,
                Err(rejection) => return Ok(Err(rejection)),
            };
            let body = webhook.body.clone();
            let source = match authenticity {
                Authenticity::Signed(_) | Authenticity::Unchecked => EventSource::Webhook(body),
                Authenticity::ApiKey(OperatorSource::EventBus) => EventSource::EventBus(body),
                Authenticity::ApiKey(OperatorSource::Trigger) => EventSource::Trigger(body),
            };
            let events = exports.map_agent_events(store, instance, &inner.settings, &source).await?;
            Ok(Ok(VerifiedWebhook { authenticity, events }))
        });
        let verified = received.await?.map_err(Error::Provider)?;
        if let Ok(events) = &verified.events {
            self.bound(events)?;
        }
        Ok(verified)
    }

    /// What happened, from bytes that were verified.
    ///
    /// # Errors
    /// A source larger than the limits; more events, or longer ids, than they allow; a plugin that fails.
    pub async fn map_agent_events(&self, source: &EventSource) -> Result<Vec<AgentEvent>, Error<Malformed>> {
        let limits = &self.inner.provider.instances().shared.limits;
        let (EventSource::Webhook(body)
        | EventSource::EventBus(body)
        | EventSource::Trigger(body)
        | EventSource::Notification(body)) = source;
        if body.len() > limits.input {
            return Err(reached(Limit::Input, limits).into());
        }
        let events = call!(self, None, map_agent_events, source)?.map_err(Error::Provider)?;
        self.bound(&events)?;
        Ok(events)
    }

    /// The requests that say it to the contact center, to be delivered in this order.
    ///
    /// # Errors
    /// More requests than the limits allow; a plugin that fails.
    pub async fn build_outbound_message(
        &self,
        conversation: &Conversation,
        message: &Outbound,
    ) -> Result<Vec<ProviderRequest>, Error<Unsupported>> {
        let limits = &self.inner.provider.instances().shared.limits;
        let requests = call!(self, None, build_outbound_message, conversation, message)?.map_err(Error::Provider)?;
        if requests.len() > limits.items {
            return Err(reached(Limit::Items, limits).into());
        }
        Ok(requests)
    }

    /// Delivers a built request.
    ///
    /// # Errors
    /// A plugin that fails; whether the request arrived is then not known.
    pub async fn deliver(&self, request: &ProviderRequest) -> Result<Delivery, Error<Failure>> {
        let granted = Some(self.inner.lent.clone());
        let delivery = call!(self, granted, deliver, request)?.map_err(Error::Provider)?;
        self.bound_delivery(&delivery)?;
        Ok(delivery)
    }

    /// Whether a request has arrived whose delivery came to no answer. Changes nothing.
    ///
    /// # Errors
    /// A plugin that fails.
    pub async fn find_delivery(
        &self,
        conversation: &Conversation,
        request: &ProviderRequest,
    ) -> Result<DeliveryStatus, Error<Failure>> {
        let granted = Some(self.inner.lent.clone());
        let status = call!(self, granted, find_delivery, conversation, request)?.map_err(Error::Provider)?;
        if let DeliveryStatus::Delivered(delivery) = &status {
            self.bound_delivery(delivery)?;
        }
        Ok(status)
    }

    /// What is true of a conversation now.
    ///
    /// # Errors
    /// More events, or longer ids, than the limits allow; a plugin that fails.
    pub async fn observe_conversation(&self, conversation: &Conversation) -> Result<Vec<AgentEvent>, Error<Failure>> {
        let granted = Some(self.inner.lent.clone());
        let events = call!(self, granted, observe_conversation, conversation)?.map_err(Error::Provider)?;
        self.bound(&events)?;
        Ok(events)
    }

    /// The doctor. With a `probe`, a message to that recipient is sent through the contact center besides; whoever
    /// takes the webhooks sees whether it arrives.
    ///
    /// # Errors
    /// A plugin that fails.
    pub async fn check_connection(&self, probe: Option<&str>) -> Result<Vec<Check>, CallError> {
        call!(self, Some(self.inner.lent.clone()), check_connection, probe)
    }

    /// Makes at the contact center what the connection needs there, or says what it would make.
    ///
    /// # Errors
    /// A plugin that fails; what it did until then is done.
    pub async fn provision(
        &self,
        webhook_url: &str,
        mode: ProvisioningMode,
    ) -> Result<Vec<ProvisioningStep>, CallError> {
        call!(self, Some(self.inner.lent.clone()), provision, webhook_url, mode)
    }

    fn bound_webhook(&self, webhook: &Webhook) -> Result<(), CallError> {
        let limits = &self.inner.provider.instances().shared.limits;
        if webhook.headers.len() > limits.headers {
            return Err(reached(Limit::Headers, limits));
        }
        let headers: usize = webhook.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        if webhook.method.len() + webhook.path.len() + headers + webhook.body.len() > limits.input {
            return Err(reached(Limit::Input, limits));
        }
        Ok(())
    }

    fn bound(&self, events: &[AgentEvent]) -> Result<(), CallError> {
        let limits = &self.inner.provider.instances().shared.limits;
        if events.len() > limits.items {
            return Err(reached(Limit::Items, limits));
        }
        events.iter().try_for_each(|event| {
            self.bound_ids([Some(&event.id), event.recipient.as_ref(), event.conversation_id.as_ref()])
        })
    }

    fn bound_delivery(&self, delivery: &Delivery) -> Result<(), CallError> {
        self.bound_ids([delivery.message_id.as_ref(), delivery.conversation_id.as_ref()])
    }

    fn bound_ids<const N: usize>(&self, ids: [Option<&String>; N]) -> Result<(), CallError> {
        let limits = &self.inner.provider.instances().shared.limits;
        let fit = ids.into_iter().flatten().all(|id| id.len() <= limits.id);
        fit.then_some(()).ok_or_else(|| reached(Limit::Id, limits))
    }
}
