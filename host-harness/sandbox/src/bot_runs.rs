//! The runs of flows that ask bots: how they begin, and how a turn is asked.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use thiserror::Error;
use url::Url;

use crate::cloud::Cloud;
use crate::delivery::bot_client::{BotCall, CallError};
use crate::state::bot_answer::{BotAnswer, Product};
use crate::state::bot_connectors::BotIntegration;
use crate::state::bot_manifest;
use crate::state::bot_sessions::{BotSession, NoAnswer};

/// The time for an answer. Unconfirmed for v1; the default of *Bot Response Timeout* in v2 is 30 s.
const TIMEOUT_MS: u64 = 10_000;
const DIGITAL_TIMEOUT_MS: u64 = 30_000;
/// The minutes that a session lasts: seen in v1, the default of *Session Timeout* in v2.
const SESSION_MINUTES: u32 = 4_320;
const DIGITAL_SESSION_MINUTES: u32 = 720;

/// Why a run does not begin, or a turn is not asked. The message states what to do.
#[derive(Debug, Error)]
pub(crate) enum RunError {
    /// There is no such run, integration or bot.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// The state of something does not allow it.
    #[error("{0}")]
    Conflict(String),
}

/// The settings of the action.
#[derive(Debug)]
pub(crate) struct NewRun {
    /// `botSessionId`. Absent: a new one.
    pub(crate) session_id: Option<String>,
    pub(crate) bot: String,
    pub(crate) version: String,
    pub(crate) language: String,
    pub(crate) parameters: BTreeMap<String, String>,
    pub(crate) transfer_after: Vec<String>,
}

impl Cloud {
    /// Begins a run. Returns its id.
    pub(crate) async fn begin_run(&self, integration: BotIntegration, run: NewRun) -> Result<String, RunError> {
        let product = integration.product();
        let entry = match product {
            Product::BotConnector => registered(&integration, &run.bot)?,
            Product::DigitalBotConnector { .. } => {
                let call = self.bot_call(&integration, &["bots", &run.bot], DIGITAL_TIMEOUT_MS)?;
                let answer = self.bots.call(&call).await;
                answer.map_err(|error| RunError::Conflict(format!("the bot cannot be read: {}", message(&error))))?
            }
        };
        let bot = bot_manifest::reference(product, &entry, &run.version, &run.language).map_err(|error| {
            RunError::Conflict(format!("the entry of the bot does not fit: {}", error.description()))
        })?;
        let minutes = match product {
            Product::BotConnector => SESSION_MINUTES,
            Product::DigitalBotConnector { .. } => DIGITAL_SESSION_MINUTES,
        };
        let mut session = BotSession::new(integration.id, product, bot, run.parameters, minutes, run.transfer_after);
        if let Some(id) = run.session_id {
            session.id = id;
        }
        let id = session.id.clone();
        self.bot_sessions.with(|sessions| sessions.add(session));
        Ok(id)
    }

    /// Asks the bot for the answer to what the user says. Returns the answer; `None` if there is none, with which the run
    /// ends. `timeout_ms` is the action's *Bot Response Timeout*.
    pub(crate) async fn take_turn(
        &self,
        id: &str,
        text: &str,
        payload: Option<&str>,
        timeout_ms: Option<u64>,
    ) -> Result<Option<BotAnswer>, RunError> {
        let (integration_id, product, intents) = self.with_run(id, |session| {
            Ok((session.integration_id.clone(), session.product, session.bot.intents.clone()))
        })?;
        let (path, timeout) = match product {
            Product::BotConnector => (&[][..], TIMEOUT_MS),
            Product::DigitalBotConnector { .. } => (&["messages"][..], DIGITAL_TIMEOUT_MS),
        };
        let integration = self.bot_integration(Some(&integration_id))?;
        let mut call = self.bot_call(&integration, path, timeout_ms.unwrap_or(timeout))?;
        call.body = Some(self.with_run(id, |session| {
            if session.is_asked || !session.is_open() {
                return Err(RunError::Conflict("the bot is being asked, or the run is over".to_owned()));
            }
            Ok(session.ask(text, payload))
        })?);
        // A task of its own, because Genesys gets the answer even if nobody waits for this response.
        let (asking, session_id) = (self.clone(), id.to_owned());
        let asked = tokio::spawn(async move {
            let answer = asking.bots.call(&call).await;
            let answer = asking.with_run(&session_id, |session| {
                session.is_asked = false;
                // A later answer may have ended the run in the meantime.
                if !session.is_open() {
                    return Ok(None);
                }
                Ok(match answer {
                    Ok(body) => match BotAnswer::read(product, &intents, &body) {
                        Ok(answer) => {
                            session.answered(answer.clone());
                            Some(answer)
                        }
                        Err(error) => {
                            session.failed(NoAnswer::Invalid, error.description());
                            None
                        }
                    },
                    Err(error) => {
                        session.failed(reason(&error), message(&error));
                        None
                    }
                })
            })?;
            asking.transfer_after(&session_id);
            Ok(answer)
        });
        asked.await.unwrap_or_else(|error| Err(RunError::Conflict(error.to_string())))
    }

    /// Reads the bots of a Digital Bot Connector from the platform, as Architect does when a flow is edited.
    pub(crate) async fn read_bots(&self, integration: &BotIntegration) -> Result<Vec<Value>, RunError> {
        let call = self.bot_call(integration, &["bots"], DIGITAL_TIMEOUT_MS)?;
        let listed = self.bots.call(&call).await;
        let listed =
            listed.map_err(|error| RunError::Conflict(format!("the bots cannot be read: {}", message(&error))))?;
        Ok(listed.get("entities").and_then(Value::as_array).cloned().unwrap_or_default())
    }

    /// Transfers the conversation of a run to a queue, if the flow does so after the run's outcome.
    pub(crate) fn transfer_after(&self, id: &str) {
        let now = Timestamp::now();
        let transfer = self.bot_sessions.with(|sessions| sessions.get_mut(id)?.transfer(now));
        if let Some(transfer) = transfer {
            self.change(|conversations| conversations.transfer(transfer, now));
        }
    }

    /// Works on a run.
    pub(crate) fn with_run<T>(
        &self,
        id: &str,
        work: impl FnOnce(&mut BotSession) -> Result<T, RunError>,
    ) -> Result<T, RunError> {
        self.bot_sessions.with(|sessions| work(sessions.get_mut(id).ok_or(RunError::NotFound("run of a bot"))?))
    }

    /// Returns the enabled integration with this id, or the only one.
    pub(crate) fn bot_integration(&self, id: Option<&str>) -> Result<BotIntegration, RunError> {
        let Some(id) = id else { return self.only_integration() };
        let found = self.bot_connectors.with(|all| all.get(id).cloned()).ok_or(RunError::NotFound("integration"))?;
        if found.is_enabled { Ok(found) } else { Err(RunError::Conflict("the integration is disabled".to_owned())) }
    }

    fn only_integration(&self) -> Result<BotIntegration, RunError> {
        let all: Vec<_> =
            self.bot_connectors.with(|all| all.integrations.iter().filter(|one| one.is_enabled).cloned().collect());
        let [only] = &all[..] else {
            let found = all.len();
            return Err(RunError::Conflict(format!("set `integrationId`: {found} integrations of bots are enabled")));
        };
        Ok(only.clone())
    }

    /// Builds a GET of the integration's URL with `path` appended.
    fn bot_call(&self, integration: &BotIntegration, path: &[&str], timeout_ms: u64) -> Result<BotCall, RunError> {
        let missing = || RunError::Conflict("the integration has no URL of a bot".to_owned());
        let mut url: Url = integration.url().and_then(|url| url.parse().ok()).ok_or_else(missing)?;
        if !path.is_empty() {
            url.path_segments_mut().map_err(|()| missing())?.pop_if_empty().extend(path);
        }
        Ok(BotCall {
            url,
            body: None,
            headers: self.bot_connectors.with(|all| all.secret_headers(integration)),
            timeout: Duration::from_millis(timeout_ms),
            is_repeated: integration.product() != Product::BotConnector,
        })
    }
}

fn registered(integration: &BotIntegration, id: &str) -> Result<Value, RunError> {
    let bots = integration.bots.as_array().into_iter().flatten();
    bots.into_iter()
        .find(|bot| bot.get("id").and_then(Value::as_str) == Some(id))
        .cloned()
        .ok_or(RunError::NotFound("bot"))
}

fn reason(error: &CallError) -> NoAnswer {
    match error {
        CallError::TimedOut => NoAnswer::TimedOut,
        CallError::Refused(_) => NoAnswer::Refused,
        CallError::Invalid => NoAnswer::Invalid,
    }
}

fn message(error: &CallError) -> String {
    match error {
        CallError::TimedOut => "no answer in time".to_owned(),
        CallError::Refused(reason) => reason.clone(),
        CallError::Invalid => "the answer is too large or is not JSON".to_owned(),
    }
}
