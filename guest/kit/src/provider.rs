//! The functions of a provider, with opened settings: a trait for each interface of the contract.

use crate::bindings::exports::handover::provider::configuration::Guest as ConfigurationExports;
use crate::bindings::exports::handover::provider::handover::Guest as HandoverExports;
use crate::contract::*;
use crate::prepared::{self, Stale};
#[doc(hidden)]
pub use alloc::{string::String, vec::Vec};
use serde::Deserialize;

/// The interface `configuration`, which every provider has.
///
/// All functions except [`describe`](Self::describe) and [`check_settings`](Self::check_settings) receive the settings
/// that `check_settings` prepared. The exported component answers with `stale-settings` to any others.
pub trait Configuration {
    /// The name and version of the provider, with which its prepared settings begin. Change it whenever
    /// [`Settings`](Self::Settings) changes.
    const STAMP: &'static str;

    /// What the calls need of the settings. It borrows from the prepared settings.
    type Settings<'a>: Deserialize<'a>;

    /// `describe` of the contract.
    fn describe() -> Description;

    /// `check-settings` of the contract. [`prepared::seal`] prepares the settings with [`STAMP`](Self::STAMP).
    ///
    /// # Errors
    /// All problems of the settings.
    fn check_settings(settings: &[Setting]) -> Result<AcceptedSettings, Vec<SettingsProblem>>;

    /// `check-connection` of the contract.
    ///
    /// # Errors
    /// A failure that prevents all checks.
    fn check_connection(settings: &Self::Settings<'_>, probe: Option<&str>) -> Result<Vec<Check>, Failure>;

    /// `provision` of the contract. Without an implementation, there are no steps.
    ///
    /// # Errors
    /// A failure that prevents all steps.
    fn provision(
        _settings: &Self::Settings<'_>,
        _webhook_url: &str,
        _mode: ProvisioningMode,
    ) -> Result<Vec<ProvisioningStep>, Failure> {
        Ok(Vec::new())
    }
}

/// The interface `handover`: the platform hands users over. [`export!`](crate::export) exports both interfaces as a
/// component.
pub trait Handover: Configuration {
    /// `verify-webhook` of the contract.
    ///
    /// # Errors
    /// Why the webhook is not authentic.
    fn verify_webhook(settings: &Self::Settings<'_>, webhook: &Webhook) -> Result<Authenticity, Rejection>;

    /// `map-agent-events` of the contract.
    ///
    /// # Errors
    /// Why the bytes cannot be mapped.
    fn map_agent_events(settings: &Self::Settings<'_>, source: &EventSource) -> Result<Vec<AgentEvent>, MappingError>;

    /// `build-outbound-message` of the contract.
    ///
    /// # Errors
    /// Why the message cannot be built.
    fn build_outbound_message(
        settings: &Self::Settings<'_>,
        conversation: &Conversation,
        message: &Outbound,
    ) -> Result<Vec<ProviderRequest>, Unsupported>;

    /// `deliver` of the contract.
    ///
    /// # Errors
    /// Why the delivery failed.
    fn deliver(settings: &Self::Settings<'_>, request: &ProviderRequest) -> Result<Delivery, Failure>;

    /// `find-delivery` of the contract. Without an implementation, the status is unknown.
    ///
    /// # Errors
    /// Why the lookup failed.
    fn find_delivery(
        _settings: &Self::Settings<'_>,
        _conversation: &Conversation,
        _request: &ProviderRequest,
    ) -> Result<DeliveryStatus, Failure> {
        Ok(DeliveryStatus::Unknown)
    }

    /// `observe-conversation` of the contract. Without an implementation, it is not supported.
    ///
    /// # Errors
    /// Why the conversation cannot be observed.
    fn observe_conversation(
        _settings: &Self::Settings<'_>,
        _conversation: &Conversation,
    ) -> Result<Vec<AgentEvent>, Failure> {
        Err(Failure::Unsupported)
    }

    /// `fetch-agent-messages` of the contract. Without an implementation, it is not supported.
    ///
    /// # Errors
    /// Why the messages cannot be fetched.
    fn fetch_agent_messages(
        _settings: &Self::Settings<'_>,
        _conversation: &Conversation,
    ) -> Result<Vec<AgentEvent>, Failure> {
        Err(Failure::Unsupported)
    }

    /// `check-availability` of the contract. Without an implementation, it is not supported.
    ///
    /// # Errors
    /// Why the availability is not known.
    fn check_availability(_settings: &Self::Settings<'_>, _routing: &Routing) -> Result<Availability, Failure> {
        Err(Failure::Unsupported)
    }
}

/// The time during which an exported function runs. On wasm, all memory of the call is free after the next one begins.
#[derive(Debug)]
pub struct Call {
    #[cfg(target_family = "wasm")]
    _running: crate::runtime::Call,
}

impl Call {
    /// Begins a call, which ends when this is dropped.
    #[must_use]
    pub fn begin() -> Self {
        Self {
            #[cfg(target_family = "wasm")]
            _running: crate::runtime::Call::begin(),
        }
    }
}

/// Opens prepared settings.
///
/// # Errors
/// They are not from this version of the provider.
pub fn open<P: Configuration>(settings: &[u8]) -> Result<P::Settings<'_>, Stale> {
    prepared::open(P::STAMP, settings)
}

/// Implements the exports of `configuration`, which the bindings of each world have as a trait of their own.
#[doc(hidden)]
#[macro_export]
macro_rules! __implement_configuration {
    ($exports:path) => {
        impl<P: $crate::provider::Configuration> $exports for P {
            fn describe() -> $crate::contract::Description {
                let _call = $crate::provider::Call::begin();
                P::describe()
            }

            fn check_settings(
                settings: $crate::provider::Vec<$crate::contract::Setting>,
            ) -> Result<$crate::contract::AcceptedSettings, $crate::provider::Vec<$crate::contract::SettingsProblem>>
            {
                let _call = $crate::provider::Call::begin();
                P::check_settings(&settings)
            }

            fn check_connection(
                settings: $crate::provider::Vec<u8>,
                probe: Option<$crate::provider::String>,
            ) -> Result<$crate::provider::Vec<$crate::contract::Check>, $crate::contract::Failure> {
                let _call = $crate::provider::Call::begin();
                P::check_connection(&$crate::provider::open::<P>(&settings)?, probe.as_deref())
            }

            fn provision(
                settings: $crate::provider::Vec<u8>,
                webhook_url: $crate::provider::String,
                mode: $crate::contract::ProvisioningMode,
            ) -> Result<$crate::provider::Vec<$crate::contract::ProvisioningStep>, $crate::contract::Failure> {
                let _call = $crate::provider::Call::begin();
                P::provision(&$crate::provider::open::<P>(&settings)?, &webhook_url, mode)
            }
        }
    };
}
__implement_configuration!(ConfigurationExports);

impl<P: Handover> HandoverExports for P {
    fn verify_webhook(settings: Vec<u8>, webhook: Webhook) -> Result<Authenticity, Rejection> {
        let _call = Call::begin();
        P::verify_webhook(&open::<P>(&settings)?, &webhook)
    }

    fn map_agent_events(settings: Vec<u8>, source: EventSource) -> Result<Vec<AgentEvent>, MappingError> {
        let _call = Call::begin();
        P::map_agent_events(&open::<P>(&settings)?, &source)
    }

    fn receive_webhook(settings: Vec<u8>, webhook: Webhook) -> Result<ReceivedWebhook, Rejection> {
        let _call = Call::begin();
        let settings = open::<P>(&settings)?;
        let authenticity = P::verify_webhook(&settings, &webhook)?;
        let source = match authenticity {
            Authenticity::Signed(_) | Authenticity::Unchecked => EventSource::Webhook(webhook.body),
            Authenticity::ApiKey(OperatorSource::EventBus) => EventSource::EventBus(webhook.body),
            Authenticity::ApiKey(OperatorSource::Trigger) => EventSource::Trigger(webhook.body),
        };
        Ok(ReceivedWebhook { authenticity, events: P::map_agent_events(&settings, &source) })
    }

    fn build_outbound_message(
        settings: Vec<u8>,
        conversation: Conversation,
        message: Outbound,
    ) -> Result<Vec<ProviderRequest>, Unsupported> {
        let _call = Call::begin();
        P::build_outbound_message(&open::<P>(&settings)?, &conversation, &message)
    }

    fn deliver(settings: Vec<u8>, request: ProviderRequest) -> Result<Delivery, Failure> {
        let _call = Call::begin();
        P::deliver(&open::<P>(&settings)?, &request)
    }

    fn find_delivery(
        settings: Vec<u8>,
        conversation: Conversation,
        request: ProviderRequest,
    ) -> Result<DeliveryStatus, Failure> {
        let _call = Call::begin();
        P::find_delivery(&open::<P>(&settings)?, &conversation, &request)
    }

    fn observe_conversation(settings: Vec<u8>, conversation: Conversation) -> Result<Vec<AgentEvent>, Failure> {
        let _call = Call::begin();
        P::observe_conversation(&open::<P>(&settings)?, &conversation)
    }

    fn fetch_agent_messages(settings: Vec<u8>, conversation: Conversation) -> Result<Vec<AgentEvent>, Failure> {
        let _call = Call::begin();
        P::fetch_agent_messages(&open::<P>(&settings)?, &conversation)
    }

    fn check_availability(settings: Vec<u8>, routing: Routing) -> Result<Availability, Failure> {
        let _call = Call::begin();
        P::check_availability(&open::<P>(&settings)?, &routing)
    }
}
