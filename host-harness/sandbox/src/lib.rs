//! A local Genesys Cloud: OAuth, Open Messaging, conversations, webhooks, detail events and an agent's side, in memory,
//! on loopback.
//!
//! It behaves as Genesys Cloud's Open Messaging does, including what is unpleasant: lists come in pages and have no
//! filter by name, tokens expire, requests are limited, typing is off until it is enabled, webhooks are retried and
//! repeated, and no webhook tells when the agent comes, goes, or ends the conversation: that is what detail events are
//! for, if the organization sends any. Where Genesys's documentation is silent, [`Unconfirmed`] has a switch. Faults
//! can be ordered, and losses left to chance.
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
//! flows = [{ name = "Handover", greeting = "Connected", in-queue = "Please wait" }]
//! event-bus = { url = "http://127.0.0.1:3000/events", key = "a-key", topics = ["user.end", "customer.end"] }
//! trigger = { url = "http://127.0.0.1:3000/webhook", key = "a-key", header = "X-Api-Key", style = "full" }
//! notifications = { heartbeat-ms = 5000 }
//! losses = { event-bus = 0.5, seed = 7 }
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
//! Login and API are on one origin. Every answer has `ININ-Correlation-Id`; every refusal is an `ErrorBody`. A request
//! is refused for its token first (401), then for the client's permissions (403), then for what it says or names (400,
//! 404, 415); the last two the other way round with [`Unconfirmed::permissions_first`] off.
//!
//! | Request | Permission |
//! |---|---|
//! | `POST /oauth/token` (Basic or form credentials) | |
//! | `GET /api/v2/conversations/messaging/integrations` (by `messagingSetting.id`, `supportedContent.id`) | `messaging:integration:view` |
//! | `GET`, `POST /api/v2/conversations/messaging/integrations/open` | `messaging:integration:view`, `:add` |
//! | `GET`, `PATCH`, `DELETE …/integrations/open/{integrationId}` | `messaging:integration:view`, `:edit`, `:delete` |
//! | `GET`, `POST /api/v2/conversations/messaging/supportedcontent` | `messaging:supportedContent:view`, `:add` |
//! | `GET`, `PATCH`, `DELETE …/supportedcontent/{id}` (or `…/default`) | `messaging:supportedContent:view`, `:edit`, `:delete` |
//! | `GET`, `POST /api/v2/conversations/messaging/settings` | `messaging:setting:view`, `:add` |
//! | `GET`, `PUT …/settings/default` | `messaging:setting:view`, `:edit` |
//! | `GET`, `PATCH`, `DELETE …/settings/{id}` | `messaging:setting:view`, `:edit`, `:delete` |
//! | `GET`, `PUT /api/v2/conversations/messaging/threadingtimeline` | `conversation:threadingTimeline:view`, `:edit` |
//! | `GET`, `POST /api/v2/routing/queues` | `routing:queue:view`, `:add` |
//! | `GET /api/v2/routing/queues/{queueId}`, `GET …/{queueId}/mediatypes/message/estimatedwaittime` | `routing:queue:view` |
//! | `GET /api/v2/routing/message/recipients` (by `messengerType`, `name`) | `routing:message:manage` |
//! | `GET`, `PUT /api/v2/routing/message/recipients/{recipientId}` | `routing:message:manage` |
//! | `PATCH /api/v2/routing/conversations/{conversationId}` (while it waits) | `routing:conversation:edit` |
//! | `GET /api/v2/flows` (by `type`, `name`, `nameOrDescription`) | `architect:flow:view` |
//! | `GET /api/v2/users/{userId}` | `directory:user:view` (unconfirmed) |
//! | `POST /api/v2/conversations/messages/{integrationId}/inbound/open/{message,event,receipt,structured/response}` | `conversation:message:receive` |
//! | `POST /api/v2/conversations/messages/agentless` | `conversation:message:create` |
//! | `GET /api/v2/conversations/messages/{conversationId}` | |
//! | `PATCH /api/v2/conversations/messages/{conversationId}` | `conversation:communication:disconnect` or `conversation:message:park` |
//! | `PATCH …/{conversationId}/participants/{participantId}` | `conversation:participant:wrapup`, `conversation:call:record` or `conversation:communication:disconnect` |
//! | `PATCH …/{conversationId}/participants/{participantId}/attributes` | |
//! | `POST …/{conversationId}/participants/{participantId}/replace` | `conversation:communication:blindTransfer` |
//! | `GET /api/v2/conversations/messages/{messageId}/details` | `conversation:message:view` or `conversation:webmessaging:view` |
//! | `POST /api/v2/conversations/messages/{conversationId}/messages/bulk` | `conversation:message:view` or `conversation:webmessaging:view` |
//! | `GET /api/v2/downloads/{id}` ([`AttachmentDownloads`]) | |
//! | `GET`, `POST /api/v2/notifications/channels` | |
//! | `GET`, `POST`, `PUT`, `DELETE …/channels/{channelId}/subscriptions` | the topics of detail events: `analytics:conversationDetail:view` (unconfirmed) |
//! | `ws:` `/channels/{channelId}` (`connectUri`) | no token either |
//!
//! Everything else under `/api/v2` is a 404.
//!
//! # Detail events
//!
//! What happens to a conversation is logged as detail events (`v2.detail.events.conversation.{id}.…`), whoever listens:
//!
//! | Topic | When | `disconnectType` |
//! |---|---|---|
//! | `acd.start` | it begins to wait in a queue | |
//! | `acd.end` | it waits there no more; `acdOutcome` is `ANSWERED`, `ABANDON`, `FLOW_OUT` or `UNKNOWN` | `TRANSFER`, or as it ended |
//! | `user.start` | it is offered to an agent, or accepted without ([`UserStart`]) | |
//! | `user.end` | an agent declines | `CLIENT` ([`DeclineType`]) |
//! | | an agent does not answer | `NO_ANSWER_TRANSFER` |
//! | | the agents hand it on | `TRANSFER` |
//! | | one of several agents leaves | `CLIENT` |
//! | | it ends: by the agent, by another, for inactivity, by a failure | `CLIENT`, `PEER`, `INACTIVITY` ([`ExpiryType`]), `ERROR` |
//! | `customer.end` | it ends: by the agent, by the customer's platform, for inactivity, by a failure, while it waits | `PEER`, `CLIENT`, `INACTIVITY`, `ERROR`, `SYSTEM` |
//! | `acw` | an agent wraps up | |
//!
//! The customer is the `addressTo` of them all, but of `customer.end` only if [`CustomerAddress`] says so. They go out
//! in three ways, each of which [`Config`] turns on or off:
//!
//! * **Event bus**: an Amazon EventBridge event is posted to [`EventBusConfig::url`], with the key in `Authorization`.
//! * **Trigger**: what a workflow's data action sends is posted to [`TriggerConfig::url`]; in Cognigy's style
//!   `{"userId", "topic", "disconnectType"}` of `user.end`.
//! * **Notifications**: a frame goes through the WebSocket of each channel that subscribes to the topic. Whenever a
//!   participant comes or goes, the conversation as a whole goes to `v2.routing.queues.{id}.conversations.messages`,
//!   `v2.users.{id}.conversations.messages` and `v2.conversations.messages.{id}` (unconfirmed). A client has 20 channels,
//!   a channel 1 000 topics and 24 hours.
//!
//! Posts are not signed, and are retried as webhooks are.
//!
//! # The agent's side
//!
//! No authentication, which is why the sandbox listens on loopback only. Bodies are JSON, whatever the content type
//! says. A refusal is `{"status": 409, "message": "what to do"}`: 400 for a senseless body, 404 for an unknown
//! conversation or queue, 409 for an act that the conversation's state does not allow. An agent comes into being when
//! first named.
//!
//! | Request | Body | What it does |
//! |---|---|---|
//! | `GET /sandbox/conversations` | | `{"conversations": […]}`, the oldest first; each as below without participants and messages |
//! | `GET /sandbox/conversations/{id}` | | one conversation, as below |
//! | `POST /sandbox/conversations/{id}/offer` | `{"name": "Grace Hopper"}` | it is offered to an agent, who is alerted while it waits |
//! | `POST …/{id}/accept` | `{"name": "Grace Hopper"}` | the agent takes it, offered or not |
//! | `POST …/{id}/decline` | `{"name"?}` | the agent does not want it, and it waits on; without an offer, `name` is offered it first |
//! | `POST …/{id}/no-answer` | `{"name"?}` | the agent does not answer in time; else the same |
//! | `POST …/{id}/text` | `{"text": "…", "as": "human"}` | the agent (or, `"as": "bot"`, the flow) writes, 1 to 2 000 characters |
//! | `POST …/{id}/typing` | | the agent types; `notSent` in the answer says that typing is disabled |
//! | `POST …/{id}/attachment` | `{"url", "mime", "filename"?, "mediaType"?, "text"?}` | the agent sends a file; the type must be allowed by the supported content profile |
//! | `POST …/{id}/structured` | `{"content": […], "text"?, "as"?}` | the flow sends quick replies, a card, a carousel, a date picker, a list picker or a location; the agent a notification template. The shape is checked |
//! | `POST …/{id}/message` | `{"type": "Text"` or `"Structured", "text"?, "content"?: […], "originatingEntity"?: "Bot"` or `"Human"}` | anything else, passed on unchecked |
//! | `POST …/{id}/transfer` | `{"queueId"?}` or `{"agent": "…"}` | the agents hand it to a queue, or back to its own; or to an agent, who is alerted |
//! | `POST …/{id}/conference` | `{"name": "…"}` | another agent joins |
//! | `POST …/{id}/leave-conference` | `{"name"?}` | one of several agents leaves, by default the one who came first |
//! | `POST …/{id}/disconnect` | | the agent ends it; while it waits, Genesys Cloud does |
//! | `POST …/{id}/expire` | | Genesys Cloud ends it for inactivity |
//! | `POST …/{id}/fail` | | it ends by a failure |
//! | `POST …/{id}/supervise` | `{"name": "…", "role": "monitor"}` | a supervisor reads along (`monitor`), speaks with the agent (`coach`) or with the customer (`barge-in`) |
//! | `POST …/{id}/wrap-up` | `{"code", "notes"?, "name"?}` | the agent who left last (or `name`) finishes the after-call work |
//! | `POST /sandbox/faults` | see below | orders a fault |
//! | `GET`, `DELETE /sandbox/faults` | | `{"faults": […]}`: what is pending, with what is left of `count`; `DELETE` clears it |
//! | `POST /sandbox/losses` | `{"event-bus"?, "trigger"?, "notification"?, "webhook"?, "seed"?}` | leaves losses to chance, as [`LossConfig`]; `GET` shows them |
//! | `POST /sandbox/notifications/close` | | `{"closed": 1}`: `v2.system.socket_closing` goes to every connected channel, and its socket closes |
//! | `POST /sandbox/tokens/revoke` | | every token is invalid from now on (204) |
//! | `GET /sandbox/events` | | `{"events": [{"topic", "conversationId", "eventBody"}]}`, the last 5 000 detail events, whoever was told |
//! | `GET /sandbox/event-posts` | | `{"eventPosts": [{"on", "conversationId", "topic", "attempt", "status"` or `"error", "time"}]}`, the last 2 000 attempts of event bus and trigger |
//! | `GET /sandbox/webhooks` | | `{"webhooks": [{"conversationId", "eventId", "type", "attempt", "status"` or `"error", "time"}]}`, the last 2 000 attempts |
//! | `GET /sandbox/requests` | | `{"requests": [{"method", "path", "status", "time"}]}`, the last 2 000; the status of one left hanging is `null` |
//!
//! The acts on a conversation answer its new state, those that send something with the `message` in it:
//!
//! ```json
//! {
//!   "id": "d06cb41e-…", "state": "waiting | connected | ended", "integrationId": "…",
//!   "from": { "id": "sess-42", "idType": "Opaque", "nickname": "Ada L." },
//!   "queueId": "…", "agent": { "id": "…", "name": "Grace Hopper" }, "agents": [{ "id": "…", "name": "Grace Hopper" }],
//!   "alerting": null, "attributes": { "language": "english" },
//!   "routing": { "priority": 0, "skillIds": [], "languageId": null },
//!   "messageCount": 2, "openedAt": "2026-03-01T10:00:00.000Z", "endedAt": null,
//!   "participants": [{
//!     "id": "…", "purpose": "customer | acd | agent", "state": "alerting | connected | disconnected", "name": "…",
//!     "userId": null, "queueId": null, "attributes": {}, "alertedAt": null, "connectedAt": "…", "endedAt": null,
//!     "disconnectType": "client | peer | system | transfer | transfer.noanswer | inactivity | error",
//!     "wrapUp": { "code": "…", "notes": null, "at": "…" }
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
//! An order is `{"on", "fault", "count"?: 1}` and what the fault needs. It strikes the next webhook, event or request
//! that fits, `count` times; the oldest order first. Receipts for inbound messages are spared.
//!
//! | `on` | `fault` | |
//! |---|---|---|
//! | `webhook` | `double` | delivered again once it was delivered, the same bytes |
//! | | `late`, `"ms": 500` | it and what follows in its conversation waits |
//! | | `disordered` | sent after the next one of its conversation; never, if there is none |
//! | | `cut` | the first half of the body, `Content-Length` of the half, signature of the whole |
//! | | `wrong-signature` | well-formed, and wrong |
//! | | `lost` | never sent, though the agent believes it was |
//! | `event-bus`, `trigger` | `double`, `late`, `disordered`, `lost` | as for webhooks |
//! | | `wrong-key` | another key than the one that was agreed upon |
//! | `notification` | `double`, `late`, `disordered`, `lost` | the same for one frame of one channel; what follows is what follows in the channel |
//! | `api` | `rate-limited`, `"retryAfterSeconds": 2` | 429, nothing is done |
//! | | `server-error`, `"status": 503` | nothing is done |
//! | | `hang` | no answer until the sandbox stops, nothing is done |
//! | | `cut` | everything is done, but the connection closes in the middle of the answer |
//!
//! An `api` order may have `"path": "/inbound/"`: it strikes requests with that in their path. Without, it strikes any
//! under `/api/`, and spares `/oauth/token`. Typing and receipts use no `webhook` order up. Heartbeats, pongs and `v2.system.socket_closing` are no events.

mod api;
mod cloud;
mod config;
mod delivery;
mod desk;
mod router;
mod sandbox;
mod state;
mod wire;

pub use config::{
    AttachmentDownloads, ClientConfig, Config, CustomAttributes, CustomerAddress, DeclineType, DetailTopic,
    EventBusConfig, ExpiryType, FlowConfig, IntegrationConfig, LossConfig, MediaConfig, NotificationConfig, Permission,
    QueueConfig, RefusedWebhook, Secret, TopicName, TriggerConfig, TriggerStyle, TypingConfig, Unconfirmed, UserStart,
    WebhookConfig,
};
pub use sandbox::{Announcement, Sandbox, StartError};
