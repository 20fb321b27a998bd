//! The functions that a component exports.
//!
//! wasmtime's generated bindings look up all functions in each new instance and compare their types, which accounts for
//! a sixth of the cost of an instance. This module compares the types once, when the component is loaded.

use crate::call::State;
use crate::contract::{
    AcceptedSettings, AgentEvent, Authenticity, Availability, BOT_CONNECTOR, Bot, BotAnswer, BotRequest, BotResponse,
    CONFIGURATION, Check, Conversation, Delivery, DeliveryStatus, Description, EventSourceView, Failure, HANDOVER,
    MappingError, Outbound, ProviderRequest, ProvisioningMode, ProvisioningStep, ReceivedWebhook, Rejection, Routing,
    Setting, SettingsProblem, Timestamp, Turn, Unsupported, WebhookView,
};
use std::sync::Arc;
use wasmtime::Store;
use wasmtime::component::{Component, ComponentExportIndex, ComponentNamedList, Instance, Lift, Lower, TypedFunc};

/// Cannot occur, because an index is used only with instances of its component.
fn wrong_component() -> wasmtime::Error {
    wasmtime::Error::msg("the instance is of another component")
}

/// Returns a function of an instance without comparing its types.
///
/// # Safety
/// The types must be those of the function. `Provider::load` calls [`Exports::check`] before any other function and fails
/// if they differ, and an index is used only with instances of its component.
unsafe fn function<Params, Answer>(
    store: &mut Store<State>,
    instance: &Instance,
    index: &ComponentExportIndex,
) -> wasmtime::Result<TypedFunc<Params, Answer>>
where
    Params: ComponentNamedList + Lower,
    Answer: ComponentNamedList + Lift,
{
    let function = instance.get_func(store, index).ok_or_else(wrong_component)?;
    // SAFETY: the caller vouches for the types.
    Ok(unsafe { TypedFunc::new_unchecked(function) })
}

macro_rules! exports {
    ($(#[$meta:meta])* $exports:ident of $interface:ident {
        $(pure $pure:ident, $at_once:ident = $pure_name:literal
            ($($pure_argument:ident: $pure_type:ty),*) -> $pure_answer:ty;)*
        $(effect $effect:ident = $effect_name:literal ($($argument:ident: $type:ty),*) -> $answer:ty;)*
    }) => {
        $(#[$meta])*
        pub(crate) struct $exports {
            $($pure: ComponentExportIndex,)* $($effect: ComponentExportIndex,)*
        }

        impl $exports {
            /// Looks up the functions of a component; the error names what is missing.
            pub(crate) fn of(component: &Component) -> Result<Self, String> {
                let missing = |what: &str| format!("`{what}` is missing");
                let interface = component.get_export_index(None, $interface).ok_or_else(|| missing($interface))?;
                let function = |name: &str| {
                    component.get_export_index(Some(&interface), name).ok_or_else(|| missing(name))
                };
                Ok(Self {
                    $($pure: function($pure_name)?,)*
                    $($effect: function($effect_name)?,)*
                })
            }

            /// Compares the types of all functions, in an instance of the component.
            pub(crate) fn check(&self, store: &mut Store<State>, instance: &Instance) -> wasmtime::Result<()> {
                $(instance.get_typed_func::<($($pure_type,)*), ($pure_answer,)>(&mut *store, &self.$pure)?;)*
                $(instance.get_typed_func::<($($type,)*), ($answer,)>(&mut *store, &self.$effect)?;)*
                Ok(())
            }

            $(
                pub(crate) async fn $pure(
                    &self,
                    store: &mut Store<State>,
                    instance: &Instance,
                    $($pure_argument: $pure_type,)*
                ) -> wasmtime::Result<$pure_answer> {
                    // SAFETY: `check` has compared these types.
                    let function = unsafe {
                        function::<($($pure_type,)*), ($pure_answer,)>(&mut *store, instance, &self.$pure)
                    }?;
                    let (answer,) = function.call_async(store, ($($pure_argument,)*)).await?;
                    Ok(answer)
                }

                pub(crate) fn $at_once(
                    &self,
                    store: &mut Store<State>,
                    instance: &Instance,
                    $($pure_argument: $pure_type,)*
                ) -> wasmtime::Result<$pure_answer> {
                    // SAFETY: `check` has compared these types.
                    let function = unsafe {
                        function::<($($pure_type,)*), ($pure_answer,)>(&mut *store, instance, &self.$pure)
                    }?;
                    let (answer,) = function.call(store, ($($pure_argument,)*))?;
                    Ok(answer)
                }
            )*
            $(
                pub(crate) async fn $effect(
                    &self,
                    store: &mut Store<State>,
                    instance: &Instance,
                    $($argument: $type,)*
                ) -> wasmtime::Result<$answer> {
                    // SAFETY: `check` has compared these types.
                    let function = unsafe {
                        function::<($($type,)*), ($answer,)>(&mut *store, instance, &self.$effect)
                    }?;
                    let (answer,) = function.call_async(store, ($($argument,)*)).await?;
                    Ok(answer)
                }
            )*
        }
    };
}

/// The functions of a component, by interface.
pub(crate) struct Exports {
    pub(crate) configuration: ConfigurationExports,
    /// Absent if the component does not export the interface.
    pub(crate) handover: Option<Arc<HandoverExports>>,
    /// Absent if the component does not export the interface.
    pub(crate) bot_connector: Option<Arc<BotConnectorExports>>,
}

impl Exports {
    /// Looks up the functions of a component; the error names what is missing.
    pub(crate) fn of(component: &Component) -> Result<Self, String> {
        let exports = |interface: &str| component.get_export_index(None, interface).is_some();
        Ok(Self {
            configuration: ConfigurationExports::of(component)?,
            handover: exports(HANDOVER).then(|| HandoverExports::of(component).map(Arc::new)).transpose()?,
            bot_connector: exports(BOT_CONNECTOR)
                .then(|| BotConnectorExports::of(component).map(Arc::new))
                .transpose()?,
        })
    }

    /// Compares the types of all functions, in an instance of the component.
    pub(crate) fn check(&self, store: &mut Store<State>, instance: &Instance) -> wasmtime::Result<()> {
        self.configuration.check(store, instance)?;
        self.handover.as_ref().map_or(Ok(()), |handover| handover.check(store, instance))?;
        self.bot_connector.as_ref().map_or(Ok(()), |bot_connector| bot_connector.check(store, instance))
    }
}

exports! {
    /// The functions of the interface `configuration`.
    ConfigurationExports of CONFIGURATION {
        pure describe, describe_at_once = "describe" () -> Description;
        pure check_settings, check_settings_at_once = "check-settings"
            (settings: &[Setting]) -> Result<AcceptedSettings, Vec<SettingsProblem>>;
        effect check_connection = "check-connection"
            (settings: &[u8], probe: Option<&str>) -> Result<Vec<Check>, Failure>;
        effect provision = "provision"
            (settings: &[u8], webhook_url: &str, mode: ProvisioningMode) -> Result<Vec<ProvisioningStep>, Failure>;
    }
}

exports! {
    /// The functions of the interface `handover`.
    HandoverExports of HANDOVER {
        pure verify_webhook, verify_webhook_at_once = "verify-webhook"
            (settings: &[u8], webhook: &WebhookView<'_>) -> Result<Authenticity, Rejection>;
        pure map_agent_events, map_agent_events_at_once = "map-agent-events"
            (settings: &[u8], source: EventSourceView<'_>) -> Result<Vec<AgentEvent>, MappingError>;
        pure receive_webhook, receive_webhook_at_once = "receive-webhook"
            (settings: &[u8], webhook: &WebhookView<'_>) -> Result<ReceivedWebhook, Rejection>;
        pure build_outbound_message, build_outbound_message_at_once = "build-outbound-message"
            (settings: &[u8], conversation: &Conversation, message: &Outbound)
            -> Result<Vec<ProviderRequest>, Unsupported>;
        effect deliver = "deliver" (settings: &[u8], request: &ProviderRequest) -> Result<Delivery, Failure>;
        effect find_delivery = "find-delivery"
            (settings: &[u8], conversation: &Conversation, request: &ProviderRequest) -> Result<DeliveryStatus, Failure>;
        effect observe_conversation = "observe-conversation"
            (settings: &[u8], conversation: &Conversation) -> Result<Vec<AgentEvent>, Failure>;
        effect fetch_agent_messages = "fetch-agent-messages"
            (settings: &[u8], conversation: &Conversation) -> Result<Vec<AgentEvent>, Failure>;
        effect check_availability = "check-availability"
            (settings: &[u8], routing: &Routing) -> Result<Availability, Failure>;
    }
}

exports! {
    /// The functions of the interface `bot-connector`.
    BotConnectorExports of BOT_CONNECTOR {
        pure verify_bot_request, verify_bot_request_at_once = "verify-bot-request"
            (settings: &[u8], request: &WebhookView<'_>) -> Result<u32, Rejection>;
        pure map_bot_request, map_bot_request_at_once = "map-bot-request"
            (settings: &[u8], request: &WebhookView<'_>) -> Result<BotRequest, MappingError>;
        pure build_bot_response, build_bot_response_at_once = "build-bot-response"
            (settings: &[u8], turn: &Turn, turn_number: u32, answer: &BotAnswer) -> Result<BotResponse, Unsupported>;
        pure build_bot_list, build_bot_list_at_once = "build-bot-list"
            (settings: &[u8], bots: &[Bot], id: Option<&str>) -> Result<BotResponse, Unsupported>;
        pure build_late_answer, build_late_answer_at_once = "build-late-answer"
            (settings: &[u8], turn: &Turn, answer: &BotAnswer, time: Timestamp) -> Result<ProviderRequest, Unsupported>;
        effect deliver_late_answer = "deliver-late-answer"
            (settings: &[u8], request: &ProviderRequest) -> Result<Delivery, Failure>;
        effect register_bots = "register-bots" (settings: &[u8], bots: &[Bot]) -> Result<(), Failure>;
    }
}
