//! A provider with the settings of one contact center: the calls of the contract.

use crate::call::reached;
use crate::connecting::{Connected, effect, pure};
use crate::contract::{
    AgentEvent, Authenticity, Availability, Check, Conversation, Delivery, DeliveryStatus, EventSource,
    EventSourceView, Failure, MappingError, Outbound, ProviderRequest, ProvisioningMode, ProvisioningStep,
    ReceivedWebhook, Rejection, Routing, Setting, SettingsProblem, Unsupported, Webhook,
};
use crate::error::{ConnectError, Error, Limit};
use crate::exports::HandoverExports;
use crate::provider::Provider;
use crate::signature::Verifier;
use std::sync::Arc;
use std::time::Duration;

/// A provider and the settings of one connection. Cheap to clone.
///
/// Each call returns one `Result`. [`Error::Provider`] is an error of the contract, [`Error::Call`] a call that failed.
#[derive(Clone)]
pub struct Connection {
    inner: Arc<Connected<HandoverExports>>,
    /// The timeout of a call.
    call_time: Duration,
    /// Verifies webhooks if the provider declares their signature.
    verifier: Option<Arc<Verifier>>,
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.inner.fmt(f)
    }
}

impl Connection {
    pub(crate) fn new(inner: Connected<HandoverExports>, verifier: Option<Arc<Verifier>>) -> Self {
        let call_time = inner.limits().call_time;
        Self { inner: Arc::new(inner), call_time, verifier }
    }

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
        self.inner.bound_webhook(webhook)?;
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
        self.inner.bound_webhook(webhook)?;
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
            self.inner.bound_events(events)?;
        }
        Ok(received)
    }

    /// Maps verified bytes to events.
    ///
    /// # Errors
    /// A [`MappingError`], an input or a result that exceeds the limits, or a failed call.
    pub async fn map_agent_events(&self, source: &EventSource) -> Result<Vec<AgentEvent>, Error<MappingError>> {
        let limits = self.inner.limits();
        let (EventSource::Webhook(body)
        | EventSource::EventBus(body)
        | EventSource::Trigger(body)
        | EventSource::Notification(body)) = source;
        if body.len() > limits.input {
            return Err(reached(Limit::Input, limits).into());
        }
        let events =
            pure!(self, map_agent_events, map_agent_events_at_once, source.view())?.map_err(Error::Provider)?;
        self.inner.bound_events(&events)?;
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
        let limits = self.inner.limits();
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
    /// A [`Failure`], or a failed call. After a failed call other than [`CallError::Busy`](crate::CallError::Busy), the
    /// outcome is unknown.
    pub async fn deliver(&self, request: &ProviderRequest) -> Result<Delivery, Error<Failure>> {
        let delivery = effect!(self, self.inner.functions, deliver, request)?.map_err(Error::Provider)?;
        self.inner.bound_delivery(&delivery)?;
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
        let status =
            effect!(self, self.inner.functions, find_delivery, conversation, request)?.map_err(Error::Provider)?;
        if let DeliveryStatus::Delivered(delivery) = &status {
            self.inner.bound_delivery(delivery)?;
        }
        Ok(status)
    }

    /// Returns the current state of a conversation as events.
    ///
    /// # Errors
    /// A [`Failure`], a result that exceeds the limits, or a failed call.
    pub async fn observe_conversation(&self, conversation: &Conversation) -> Result<Vec<AgentEvent>, Error<Failure>> {
        let events =
            effect!(self, self.inner.functions, observe_conversation, conversation)?.map_err(Error::Provider)?;
        self.inner.bound_events(&events)?;
        Ok(events)
    }

    /// Returns the agents' messages of a conversation as events, oldest first.
    ///
    /// # Errors
    /// A [`Failure`], a result that exceeds the limits, or a failed call.
    pub async fn fetch_agent_messages(&self, conversation: &Conversation) -> Result<Vec<AgentEvent>, Error<Failure>> {
        let events =
            effect!(self, self.inner.functions, fetch_agent_messages, conversation)?.map_err(Error::Provider)?;
        self.inner.bound_events(&events)?;
        Ok(events)
    }

    /// Returns whether agents can serve a user with this routing.
    ///
    /// # Errors
    /// A [`Failure`], or a failed call.
    pub async fn check_availability(&self, routing: &Routing) -> Result<Availability, Error<Failure>> {
        effect!(self, self.inner.functions, check_availability, routing)?.map_err(Error::Provider)
    }

    /// Checks the connection. With a `probe`, also asks the contact center to send a message to that
    /// recipient; the receiver of webhooks sees whether it arrives.
    ///
    /// # Errors
    /// A [`Failure`], or a failed call. Most problems are results of the checks.
    pub async fn check_connection(&self, probe: Option<&str>) -> Result<Vec<Check>, Error<Failure>> {
        effect!(self, self.inner.instances().exports.configuration, check_connection, probe)?.map_err(Error::Provider)
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
        effect!(self, self.inner.instances().exports.configuration, provision, webhook_url, mode)?
            .map_err(Error::Provider)
    }
}
