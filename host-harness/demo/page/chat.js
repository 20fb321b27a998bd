// The user's side: the bot, and the handover to an agent.
//
// The browser stores the chat, the last processed position in the gateway's event stream, and the requests that the
// gateway has not accepted yet. A reload therefore loses nothing.

import { call } from './api.js';
import { asksForAgent, CALLBACK_REQUESTED, closed, GREETING, NO_FILES, phoneNumber, reply } from './bot.js';
import { $, uniqueId } from './dom.js';
import { Outbox } from './outbox.js';
import { MessageList } from './talk.js';

const RETRY_DELAY_MS = 1000;
const MAX_LINES = 300;
/** Events whose ids are stored to detect duplicates. */
const MAX_EVENT_IDS = 300;
/** The agent receives this many lines of the chat with the bot. The gateway accepts 64 KiB. */
const MAX_TRANSCRIPT_LINES = 20;
const MAX_TRANSCRIPT_LINE_CHARS = 500;
/** Older typing events are not shown. */
const MAX_TYPING_AGE_MS = 60000;
const TYPING_INTERVAL_MS = 3000;
const UPLOAD_TIMEOUT_MS = 120000;
/** Each status replaces only those before it. */
const STATUSES = ['sent', 'accepted', 'delivered', 'read', 'failed'];
const END_NOTES = { completed: 'The agent has ended the conversation.', cancelled: 'You have left.', expired: 'The conversation has expired.' };

export class Chat {
  /** A new user starts at `latest`, the end of the gateway's event stream. */
  constructor(connection, latest) {
    this.storageKey = `chat:${connection}`;
    this.session = { ...newSession(latest), ...loadSession(this.storageKey) };
    this.connectionPath = `/v1/connections/${connection}`;
    this.path = `${this.connectionPath}/recipients/${this.session.recipient}`;
    /** The user's texts are processed one after the other. */
    this.submissions = Promise.resolve();
    /** Incremented by everything that can change the state of the handover. */
    this.revision = 0;
    this.messages = new MessageList((text, answer) => this.submitChoice(text, answer));
    for (const line of this.session.lines) this.messages.show(line);
    // The user cannot write before it is known whether the bot or an agent receives the message.
    const inputs = ['talk', 'say', 'human', 'leave'].map($);
    for (const input of inputs) input.inert = true;
    this.refreshHandover().then(() => inputs.forEach((input) => (input.inert = false)));
    this.onDisconnect();
    this.outbox = new Outbox(this.path, this.session.pending, () => this.connected, {
      onAccepted: (item, result) => this.onAccepted(item, result),
      onRejected: (item, error) => this.onRejected(item, error),
    });
    $('say').onsubmit = (event) => {
      event.preventDefault();
      const text = $('words').value.trim();
      $('words').value = '';
      if (text) this.submit(text);
    };
    $('words').oninput = () => this.sendTyping();
    $('human').onclick = () => this.submit('I want to talk to a person.');
    $('leave').onclick = () => this.leave();
    $('file').onchange = () => this.attachFile();
  }

  // Connection and handover state

  /** The gateway's event stream is connected. */
  onConnect() {
    this.resolveConnected();
    this.refreshHandover();
  }

  /**
   * The gateway's event stream is interrupted. Nothing is sent until it is connected again: if the gateway's store was
   * reset, the stream could otherwise start after the events that the request causes.
   */
  onDisconnect() {
    this.resolveConnected?.();
    this.connected = new Promise((resolve) => (this.resolveConnected = resolve));
  }

  get inHandover() {
    return this.session.state === 'queued' || this.session.state === 'active';
  }

  /** Asks the gateway for the state of the handover until it answers, because events or its store may be lost. */
  async refreshHandover() {
    for (;;) {
      const revision = this.revision;
      const handover = await this.fetchHandover();
      // If something happened in the meantime, the answer may be outdated.
      if (handover && revision === this.revision) {
        this.applyHandover(handover);
        return;
      }
      if (!handover) await new Promise((resolve) => setTimeout(resolve, RETRY_DELAY_MS));
    }
  }

  async fetchHandover() {
    try {
      return await call('GET', `${this.path}/handover`);
    } catch (error) {
      return error.status === 404 ? { handover: 0, state: 'ended' } : undefined;
    }
  }

  applyHandover({ handover, state }) {
    const { session } = this;
    // A store that was reset numbers handovers from the start.
    if (handover < session.leftHandover) session.leftHandover = 0;
    const isPending = (method) => session.pending.some((item) => item.resource === 'handover' && item.method === method);
    if (isPending('DELETE')) {
      // The handover ends when the gateway accepts the pending request.
    } else if (isPending('POST') && handover < session.handover) {
      // The handover starts when the gateway accepts the pending request.
      session.state = 'queued';
    } else {
      Object.assign(session, { handover, state: state === 'ended' ? 'bot' : state });
    }
    if (!this.inHandover) session.agent = undefined;
    this.update();
  }

  // User actions

  submit(text) {
    this.submissions = this.submissions.then(() => this.process(text)).catch(reportError);
  }

  async process(text) {
    const phone = this.session.offersCallback && phoneNumber(text);
    if (this.inHandover) {
      this.send({ text }, { resource: 'messages', body: { text } });
    } else if (phone) {
      this.requestCallback(text, phone);
    } else if (asksForAgent(text)) {
      await this.requestAgent(text);
    } else {
      this.addLine({ author: 'user', text });
      this.addLine({ author: 'bot', text: reply(text) });
    }
  }

  /** Starts a handover, or offers a callback if the contact center is closed. */
  async requestAgent(text) {
    const availability = await this.fetchAvailability();
    if (this.inHandover) {
      this.send({ text }, { resource: 'messages', body: { text } });
    } else if (availability?.state === 'closed') {
      this.session.offersCallback = true;
      this.addLine({ author: 'user', text });
      this.addLine({ author: 'bot', text: closed(availability['opens-at']) });
    } else {
      this.startHandover(text);
    }
  }

  /** Returns whether agents are there, or undefined if that is unknown: then the user may wait for them. */
  async fetchAvailability() {
    try {
      return await call('GET', `${this.connectionPath}/availability`);
    } catch {
      return undefined;
    }
  }

  requestCallback(text, phone) {
    const callback = { phone, name: 'Ada Lovelace', attributes: [{ key: 'topic', value: 'parcels' }] };
    this.session.offersCallback = false;
    this.send({ text }, { resource: 'messages', body: { callback } });
    this.addLine({ author: 'bot', text: CALLBACK_REQUESTED });
  }

  startHandover(text) {
    const lines = this.session.lines.filter((line) => ['user', 'bot'].includes(line.author) && line.text);
    const body = {
      text,
      transcript: lines.slice(-MAX_TRANSCRIPT_LINES).map((line) => ({ speaker: line.author, time: line.time, text: truncate(line.text) })),
      profile: { 'first-name': 'Ada', 'last-name': 'Lovelace', email: 'ada@example.com' },
      attributes: [{ key: 'topic', value: 'parcels' }],
    };
    this.revision += 1;
    Object.assign(this.session, { state: 'queued', handover: this.session.handover + 1 });
    this.send({ text }, { resource: 'handover', body });
    this.update();
  }

  submitChoice(text, answer) {
    if (answer && this.inHandover) this.send({ text }, { resource: 'messages', body: { answer } });
    else this.submit(text);
  }

  async attachFile() {
    const [file] = $('file').files;
    $('file').value = '';
    if (!file) return;
    if (!this.inHandover) {
      this.addLine({ author: 'bot', text: NO_FILES });
      return;
    }
    try {
      const mime = file.type || 'application/octet-stream';
      const { url } = await call('POST', 'api/files', file, { 'content-type': mime }, UPLOAD_TIMEOUT_MS);
      const kind = mime.match(/^(image|video|audio)\//)?.[1] ?? 'file';
      const attachment = { kind, url, 'mime-type': mime, filename: file.name, size: file.size };
      this.send({ attachment }, { resource: 'messages', body: { attachment } });
    } catch (error) {
      this.addNote(`The file could not be sent: ${error.message}`);
    }
  }

  sendTyping() {
    if (this.session.state !== 'active' || Date.now() - (this.typingSentAt ?? 0) < TYPING_INTERVAL_MS) return;
    this.typingSentAt = Date.now();
    // A lost typing indicator does no harm.
    call('POST', `${this.path}/messages`, 'typing').catch(() => {});
  }

  /** Ends the handover after all pending messages are sent. The page shows the end at once. */
  leave() {
    if (!this.inHandover) return;
    this.revision += 1;
    Object.assign(this.session, { state: 'bot', agent: undefined, leftHandover: this.session.handover });
    this.outbox.put({ key: uniqueId(), method: 'DELETE', resource: 'handover' });
    this.update();
  }

  // Results of requests

  send(line, { resource, body }) {
    const key = uniqueId();
    this.outbox.put({ key, line: key, method: 'POST', resource, body });
    this.addLine({ author: 'user', key, ...line });
  }

  onAccepted(item, result) {
    const { session } = this;
    this.revision += 1;
    const line = this.lineFor(item);
    if (line) {
      line.id = result?.message;
      this.setStatus(line, 'sent');
      if (session.earlyReceipts[line.id]) this.setStatus(line, ...session.earlyReceipts[line.id]);
    }
    if (!session.pending.length) session.earlyReceipts = {};
    if (result?.handover) this.setHandoverNumber(result.handover);
    this.save();
    // The gateway may have accepted an earlier attempt of this request, and the handover may be over.
    if (item.resource === 'handover') this.refreshHandover();
  }

  /** Sets the gateway's handover number, which may differ from the expected one, and renumbers pending requests. */
  setHandoverNumber(number) {
    const { session } = this;
    Object.assign(session, { handover: number, leftHandover: 0 });
    for (const { resource, method } of session.pending) {
      if (resource === 'handover' && method === 'POST') session.handover += 1;
      if (resource === 'handover' && method === 'DELETE') session.leftHandover = session.handover;
    }
  }

  onRejected(item, error) {
    const { session } = this;
    this.revision += 1;
    const line = this.lineFor(item);
    if (item.resource === 'handover' && item.method === 'POST' && error.status === 409) {
      // An agent has already started a handover: send the text as a message in it.
      this.outbox.put({ key: uniqueId(), line: item.line, method: 'POST', resource: 'messages', body: { text: item.body.text } });
    } else if (line) {
      this.setStatus(line, 'failed', error.message);
    }
    // The user is still in the handover, or there was none.
    const isLeaving = session.pending.some((other) => other.method === 'DELETE');
    if (item.method === 'DELETE' && !isLeaving) session.leftHandover = 0;
    this.save();
    // The gateway may have rejected the request because there is no handover, or because there is one already.
    this.refreshHandover();
  }

  /** Returns the line that shows a request; receipts and requests to leave have none. */
  lineFor(item) {
    return item.line && this.session.lines.find((line) => line.key === item.line);
  }

  setStatus(line, status, reason) {
    if (STATUSES.indexOf(status) < STATUSES.indexOf(line.status)) return;
    Object.assign(line, { status, reason });
    this.messages.showStatus(line);
  }

  // Events of the gateway

  /** Processes an event and stores its position in the stream. */
  onEvent(event, position) {
    const { session } = this;
    const time = Date.parse(event.timestamp);
    if (event.recipient !== session.recipient || time <= session.processedUntil || session.recentEvents.some(({ id }) => id === event.id)) return;
    this.revision += 1;
    session.recentEvents.push({ id: event.id, time });
    // Events that are older than those with a stored id count as processed.
    if (session.recentEvents.length > MAX_EVENT_IDS) session.processedUntil = session.recentEvents.shift().time;
    session.position = position;
    const { state, agent, handover, leftHandover } = session;
    this.applyEvent(event.type, event.data, time);
    // Late events of an earlier handover, or of one that the user has left, do not change the current state.
    const outdated = event.handover < handover || event.handover === leftHandover;
    Object.assign(session, outdated ? { state, agent } : { handover: event.handover });
    this.update();
  }

  applyEvent(type, data, time) {
    const { session } = this;
    const name = data?.name || 'An agent';
    switch (type) {
      case 'queued': {
        const seconds = data?.['estimated-wait-seconds'];
        const wait = seconds ? ` Estimated wait: ${Math.max(1, Math.round(seconds / 60))} min.` : '';
        this.showQueue(data?.position ? `You are number ${data.position} in the queue.${wait}` : `You are in the queue.${wait}`, time);
        session.state = 'queued';
        break;
      }
      case 'agent-joined':
        this.addNote(`${name} has joined.`, time);
        Object.assign(session, { state: 'active', agent: data?.name });
        break;
      case 'agent-named':
        session.agent = data?.name;
        break;
      case 'agent-left':
        this.addNote(`${name} has left.`, time);
        if (data?.name === session.agent) session.agent = undefined;
        break;
      case 'transferred':
        this.addNote('You are being transferred.', time);
        session.agent = undefined;
        break;
      case 'typing':
        if (Date.now() - time < MAX_TYPING_AGE_MS) this.messages.showTyping(session.agent ?? 'The agent', data);
        break;
      case 'message':
      case 'late-message':
        this.onMessage(data, time);
        break;
      case 'receipt':
        this.onReceipt(data['message-id'], data.status);
        break;
      case 'reopened':
      case 'begun-by-agent':
        this.addNote(type === 'reopened' ? 'The conversation has been reopened.' : 'An agent writes to you.', time);
        session.state = 'active';
        break;
      case 'inactivity-prompt':
        this.addLine({ author: 'bot', text: 'Are you still there?', time });
        break;
      case 'survey':
        this.addNote(`How was it? ${data.url}`, time);
        break;
      case 'outcome': {
        const tags = data.tags.length ? ` (${data.tags.join(', ')})` : '';
        this.addNote(`The platform receives what the agent recorded: ${data.name ?? data.code}${tags}.`, time);
        break;
      }
      case 'ended': {
        const [reason, details] = typeof data === 'string' ? [data] : Object.entries(data)[0];
        this.addNote(END_NOTES[reason] ?? `The conversation has ended: ${details}`, time);
        this.addNote('The bot is back.', time);
        this.messages.showTyping('', 0);
        Object.assign(session, { state: 'bot', agent: undefined });
        break;
      }
    }
  }

  onMessage(message, time) {
    const { session } = this;
    const fromFlow = message.author === 'bot';
    // The agent may have joined without an event, or may have left after this message.
    if (!fromFlow && session.state === 'queued') this.refreshHandover();
    this.messages.showTyping('', 0);
    this.addLine({ author: fromFlow ? 'flow' : 'agent', name: fromFlow ? undefined : message.agent?.name ?? session.agent, message, time });
    const body = { receipt: { 'message-id': message.id, outcome: 'delivered' } };
    this.outbox.put({ key: uniqueId(), method: 'POST', resource: 'messages', body });
  }

  onReceipt(messageId, receipt) {
    const [status, reasons] = typeof receipt === 'string' ? [receipt] : Object.entries(receipt)[0];
    const line = this.session.lines.find((line) => line.id === messageId);
    if (line) this.setStatus(line, status, reasons?.join(', '));
    // A receipt may arrive before the response to the request that sent the message.
    else if (this.session.pending.length) this.session.earlyReceipts[messageId] = [status, reasons?.join(', ')];
  }

  // Display and storage

  /** Shows the state of the queue, in place of the last one if nothing else happened since. */
  showQueue(text, time) {
    const last = this.session.lines.at(-1);
    if (!last?.isQueue) {
      this.addLine({ author: 'note', key: uniqueId(), isQueue: true, text, time });
      return;
    }
    Object.assign(last, { text, time });
    this.messages.showText(last);
    this.save();
  }

  addNote(text, time) {
    this.addLine({ author: 'note', text, ...(time && { time }) });
  }

  addLine(content) {
    const line = { time: Date.now(), ...content };
    this.session.lines.push(line);
    this.session.lines.splice(0, this.session.lines.length - MAX_LINES);
    this.save();
    this.messages.show(line);
  }

  /** Shows and stores the state of the handover. */
  update() {
    const { state, agent } = this.session;
    const texts = { bot: 'You are talking to the bot.', queued: 'Waiting for an agent …', active: `You are talking to ${agent ?? 'an agent'}.` };
    $('state').textContent = texts[state];
    const focused = [$('human'), $('leave')].find((button) => button === document.activeElement);
    $('human').hidden = this.inHandover;
    $('leave').hidden = !this.inHandover;
    // If the focused button is now hidden, keyboard users continue in the message input.
    if (focused?.hidden) $('words').focus();
    this.save();
  }

  save() {
    try {
      localStorage.setItem(this.storageKey, JSON.stringify(this.session));
    } catch {
      // The browser's storage is full: the session lasts as long as this page is open.
    }
  }
}

function newSession(latest) {
  return {
    recipient: `demo-${uniqueId().slice(0, 8)}`,
    state: 'bot',
    /** The number of the current or last handover. */
    handover: 0,
    /** The number of the handover that the user has left. */
    leftHandover: 0,
    /** The bot asked for the user's telephone number. */
    offersCallback: false,
    lines: [{ author: 'bot', text: GREETING, time: Date.now() }],
    /** Requests that the gateway has not accepted yet. */
    pending: [],
    /** The last processed position in the gateway's event stream. */
    position: latest,
    /** The latest processed events, by id. */
    recentEvents: [],
    /** All events up to this time have been processed. */
    processedUntil: 0,
    /** Receipts that arrived before the response to the request that sent the message. */
    earlyReceipts: {},
  };
}

function loadSession(storageKey) {
  try {
    return JSON.parse(localStorage.getItem(storageKey));
  } catch {
    return undefined;
  }
}

/** Truncates by code points, because half a surrogate pair is not valid Unicode. */
const truncate = (text) => [...text].slice(0, MAX_TRANSCRIPT_LINE_CHARS).join('');
