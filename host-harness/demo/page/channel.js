// The user's side when the contact center owns the channel: its flow asks the platform's bot, and hands the user over. The
// page is the platform, too: it answers the turns with the API of the gateway.

import { call, followEvents } from './api.js';
import { asksForAgent, GREETING, reply } from './bot.js';
import { $ } from './dom.js';
import { MessageList } from './talk.js';

const POLL_INTERVAL_MS = 200;
const STORAGE_KEY = 'channel';
const BOT = { bot: 'demo-bot', version: '1', language: 'en-us' };
const PLATFORM_NOTES = {
  queued: 'The platform got a report: the user waits for an agent.',
  'agent-joined': 'The platform got a report: an agent has joined.',
  ended: 'The platform got a report: the handover has ended.',
};

export class Channel {
  /** `bots` is the connection whose contact center asks bots, `handovers` the one that reports what becomes of a handover. */
  constructor(bots, handovers) {
    this.stored = loadStored();
    this.messages = new MessageList((text) => this.say(text));
    this.shown = 0;
    for (const id of ['human', 'say']) $(id).hidden = false;
    $('leave').hidden = true;
    document.querySelector('label[for="file"]').hidden = true;
    $('state').textContent = 'You are talking to the bot.';
    this.messages.show({ author: 'bot', text: GREETING, time: Date.now() });
    $('say').onsubmit = (event) => {
      event.preventDefault();
      const text = $('words').value.trim();
      $('words').value = '';
      if (text) this.say(text);
    };
    $('human').onclick = () => this.say('I want to talk to a person.');
    this.follow(`/v1/bot-connections/${bots.name}`, 'turns', bots.latest, (event) => this.onTurn(bots.name, event));
    this.follow(`/v1/connections/${handovers.name}`, 'handovers', handovers.latest, (event) => this.onHandover(event));
    this.poll();
  }

  /** Follows the events of a connection, after a reload from where it was. */
  follow(path, key, latest, onEvent) {
    followEvents(`${path}/events`, this.stored[key] ?? latest, {
      onEvent: (event, position) => {
        this.stored[key] = position;
        this.store();
        onEvent(event);
      },
      onConnect: () => ($('link').textContent = ''),
      onDisconnect: () => ($('link').textContent = 'No connection to the gateway. Reconnecting …'),
    });
  }

  // The user

  async say(text) {
    try {
      // A flow begins with the first message, and with the first one after its end.
      if (!this.run || this.run.conversation === 'ended' || (this.run.outcome && !this.run.conversation)) await this.begin();
      this.show(await call('POST', `api/desk/bot-sessions/${this.stored.run}/messages`, { text }));
    } catch (error) {
      this.note(`Your message could not be sent: ${error.message}`);
    }
  }

  async begin() {
    this.run = await call('POST', 'api/desk/bot-sessions', BOT);
    this.stored.run = this.run.id;
    this.shown = 0;
    this.store();
  }

  /** Polls without end, because the local Genesys Cloud has no push for its channel. */
  async poll() {
    for (;;) {
      try {
        if (this.stored.run) this.show(await call('GET', `api/desk/bot-sessions/${this.stored.run}`));
      } catch (error) {
        // A restarted local Genesys Cloud does not know the run.
        if (error.status === 404) delete this.stored.run;
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL_MS));
    }
  }

  /** Shows what is new. */
  show(run) {
    if (run.id !== this.stored.run || run.messages.length < this.shown) return;
    for (const { from, text, content } of run.messages.slice(this.shown)) {
      this.messages.show({ author: from, text: text || (content ?? []).map((part) => part.contentType).join(', '), time: Date.now() });
    }
    this.shown = run.messages.length;
    if (run.conversation === 'ended' && this.run?.conversation !== 'ended') this.note('The conversation with the agent has ended.');
    this.run = run;
    const states = { waiting: 'Waiting for an agent …', connected: 'You are talking to an agent.' };
    $('state').textContent = states[run.conversation] ?? 'You are talking to the bot.';
    $('human').hidden = run.conversation in states;
  }

  note(text) {
    this.messages.show({ author: 'note', text });
  }

  // The platform

  /** Answers a turn, with the same bot as in the other direction. */
  async onTurn(connection, event) {
    if (event.type !== 'turn') return;
    const { number, turn } = event.data;
    const { text } = turn.input;
    const handover = { queue: 'Support', summary: `The user asks for an agent after ${number} ${number === 1 ? 'turn' : 'turns'}.`, attributes: [{ key: 'topic', value: 'parcels' }] };
    const answer = asksForAgent(text)
      ? { messages: [{ text: 'I am getting an agent.' }], next: { handover } }
      : { messages: [{ text: reply(text) }], next: 'wait' };
    const path = `/v1/bot-connections/${connection}/sessions/${event.session}/turns/${number}/answer`;
    // A turn that was answered before a reload, or whose time is over, is refused.
    await call('PUT', path, answer).catch((error) => error.status === 409 || reportError(error));
  }

  onHandover(event) {
    if (event.recipient === this.run?.conversationId && PLATFORM_NOTES[event.type]) this.note(PLATFORM_NOTES[event.type]);
  }

  store() {
    localStorage.setItem(STORAGE_KEY, JSON.stringify(this.stored));
  }
}

function loadStored() {
  try {
    return JSON.parse(localStorage.getItem(STORAGE_KEY)) ?? {};
  } catch {
    return {};
  }
}
