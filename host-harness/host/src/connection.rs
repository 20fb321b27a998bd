//! A provider with the settings of one contact center: the calls of the contract.

use crate::call::{Capabilities, reached};
use crate::contract::{
    AgentEvent, Authenticity, Check, Conversation, Delivery, DeliveryStatus, EventSource, Failure, Malformed,
    OperatorSource, Outbound, ProviderRequest, ProvisioningMode, ProvisioningStep, Rejection, Setting, SettingKind,
    SettingsProblem, Unsupported, Webhook,
};
use crate::error::{CallError, ConnectError, Error, Limit};
use crate::instances::InstancePool;
use crate::origin::{AllowedOrigins, GrantedOrigins, NotGranted};
use crate::provider::Provider;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Duration;

/// A provider and the settings of one connection. Cheap to clone.
///
/// Each call returns one `Result`. [`Error::Provider`] is an error of the contract, [`Error::Call`] a call that failed.
#[derive(Clone)]
pub struct Connection {
    inner: Arc<Inner>,
    /// The timeout of a call.
    call_time: Duration,
}

struct Inner {
    provider: Provider,
    settings: Vec<Setting>,
    warnings: Vec<SettingsProblem>,
    capabilities: Capabilities,
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

/// A verified webhook.
#[derive(Clone, Debug, PartialEq)]
pub struct VerifiedWebhook {
    /// How it was authenticated.
    pub authenticity: Authenticity,
    /// Its events.
    pub events: Result<Vec<AgentEvent>, Malformed>,
}

/// Calls a function of the contract. Pure functions get no capabilities.
macro_rules! call {
    ($connection:expr, $capabilities:expr, $function:ident $(, $argument:expr)*) => {{
        let inner = &$connection.inner;
        let instances = inner.provider.instances();
        instances
            .call(&inner.pool, $capabilities, $connection.call_time, async |store, instance| {
                instances.exports.$function(store, instance, &inner.settings $(, $argument)*).await
            })
            .await
    }};
}

impl Provider {
    /// Creates a connection: checks the settings, and grants the origins that follow from them if the operator allows
    /// them.
    ///
    /// # Errors
    /// The provider refuses the settings (the error contains all problems), an origin is not allowed, or the call
    /// fails.
    pub async fn connect(&self, settings: Vec<Setting>, allowed: &AllowedOrigins) -> Result<Connection, ConnectError> {
        let accepted = self.check_settings(&settings).await.map_err(|error| match error {
            Error::Provider(problems) => ConnectError::Settings(problems),
            Error::Call(error) => ConnectError::Call(error),
        })?;
        let mut origins = GrantedOrigins::default();
        for origin in &accepted.origins {
            origins.grant(origin, allowed).map_err(|not_granted| match not_granted {
                NotGranted::NotAllowed => ConnectError::OriginNotAllowed(origin.clone()),
                NotGranted::Invalid(why) => ConnectError::InvalidOrigin { origin: origin.clone(), why },
            })?;
        }
        Ok(self.connection(settings, accepted.warnings, origins))
    }

    /// Creates a connection with unchecked settings and without network access. For conformance tests: the other
    /// functions must survive settings that `check_settings` refuses.
    #[must_use]
    pub fn connect_unchecked(&self, settings: Vec<Setting>) -> Connection {
        self.connection(settings, Vec::new(), GrantedOrigins::default())
    }

    fn connection(
        &self,
        settings: Vec<Setting>,
        warnings: Vec<SettingsProblem>,
        origins: GrantedOrigins,
    ) -> Connection {
        let shared = &self.instances().shared;
        let capabilities = Capabilities {
            transport: Arc::clone(&shared.transport),
            cache: Arc::clone(&shared.cache),
            origins,
            namespace: namespace(self.fingerprint(), &settings).into(),
        };
        let pool = InstancePool::new(&shared.limits);
        let call_time = shared.limits.call_time;
        Connection {
            inner: Arc::new(Inner { provider: self.clone(), settings, warnings, capabilities, pool }),
            call_time,
        }
    }
}

/// Returns the namespace of a connection in the cache: the same on every machine, and unique to plugin and settings.
fn namespace(plugin: &[u8; 32], settings: &[Setting]) -> String {
    let mut hash = Sha256::new_with_prefix(plugin);
    for part in settings.iter().flat_map(|setting| [&setting.key, &setting.value]) {
        // Includes the lengths, because the same bytes could be split differently.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Connection {
    /// Returns the provider.
    #[must_use]
    pub fn provider(&self) -> &Provider {
        &self.inner.provider
    }

    /// Returns the problems of the settings that do not prevent their use.
    #[must_use]
    pub fn warnings(&self) -> &[SettingsProblem] {
        &self.inner.warnings
    }

    /// Returns the settings that are secrets according to the provider's description, so that a caller can redact them.
    pub fn secrets(&self) -> impl Iterator<Item = &Setting> {
        self.inner.settings.iter().filter(|setting| self.is_secret(setting))
    }

    /// Returns the settings that are not secrets.
    pub fn shown_settings(&self) -> impl Iterator<Item = &Setting> {
        self.inner.settings.iter().filter(|setting| !self.is_secret(setting))
    }

    /// A setting that the description does not name counts as a secret.
    fn is_secret(&self, setting: &Setting) -> bool {
        let field = self.inner.provider.description().settings.iter().find(|field| field.key == setting.key);
        field.is_none_or(|field| field.kind == SettingKind::Secret)
    }

    /// Returns the same connection with this timeout instead of [`Limits::call_time`](crate::Limits::call_time).
    #[must_use]
    pub fn with_call_time(&self, call_time: Duration) -> Self {
        Self { inner: Arc::clone(&self.inner), call_time }
    }

    /// Creates a connection with other settings. It can reach only the origins of this connection.
    ///
    /// # Errors
    /// As [`Provider::connect`].
    pub async fn with_settings(&self, settings: Vec<Setting>) -> Result<Connection, ConnectError> {
        self.inner.provider.connect(settings, &self.inner.capabilities.origins.allowed()).await
    }

    /// Verifies a webhook. Pass the bytes as they arrived.
    ///
    /// # Errors
    /// A [`Rejection`], a webhook that exceeds the limits, or a failed call.
    pub async fn verify_webhook(&self, webhook: &Webhook) -> Result<Authenticity, Error<Rejection>> {
        self.bound_webhook(webhook)?;
        call!(self, None, verify_webhook, webhook)?.map_err(Error::Provider)
    }

    /// Verifies a webhook ([`verify_webhook`](Self::verify_webhook)) and maps its events
    /// ([`map_agent_events`](Self::map_agent_events)) in one instance, which costs half as much as two calls.
    ///
    /// # Errors
    /// As for the two methods.
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

    /// Maps verified bytes to events.
    ///
    /// # Errors
    /// The bytes are [`Malformed`], the input or the result exceeds the limits, or the call fails.
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

    /// Builds the requests that deliver a message, in the order of delivery.
    ///
    /// # Errors
    /// The message is [`Unsupported`], the result exceeds the limits, or the call fails.
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
    /// A [`Failure`], or a failed call. After a failed call other than [`CallError::Busy`], the outcome is unknown.
    pub async fn deliver(&self, request: &ProviderRequest) -> Result<Delivery, Error<Failure>> {
        let capabilities = Some(self.inner.capabilities.clone());
        let delivery = call!(self, capabilities, deliver, request)?.map_err(Error::Provider)?;
        self.bound_delivery(&delivery)?;
        Ok(delivery)
    }

    /// Looks up a request whose delivery outcome is unknown. Changes nothing.
    ///
    /// # Errors
    /// A [`Failure`], a result that exceeds the limits, or a failed call.
    pub async fn find_delivery(
        &self,
        conversation: &Conversation,
        request: &ProviderRequest,
    ) -> Result<DeliveryStatus, Error<Failure>> {
        let capabilities = Some(self.inner.capabilities.clone());
        let status = call!(self, capabilities, find_delivery, conversation, request)?.map_err(Error::Provider)?;
        if let DeliveryStatus::Delivered(delivery) = &status {
            self.bound_delivery(delivery)?;
        }
        Ok(status)
    }

    /// Returns the current state of a conversation as events.
    ///
    /// # Errors
    /// A [`Failure`], a result that exceeds the limits, or a failed call.
    pub async fn observe_conversation(&self, conversation: &Conversation) -> Result<Vec<AgentEvent>, Error<Failure>> {
        let capabilities = Some(self.inner.capabilities.clone());
        let events = call!(self, capabilities, observe_conversation, conversation)?.map_err(Error::Provider)?;
        self.bound(&events)?;
        Ok(events)
    }

    /// Checks the connection (the "doctor"). With a `probe`, also asks the contact center to send a message to that
    /// recipient; the receiver of webhooks sees whether it arrives.
    ///
    /// # Errors
    /// The call fails.
    pub async fn check_connection(&self, probe: Option<&str>) -> Result<Vec<Check>, CallError> {
        call!(self, Some(self.inner.capabilities.clone()), check_connection, probe)
    }

    /// Creates what the connection needs at the contact center, or returns what it would create.
    ///
    /// # Errors
    /// The call fails. Steps that completed before the failure stay completed.
    pub async fn provision(
        &self,
        webhook_url: &str,
        mode: ProvisioningMode,
    ) -> Result<Vec<ProvisioningStep>, CallError> {
        call!(self, Some(self.inner.capabilities.clone()), provision, webhook_url, mode)
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
