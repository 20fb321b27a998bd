//! A local Genesys Cloud: OAuth, Open Messaging, conversations, webhooks, detail events and an agent's desk. It runs in
//! memory on a loopback address.
//!
//! The sandbox reproduces the behavior of Genesys Cloud's Open Messaging, including the inconvenient parts:
//!
//! * Lists are paged and cannot be filtered by name.
//! * Tokens expire, and requests are rate-limited.
//! * Typing indicators are disabled by default.
//! * Webhooks are retried and can be delivered twice.
//! * Webhooks do not report when an agent joins, when an agent leaves, or when the conversation ends. Detail events
//!   report this, if the organization sends them.
//!
//! Where Genesys's documentation leaves a behavior open, [`Unconfirmed`] has a switch for it. Tests can order faults
//! and configure random losses.
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
//! The configuration can also be read from TOML. [`Config`] documents every field and its default:
//!
//! ```
//! # let config: Result<genesys_sandbox::Config, _> = toml::from_str(r#"
//! listen = "127.0.0.1:8080"
//! typing = { inbound = true, outbound = true }
//! media = { outbound = ["image/*", "application/pdf"] }
//! webhooks = { timeout-ms = 1000, retry-delay-ms = 100 }
//! queues = [{ name = "Support" }, { name = "Sales" }]
//! flows = [{ name = "Handover", greeting = "Connected", in-queue = "Please wait" }]
//! schedules = [{ name = "Weekdays", start = "2026-01-05T08:00:00", end = "2026-01-05T18:00:00", rrule = "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR" }]
//! schedule-groups = [{ name = "Support hours", time-zone = "Europe/Berlin", open = ["Weekdays"] }]
//! emergency-groups = [{ name = "Support emergency" }]
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
//! # Genesys Cloud's API
//!
//! Login and API share one origin. Every response has the header `ININ-Correlation-Id`. Every error response of the API
//! has an `ErrorBody`. The sandbox checks a request in this order:
//!
//! 1. the token (401)
//! 2. the client's permissions (403)
//! 3. the content type, the body and the resource (400, 404, 415)
//!
//! With [`Unconfirmed::permissions_first`] off, step 3 precedes step 2.
//!
//! | Request | Permission |
//! |---|---|
//! | `POST /oauth/token` (Basic or form credentials) | |
//! | `GET /api/v2/conversations/messaging/integrations` (filters: `messagingSetting.id`, `supportedContent.id`) | `messaging:integration:view` |
//! | `GET`, `POST /api/v2/conversations/messaging/integrations/open` | `messaging:integration:view`, `:add` |
//! | `GET`, `PATCH`, `DELETE …/integrations/open/{integrationId}` | `messaging:integration:view`, `:edit`, `:delete` |
//! | `GET`, `PUT /api/v2/conversations/messaging/identityresolution/integrations/open/{integrationId}` | `messaging:integration:view` or `messaging:identityResolutionOpen:view`, `:edit` |
//! | `GET`, `POST /api/v2/conversations/messaging/supportedcontent` | `messaging:supportedContent:view`, `:add` |
//! | `GET`, `PATCH`, `DELETE …/supportedcontent/{id}` (or `…/default`) | `messaging:supportedContent:view`, `:edit`, `:delete` |
//! | `GET`, `POST /api/v2/conversations/messaging/settings` | `messaging:setting:view`, `:add` |
//! | `GET`, `PUT …/settings/default` | `messaging:setting:view`, `:edit` |
//! | `GET`, `PATCH`, `DELETE …/settings/{id}` | `messaging:setting:view`, `:edit`, `:delete` |
//! | `GET`, `PUT /api/v2/conversations/messaging/threadingtimeline` | `conversation:threadingTimeline:view`, `:edit` |
//! | `GET`, `POST /api/v2/routing/queues` | `routing:queue:view`, `:add` |
//! | `GET /api/v2/routing/queues/{queueId}`, `GET …/{queueId}/estimatedwaittime` (of the conversation `conversationId`), `GET …/{queueId}/mediatypes/message/estimatedwaittime` | `routing:queue:view` |
//! | `POST /api/v2/analytics/conversations/activity/query` (`oWaiting`), `POST /api/v2/analytics/routing/activity/query` (`oOnQueueUsers`) | `analytics:queueObservation:view` |
//! | `GET /api/v2/architect/schedules`, `GET …/schedules/{id}` | `routing:schedule:view` |
//! | `GET /api/v2/architect/schedulegroups`, `GET …/schedulegroups/{id}` | `routing:scheduleGroup:view` |
//! | `GET /api/v2/architect/emergencygroups`, `GET …/emergencygroups/{id}` | `routing:emergencyGroup:view` |
//! | `GET /api/v2/routing/message/recipients` (filters: `messengerType`, `name`) | `routing:message:manage` |
//! | `GET`, `PUT /api/v2/routing/message/recipients/{recipientId}` | `routing:message:manage` |
//! | `PATCH /api/v2/routing/conversations/{conversationId}` (only while it waits in a queue) | `routing:conversation:edit` |
//! | `GET /api/v2/routing/skills`, `GET /api/v2/routing/languages` (filter: `name`, the beginning) | |
//! | `PUT /api/v2/conversations/{conversationId}/tags` | `conversation:externalTag:edit` |
//! | `PATCH /api/v2/conversations/{conversationId}/secureattributes` | `conversation:participant:attributesedit` |
//! | `GET /api/v2/conversations/{conversationId}/summaries` | `conversation:summary:view` |
//! | `POST /api/v2/conversations/callbacks` | `conversation:callback:create` |
//! | `POST /api/v2/quality/surveys` (only after the end) | `quality:survey:add` |
//! | `GET /api/v2/flows` (filters: `type`, `name`, `nameOrDescription`) | `architect:flow:view` |
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
//! | `GET /api/v2/integrations/types`, `GET …/types/{typeId}/configschemas/{configType}` | `integrations:integration:view` |
//! | `GET`, `POST /api/v2/integrations`; `POST /api/v2/integrations/credentials` | `integrations:integration:view`, `:add` |
//! | `GET`, `PATCH /api/v2/integrations/{integrationId}`; `GET`, `PUT …/{integrationId}/config/current` | `integrations:integration:view`, `:edit` |
//! | `GET`, `PUT /api/v2/integrations/botconnector/{integrationId}/bots` | `integration:botconnector:view`, `:edit` |
//! | `GET /api/v2/integrations/botconnectors/{id}/bots` | `integration:botconnector:view` |
//! | `POST /api/v2/integrations/botconnectors/outgoing/messages` | `integration:botconnector:send` |
//! | `POST /api/v2/textbots/bots/execute` | `textbots:session:execute` |
//! | `GET`, `POST /api/v2/notifications/channels` | |
//! | `GET`, `POST`, `PUT`, `DELETE …/channels/{channelId}/subscriptions` | for topics of detail events: `analytics:conversationDetail:view` (unconfirmed) |
//! | `ws:` `/channels/{channelId}` (`connectUri`) | none; no token either |
//!
//! Any other path under `/api/v2` is a 404.
//!
//! `/api/v2/integrations` has the integrations of the Bot Connector and the Digital Bot Connector.
//!
//! # Detail events
//!
//! The sandbox logs what happens to a conversation as detail events (`v2.detail.events.conversation.{id}.…`), whether
//! or not a destination is configured:
//!
//! | Topic | Event | `disconnectType` |
//! |---|---|---|
//! | `acd.start` | the conversation enters a queue | |
//! | `acd.end` | the conversation leaves the queue; `acdOutcome` is `ANSWERED`, `ABANDON`, `FLOW_OUT` or `UNKNOWN` | `TRANSFER`, or the reason of the conversation's end |
//! | `user.start` | the conversation is offered to an agent, or an agent accepts it without an offer ([`UserStart`]) | |
//! | `user.end` | an agent declines | `CLIENT` ([`DeclineType`]) |
//! | | an agent does not answer | `NO_ANSWER_TRANSFER` |
//! | | the agents transfer the conversation | `TRANSFER` |
//! | | one of several agents leaves | `CLIENT` |
//! | | the conversation ends: by this agent, by another participant, due to inactivity, due to an error | `CLIENT`, `PEER`, `INACTIVITY` ([`ExpiryType`]), `ERROR` |
//! | `customer.end` | the conversation ends: by the agent, by the customer's platform, due to inactivity, due to an error, by Genesys Cloud while it waits | `PEER`, `CLIENT`, `INACTIVITY`, `ERROR`, `SYSTEM` |
//! | `acw` | an agent completes the after-call work | |
//!
//! `addressTo` is the customer's address. In `customer.end`, this depends on [`CustomerAddress`]. There are three
//! transports. [`Config`] enables or disables each of them:
//!
//! * **Event bus**: the sandbox posts an Amazon EventBridge event to [`EventBusConfig::url`], with the key in
//!   `Authorization`.
//! * **Trigger**: the sandbox posts the request of a workflow's data action to [`TriggerConfig::url`]. In Cognigy's
//!   style, the body is `{"userId", "topic", "disconnectType"}`, and only `user.end` is posted.
//! * **Notifications**: the sandbox sends a frame through the WebSocket of each channel that subscribes to the topic.
//!   Whenever a participant joins or leaves, it also sends the whole conversation to
//!   `v2.routing.queues.{id}.conversations.messages`, `v2.users.{id}.conversations.messages` and
//!   `v2.conversations.messages.{id}` (unconfirmed). A client can have 20 channels. A channel can have 1 000 topics and
//!   lives for 24 hours.
//!
//! Posts are not signed. They are retried as webhooks are.
//!
//! # The agent's desk
//!
//! The desk has no authentication. This is why the sandbox listens on loopback addresses only. Bodies are JSON,
//! regardless of the content type. An error response is `{"status": 409, "message": "what to do"}`. The status is 400
//! for an invalid body, 404 for an unknown conversation or queue, and 409 for an action that the conversation's state
//! does not allow. An agent is created when its name is first used.
//!
//! | Request | Body | Description |
//! |---|---|---|
//! | `GET /sandbox/conversations` | | `{"conversations": […]}`, oldest first; each as below, without participants and messages |
//! | `POST /sandbox/conversations` | `{"to": "sess-42", "name": "Grace Hopper", "text": "…"}` | an agent begins a conversation with a customer of the first integration |
//! | `GET /sandbox/conversations/{id}` | | one conversation, as below |
//! | `POST /sandbox/conversations/{id}/offer` | `{"name": "Grace Hopper"}` | offers the waiting conversation to an agent, who is alerted |
//! | `POST …/{id}/accept` | `{"name": "Grace Hopper"}` | the agent accepts the conversation, with or without an offer |
//! | `POST …/{id}/decline` | `{"name"?}` | the alerted agent declines, and the conversation keeps waiting; without an offer, it is offered to `name` first |
//! | `POST …/{id}/no-answer` | `{"name"?}` | the alerted agent does not answer in time; otherwise like `decline` |
//! | `POST …/{id}/text` | `{"text": "…", "as": "human"}` | the agent (with `"as": "bot"`, the flow) sends 1 to 2 000 characters |
//! | `POST …/{id}/typing` | | the agent types; the response has `notSent` if typing is disabled |
//! | `POST …/{id}/attachment` | `{"url", "mime", "filename"?, "mediaType"?, "text"?}` | the agent sends a file; the supported content profile must allow the type |
//! | `POST …/{id}/structured` | `{"content": […], "text"?, "as"?}` | the flow sends quick replies, a card, a carousel, a date picker, a list picker or a location; the agent sends a notification template. The shape is checked |
//! | `POST …/{id}/message` | `{"type": "Text"` or `"Structured", "text"?, "content"?: […], "originatingEntity"?: "Bot"` or `"Human"}` | sends any other message, unchecked |
//! | `POST …/{id}/transfer` | `{"queueId"?}` or `{"agent": "…"}` | the agents transfer the conversation to a queue (default: its own queue) or to an agent, who is alerted |
//! | `POST …/{id}/conference` | `{"name": "…"}` | another agent joins |
//! | `POST …/{id}/leave-conference` | `{"name"?}` | one of several agents leaves; default: the one who joined first |
//! | `POST …/{id}/disconnect` | | the agent ends the conversation; while it waits, Genesys Cloud ends it |
//! | `POST …/{id}/expire` | | Genesys Cloud ends the conversation due to inactivity |
//! | `POST …/{id}/fail` | | the conversation ends due to an error |
//! | `POST …/{id}/supervise` | `{"name": "…", "role": "monitor"}` | a supervisor reads the conversation (`monitor`), writes to the agent (`coach`) or writes to the customer (`barge-in`) |
//! | `POST …/{id}/wrap-up` | `{"code", "label"?, "tags"?, "notes"?, "name"?}` | the agent who left last (or `name`) completes the after-call work |
//! | `POST …/{id}/summary` | `{"text", "pending"?}` | writes the summary of the conversation |
//! | `GET /sandbox/callbacks` | | `{"callbacks": […]}`, the last 1 000 requested callbacks, oldest first |
//! | `POST /sandbox/queues/{id}` | `{"agentsOnQueue"?, "estimatedWaitSeconds"?}` | sets the figures of a queue; `null` for no estimate |
//! | `GET /sandbox/schedule-groups` | | `{"scheduleGroups": […]}` |
//! | `POST /sandbox/schedule-groups/{id}` | `{"closed": ["Holiday"]}` | replaces the schedules in which the group is closed |
//! | `GET /sandbox/emergency-groups` | | `{"emergencyGroups": […]}` |
//! | `POST /sandbox/emergency-groups/{id}` | `{"enabled": true}` | declares or ends an emergency |
//! | `POST /sandbox/faults` | see below | orders a fault |
//! | `GET`, `DELETE /sandbox/faults` | | `{"faults": […]}`: the pending orders with their remaining `count`; `DELETE` clears them |
//! | `POST /sandbox/losses` | `{"event-bus"?, "trigger"?, "notification"?, "webhook"?, "seed"?}` | sets the probabilities of random losses ([`LossConfig`]); `GET` returns them |
//! | `POST /sandbox/notifications/close` | | `{"closed": 1}`: sends `v2.system.socket_closing` to every connected channel and closes its socket |
//! | `POST /sandbox/tokens/revoke` | | invalidates every token (204) |
//! | `GET /sandbox/events` | | `{"events": [{"topic", "conversationId", "eventBody"}]}`, the last 5 000 detail events, whether or not they were sent |
//! | `GET /sandbox/event-posts` | | `{"eventPosts": [{"on", "conversationId", "topic", "attempt", "status"` or `"error", "time"}]}`, the last 2 000 attempts of event bus and trigger |
//! | `GET /sandbox/webhooks` | | `{"webhooks": [{"conversationId", "eventId", "type", "attempt", "status"` or `"error", "time"}]}`, the last 2 000 attempts |
//! | `GET /sandbox/requests` | | `{"requests": [{"method", "path", "status", "time"}]}`, the last 2 000; `status` is `null` for a request with the fault `hang` |
//!
//! An action on a conversation returns its new state. If the action sends a message, the response also has `message`:
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
//!     "text": "…", "content": [], "messageId": "assigned by the customer's platform",
//!     "originatingEntity": "Human | Bot", "time": "…", "recordedAt": "…",
//!     "delivery": { "state": "received | queued | sent | delivered | failed | undeliverable", "reasons": [] }
//!   }]
//! }
//! ```
//!
//! # Flows that ask bots
//!
//! A test runs *Call Bot Connector* or *Call Digital Bot Connector* itself: it begins a run and speaks for the user. The
//! sandbox asks the bot at the URL of the integration, with the headers of its credentials. The run ends on the path of an
//! intent or on the failure path, after which the flow may transfer to a queue.
//!
//! | Request | Body | Description |
//! |---|---|---|
//! | `POST /sandbox/bot-sessions` | `{"integrationId"?, "bot", "version", "language", "parameters"?: {}, "transferAfter"?: ["handover"]}` | begins a run. `integrationId` can be absent if one integration of bots is enabled. After the intents in `transferAfter` (default: `handover`; `Failure` is the failure path), the flow transfers to a queue: the slot `queueId` has its id or name, and the other slots and output variables become attributes. Without such a queue, it is the first one. The bot must be registered; a Digital Bot Connector asks the platform for it |
//! | `GET /sandbox/bot-sessions/{id}` | | the run, as below |
//! | `POST …/{id}/messages` | `{"text", "payload"?, "timeoutMs"?}` | the user says something or presses a button; waits for the answer, by default 10 s or 30 s |
//! | `POST …/{id}/expire` | | the user says nothing for too long |
//!
//! ```json
//! {
//!   "id": "botSessionId", "conversationId": "genesysConversationId", "integrationId": "…",
//!   "bot": { "id": "…", "version": "1", "language": "en-us" },
//!   "messages": [{ "from": "user", "text": "…", "payload": null }, { "from": "bot", "text": "…", "content": null }],
//!   "outcome": null
//! }
//! ```
//!
//! After a transfer, the conversation is among `GET /sandbox/conversations`, with what user and bot said. `conversation` is
//! then its state, and `messages` also has what the agent says (`"from": "agent"`).
//!
//! `outcome` is `{"intent", "slots", "parameters"}` or `{"errorType", "errorMessage"}` when the run is over. The error types
//! are those of Architect. For v1, which of them stands for a late or a refused answer is unconfirmed:
//!
//! | `errorType` | v1 | v2 |
//! |---|---|---|
//! | the code in the bot's `errorInfo` | the bot failed | the bot failed |
//! | `InternalServerError` | no answer in time, a status other than 200, an invalid answer | |
//! | `ServiceProviderTimeout` | | no answer in time |
//! | `ServiceProviderErrorResponse` | | a status other than 200; a 5xx is repeated twice before |
//! | `ServiceProviderInvalidResponse` | | an invalid answer |
//! | `NoMatchError` | the fourth answer in a row with the same intent and the same slots | |
//! | `NoInputError` | the user said nothing for too long | the same |
//!
//! # Faults
//!
//! An order is `{"on", "fault", "count"?: 1}` and the parameters of the fault. It applies to the next `count` webhooks,
//! events or requests that match. If several orders match, the oldest one applies. Orders do not apply to receipts for
//! inbound messages.
//!
//! | `on` | `fault` | Effect |
//! |---|---|---|
//! | `webhook` | `double` | delivered a second time after the first delivery, with the same bytes |
//! | | `late`, `"ms": 500` | delayed, together with the later webhooks of its conversation |
//! | | `disordered` | sent after the next webhook of its conversation; never sent if there is none |
//! | | `cut` | the first half of the body, with the `Content-Length` of the half and the signature of the whole body |
//! | | `wrong-signature` | a well-formed but wrong signature |
//! | | `lost` | never sent, but reported to the agent as sent |
//! | `event-bus`, `trigger` | `double`, `late`, `disordered`, `lost` | as for webhooks |
//! | | `wrong-key` | a key other than the configured one |
//! | `notification` | `double`, `late`, `disordered`, `lost` | the same for one frame of one channel; the order is that of the channel |
//! | `api` | `rate-limited`, `"retryAfterSeconds": 2` | 429; the request is not processed |
//! | | `server-error`, `"status": 503` | the given status; the request is not processed |
//! | | `hang` | no response until the sandbox stops; the request is not processed |
//! | | `cut` | the request is processed, but the connection closes in the middle of the response |
//!
//! An `api` order can have a `path`, such as `"path": "/inbound/"`. It then applies only to requests whose path
//! contains this text. Without `path`, it applies to every request under `/api/`, but not to `/oauth/token`. Typing
//! events and receipts do not use up a `webhook` order. Heartbeats, pongs and `v2.system.socket_closing` do not count
//! as events.

mod api;
mod bot_runs;
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
    EmergencyGroupConfig, EventBusConfig, ExpiryType, FlowConfig, IntegrationConfig, LossConfig, MediaConfig,
    NotificationConfig, Permission, QueueConfig, RefusedWebhook, ScheduleConfig, ScheduleGroupConfig, Secret,
    TopicName, TriggerConfig, TriggerStyle, TypingConfig, Unconfirmed, UserStart, WebhookConfig,
};
pub use sandbox::{Announcement, Sandbox, StartError};
