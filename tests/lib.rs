//! Tests across the crates, on the components as they are shipped.

/// The provider for Genesys Cloud Open Messaging.
pub const GENESYS: &[u8] = include_bytes!(env!("GENESYS_OPEN_MESSAGING"));

/// The provider for the Genesys Bot Connector.
pub const BOT_CONNECTOR: &[u8] = include_bytes!(env!("BOT_CONNECTOR_COMPONENT"));

/// The smallest complete provider.
pub const ECHO: &[u8] = include_bytes!(env!("ECHO_COMPONENT"));

/// The provider for Genesys Cloud Open Messaging with a slot for a fault. No fault is active.
pub const MUTANT: &[u8] = include_bytes!(env!("MUTANT_COMPONENT"));

/// The provider for the Genesys Bot Connector with a slot for a fault. No fault is active.
pub const BOT_MUTANT: &[u8] = include_bytes!(env!("BOT_MUTANT_COMPONENT"));

/// A provider with a slot for an attack on its host. No attack is active.
pub const EVIL: &[u8] = include_bytes!(env!("EVIL_COMPONENT"));

/// Separates the provider's answer from a failed call.
///
/// # Errors
/// Returns the `CallError` if the call failed.
pub fn answered<T, E>(result: Result<T, handover_host::Error<E>>) -> Result<Result<T, E>, handover_host::CallError> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(error) => error.into_provider().map(Err),
    }
}
