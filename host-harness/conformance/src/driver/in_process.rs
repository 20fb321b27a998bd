//! The host of this process: `handover-host`.

use super::script::{ClearableCache, Scripted};
use super::{Call, Driver, Instance, Made, Network, SettingsOfCall, VerifiedBy};
use crate::interfaces::Interfaces;
use crate::json_form::{
    AcceptedSettingsJson, Base64, BotResponseJson, EventSourceJson, ProviderRequestJson, ReceivedWebhookJson,
    ResultJson, SettingJson, WebhookJson,
};
use async_trait::async_trait;
use handover_host::contract::{Bot, Setting};
use handover_host::{
    AllowedOrigins, BotConnection, BuildError, Connection, Error, Host, HostBuilder, Limits, LoadError, Provider,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::Mutex;

/// The component, loaded in two hosts: one creates an instance for each call, the other keeps its instance.
pub(crate) struct InProcess {
    fresh: Provider,
    keeping: Provider,
    network: Scripted,
    cache: ClearableCache,
    /// The last connection whose instance is kept, with its settings, its network, and whether it is one for bots.
    kept: Mutex<Option<(SettingsOfCall, Network, bool, Connected)>>,
}

/// A connection of the interface that a call belongs to.
#[derive(Clone)]
enum Connected {
    Handover(Connection),
    Bots(BotConnection),
}

/// Compiles a component for [`InProcess::load`].
pub(crate) fn precompile(component: &[u8]) -> Result<Vec<u8>, LoadError> {
    host(Host::builder().limits(limits()))?.precompile(component)
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    // The cases make one call at a time.
    limits.concurrent_calls = 4;
    limits
}

/// Builds a host. If this fails, the component is not at fault, but it cannot be tested.
fn host(builder: HostBuilder) -> Result<Host, LoadError> {
    builder.build().map_err(|error: BuildError| LoadError::Invalid(error.to_string()))
}

impl InProcess {
    /// Loads a compiled component.
    ///
    /// # Safety
    /// The bytes must come from [`precompile`].
    pub(crate) async unsafe fn load(compiled: &[u8]) -> Result<Self, LoadError> {
        let (network, cache) = (Scripted::default(), ClearableCache::default());
        let builder = || Host::builder().limits(limits()).http(network.clone()).cache(cache.clone());
        let (fresh, keeping) = (host(builder())?, host(builder().reuse(u32::MAX))?);
        // SAFETY: the caller guarantees the origin of the bytes, and `precompile` uses the same limits.
        let (fresh, keeping) =
            unsafe { (fresh.load_precompiled(compiled).await?, keeping.load_precompiled(compiled).await?) };
        Ok(Self { fresh, keeping, network, cache, kept: Mutex::default() })
    }

    /// Returns the interfaces that the component exports.
    pub(crate) fn interfaces(&self) -> Interfaces {
        Interfaces::of(&self.fresh)
    }

    async fn connected(&self, call: &Call) -> Result<Connected, String> {
        let provider = match call.instance {
            Instance::Fresh => &self.fresh,
            Instance::Kept => &self.keeping,
        };
        let for_bots = BOT_FUNCTIONS.contains(&call.function) || !self.interfaces().handover;
        let mut kept = self.kept.lock().await;
        if let (Instance::Kept, Some((settings, network, is_for_bots, connected))) = (call.instance, &*kept)
            && (settings, network, *is_for_bots) == (&call.settings, &call.network, for_bots)
        {
            return Ok(connected.clone());
        }
        let connected = match for_bots {
            true => connect_bots(provider, call).await.map(Connected::Bots)?,
            false => connect(provider, call).await.map(Connected::Handover)?,
        };
        if let Instance::Kept = call.instance {
            *kept = Some((call.settings.clone(), call.network.clone(), for_bots, connected.clone()));
        }
        Ok(connected)
    }

    async fn result(&self, call: &Call) -> Result<Value, String> {
        let arguments = Arguments(&call.arguments);
        match call.function {
            "describe" => return json(self.fresh.description()),
            "check-settings" => {
                let settings: Vec<SettingJson> = arguments.get("settings")?;
                let settings: Vec<Setting> = settings.into_iter().map(Setting::from).collect();
                let checked = self.fresh.check_settings(&settings).await;
                return answer(checked.map(AcceptedSettingsJson::from));
            }
            _ => {}
        }
        match self.connected(call).await? {
            Connected::Handover(connection) => handover_result(&connection, call, &arguments).await,
            Connected::Bots(connection) => bot_result(&connection, call, &arguments).await,
        }
    }
}

/// The functions of the interface `bot-connector`.
const BOT_FUNCTIONS: [&str; 7] = [
    "verify-bot-request",
    "map-bot-request",
    "build-bot-response",
    "build-bot-list",
    "build-late-answer",
    "deliver-late-answer",
    "register-bots",
];

fn entered(settings: &[SettingJson]) -> Vec<Setting> {
    settings.iter().cloned().map(Setting::from).collect()
}

/// Returns the origins that follow from settings.
async fn origins(provider: &Provider, settings: &[Setting]) -> Result<AllowedOrigins, String> {
    let accepted = provider.check_settings(settings).await.map_err(|error| error.to_string())?;
    Ok(AllowedOrigins::from_settings(&accepted.origins))
}

async fn connect(provider: &Provider, call: &Call) -> Result<Connection, String> {
    let connected = match (&call.settings, &call.network) {
        (SettingsOfCall::None {}, _) => return Err(format!("{} needs settings", call.function)),
        (SettingsOfCall::Prepared(Base64(prepared)), _) => provider.connect_prepared(prepared.clone()),
        (SettingsOfCall::Settings(settings), Network::Offline) => provider.connect_offline(entered(settings)).await,
        (SettingsOfCall::Settings(settings), Network::Scripted(_)) => {
            let allowed = origins(provider, &entered(settings)).await?;
            provider.connect(entered(settings), &allowed).await
        }
    };
    connected.map_err(|error| error.to_string())
}

async fn connect_bots(provider: &Provider, call: &Call) -> Result<BotConnection, String> {
    let connected = match (&call.settings, &call.network) {
        (SettingsOfCall::None {}, _) => return Err(format!("{} needs settings", call.function)),
        (SettingsOfCall::Prepared(Base64(prepared)), _) => provider.connect_bots_prepared(prepared.clone()),
        (SettingsOfCall::Settings(settings), Network::Offline) => {
            provider.connect_bots_offline(entered(settings)).await
        }
        (SettingsOfCall::Settings(settings), Network::Scripted(_)) => {
            let allowed = origins(provider, &entered(settings)).await?;
            provider.connect_bots(entered(settings), &allowed).await
        }
    };
    connected.map_err(|error| error.to_string())
}

async fn handover_result(connection: &Connection, call: &Call, arguments: &Arguments<'_>) -> Result<Value, String> {
    let connection = verified(connection, call.verifier);
    let request = || arguments.get::<ProviderRequestJson>("request").map(Into::into);
    let webhook = || arguments.get::<WebhookJson>("webhook").map(Into::into);
    match call.function {
        "verify-webhook" => answer(connection.verify_webhook(&webhook()?).await),
        "receive-webhook" => answer(connection.receive_webhook(&webhook()?).await.map(ReceivedWebhookJson::from)),
        "map-agent-events" => {
            let source = arguments.get::<EventSourceJson>("source")?.into();
            answer(connection.map_agent_events(&source).await)
        }
        "build-outbound-message" => {
            let (conversation, message) = (arguments.get("conversation")?, arguments.get("message")?);
            let built = connection.build_outbound_message(&conversation, &message).await;
            answer(built.map(|requests| requests.iter().map(ProviderRequestJson::from).collect::<Vec<_>>()))
        }
        "deliver" => answer(connection.deliver(&request()?).await),
        "find-delivery" => answer(connection.find_delivery(&arguments.get("conversation")?, &request()?).await),
        "observe-conversation" => answer(connection.observe_conversation(&arguments.get("conversation")?).await),
        "fetch-agent-messages" => answer(connection.fetch_agent_messages(&arguments.get("conversation")?).await),
        "check-availability" => answer(connection.check_availability(&arguments.get("routing")?).await),
        "check-connection" => {
            let probe: Option<String> = arguments.get("probe")?;
            answer(connection.check_connection(probe.as_deref()).await)
        }
        "provision" => {
            let webhook_url: String = arguments.get("webhook-url")?;
            answer(connection.provision(&webhook_url, arguments.get("mode")?).await)
        }
        other => Err(format!("the contract has no function {other}")),
    }
}

async fn bot_result(connection: &BotConnection, call: &Call, arguments: &Arguments<'_>) -> Result<Value, String> {
    let request = || arguments.get::<WebhookJson>("request").map(Into::into);
    let bots = || arguments.get::<Vec<Bot>>("bots");
    match call.function {
        "verify-bot-request" => answer(connection.verify_bot_request(&request()?).await),
        "map-bot-request" => answer(connection.map_bot_request(&request()?).await),
        "build-bot-response" => {
            let (turn, number, given) =
                (arguments.get("turn")?, arguments.get("turn-number")?, arguments.get("answer")?);
            answer(connection.build_bot_response(&turn, number, &given).await.map(BotResponseJson::from))
        }
        "build-bot-list" => {
            let id: Option<String> = arguments.get("id")?;
            answer(connection.build_bot_list(&bots()?, id.as_deref()).await.map(BotResponseJson::from))
        }
        "build-late-answer" => {
            let (turn, given, time) = (arguments.get("turn")?, arguments.get("answer")?, arguments.get("time")?);
            let built = connection.build_late_answer(&turn, &given, time).await;
            answer(built.map(|request| ProviderRequestJson::from(&request)))
        }
        "deliver-late-answer" => {
            let request = arguments.get::<ProviderRequestJson>("request")?.into();
            answer(connection.deliver_late_answer(&request).await)
        }
        "register-bots" => answer(connection.register_bots(&bots()?).await),
        "check-connection" => {
            let probe: Option<String> = arguments.get("probe")?;
            answer(connection.check_connection(probe.as_deref()).await)
        }
        "provision" => {
            let url: String = arguments.get("webhook-url")?;
            answer(connection.provision(&url, arguments.get("mode")?).await)
        }
        other => Err(format!("the contract has no function {other}")),
    }
}

#[async_trait]
impl Driver for InProcess {
    async fn make(&self, call: &Call) -> Result<Made, String> {
        self.cache.clear();
        self.network.begin(&call.network)?;
        let result = self.result(call).await?;
        Ok(Made { result, requests: self.network.requests() })
    }
}

fn verified(connection: &Connection, verifier: VerifiedBy) -> Connection {
    match verifier {
        VerifiedBy::Host => connection.clone(),
        VerifiedBy::Provider => connection.verified_by_provider(),
    }
}

struct Arguments<'a>(&'a Value);

impl Arguments<'_> {
    fn get<T: DeserializeOwned>(&self, name: &str) -> Result<T, String> {
        let argument = self.0.get(name).unwrap_or(&Value::Null);
        T::deserialize(argument).map_err(|error| format!("the argument {name}: {error}"))
    }
}

/// Separates the provider's answer from a call that failed.
fn answer<T: Serialize, E: Serialize>(result: Result<T, Error<E>>) -> Result<Value, String> {
    json(&match result {
        Ok(value) => ResultJson::Ok(value),
        Err(Error::Provider(error)) => ResultJson::Error(error),
        Err(Error::Call(error)) => return Err(error.to_string()),
    })
}

fn json(value: &impl Serialize) -> Result<Value, String> {
    serde_json::to_value(value).map_err(|error| error.to_string())
}
