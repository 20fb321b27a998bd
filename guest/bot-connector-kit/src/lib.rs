//! What every provider of bots needs, in addition to `handover-guest`: the interface `bot-connector`, with which a contact
//! center asks the bots of a platform. A provider implements [`handover_guest::provider::Configuration`] and
//! [`BotConnector`], and exports both with [`export!`].

#![no_std]

extern crate alloc;

pub mod bindings;
#[doc(hidden)]
pub mod component;

/// The types of the interface.
pub mod contract {
    pub use crate::bindings::exports::handover::provider::bot_connector::{
        Bot, BotAnswer, BotHandover, BotMessage, BotRequest, BotResponse, BotResult, BotVersion, Intent, NextStep,
        Slot, SlotType, SlotValue, Turn, TurnInput,
    };
}

#[doc(hidden)]
pub use handover_guest::{__export_configuration_functions, __export_functions};

use crate::bindings::exports::handover::provider::bot_connector::Guest as BotConnectorExports;
use crate::bindings::exports::handover::provider::configuration::Guest as ConfigurationExports;
use alloc::{string::String, vec::Vec};
use contract::*;
use handover_guest::contract::*;
use handover_guest::provider::{Call, Configuration, open};

/// The interface `bot-connector`: the contact center asks the platform's bots.
/// [`export!`] exports it and `configuration` as a component.
pub trait BotConnector: Configuration {
    /// `verify-bot-request` of the contract.
    ///
    /// # Errors
    /// Why the request is not authentic.
    fn verify_bot_request(settings: &Self::Settings<'_>, request: &Webhook) -> Result<u32, Rejection>;

    /// `map-bot-request` of the contract.
    ///
    /// # Errors
    /// Why the bytes cannot be mapped.
    fn map_bot_request(settings: &Self::Settings<'_>, request: &Webhook) -> Result<BotRequest, MappingError>;

    /// `build-bot-response` of the contract.
    ///
    /// # Errors
    /// Why the answer cannot be built.
    fn build_bot_response(
        settings: &Self::Settings<'_>,
        turn: &Turn,
        turn_number: u32,
        answer: &BotAnswer,
    ) -> Result<BotResponse, Unsupported>;

    /// `build-bot-list` of the contract.
    ///
    /// # Errors
    /// Why the list cannot be built.
    fn build_bot_list(
        settings: &Self::Settings<'_>,
        bots: &[Bot],
        id: Option<&str>,
    ) -> Result<BotResponse, Unsupported>;

    /// `build-late-answer` of the contract. Without an implementation, it is not supported.
    ///
    /// # Errors
    /// Why the answer cannot be built.
    fn build_late_answer(
        _settings: &Self::Settings<'_>,
        _turn: &Turn,
        _answer: &BotAnswer,
        _time: Timestamp,
    ) -> Result<ProviderRequest, Unsupported> {
        Err(Unsupported::Kind("late-answer".into()))
    }

    /// `deliver-late-answer` of the contract. Without an implementation, it is not supported.
    ///
    /// # Errors
    /// Why the delivery failed.
    fn deliver_late_answer(_settings: &Self::Settings<'_>, _request: &ProviderRequest) -> Result<Delivery, Failure> {
        Err(Failure::Unsupported)
    }

    /// `register-bots` of the contract. Without an implementation, it is not supported.
    ///
    /// # Errors
    /// Why the bots cannot be registered.
    fn register_bots(_settings: &Self::Settings<'_>, _bots: &[Bot]) -> Result<(), Failure> {
        Err(Failure::Unsupported)
    }
}

handover_guest::__implement_configuration!(ConfigurationExports);

impl<P: BotConnector> BotConnectorExports for P {
    fn verify_bot_request(settings: Vec<u8>, request: Webhook) -> Result<u32, Rejection> {
        let _call = Call::begin();
        P::verify_bot_request(&open::<P>(&settings)?, &request)
    }

    fn map_bot_request(settings: Vec<u8>, request: Webhook) -> Result<BotRequest, MappingError> {
        let _call = Call::begin();
        P::map_bot_request(&open::<P>(&settings)?, &request)
    }

    fn build_bot_response(
        settings: Vec<u8>,
        turn: Turn,
        turn_number: u32,
        answer: BotAnswer,
    ) -> Result<BotResponse, Unsupported> {
        let _call = Call::begin();
        P::build_bot_response(&open::<P>(&settings)?, &turn, turn_number, &answer)
    }

    fn build_bot_list(settings: Vec<u8>, bots: Vec<Bot>, id: Option<String>) -> Result<BotResponse, Unsupported> {
        let _call = Call::begin();
        P::build_bot_list(&open::<P>(&settings)?, &bots, id.as_deref())
    }

    fn build_late_answer(
        settings: Vec<u8>,
        turn: Turn,
        answer: BotAnswer,
        time: Timestamp,
    ) -> Result<ProviderRequest, Unsupported> {
        let _call = Call::begin();
        P::build_late_answer(&open::<P>(&settings)?, &turn, &answer, time)
    }

    fn deliver_late_answer(settings: Vec<u8>, request: ProviderRequest) -> Result<Delivery, Failure> {
        let _call = Call::begin();
        P::deliver_late_answer(&open::<P>(&settings)?, &request)
    }

    fn register_bots(settings: Vec<u8>, bots: Vec<Bot>) -> Result<(), Failure> {
        let _call = Call::begin();
        P::register_bots(&open::<P>(&settings)?, &bots)
    }
}

/// Exports a provider as the component's implementation of the contract. Does nothing on targets other than wasm.
#[macro_export]
macro_rules! export {
    ($provider:ident) => {
        #[cfg(target_family = "wasm")]
        #[allow(unreachable_pub, missing_docs, clippy::missing_docs_in_private_items, reason = "generated")]
        mod component {
            use super::$provider;
            $crate::bindings::export!($provider with_types_in $crate::component);
        }
    };
}
