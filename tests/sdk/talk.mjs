// Runs Genesys's JavaScript SDK against the local Genesys Cloud. Only the host is changed, through the SDK's own
// gateway configuration.
//
// Usage, with the announcement that the sandbox prints:
//
//   node talk.mjs '{"origin":"http://127.0.0.1:40123","client_id":"…", …}'

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import sdk from 'purecloud-platform-client-v2';

const sandbox = JSON.parse(process.argv[2] ?? '{}');
const { protocol, hostname, port } = new URL(sandbox.origin);
const step = (text) => console.log(`ok ${text}`);

const client = sdk.ApiClient.instance;
client.setGateway({ host: hostname, protocol: protocol.replace(':', ''), port: Number(port) });

const refused = await client.loginClientCredentialsGrant(sandbox.client_id, 'not the secret').then(
  () => undefined,
  (error) => error,
);
assert.equal(refused?.response?.status, 400);
assert.equal(refused.response.data.error, 'invalid_client');
step('refuses a wrong secret');

const login = await client.loginClientCredentialsGrant(sandbox.client_id, sandbox.client_secret);
assert.ok(login.accessToken);
assert.ok(login.tokenExpiryTime > Date.now());
step('issues a token for client credentials');

const conversations = new sdk.ConversationsApi();
const integrations = await conversations.getConversationsMessagingIntegrationsOpen({ pageSize: 100, pageNumber: 1 });
const integration = integrations.entities.find(({ name }) => name === sandbox.integration_name);
assert.equal(integration?.id, sandbox.integration_id);
assert.equal(integrations.pageCount, 1);
step('lists open integrations');

const queues = await new sdk.RoutingApi().getRoutingQueues({ name: 'Sup*' });
assert.deepEqual(queues.entities.map(({ name }) => name), ['Support']);
step('lists queues by name');

const messageId = randomUUID();
const message = {
  channel: {
    from: { id: `sdk-${messageId}`, idType: 'Opaque', nickname: 'Ada L.' },
    time: new Date().toISOString(),
    messageId,
    metadata: { customAttributes: { language: 'english' } },
  },
  text: 'I would like to talk to a person',
};
const sent = await conversations.postConversationsMessageInboundOpenMessage(integration.id, message, {
  prefetchConversationId: true,
});
assert.equal(sent.type, 'Text');
assert.equal(sent.channel.messageId, messageId);
assert.ok(sent.conversationId);
step('accepts an inbound message and returns the conversation id');

const conversation = await conversations.getConversationsMessage(sent.conversationId);
const customer = conversation.participants.find(({ purpose }) => purpose === 'customer');
assert.equal(customer.state, 'connected');
assert.equal(customer.name, 'Ada L.');
assert.deepEqual(customer.attributes, { language: 'english' });
assert.ok(conversation.participants.some(({ purpose, state }) => purpose === 'acd' && state === 'connected'));
step('returns the conversation with the customer in a queue');

const waitsIn = conversation.participants.find(({ purpose }) => purpose === 'acd').queue.id;
const wait = await new sdk.RoutingApi().getRoutingQueueEstimatedwaittime(waitsIn, { conversationId: sent.conversationId });
assert.deepEqual(wait.results.map(({ intent, estimatedWaitTimeSeconds }) => [intent, estimatedWaitTimeSeconds]), [['MESSAGE', 60]]);
const newWait = await new sdk.RoutingApi().getRoutingQueueMediatypeEstimatedwaittime(waitsIn, 'message');
assert.equal(newWait.results[0].estimatedWaitTimeSeconds, 120);
step('estimates the wait of a conversation and of a new one');

const analytics = new sdk.AnalyticsApi();
const ofQueue = { type: 'dimension', dimension: 'queueId', operator: 'matches', value: waitsIn };
const waiting = await analytics.postAnalyticsConversationsActivityQuery({
  metrics: [{ metric: 'oWaiting', details: true }],
  filter: { type: 'and', predicates: [ofQueue, { dimension: 'mediaType', value: 'message' }] },
});
assert.deepEqual(waiting.results[0].data, [{ metric: 'oWaiting', count: 1 }]);
assert.equal(waiting.results[0].entities[0].conversationId, sent.conversationId);
const agents = await analytics.postAnalyticsRoutingActivityQuery({
  metrics: [{ metric: 'oOnQueueUsers' }],
  filter: { type: 'and', predicates: [ofQueue] },
});
assert.deepEqual(agents.results[0].data, [{ metric: 'oOnQueueUsers', count: 1 }]);
step('counts waiting conversations and agents on queue');

const inQueue = new sdk.RoutingApi();
const skill = (await inQueue.getRoutingSkills({ name: 'Bill' })).entities[0];
const language = (await inQueue.getRoutingLanguages({ name: 'german' })).entities[0];
const rerouted = await inQueue.patchRoutingConversation(sent.conversationId, {
  priority: 5,
  skillIds: [skill.id],
  languageId: language.id,
});
assert.deepEqual([rerouted.priority, rerouted.skills, rerouted.language], [5, [skill], language]);
const sales = await inQueue.postRoutingQueues({ name: 'Sales' });
const acd = conversation.participants.find(({ purpose }) => purpose === 'acd');
const transfer = { queueId: sales.id, transferType: 'Unattended' };
await conversations.postConversationsMessageParticipantReplace(sent.conversationId, acd.id, transfer);
const moved = await conversations.getConversationsMessage(sent.conversationId);
assert.deepEqual(moved.participants.filter(({ purpose }) => purpose === 'acd').map(({ state }) => state), ['disconnected', 'connected']);
step('changes the routing of a waiting conversation, and its queue');

await conversations.putConversationTags(sent.conversationId, { externalTag: 'order-42' });
await conversations.patchConversationSecureattributes(sent.conversationId, { attributes: { iban: 'DE1' } });
step('records an external tag and secure attributes');

const summaries = await conversations.getConversationSummaries(sent.conversationId);
assert.deepEqual([summaries.conversation.id, summaries.sessionSummaries], [sent.conversationId, []]);
step('returns the summaries of the conversation');

const callback = await conversations.postConversationsCallbacks({
  routingData: { queueId: sales.id, languageId: language.id, priority: 5, skillIds: [skill.id] },
  callbackUserName: 'Ada',
  callbackNumbers: ['+4930123456'],
  callbackScheduledTime: new Date(Date.now() + 3_600_000).toISOString(),
  data: { topic: 'refund' },
});
assert.ok(callback.conversation.id);
step('creates a callback');

const details = await conversations.getConversationsMessageDetails(sent.id);
assert.equal(details.conversationId, sent.conversationId);
assert.equal(details.providerMessageId, messageId);
step('returns the message by its id');

const bulk = await conversations.postConversationsMessageMessagesBulk(sent.conversationId, { body: [sent.id] });
assert.deepEqual(bulk.entities.map(({ id, providerMessageId }) => [id, providerMessageId]), [[sent.id, messageId]]);
assert.deepEqual(customer.messages.map(({ messageId: id }) => id), [sent.id]);
step('returns the messages of the conversation by their ids');

const channel = { from: message.channel.from, time: new Date().toISOString() };
const typing = await conversations.postConversationsMessageInboundOpenEvent(integration.id, {
  channel,
  events: [{ eventType: 'Typing' }],
});
assert.equal(typing.type, 'Event');
step('accepts an inbound event');

const outbound = await conversations.postConversationsMessagesAgentless({
  fromAddress: integration.id,
  toAddress: channel.from.id,
  toAddressMessengerType: 'open',
  textBody: 'Is it about your order?',
  useExistingActiveConversation: true,
});
assert.equal(outbound.conversationId, sent.conversationId);
step('sends an agentless message into the existing conversation');

const receipt = await conversations.postConversationsMessageInboundOpenReceipt(integration.id, {
  id: outbound.id,
  channel: { to: { id: channel.from.id, idType: 'Opaque' }, time: channel.time },
  status: 'Delivered',
  isFinalReceipt: true,
});
assert.equal(receipt.type, 'Receipt');
step('accepts a receipt for the message');

const pressed = await conversations.postConversationsMessageInboundOpenStructuredResponse(integration.id, {
  channel: { ...channel, messageId: randomUUID() },
  buttonResponse: { type: 'QuickReply', text: 'Yes', payload: 'yes' },
  originatingMessageId: outbound.id,
});
assert.equal(pressed.type, 'Structured');
step('accepts a structured response to the message');

const unknown = await conversations.getConversationsMessage(randomUUID()).then(
  () => undefined,
  (error) => error,
);
// The SDK rejects with the ErrorBody itself.
assert.equal(unknown?.status, 404);
assert.equal(unknown.code, 'not.found');
assert.ok(unknown.contextId);
step('reports an unknown conversation with an error that the SDK parses');

await conversations.patchConversationsMessageParticipant(sent.conversationId, customer.id, {
  body: { state: 'disconnected' },
});
const ended = await conversations.getConversationsMessage(sent.conversationId);
assert.ok(ended.participants.every(({ state }) => state === 'disconnected'));
step('ends the conversation when the customer leaves');

const survey = await new sdk.QualityApi().postQualitySurveys({
  conversationId: sent.conversationId,
  surveyFormContextId: randomUUID(),
});
assert.ok(survey.customerSurveyUrl);
const score = await conversations.patchConversationsMessageParticipantAttributes(sent.conversationId, customer.id, {
  body: { attributes: { surveyScore: '4' } },
});
assert.equal(score.attributes.surveyScore, '4');
step('creates a survey, and records a score as participant data');

// Provisioning of a connection.

const profile = await conversations.getConversationsMessagingSupportedcontentDefault();
assert.ok(profile.mediaTypes.allow.inbound.length > 0);
const sameProfile = await conversations.getConversationsMessagingSupportedcontentSupportedContentId(profile.id);
assert.deepEqual(sameProfile, profile);
step('returns the default content profile');

const typingEnabled = { typing: { on: { inbound: 'Enabled', outbound: 'Enabled' } } };
const defaultSetting = await conversations.getConversationsMessagingSettingsDefault();
const newSetting = await conversations.postConversationsMessagingSettings({ name: 'SDK' });
const patched = await conversations.patchConversationsMessagingSetting(newSetting.id, { event: typingEnabled });
assert.deepEqual(patched.event, typingEnabled);
assert.deepEqual(await conversations.getConversationsMessagingSetting(newSetting.id), patched);
const settings = await conversations.getConversationsMessagingSettings({ pageSize: 100, pageNumber: 1 });
assert.deepEqual(settings.entities.map(({ id }) => id), [defaultSetting.id, newSetting.id]);
step('creates, changes and lists a platform configuration beside the default one');

const request = {
  name: 'SDK',
  outboundNotificationWebhookUrl: 'https://bot.example.com/handover',
  outboundNotificationWebhookSignatureSecretToken: 'a-secret-of-16-or-more-chars',
  supportedContent: { id: profile.id },
};
const created = await conversations.postConversationsMessagingIntegrationsOpen(request);
const change = { name: 'SDK', messagingSetting: { id: newSetting.id } };
const changed = await conversations.patchConversationsMessagingIntegrationsOpenIntegrationId(created.id, change);
assert.equal(changed.messagingSetting.id, newSetting.id);
const using = await conversations.getConversationsMessagingIntegrations({ messagingSettingId: newSetting.id });
assert.deepEqual(using.entities.map(({ id }) => id), [created.id]);
const nameless = await conversations
  .patchConversationsMessagingIntegrationsOpenIntegrationId(created.id, { messagingSetting: { id: newSetting.id } })
  .then(() => undefined, (error) => error);
assert.equal(nameless?.status, 400);
step('creates an integration, and requires its name with every change');

const resolution = await conversations.putConversationsMessagingIdentityresolutionIntegrationsOpenIntegrationId(created.id, {
  resolveIdentities: true,
  externalSource: { id: randomUUID() },
});
const sameResolution = await conversations.getConversationsMessagingIdentityresolutionIntegrationsOpenIntegrationId(created.id);
assert.deepEqual(sameResolution, resolution);
assert.equal(resolution.resolveIdentities, true);
step('changes the identity resolution of an integration');

const routing = new sdk.RoutingApi();
const queue = await routing.postRoutingQueues({ name: 'SDK' });
assert.equal((await routing.getRoutingQueue(queue.id)).name, 'SDK');
step('creates and returns a queue');

const architect = new sdk.ArchitectApi();
const flows = await architect.getFlows({ type: ['inboundshortmessage'], name: 'Inbound Message' });
assert.deepEqual(flows.entities.map(({ name, type }) => [name, type]), [['Inbound Message', 'INBOUNDSHORTMESSAGE']]);
const noType = await architect.getFlows({ type: ['inboundmessage'] }).then(() => undefined, (error) => error);
assert.equal(noType?.status, 400);
step('lists inbound message flows by their type');

const recipients = await routing.getRoutingMessageRecipients({ messengerType: 'open', name: 'SDK' });
assert.equal(recipients.entities[0].id, created.recipient?.id ?? recipients.entities[0].id);
const routed = await routing.putRoutingMessageRecipient(recipients.entities[0].id, { flow: { id: flows.entities[0].id } });
assert.equal(routed.flow.id, flows.entities[0].id);
step('routes the address of the integration to the flow');

const groups = await architect.getArchitectSchedulegroups({ name: 'Support hours' });
const group = await architect.getArchitectSchedulegroup(groups.entities[0].id);
assert.deepEqual([group.name, group.timeZone, group.closedSchedules, group.holidaySchedules], ['Support hours', 'Europe/Berlin', [], []]);
const schedules = await architect.getArchitectSchedules({ pageSize: 100, pageNumber: 1 });
const weekdays = schedules.entities.find(({ id }) => id === group.openSchedules[0].id);
assert.equal(weekdays.rrule, 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR');
assert.equal(weekdays.start, '2026-01-05T08:00:00.000');
const emergencies = await architect.getArchitectEmergencygroups({ name: 'Support emergency' });
assert.equal((await architect.getArchitectEmergencygroup(emergencies.entities[0].id)).enabled, true);
step('returns schedules, schedule groups and emergency groups');
