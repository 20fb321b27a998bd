//! A provider with the settings of one contact center: the calls of the contract.

use crate::call::{Capabilities, reached};
use crate::contract::{
    AcceptedSettings, AgentEvent, Authenticity, Availability, Check, Conversation, Delivery, DeliveryStatus,
    EventSource, EventSourceView, Failure, MappingError, Outbound, ProviderRequest, ProvisioningMode, ProvisioningStep,
    ReceivedWebhook, Rejection, Routing, Setting, SettingKind, SettingsProblem, Unsupported, Webhook,
};
use crate::error::{CallError, ConnectError, Error, Limit};
use crate::instances::InstancePool;
use crate::origin::{AllowedOrigins, GrantedOrigins, NotGranted};
use crate::provider::Provider;
use crate::signature::Verifier;
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
    /// Verifies webhooks if the provider declares their signature.
    verifier: Option<Arc<Verifier>>,
}

struct Inner {
    provider: Provider,
    settings: Vec<Setting>,
    accepted: AcceptedSettings,
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

/// Calls a pure function of the contract.
macro_rules! pure {
    ($connection:expr, $function:ident, $at_once:ident $(, $argument:expr)*) => {{
        let inner = &$connection.inner;
        let (instances, settings) = (inner.provider.instances(), &inner.accepted.prepared);
        instances
            .pure_call(
                &inner.pool,
                $connection.call_time,
                |store, instance| instances.exports.$at_once(store, instance, settings $(, $argument)*),
                async |store, instance| {
                    instances.exports.$function(store, instance, settings $(, $argument)*).await
                },
            )
            .await
    }};
}

/// Calls a function of the contract that has effects.
macro_rules! effect {
    ($connection:expr, $function:ident $(, $argument:expr)*) => {{
        let inner = &$connection.inner;
        let (instances, settings) = (inner.provider.instances(), &inner.accepted.prepared);
        instances
            .call(&inner.pool, Some(inner.capabilities.clone()), $connection.call_time, async |store, instance| {
                instances.exports.$function(store, instance, settings $(, $argument)*).await
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
        let accepted = self.accept(&settings).await?;
        let mut origins = GrantedOrigins::default();
        for origin in &accepted.origins {
            origins.grant(origin, allowed).map_err(|not_granted| match not_granted {
                NotGranted::NotAllowed => ConnectError::OriginNotAllowed(origin.clone()),
                NotGranted::Invalid(why) => ConnectError::InvalidOrigin { origin: origin.clone(), why },
            })?;
        }
        self.connection(settings, accepted, origins)
    }

    /// Creates a connection without network access, for the calls that need none.
    ///
    /// # Errors
    /// The provider refuses the settings, or the call fails.
    pub async fn connect_offline(&self, settings: Vec<Setting>) -> Result<Connection, ConnectError> {
        let accepted = self.accept(&settings).await?;
        self.connection(settings, accepted, GrantedOrigins::default())
    }

    /// Creates a connection without network access from prepared settings that may not be the provider's. For
    /// conformance tests: a provider must answer with `stale-settings`.
    #[must_use]
    pub fn connect_prepared(&self, prepared: Vec<u8>) -> Connection {
        let (origins, headers, warnings) = (Vec::new(), Vec::new(), Vec::new());
        let accepted = AcceptedSettings { prepared, origins, headers, signature: None, warnings };
        self.connection_with(Vec::new(), accepted, None, GrantedOrigins::default())
    }

    /// Returns whether a setting is a secret. One that the description does not name counts as a secret.
    fn is_secret(&self, setting: &Setting) -> bool {
        let field = self.description().settings.iter().find(|field| field.key == setting.key);
        field.is_none_or(|field| field.kind == SettingKind::Secret)
    }

    async fn accept(&self, settings: &[Setting]) -> Result<AcceptedSettings, ConnectError> {
        self.check_settings(settings).await.map_err(|error| match error {
            Error::Provider(problems) => ConnectError::Settings(problems),
            Error::Call(error) => ConnectError::Call(error),
        })
    }

    fn connection(
        &self,
        settings: Vec<Setting>,
        accepted: AcceptedSettings,
        origins: GrantedOrigins,
    ) -> Result<Connection, ConnectError> {
        let is_secret = |setting: &Setting| self.is_secret(setting);
        let verifier = accepted.signature.as_ref().map(|signature| Verifier::new(signature, &settings, is_secret));
        let verifier = verifier.transpose().map_err(ConnectError::InvalidSignature)?;
        Ok(self.connection_with(settings, accepted, verifier, origins))
    }

    fn connection_with(
        &self,
        settings: Vec<Setting>,
        accepted: AcceptedSettings,
        verifier: Option<Verifier>,
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
            inner: Arc::new(Inner { provider: self.clone(), settings, accepted, capabilities, pool }),
            call_time,
            verifier: verifier.map(Arc::new),
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
        &self.inner.accepted.warnings
    }

    /// Returns the settings that are secrets according to the provider's description, so that a caller can redact them.
    pub fn secrets(&self) -> impl Iterator<Item = &Setting> {
        self.inner.settings.iter().filter(|setting| self.inner.provider.is_secret(setting))
    }

    /// Returns the settings that are not secrets.
    pub fn shown_settings(&self) -> impl Iterator<Item = &Setting> {
        self.inner.settings.iter().filter(|setting| !self.inner.provider.is_secret(setting))
    }

    /// Returns the same connection with this timeout instead of [`Limits::call_time`](crate::Limits::call_time).
    #[must_use]
    pub fn with_call_time(&self, call_time: Duration) -> Self {
        Self { call_time, ..self.clone() }
    }

    /// Returns the same connection, but the provider verifies all webhooks, as in a host that does not read declared
    /// signatures.
    #[must_use]
    pub fn verified_by_provider(&self) -> Self {
        Self { verifier: None, ..self.clone() }
    }

    /// Creates a connection with other settings. It can reach only the origins of this connection.
    ///
    /// # Errors
    /// As [`Provider::connect`].
    pub async fn with_settings(&self, settings: Vec<Setting>) -> Result<Connection, ConnectError> {
        self.inner.provider.connect(settings, &self.inner.capabilities.origins.allowed()).await
    }

    /// Verifies a webhook by `verify-webhook` of the provider. Pass the bytes as they arrived.
    ///
    /// # Errors
    /// A [`Rejection`], a webhook that exceeds the limits, or a failed call.
    pub async fn verify_webhook(&self, webhook: &Webhook) -> Result<Authenticity, Error<Rejection>> {
        self.bound_webhook(webhook)?;
        let webhook = webhook.view(&self.inner.accepted.headers);
        pure!(self, verify_webhook, verify_webhook_at_once, &webhook)?.map_err(Error::Provider)
    }

    /// Verifies a webhook and maps its events in one call.
    ///
    /// If the provider declares the signature of its webhooks, the host verifies it, so that a faulty provider cannot
    /// accept a forged one. Otherwise, and for a webhook without this signature, the provider verifies the webhook.
    ///
    /// # Errors
    /// As for [`verify_webhook`](Self::verify_webhook). The result contains the error of mapping.
    pub async fn receive_webhook(&self, webhook: &Webhook) -> Result<ReceivedWebhook, Error<Rejection>> {
        self.bound_webhook(webhook)?;
        let received = match self.verifier.as_ref().and_then(|verifier| verifier.verify(webhook)) {
            Some(verdict) => {
                let authenticity = Authenticity::Signed(verdict.map_err(Error::Provider)?);
                let source = EventSourceView::Webhook(&webhook.body);
                ReceivedWebhook {
                    authenticity,
                    events: pure!(self, map_agent_events, map_agent_events_at_once, source)?,
                }
            }
            None => {
                let webhook = webhook.view(&self.inner.accepted.headers);
                pure!(self, receive_webhook, receive_webhook_at_once, &webhook)?.map_err(Error::Provider)?
            }
        };
        if let Ok(events) = &received.events {
            self.bound(events)?;
        }
        Ok(received)
    }

    /// Maps verified bytes to events.
    ///
    /// # Errors
    /// A [`MappingError`], an input or a result that exceeds the limits, or a failed call.
    pub async fn map_agent_events(&self, source: &EventSource) -> Result<Vec<AgentEvent>, Error<MappingError>> {
        let limits = &self.inner.provider.instances().shared.limits;
        let (EventSource::Webhook(body)
        | EventSource::EventBus(body)
        | EventSource::Trigger(body)
        | EventSource::Notification(body)) = source;
        if body.len() > limits.input {
            return Err(reached(Limit::Input, limits).into());
        }
        let events =
            pure!(self, map_agent_events, map_agent_events_at_once, source.view())?.map_err(Error::Provider)?;
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
        let requests = pure!(self, build_outbound_message, build_outbound_message_at_once, conversation, message)?
            .map_err(Error::Provider)?;
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
        let delivery = effect!(self, deliver, request)?.map_err(Error::Provider)?;
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
        let status = effect!(self, find_delivery, conversation, request)?.map_err(Error::Provider)?;
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
        let events = effect!(self, observe_conversation, conversation)?.map_err(Error::Provider)?;
        self.bound(&events)?;
        Ok(events)
    }

    /// Returns the agents' messages of a conversation as events, oldest first.
    ///
    /// # Errors
    /// A [`Failure`], a result that exceeds the limits, or a failed call.
    pub async fn fetch_agent_messages(&self, conversation: &Conversation) -> Result<Vec<AgentEvent>, Error<Failure>> {
        let events = effect!(self, fetch_agent_messages, conversation)?.map_err(Error::Provider)?;
        self.bound(&events)?;
        Ok(events)
    }

    /// Returns whether agents can serve a user with this routing.
    ///
    /// # Errors
    /// A [`Failure`], or a failed call.
    pub async fn check_availability(&self, routing: &Routing) -> Result<Availability, Error<Failure>> {
        effect!(self, check_availability, routing)?.map_err(Error::Provider)
    }

    /// Checks the connection (the "doctor"). With a `probe`, also asks the contact center to send a message to that
    /// recipient; the receiver of webhooks sees whether it arrives.
    ///
    /// # Errors
    /// A [`Failure`], or a failed call. Most problems are results of the checks.
    pub async fn check_connection(&self, probe: Option<&str>) -> Result<Vec<Check>, Error<Failure>> {
        effect!(self, check_connection, probe)?.map_err(Error::Provider)
    }

    /// Creates what the connection needs at the contact center, or returns what it would create.
    ///
    /// # Errors
    /// A [`Failure`], or a failed call. Steps that completed before the failure stay completed.
    pub async fn provision(
        &self,
        webhook_url: &str,
        mode: ProvisioningMode,
    ) -> Result<Vec<ProvisioningStep>, Error<Failure>> {
        effect!(self, provision, webhook_url, mode)?.map_err(Error::Provider)
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
        self.bound(&delivery.events)?;
        self.bound_ids([delivery.message_id.as_ref(), delivery.conversation_id.as_ref()])
    }

    fn bound_ids<const N: usize>(&self, ids: [Option<&String>; N]) -> Result<(), CallError> {
        let limits = &self.inner.provider.instances().shared.limits;
        let fit = ids.into_iter().flatten().all(|id| id.len() <= limits.id);
        fit.then_some(()).ok_or_else(|| reached(Limit::Id, limits))
    }
}
