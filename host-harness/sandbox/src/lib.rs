//! A local Genesys Cloud: OAuth, Open Messaging, conversations, webhooks and an agent's side, in memory, on loopback.
//!
//! It behaves as Genesys Cloud's Open Messaging does, including what is unpleasant: lists come in pages and have no
//! filter by name, tokens expire, requests are limited, typing is off until it is enabled, webhooks are retried and
//! repeated, and nobody tells when the agent comes, goes, or ends the conversation. Where Genesys's documentation is
//! silent, [`Unconfirmed`] has a switch. Faults can be ordered.
//!
//! ```
//! use genesys_sandbox::{Config, Sandbox};
//!
//! # async fn example() -> Result<(), genesys_sandbox::StartError> {
//! let mut config = Config::default();
//! for integration in &mut config.integrations {
//!     integration.webhook_url = Some("http://127.0.0.1:3000/webhook".to_owned());
//! }
//! let sandbox = Sandbox::start(config).await?;
//! println!("log in at {}", sandbox.announcement().origin);
//! sandbox.stop().await;
//! # Ok(())
//! # }
//! # tokio::runtime::Runtime::new().map(|runtime| runtime.block_on(example()));
//! ```
//!
//! As a file, the same and some more (see [`Config`] for every field and its default):
//!
//! ```
//! # let config: Result<genesys_sandbox::Config, _> = toml::from_str(r#"
//! listen = "127.0.0.1:8080"
//! typing = { inbound = true, outbound = true }
//! media = { outbound = ["image/*", "application/pdf"] }
//! webhooks = { timeout-ms = 1000, retry-delay-ms = 100 }
//! queues = [{ name = "Support" }, { name = "Sales" }]
//!
//! [[integrations]]
//! name = "BotHandover"
//! webhook-url = "http://127.0.0.1:3000/webhook"
//! webhook-secret = "a-secret-of-16-or-more-chars"
//! # "#);
//! # assert!(config.is_ok(), "{config:?}");
//! ```
//!
//! # Genesys's side of the API
//!
//! Login and API are on one origin. Every answer has `ININ-Correlation-Id`; every refusal is an `ErrorBody`.
//!
//! | Request | Permission |
//! |---|---|
//! | `POST /oauth/token` (Basic or form credentials) | |
//! | `GET`, `POST /api/v2/conversations/messaging/integrations/open` | `messaging:integration:view`, `:add` |
//! | `GET`, `PATCH`, `DELETE …/integrations/open/{integrationId}` | `messaging:integration:view`, `:edit`, `:delete` |
//! | `GET /api/v2/routing/queues`, `GET /api/v2/routing/queues/{queueId}` | `routing:queue:view` |
//! | `GET /api/v2/users/{userId}` | `directory:user:view` (unconfirmed) |
//! | `POST /api/v2/conversations/messages/{integrationId}/inbound/open/{message,event,receipt,structured/response}` | `conversation:message:receive` |
//! | `GET /api/v2/conversations/messages/{conversationId}` | |
//! | `PATCH /api/v2/conversations/messages/{conversationId}` | `conversation:communication:disconnect` or `conversation:message:park` |
//! | `PATCH …/{conversationId}/participants/{participantId}` | `conversation:participant:wrapup`, `conversation:call:record` or `conversation:communication:disconnect` |
//! | `PATCH …/{conversationId}/participants/{participantId}/attributes` | |
//! | `GET /api/v2/conversations/messages/{messageId}/details` | `conversation:message:view` or `conversation:webmessaging:view` |
//!
//! Everything else under `/api/v2` is a 404.
//!
//! # The agent's side
//!
//! No authentication, which is why the sandbox listens on loopback only. Bodies are JSON, whatever the content type
//! says. A refusal is `{"status": 409, "message": "what to do"}`: 400 for a senseless body, 404 for an unknown
//! conversation or queue, 409 for an act that the conversation's state does not allow.
//!
//! | Request | Body | What it does |
//! |---|---|---|
//! | `GET /sandbox/conversations` | | `{"conversations": […]}`, the oldest first; each as below without participants and messages |
//! | `GET /sandbox/conversations/{id}` | | one conversation, as below |
//! | `POST /sandbox/conversations/{id}/accept` | `{"name": "Grace Hopper"}` | an agent takes it from the queue |
//! | `POST …/{id}/text` | `{"text": "…", "as": "human"}` | the agent (or, `"as": "bot"`, the flow) writes, 1 to 2 000 characters |
//! | `POST …/{id}/typing` | | the agent types; `notSent` in the answer says that typing is disabled |
//! | `POST …/{id}/attachment` | `{"url", "mime", "filename"?, "mediaType"?, "text"?}` | the agent sends a file; the type must be in [`MediaConfig::outbound`] |
//! | `POST …/{id}/message` | `{"type": "Text"` or `"Structured", "text"?, "content"?: […], "originatingEntity"?: "Bot"` or `"Human"}` | anything else, passed on unchecked |
//! | `POST …/{id}/transfer` | `{"queueId"?}` | the agent hands it to a queue, or back to its own |
//! | `POST …/{id}/disconnect` | | the agent ends it; while it waits, Genesys Cloud does |
//! | `POST /sandbox/faults` | see below | orders a fault |
//! | `GET`, `DELETE /sandbox/faults` | | `{"faults": […]}`: what is pending, with what is left of `count`; `DELETE` clears it |
//! | `POST /sandbox/tokens/revoke` | | every token is invalid from now on (204) |
//! | `GET /sandbox/webhooks` | | `{"webhooks": [{"conversationId", "eventId", "type", "attempt", "status"` or `"error", "time"}]}`, the last 2 000 attempts |
//! | `GET /sandbox/requests` | | `{"requests": [{"method", "path", "status", "time"}]}`, the last 2 000; the status of one left hanging is `null` |
//!
//! The acts on a conversation answer its new state, those that send something with the `message` in it:
//!
//! ```json
//! {
//!   "id": "d06cb41e-…", "state": "waiting | connected | ended", "integrationId": "…",
//!   "from": { "id": "sess-42", "idType": "Opaque", "nickname": "Ada L." },
//!   "queueId": "…", "agent": { "id": "…", "name": "Grace Hopper" }, "attributes": { "language": "english" },
//!   "messageCount": 2, "openedAt": "2026-03-01T10:00:00.000Z", "endedAt": null,
//!   "participants": [{
//!     "id": "…", "purpose": "customer | acd | agent", "state": "connected | disconnected", "name": "…",
//!     "userId": null, "queueId": null, "attributes": {}, "connectedAt": "…", "endedAt": null,
//!     "disconnectType": "client | peer | system | transfer"
//!   }],
//!   "messages": [{
//!     "id": "32 hexadecimal digits", "direction": "Inbound | Outbound", "type": "Text | Structured | Event",
//!     "text": "…", "content": [], "messageId": "the customer's platform's id", "originatingEntity": "Human | Bot",
//!     "time": "…", "recordedAt": "…",
//!     "delivery": { "state": "received | queued | sent | delivered | failed | undeliverable", "reasons": [] }
//!   }]
//! }
//! ```
//!
//! # Faults
//!
//! An order is `{"on", "fault", "count"?: 1}` and what the fault needs. It strikes the next webhook or request that
//! fits, `count` times; the oldest order first. Receipts for inbound messages are spared.
//!
//! | `on` | `fault` | |
//! |---|---|---|
//! | `webhook` | `double` | delivered again once it was delivered, the same bytes |
//! | | `late`, `"ms": 500` | it and what follows in its conversation waits |
//! | | `disordered` | sent after the next one of its conversation; never, if there is none |
//! | | `cut` | the first half of the body, `Content-Length` of the half, signature of the whole |
//! | | `wrong-signature` | well-formed, and wrong |
//! | | `lost` | never sent, though the agent believes it was |
//! | `api` | `rate-limited`, `"retryAfterSeconds": 2` | 429, nothing is done |
//! | | `server-error`, `"status": 503` | nothing is done |
//! | | `hang` | no answer until the sandbox stops, nothing is done |
//! | | `cut` | everything is done, but the connection closes in the middle of the answer |
//!
//! An `api` order may have `"path": "/inbound/"`: it strikes requests with that in their path. Without, it strikes any
//! under `/api/`, and spares `/oauth/token`.

mod cloud;
mod config;
mod conversation_api;
mod conversations;
mod desk;
mod error;
mod faults;
mod gate;
mod inbound;
mod inbound_body;
mod integration_api;
mod integrations;
mod media;
mod oauth;
mod outbound;
mod paging;
mod permissions;
mod queues;
mod request_log;
mod ring;
mod router;
mod sandbox;
mod schema;
mod shared;
mod signature;
mod tokens;
mod user_api;
mod users;
mod webhook;
mod wire;

pub use config::{
    ClientConfig, Config, IntegrationConfig, MediaConfig, QueueConfig, Secret, TypingConfig, Unconfirmed, WebhookConfig,
};
pub use permissions::Permission;
pub use sandbox::{Announcement, Sandbox, StartError};
