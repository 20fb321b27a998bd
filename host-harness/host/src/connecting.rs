//! Connects a provider with the settings of one contact center.

use crate::bot_connection::BotConnection;
use crate::call::{Capabilities, reached};
use crate::connection::Connection;
use crate::contract::{AcceptedSettings, AgentEvent, Delivery, Setting, SettingKind, Webhook};
use crate::error::{CallError, ConnectError, Error, Limit};
use crate::exports::{BotConnectorExports, HandoverExports};
use crate::instances::{InstancePool, Instances};
use crate::limits::Limits;
use crate::origin::{AllowedOrigins, GrantedOrigins, NotGranted};
use crate::provider::Provider;
use crate::signature::Verifier;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// A provider and the settings of one connection, with the functions of one interface.
pub(crate) struct Connected<Functions> {
    pub(crate) provider: Provider,
    pub(crate) settings: Vec<Setting>,
    pub(crate) accepted: AcceptedSettings,
    pub(crate) capabilities: Capabilities,
    pub(crate) pool: InstancePool,
    pub(crate) functions: Arc<Functions>,
}

impl<Functions> std::fmt::Debug for Connected<Functions> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connected")
            .field("provider", &self.provider)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl<Functions> Connected<Functions> {
    pub(crate) fn instances(&self) -> &Instances {
        self.provider.instances()
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.instances().shared.limits
    }

    /// Checks that a request of the contact center does not exceed the limits.
    pub(crate) fn bound_webhook(&self, webhook: &Webhook) -> Result<(), CallError> {
        let limits = self.limits();
        if webhook.headers.len() > limits.headers {
            return Err(reached(Limit::Headers, limits));
        }
        let headers: usize = webhook.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        if webhook.method.len() + webhook.path.len() + headers + webhook.body.len() > limits.input {
            return Err(reached(Limit::Input, limits));
        }
        Ok(())
    }

    /// Checks that the ids and the events of a delivery do not exceed the limits.
    pub(crate) fn bound_delivery(&self, delivery: &Delivery) -> Result<(), CallError> {
        self.bound_events(&delivery.events)?;
        self.bound_ids([delivery.message_id.as_ref(), delivery.conversation_id.as_ref()])
    }

    /// Checks that events of the provider do not exceed the limits.
    pub(crate) fn bound_events(&self, events: &[AgentEvent]) -> Result<(), CallError> {
        let limits = self.limits();
        if events.len() > limits.items {
            return Err(reached(Limit::Items, limits));
        }
        events.iter().try_for_each(|event| {
            self.bound_ids([Some(&event.id), event.recipient.as_ref(), event.conversation_id.as_ref()])
        })
    }

    /// Checks that ids of the provider do not exceed the limit.
    pub(crate) fn bound_ids<const N: usize>(&self, ids: [Option<&String>; N]) -> Result<(), CallError> {
        let limits = self.limits();
        let fit = ids.into_iter().flatten().all(|id| id.len() <= limits.id);
        fit.then_some(()).ok_or_else(|| reached(Limit::Id, limits))
    }
}

/// Calls a pure function of the connection's interface.
macro_rules! pure {
    ($connection:expr, $function:ident, $at_once:ident $(, $argument:expr)*) => {{
        let inner = &$connection.inner;
        let (instances, settings) = (inner.instances(), &inner.accepted.prepared);
        instances
            .pure_call(
                &inner.pool,
                $connection.call_time,
                |store, instance| inner.functions.$at_once(store, instance, settings $(, $argument)*),
                async |store, instance| {
                    inner.functions.$function(store, instance, settings $(, $argument)*).await
                },
            )
            .await
    }};
}

/// Calls a function that has effects, of these exports.
macro_rules! effect {
    ($connection:expr, $exports:expr, $function:ident $(, $argument:expr)*) => {{
        let inner = &$connection.inner;
        let (exports, settings) = (&$exports, &inner.accepted.prepared);
        inner
            .instances()
            .call(&inner.pool, Some(inner.capabilities.clone()), $connection.call_time, async |store, instance| {
                exports.$function(store, instance, settings $(, $argument)*).await
            })
            .await
    }};
}
pub(crate) use {effect, pure};

impl Provider {
    /// Creates a connection: checks the settings, and grants the origins that follow from them if the operator allows
    /// them.
    ///
    /// # Errors
    /// The provider has no interface for handovers, or it refuses the settings (the error contains all problems), an origin
    /// is not allowed, or the call fails.
    pub async fn connect(&self, settings: Vec<Setting>, allowed: &AllowedOrigins) -> Result<Connection, ConnectError> {
        let accepted = self.accept(&settings).await?;
        let origins = granted(&accepted, allowed)?;
        self.connection(settings, accepted, origins)
    }

    /// Creates a connection without network access, for the calls that need none.
    ///
    /// # Errors
    /// As for [`connect`](Self::connect), except for origins.
    pub async fn connect_offline(&self, settings: Vec<Setting>) -> Result<Connection, ConnectError> {
        let accepted = self.accept(&settings).await?;
        self.connection(settings, accepted, GrantedOrigins::default())
    }

    /// Creates a connection without network access from prepared settings that may not be the provider's. For
    /// conformance tests: a provider must answer with `stale-settings`.
    ///
    /// # Errors
    /// The provider has no interface for handovers.
    pub fn connect_prepared(&self, prepared: Vec<u8>) -> Result<Connection, ConnectError> {
        self.connection(Vec::new(), foreign(prepared), GrantedOrigins::default())
    }

    /// Creates a connection for a contact center that asks the platform's bots. Otherwise like
    /// [`connect`](Self::connect).
    ///
    /// # Errors
    /// The provider has no interface for bots; otherwise as for [`connect`](Self::connect).
    pub async fn connect_bots(
        &self,
        settings: Vec<Setting>,
        allowed: &AllowedOrigins,
    ) -> Result<BotConnection, ConnectError> {
        let accepted = self.accept(&settings).await?;
        let origins = granted(&accepted, allowed)?;
        self.bot_connection(settings, accepted, origins)
    }

    /// Like [`connect_offline`](Self::connect_offline), for bots.
    ///
    /// # Errors
    /// As for [`connect_bots`](Self::connect_bots), except for origins.
    pub async fn connect_bots_offline(&self, settings: Vec<Setting>) -> Result<BotConnection, ConnectError> {
        let accepted = self.accept(&settings).await?;
        self.bot_connection(settings, accepted, GrantedOrigins::default())
    }

    /// Like [`connect_prepared`](Self::connect_prepared), for bots.
    ///
    /// # Errors
    /// The provider has no interface for bots.
    pub fn connect_bots_prepared(&self, prepared: Vec<u8>) -> Result<BotConnection, ConnectError> {
        self.bot_connection(Vec::new(), foreign(prepared), GrantedOrigins::default())
    }

    /// Returns whether a setting is a secret. One that the description does not name counts as a secret.
    pub(crate) fn is_secret(&self, setting: &Setting) -> bool {
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
        let functions: &Arc<HandoverExports> =
            self.instances().exports.handover.as_ref().ok_or(ConnectError::NoHandovers)?;
        let is_secret = |setting: &Setting| self.is_secret(setting);
        let verifier = accepted.signature.as_ref().map(|signature| Verifier::new(signature, &settings, is_secret));
        let verifier = verifier.transpose().map_err(ConnectError::InvalidSignature)?.map(Arc::new);
        Ok(Connection::new(self.connected(settings, accepted, origins, functions), verifier))
    }

    fn bot_connection(
        &self,
        settings: Vec<Setting>,
        accepted: AcceptedSettings,
        origins: GrantedOrigins,
    ) -> Result<BotConnection, ConnectError> {
        let functions: &Arc<BotConnectorExports> =
            self.instances().exports.bot_connector.as_ref().ok_or(ConnectError::NoBots)?;
        Ok(BotConnection::new(self.connected(settings, accepted, origins, functions)))
    }

    fn connected<Functions>(
        &self,
        settings: Vec<Setting>,
        accepted: AcceptedSettings,
        origins: GrantedOrigins,
        functions: &Arc<Functions>,
    ) -> Connected<Functions> {
        let shared = &self.instances().shared;
        let capabilities = Capabilities {
            transport: Arc::clone(&shared.transport),
            cache: Arc::clone(&shared.cache),
            origins,
            namespace: namespace(self.fingerprint(), &settings).into(),
        };
        let pool = InstancePool::new(&shared.limits);
        Connected { provider: self.clone(), settings, accepted, capabilities, pool, functions: Arc::clone(functions) }
    }
}

/// Grants the origins that follow from the settings.
fn granted(accepted: &AcceptedSettings, allowed: &AllowedOrigins) -> Result<GrantedOrigins, ConnectError> {
    let mut origins = GrantedOrigins::default();
    for origin in &accepted.origins {
        origins.grant(origin, allowed).map_err(|not_granted| match not_granted {
            NotGranted::NotAllowed => ConnectError::OriginNotAllowed(origin.clone()),
            NotGranted::Invalid(why) => ConnectError::InvalidOrigin { origin: origin.clone(), why },
        })?;
    }
    Ok(origins)
}

/// Prepared settings that the provider may not have prepared.
fn foreign(prepared: Vec<u8>) -> AcceptedSettings {
    let (origins, headers, warnings) = (Vec::new(), Vec::new(), Vec::new());
    AcceptedSettings { prepared, origins, headers, signature: None, warnings }
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
