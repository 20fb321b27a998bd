//! A contact center that asks the platform's bots: the calls of the interface `bot-connector`.

use crate::connecting::{Connected, effect, pure};
use crate::contract::{
    Bot, BotAnswer, BotRequest, BotResponse, Check, Delivery, Failure, MappingError, ProviderRequest, ProvisioningMode,
    ProvisioningStep, Rejection, Setting, SettingsProblem, Timestamp, Turn, Unsupported, Webhook,
};
use crate::error::Error;
use crate::exports::BotConnectorExports;
use crate::provider::Provider;
use std::sync::Arc;
use std::time::Duration;

/// A provider and the settings of a contact center that asks the platform's bots. Cheap to clone.
///
/// Each call returns one `Result`. [`Error::Provider`] is an error of the contract, [`Error::Call`] a call that failed.
#[derive(Clone)]
pub struct BotConnection {
    inner: Arc<Connected<BotConnectorExports>>,
    /// The timeout of a call.
    call_time: Duration,
}

impl std::fmt::Debug for BotConnection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.inner.fmt(f)
    }
}

impl BotConnection {
    pub(crate) fn new(inner: Connected<BotConnectorExports>) -> Self {
        let call_time = inner.limits().call_time;
        Self { inner: Arc::new(inner), call_time }
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

    /// Returns the same connection with this timeout instead of [`Limits::call_time`](crate::Limits::call_time).
    #[must_use]
    pub fn with_call_time(&self, call_time: Duration) -> Self {
        Self { call_time, ..self.clone() }
    }

    /// Verifies that a request comes from the contact center. Returns the index of the secret, counted from 0 in the order
    /// of the settings.
    ///
    /// # Errors
    /// A [`Rejection`], a request that exceeds the limits, or a failed call.
    pub async fn verify_bot_request(&self, request: &Webhook) -> Result<u32, Error<Rejection>> {
        self.inner.bound_webhook(request)?;
        let request = request.view(&self.inner.accepted.headers);
        pure!(self, verify_bot_request, verify_bot_request_at_once, &request)?.map_err(Error::Provider)
    }

    /// Maps a verified request. Its path is relative to the URL of the connection.
    ///
    /// # Errors
    /// A [`MappingError`], a request or a result that exceeds the limits, or a failed call.
    pub async fn map_bot_request(&self, request: &Webhook) -> Result<BotRequest, Error<MappingError>> {
        self.inner.bound_webhook(request)?;
        let request = request.view(&self.inner.accepted.headers);
        let mapped = pure!(self, map_bot_request, map_bot_request_at_once, &request)?.map_err(Error::Provider)?;
        if let BotRequest::Turn(turn) = &mapped {
            self.inner.bound_ids([Some(&turn.session_id), turn.message_id.as_ref(), turn.conversation_id.as_ref()])?;
        }
        Ok(mapped)
    }

    /// Builds the response to a turn. `turn_number` counts the turns of the session from 1.
    ///
    /// # Errors
    /// The answer is [`Unsupported`], or the call fails.
    pub async fn build_bot_response(
        &self,
        turn: &Turn,
        turn_number: u32,
        answer: &BotAnswer,
    ) -> Result<BotResponse, Error<Unsupported>> {
        pure!(self, build_bot_response, build_bot_response_at_once, turn, turn_number, answer)?.map_err(Error::Provider)
    }

    /// Builds the response to a request for all bots, or for the one that has this id.
    ///
    /// # Errors
    /// The bots are [`Unsupported`], or the call fails.
    pub async fn build_bot_list(&self, bots: &[Bot], id: Option<&str>) -> Result<BotResponse, Error<Unsupported>> {
        pure!(self, build_bot_list, build_bot_list_at_once, bots, id)?.map_err(Error::Provider)
    }

    /// Builds the request that delivers an answer after the response to its turn.
    ///
    /// # Errors
    /// The answer is [`Unsupported`], or the call fails.
    pub async fn build_late_answer(
        &self,
        turn: &Turn,
        answer: &BotAnswer,
        time: Timestamp,
    ) -> Result<ProviderRequest, Error<Unsupported>> {
        pure!(self, build_late_answer, build_late_answer_at_once, turn, answer, time)?.map_err(Error::Provider)
    }

    /// Delivers a late answer.
    ///
    /// # Errors
    /// A [`Failure`], or a failed call. After a failed call other than [`CallError::Busy`](crate::CallError::Busy), the
    /// outcome is unknown.
    pub async fn deliver_late_answer(&self, request: &ProviderRequest) -> Result<Delivery, Error<Failure>> {
        let delivery = effect!(self, self.inner.functions, deliver_late_answer, request)?.map_err(Error::Provider)?;
        self.inner.bound_delivery(&delivery)?;
        Ok(delivery)
    }

    /// Registers the bots at the contact center, which replaces all that are registered.
    ///
    /// # Errors
    /// A [`Failure`], or a failed call.
    pub async fn register_bots(&self, bots: &[Bot]) -> Result<(), Error<Failure>> {
        effect!(self, self.inner.functions, register_bots, bots)?.map_err(Error::Provider)
    }

    /// Checks the connection.
    ///
    /// # Errors
    /// A [`Failure`], or a failed call. Most problems are results of the checks.
    pub async fn check_connection(&self, probe: Option<&str>) -> Result<Vec<Check>, Error<Failure>> {
        effect!(self, self.inner.instances().exports.configuration, check_connection, probe)?.map_err(Error::Provider)
    }

    /// Creates what the connection needs at the contact center, or returns what it would create. `url` is the URL at which
    /// the contact center asks the bots.
    ///
    /// # Errors
    /// A [`Failure`], or a failed call. Steps that completed before the failure stay completed.
    pub async fn provision(&self, url: &str, mode: ProvisioningMode) -> Result<Vec<ProvisioningStep>, Error<Failure>> {
        effect!(self, self.inner.instances().exports.configuration, provision, url, mode)?.map_err(Error::Provider)
    }
}
