//! The functions that a component exports.
//!
//! wasmtime's generated bindings look up all functions in each new instance and compare their types, which accounts for
//! a sixth of the cost of an instance. This module compares the types once, when the component is loaded.

use crate::call::State;
use crate::contract::{
    AcceptedSettings, AgentEvent, Authenticity, Availability, CONFIGURATION, Check, Conversation, Delivery,
    DeliveryStatus, Description, EventSourceView, Failure, HANDOVER, MappingError, Outbound, ProviderRequest,
    ProvisioningMode, ProvisioningStep, ReceivedWebhook, Rejection, Routing, Setting, SettingsProblem, Unsupported,
    WebhookView,
};
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
    ($($interface:ident {
        $(pure $pure:ident, $at_once:ident = $pure_name:literal
            ($($pure_argument:ident: $pure_type:ty),*) -> $pure_answer:ty;)*
        $(effect $effect:ident = $effect_name:literal ($($argument:ident: $type:ty),*) -> $answer:ty;)*
    })*) => {
        /// The indexes of the functions in a component.
        pub(crate) struct Exports {
            $($($pure: ComponentExportIndex,)* $($effect: ComponentExportIndex,)*)*
        }

        impl Exports {
            /// Looks up the functions of a component; the error names what is missing.
            pub(crate) fn of(component: &Component) -> Result<Self, String> {
                let missing = |what: &str| format!("`{what}` is missing");
                let interface = |name: &str| component.get_export_index(None, name).ok_or_else(|| missing(name));
                let function = |interface: &ComponentExportIndex, name: &str| {
                    component.get_export_index(Some(interface), name).ok_or_else(|| missing(name))
                };
                Ok(Self { $(
                    $($pure: function(&interface($interface)?, $pure_name)?,)*
                    $($effect: function(&interface($interface)?, $effect_name)?,)*
                )* })
            }

            /// Compares the types of all functions, in an instance of the component.
            pub(crate) fn check(&self, store: &mut Store<State>, instance: &Instance) -> wasmtime::Result<()> {
                $(
                    $(instance.get_typed_func::<($($pure_type,)*), ($pure_answer,)>(&mut *store, &self.$pure)?;)*
                    $(instance.get_typed_func::<($($type,)*), ($answer,)>(&mut *store, &self.$effect)?;)*
                )*
                Ok(())
            }

            $($(
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
            )*)*
        }
    };
}

exports! {
    CONFIGURATION {
        pure describe, describe_at_once = "describe" () -> Description;
        pure check_settings, check_settings_at_once = "check-settings"
            (settings: &[Setting]) -> Result<AcceptedSettings, Vec<SettingsProblem>>;
        effect check_connection = "check-connection"
            (settings: &[u8], probe: Option<&str>) -> Result<Vec<Check>, Failure>;
        effect provision = "provision"
            (settings: &[u8], webhook_url: &str, mode: ProvisioningMode) -> Result<Vec<ProvisioningStep>, Failure>;
    }
    HANDOVER {
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
