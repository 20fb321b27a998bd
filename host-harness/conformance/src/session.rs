//! Typed calls of the host under test.

use crate::driver::{Answer, Call, Driver, Instance, Network, NoAnswer, Request, Script, SettingsOfCall, VerifiedBy};
use crate::interfaces::Interfaces;
use crate::json_form::{
    AcceptedSettingsJson, Base64, BotResponseJson, EventSourceJson, ProviderRequestJson, ReceivedWebhookJson,
    ResultJson, SettingJson, WebhookJson,
};
use handover_host::contract::{
    AcceptedSettings, AgentEvent, Authenticity, Availability, Bot, BotAnswer, BotRequest, BotResponse, Check,
    Conversation, Delivery, DeliveryStatus, Description, EventSource, Failure, MappingError, Outbound, ProviderRequest,
    ProvisioningMode, ProvisioningStep, ReceivedWebhook, Rejection, Routing, Setting, SettingsProblem, Timestamp, Turn,
    Unsupported, Webhook,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, PoisonError};

/// The provider's answer, or why the call failed.
pub(crate) type Answered<T, E> = Result<Result<T, E>, String>;

/// The component under test in its host.
pub(crate) struct Subject {
    driver: Box<dyn Driver>,
    interfaces: Interfaces,
    description: Description,
}

/// Calls with the same settings.
#[derive(Clone)]
pub(crate) struct Session<'a> {
    subject: &'a Subject,
    settings: SettingsOfCall,
    network: Network,
    instance: Instance,
    verifier: VerifiedBy,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Subject {
    /// Asks the provider for its description.
    ///
    /// # Errors
    /// The call failed.
    pub(crate) async fn new(driver: Box<dyn Driver>, interfaces: Interfaces) -> Result<Self, String> {
        let made = driver.make(&call("describe", SettingsOfCall::None {}, json!({}))).await?;
        let description = Description::deserialize(made.result).map_err(|error| format!("describe: {error}"))?;
        Ok(Self { driver, interfaces, description })
    }

    pub(crate) fn description(&self) -> &Description {
        &self.description
    }

    pub(crate) fn interfaces(&self) -> Interfaces {
        self.interfaces
    }

    /// Returns the example settings of the description.
    pub(crate) fn examples(&self) -> Vec<Setting> {
        let fields = self.description.settings.iter();
        fields.map(|field| Setting { key: field.key.clone(), value: field.example.clone() }).collect()
    }

    pub(crate) async fn check_settings(
        &self,
        settings: &[Setting],
    ) -> Answered<AcceptedSettings, Vec<SettingsProblem>> {
        let settings: Vec<_> = settings.iter().map(SettingJson::from).collect();
        let call = call("check-settings", SettingsOfCall::None {}, json!({ "settings": settings }));
        let made = self.driver.make(&call).await?;
        let checked: Result<AcceptedSettingsJson, _> = result("check-settings", made.result)?;
        Ok(checked.map(AcceptedSettings::from))
    }

    /// Returns calls with these settings and without a network.
    pub(crate) fn session(&self, settings: &[Setting]) -> Session<'_> {
        self.session_with(SettingsOfCall::Settings(settings.iter().map(SettingJson::from).collect()))
    }

    /// Returns calls with the example settings and without a network.
    pub(crate) fn example_session(&self) -> Session<'_> {
        self.session(&self.examples())
    }

    /// Returns calls with prepared settings that may not be the provider's, without a network.
    pub(crate) fn prepared_session(&self, prepared: Vec<u8>) -> Session<'_> {
        self.session_with(SettingsOfCall::Prepared(Base64(prepared)))
    }

    fn session_with(&self, settings: SettingsOfCall) -> Session<'_> {
        Session {
            subject: self,
            settings,
            network: Network::Offline,
            instance: Instance::Fresh,
            verifier: VerifiedBy::Host,
            requests: Arc::default(),
        }
    }
}

impl Session<'_> {
    /// Returns the same calls, but the contact center always answers in this way.
    pub(crate) fn always_answered(self, then: Answer) -> Self {
        Self { network: Network::Scripted(Script { answers: Vec::new(), then }), ..self }
    }

    /// Returns the same calls, but the contact center answers the requests of each call in this way, and then becomes
    /// unreachable.
    pub(crate) fn answered(self, answers: Vec<Answer>) -> Self {
        let then = Answer::Error { error: NoAnswer::Unreachable };
        Self { network: Network::Scripted(Script { answers, then }), ..self }
    }

    /// Returns the same calls in an instance that is kept.
    pub(crate) fn in_a_kept_instance(self) -> Self {
        Self { instance: Instance::Kept, ..self }
    }

    /// Returns the same calls, but the provider verifies all webhooks.
    pub(crate) fn verified_by_provider(&self) -> Self {
        Self { verifier: VerifiedBy::Provider, ..self.clone() }
    }

    /// Returns the requests of all calls.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) async fn verify_webhook(&self, webhook: &Webhook) -> Answered<Authenticity, Rejection> {
        self.make("verify-webhook", json!({ "webhook": WebhookJson::from(webhook) })).await
    }

    pub(crate) async fn receive_webhook(&self, webhook: &Webhook) -> Answered<ReceivedWebhook, Rejection> {
        let received = self.make("receive-webhook", json!({ "webhook": WebhookJson::from(webhook) })).await?;
        Ok(received.map(|received: ReceivedWebhookJson| received.into()))
    }

    pub(crate) async fn map_agent_events(&self, source: &EventSource) -> Answered<Vec<AgentEvent>, MappingError> {
        self.make("map-agent-events", json!({ "source": EventSourceJson::from(source) })).await
    }

    pub(crate) async fn build_outbound_message(
        &self,
        conversation: &Conversation,
        message: &Outbound,
    ) -> Answered<Vec<ProviderRequest>, Unsupported> {
        let arguments = json!({ "conversation": conversation, "message": message });
        let built = self.make("build-outbound-message", arguments).await?;
        Ok(built.map(|requests: Vec<ProviderRequestJson>| requests.into_iter().map(Into::into).collect()))
    }

    pub(crate) async fn deliver(&self, request: &ProviderRequest) -> Answered<Delivery, Failure> {
        self.make("deliver", json!({ "request": ProviderRequestJson::from(request) })).await
    }

    pub(crate) async fn find_delivery(
        &self,
        conversation: &Conversation,
        request: &ProviderRequest,
    ) -> Answered<DeliveryStatus, Failure> {
        let arguments = json!({ "conversation": conversation, "request": ProviderRequestJson::from(request) });
        self.make("find-delivery", arguments).await
    }

    pub(crate) async fn observe_conversation(&self, conversation: &Conversation) -> Answered<Vec<AgentEvent>, Failure> {
        self.make("observe-conversation", json!({ "conversation": conversation })).await
    }

    pub(crate) async fn fetch_agent_messages(&self, conversation: &Conversation) -> Answered<Vec<AgentEvent>, Failure> {
        self.make("fetch-agent-messages", json!({ "conversation": conversation })).await
    }

    pub(crate) async fn check_availability(&self, routing: &Routing) -> Answered<Availability, Failure> {
        self.make("check-availability", json!({ "routing": routing })).await
    }

    pub(crate) async fn check_connection(&self, probe: Option<&str>) -> Answered<Vec<Check>, Failure> {
        self.make("check-connection", json!({ "probe": probe })).await
    }

    pub(crate) async fn provision(
        &self,
        webhook_url: &str,
        mode: ProvisioningMode,
    ) -> Answered<Vec<ProvisioningStep>, Failure> {
        self.make("provision", json!({ "webhook-url": webhook_url, "mode": mode })).await
    }

    pub(crate) async fn verify_bot_request(&self, request: &Webhook) -> Answered<u32, Rejection> {
        self.make("verify-bot-request", json!({ "request": WebhookJson::from(request) })).await
    }

    pub(crate) async fn map_bot_request(&self, request: &Webhook) -> Answered<BotRequest, MappingError> {
        self.make("map-bot-request", json!({ "request": WebhookJson::from(request) })).await
    }

    pub(crate) async fn build_bot_response(
        &self,
        turn: &Turn,
        turn_number: u32,
        answer: &BotAnswer,
    ) -> Answered<BotResponse, Unsupported> {
        let arguments = json!({ "turn": turn, "turn-number": turn_number, "answer": answer });
        let built = self.make("build-bot-response", arguments).await?;
        Ok(built.map(|response: BotResponseJson| response.into()))
    }

    pub(crate) async fn build_bot_list(&self, bots: &[Bot], id: Option<&str>) -> Answered<BotResponse, Unsupported> {
        let built = self.make("build-bot-list", json!({ "bots": bots, "id": id })).await?;
        Ok(built.map(|response: BotResponseJson| response.into()))
    }

    pub(crate) async fn build_late_answer(
        &self,
        turn: &Turn,
        answer: &BotAnswer,
        time: Timestamp,
    ) -> Answered<ProviderRequest, Unsupported> {
        let built = self.make("build-late-answer", json!({ "turn": turn, "answer": answer, "time": time })).await?;
        Ok(built.map(|request: ProviderRequestJson| request.into()))
    }

    pub(crate) async fn deliver_late_answer(&self, request: &ProviderRequest) -> Answered<Delivery, Failure> {
        self.make("deliver-late-answer", json!({ "request": ProviderRequestJson::from(request) })).await
    }

    pub(crate) async fn register_bots(&self, bots: &[Bot]) -> Answered<(), Failure> {
        self.make("register-bots", json!({ "bots": bots })).await
    }

    async fn make<T: DeserializeOwned, E: DeserializeOwned>(
        &self,
        function: &'static str,
        arguments: Value,
    ) -> Answered<T, E> {
        let call = Call {
            network: self.network.clone(),
            instance: self.instance,
            verifier: self.verifier,
            ..call(function, self.settings.clone(), arguments)
        };
        let made = self.subject.driver.make(&call).await?;
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).extend(made.requests);
        result(function, made.result)
    }
}

fn call(function: &'static str, settings: SettingsOfCall, arguments: Value) -> Call {
    let (network, instance, verifier) = (Network::Offline, Instance::Fresh, VerifiedBy::Host);
    Call { function, settings, arguments, network, instance, verifier }
}

fn result<T: DeserializeOwned, E: DeserializeOwned>(function: &str, result: Value) -> Answered<T, E> {
    let result = ResultJson::deserialize(result);
    Ok(result
        .map_err(|error| format!("{function}: the result does not have the contract's JSON form: {error}"))?
        .into())
}
