//! The functions that a component exports.
//!
//! wasmtime's generated bindings look up all functions in each new instance and compare their types, which accounts for
//! a sixth of the cost of an instance. This module compares the types once, when the component is loaded.

use crate::call::State;
use crate::contract::{
    AcceptedSettings, AgentEvent, Authenticity, Check, Conversation, Delivery, DeliveryStatus, Description, EXPORT,
    EventSource, Failure, Malformed, Outbound, ProviderRequest, ProvisioningMode, ProvisioningStep, Rejection, Setting,
    SettingsProblem, Unsupported, Webhook,
};
use wasmtime::Store;
use wasmtime::component::{Component, ComponentExportIndex, Instance, TypedFunc};

/// Cannot occur, because an index is used only with instances of its component.
fn wrong_component() -> wasmtime::Error {
    wasmtime::Error::msg("the instance is of another component")
}

macro_rules! exports {
    ($($name:ident = $exported:literal ($($argument:ident: $type:ty),*) -> $answer:ty;)*) => {
        /// The indexes of the functions in a component.
        pub(crate) struct Exports {
            $($name: ComponentExportIndex,)*
        }

        impl Exports {
            /// Looks up the functions of a component; the error names what is missing.
            pub(crate) fn of(component: &Component) -> Result<Self, String> {
                let missing = |what: &str| format!("`{what}` is missing");
                let provider = component.get_export_index(None, EXPORT).ok_or_else(|| missing(EXPORT))?;
                let function = |name: &str| component.get_export_index(Some(&provider), name).ok_or_else(|| missing(name));
                Ok(Self { $($name: function($exported)?,)* })
            }

            /// Compares the types of all functions, in an instance of the component.
            pub(crate) fn check(&self, store: &mut Store<State>, instance: &Instance) -> wasmtime::Result<()> {
                $(instance.get_typed_func::<($($type,)*), ($answer,)>(&mut *store, &self.$name)?;)*
                Ok(())
            }

            $(pub(crate) async fn $name(
                &self,
                store: &mut Store<State>,
                instance: &Instance,
                $($argument: $type,)*
            ) -> wasmtime::Result<$answer> {
                let function = instance.get_func(&mut *store, &self.$name).ok_or_else(wrong_component)?;
                // SAFETY: `Provider::load` calls `check` before any other function and fails if the type of this
                // function differs from this type. An index is used only with instances of its component.
                let function = unsafe { TypedFunc::<($($type,)*), ($answer,)>::new_unchecked(function) };
                let (answer,) = function.call_async(store, ($($argument,)*)).await?;
                Ok(answer)
            })*
        }
    };
}

exports! {
    describe = "describe" () -> Description;
    check_settings = "check-settings" (settings: &[Setting]) -> Result<AcceptedSettings, Vec<SettingsProblem>>;
    verify_webhook = "verify-webhook" (settings: &[Setting], webhook: &Webhook) -> Result<Authenticity, Rejection>;
    map_agent_events = "map-agent-events" (settings: &[Setting], source: &EventSource) -> Result<Vec<AgentEvent>, Malformed>;
    build_outbound_message = "build-outbound-message"
        (settings: &[Setting], conversation: &Conversation, message: &Outbound) -> Result<Vec<ProviderRequest>, Unsupported>;
    deliver = "deliver" (settings: &[Setting], request: &ProviderRequest) -> Result<Delivery, Failure>;
    find_delivery = "find-delivery"
        (settings: &[Setting], conversation: &Conversation, request: &ProviderRequest) -> Result<DeliveryStatus, Failure>;
    observe_conversation = "observe-conversation"
        (settings: &[Setting], conversation: &Conversation) -> Result<Vec<AgentEvent>, Failure>;
    check_connection = "check-connection" (settings: &[Setting], probe: Option<&str>) -> Vec<Check>;
    provision = "provision"
        (settings: &[Setting], webhook_url: &str, mode: ProvisioningMode) -> Vec<ProvisioningStep>;
}
