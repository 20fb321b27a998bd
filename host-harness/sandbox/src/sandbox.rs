//! Starting and stopping a sandbox.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use uuid::Uuid;

use crate::cloud::Cloud;
use crate::config::{ClientConfig, Config, FlowConfig, IntegrationConfig, QueueConfig, Secret};
use crate::delivery::bot_client::BotClient;
use crate::delivery::delivery_queue::DeliveryQueue;
use crate::delivery::event_posts::{EventDestination, EventPost};
use crate::delivery::event_publisher::{EventPublisher, MAX_EVENTS};
use crate::delivery::retrying_client::RetryingClient;
use crate::delivery::webhook::{Webhook, WebhookContext};
use crate::router::router;
use crate::state::collection::Collection;
use crate::state::content_profiles::ContentProfile;
use crate::state::conversations::{Conversations, Queue, Rules};
use crate::state::downloads::Downloads;
use crate::state::faults::Faults;
use crate::state::flows::{Flow, Flows};
use crate::state::integrations::{Integration, Integrations, SECRET_LONGER_THAN, header_map, parse_webhook_url};
use crate::state::losses::Losses;
use crate::state::messaging_settings::MessagingSetting;
use crate::state::notification_channels::Channels;
use crate::state::queue_figures::{AllQueueFigures, QueueFigures};
use crate::state::request_log::MAX_REQUESTS;
use crate::state::ring::Ring;
use crate::state::routing_names::RoutingNames;
use crate::state::schedules::{Schedules, UnknownSchedule};
use crate::state::shared::Shared;
use crate::state::tokens::{Client, Tokens};
use crate::state::users::Users;

/// The number of callbacks that are kept.
const MAX_CALLBACKS: usize = 1_000;

/// The time limit for open requests to finish in [`Sandbox::stop`].
const STOP_TIMEOUT: Duration = Duration::from_secs(2);

/// A running sandbox. Dropping it stops it without waiting for open requests.
pub struct Sandbox {
    announcement: Announcement,
    webhooks: DeliveryQueue<Webhook>,
    event_posts: DeliveryQueue<EventPost>,
    stopping: watch::Sender<bool>,
    server: JoinHandle<()>,
}

/// The address and the credentials of the sandbox, for a client. The JSON fields are in snake case.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Announcement {
    /// The origin of login and API, without a trailing slash: `http://127.0.0.1:40123`.
    pub origin: String,
    /// The id of the first OAuth client.
    pub client_id: String,
    /// The secret of the first OAuth client.
    pub client_secret: String,
    /// The id of the first integration.
    pub integration_id: String,
    /// The name of the first integration.
    pub integration_name: String,
    /// The secret that signs the webhooks of the first integration.
    pub webhook_secret: String,
}

impl fmt::Debug for Announcement {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Announcement")
            .field("origin", &self.origin)
            .field("client_id", &self.client_id)
            .field("integration_id", &self.integration_id)
            .field("integration_name", &self.integration_name)
            .finish_non_exhaustive()
    }
}

/// An error that prevents the sandbox from starting.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StartError {
    /// The address is not a loopback address. This is required because the desk has no authentication.
    #[error("{0} is not a loopback address")]
    NotLoopback(SocketAddr),
    /// A field of the configuration is invalid.
    #[error("configuration: `{field}` {problem}")]
    Config {
        /// The name of the field.
        field: &'static str,
        /// The problem.
        problem: String,
    },
    /// The address is in use or does not belong to this machine.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The operating system's error.
        source: io::Error,
    },
    /// The HTTP client that sends webhooks could not be created.
    #[error(
        "cannot create an HTTP client; it needs the system's certificates: install them (Debian: ca-certificates), or set \
         SSL_CERT_FILE"
    )]
    HttpClient(#[source] reqwest::Error),
}

impl Sandbox {
    /// Starts a sandbox on `config.listen`. Requires a Tokio runtime with I/O and time enabled.
    ///
    /// # Errors
    ///
    /// Returns an error if the configuration is invalid or the address is not available.
    pub async fn start(config: Config) -> Result<Self, StartError> {
        if !config.listen.ip().is_loopback() {
            return Err(StartError::NotLoopback(config.listen));
        }
        let now = Timestamp::now();
        let clients: Vec<_> = config.clients.iter().map(client).collect();
        let flows: Vec<_> = config.flows.iter().map(flow).collect();
        let flow_id = flows.first().map(|flow| flow.id.clone());
        let integrations = config.integrations.iter().map(|entry| {
            let mut integration = integration(entry, now)?;
            integration.flow_id = flow_id.clone();
            Ok(integration)
        });
        let integrations = integrations.collect::<Result<Vec<_>, StartError>>()?;
        let queues: Vec<_> = config.queues.iter().map(queue).collect();
        require_distinct("clients", clients.iter().map(|client| client.id.as_str()))?;
        require_distinct("integrations", integrations.iter().map(|integration| integration.id.as_str()))?;
        require_distinct("flows", flows.iter().map(|flow| flow.id.as_str()))?;
        require_distinct("queues", queues.iter().map(|queue| queue.id.as_str()))?;

        let listen_error = |source| StartError::Listen { address: config.listen, source };
        let listener = TcpListener::bind(config.listen).await.map_err(listen_error)?;
        let address = listener.local_addr().map_err(listen_error)?;
        let announcement = announcement(address, &clients, &integrations)?;
        let (stopping, stopped) = watch::channel(false);
        let cloud = cloud(&config, address, clients, integrations, flows, queues, stopped.clone())?;
        let (webhooks, event_posts) = (cloud.webhooks.clone(), cloud.event_publisher.posts.clone());
        let server = tokio::spawn(serve(listener, cloud, stopped));
        tracing::info!(%address, "sandbox started");
        Ok(Self { announcement, webhooks, event_posts, stopping, server })
    }

    /// Returns the address and the credentials for a client.
    #[must_use]
    pub fn announcement(&self) -> &Announcement {
        &self.announcement
    }

    /// Stops the sandbox. Open requests have 2 s to finish. Queued webhooks are not sent.
    pub async fn stop(mut self) {
        self.stopping.send_replace(true);
        self.webhooks.stop().await;
        self.event_posts.stop().await;
        if timeout(STOP_TIMEOUT, &mut self.server).await.is_err() {
            self.server.abort();
        }
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Sandbox").field("announcement", &self.announcement).finish_non_exhaustive()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.stopping.send_replace(true);
        self.webhooks.abort();
        self.event_posts.abort();
        self.server.abort();
    }
}

async fn serve(listener: TcpListener, cloud: Cloud, mut stopped: watch::Receiver<bool>) {
    let until_stopped = async move {
        // An error means that the sandbox, which owns the sender, was dropped.
        let _ = stopped.wait_for(|stopped| *stopped).await;
    };
    // Serving never fails. An error of a connection ends only that connection.
    let _ = axum::serve(listener, router(cloud)).with_graceful_shutdown(until_stopped).await;
}

fn cloud(
    config: &Config,
    address: SocketAddr,
    clients: Vec<Client>,
    integrations: Vec<Integration>,
    flows: Vec<Flow>,
    mut queues: Vec<Queue>,
    stopping: watch::Receiver<bool>,
) -> Result<Cloud, StartError> {
    if queues.is_empty() {
        return Err(empty("queues"));
    }
    let flow_queue = queues.remove(0);
    let window = i64::try_from(config.threading_window_seconds).unwrap_or(i64::MAX);
    let conversations = Shared::new(Conversations::new(Rules {
        threading_window: SignedDuration::from_secs(window),
        drop_duplicates: config.unconfirmed.drop_repeated_message_ids,
        flow_queue,
        other_queues: queues,
    }));
    let client = RetryingClient::new(config.webhooks).map_err(StartError::HttpClient)?;
    let event_publisher = event_publisher(config, client.clone())?;
    let context = WebhookContext { conversations: conversations.clone(), event_publisher: event_publisher.clone() };
    let webhooks = DeliveryQueue::new(client, context);
    Ok(Cloud {
        address,
        unconfirmed: config.unconfirmed,
        integration_creation: SignedDuration::from_millis(
            i64::try_from(config.integration_creation_ms).unwrap_or(i64::MAX),
        ),
        inbound_status: status("unconfirmed.inbound-status", config.unconfirmed.inbound_status, [200, 202])?,
        oauth_failure_status: status(
            "unconfirmed.oauth-failure-status",
            config.unconfirmed.oauth_failure_status,
            [400, 401],
        )?,
        tokens: Shared::new(Tokens::new(clients, config.requests_per_minute)),
        integrations: Shared::new(Integrations::new(
            integrations,
            Collection::new(ContentProfile::initial(config.media.clone())),
            Collection::new(MessagingSetting::initial(config.typing)),
        )),
        bot_connectors: Shared::default(),
        bot_sessions: Shared::default(),
        bots: BotClient::new().map_err(StartError::HttpClient)?,
        flows: Arc::new(Flows(flows)),
        queue_figures: Shared::new(AllQueueFigures::new(QueueFigures {
            agents_on_queue: config.agents_on_queue,
            wait_seconds: Some(config.estimated_wait_seconds),
        })),
        schedules: Shared::new(schedules(config)?),
        routing_names: Arc::new(RoutingNames::new(&config.skills, &config.languages)),
        callbacks: Shared::new(Ring::new(MAX_CALLBACKS)),
        users: Shared::new(Users::new()),
        faults: event_publisher.faults.clone(),
        losses: event_publisher.losses.clone(),
        channels: event_publisher.channels.clone(),
        heartbeat_ms: config.notifications.heartbeat_ms,
        event_publisher,
        requests: Shared::new(Ring::new(MAX_REQUESTS)),
        downloads: Shared::new(Downloads::default()),
        webhooks,
        conversations,
        stopping,
    })
}

fn event_publisher(config: &Config, client: RetryingClient) -> Result<EventPublisher, StartError> {
    let refuse = |field| StartError::Config { field, problem: "cannot be sent in an HTTP request".to_owned() };
    let losses = Losses::new(config.losses);
    let losses =
        losses.map_err(|problem| StartError::Config { field: "losses", problem: format!("is invalid: {problem}") })?;
    Ok(EventPublisher {
        organization_id: Uuid::new_v4(),
        division_id: Uuid::new_v4(),
        unconfirmed: config.unconfirmed,
        event_bus: EventDestination::event_bus(&config.event_bus).map_err(refuse)?,
        trigger: EventDestination::trigger(&config.trigger).map_err(refuse)?,
        trigger_style: config.trigger.style,
        notifications_enabled: config.notifications.enabled,
        log: Shared::new(Ring::new(MAX_EVENTS)),
        posts: DeliveryQueue::new(client, ()),
        channels: Shared::new(Channels::new(config.notifications.channel_seconds)),
        faults: Shared::new(Faults::default()),
        losses: Shared::new(losses),
    })
}

fn announcement(
    address: SocketAddr,
    clients: &[Client],
    integrations: &[Integration],
) -> Result<Announcement, StartError> {
    let client = clients.first().ok_or_else(|| empty("clients"))?;
    let integration = integrations.first().ok_or_else(|| empty("integrations"))?;
    Ok(Announcement {
        origin: format!("http://{address}"),
        client_id: client.id.clone(),
        client_secret: client.secret.expose().to_owned(),
        integration_id: integration.id.clone(),
        integration_name: integration.name.clone(),
        webhook_secret: integration.secret.expose().to_owned(),
    })
}

fn client(config: &ClientConfig) -> Client {
    Client {
        id: config.id.clone().unwrap_or_else(random_id),
        secret: config.secret.clone().unwrap_or_else(random_secret),
        permissions: config.permissions.clone(),
        token_seconds: config.token_seconds,
    }
}

fn integration(config: &IntegrationConfig, now: Timestamp) -> Result<Integration, StartError> {
    let refuse = |field, problem: &str| StartError::Config { field, problem: problem.to_owned() };
    let webhook_url = match &config.webhook_url {
        Some(text) => {
            let url = parse_webhook_url(text);
            Some(url.ok_or_else(|| refuse("integrations.webhook-url", "is not an http(s) URL"))?)
        }
        None => None,
    };
    let secret = config.webhook_secret.clone().unwrap_or_else(random_secret);
    if secret.expose().chars().count() <= SECRET_LONGER_THAN {
        let problem = format!("must be longer than {SECRET_LONGER_THAN} characters");
        return Err(StartError::Config { field: "integrations.webhook-secret", problem });
    }
    let headers = config.webhook_headers.iter().map(|(name, value)| (name.clone(), value.expose().to_owned()));
    let headers: BTreeMap<_, _> = headers.collect();
    if header_map(&headers).is_none() {
        return Err(refuse("integrations.webhook-headers", "has a pair that cannot be an HTTP header"));
    }
    let id = config.id.clone().unwrap_or_else(random_id);
    let mut integration = Integration::new(id, config.name.clone(), webhook_url, secret, now);
    integration.headers = headers;
    Ok(integration)
}

fn flow(config: &FlowConfig) -> Flow {
    Flow {
        id: config.id.clone().unwrap_or_else(random_id),
        name: config.name.clone(),
        greeting: config.greeting.clone(),
        in_queue: config.in_queue.clone(),
    }
}

fn queue(config: &QueueConfig) -> Queue {
    Queue { id: config.id.clone().unwrap_or_else(random_id), name: config.name.clone() }
}

fn schedules(config: &Config) -> Result<Schedules, StartError> {
    let schedules = Schedules::new(&config.schedules, &config.schedule_groups, &config.emergency_groups);
    schedules.map_err(|UnknownSchedule(name)| StartError::Config {
        field: "schedule-groups",
        problem: format!("names the schedule {name}, which does not exist"),
    })
}

fn random_id() -> String {
    Uuid::new_v4().to_string()
}

fn random_secret() -> Secret {
    Secret::from(format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple()))
}

fn status(field: &'static str, status: u16, allowed: [u16; 2]) -> Result<StatusCode, StartError> {
    let [one, other] = allowed;
    let code = StatusCode::from_u16(status).ok().filter(|_| allowed.contains(&status));
    code.ok_or_else(|| StartError::Config { field, problem: format!("must be {one} or {other}") })
}

fn require_distinct<'a>(field: &'static str, mut ids: impl Iterator<Item = &'a str>) -> Result<(), StartError> {
    let mut seen = HashSet::new();
    match ids.find(|id| !seen.insert(*id)) {
        Some(id) => Err(StartError::Config { field, problem: format!("has the id {id} twice") }),
        None => Ok(()),
    }
}

fn empty(field: &'static str) -> StartError {
    StartError::Config { field, problem: "must not be empty".to_owned() }
}
