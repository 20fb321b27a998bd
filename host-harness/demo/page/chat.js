// The end user's side: the bot, and the handover.
//
// All that was said is kept in this browser, with the place in the gateway's stream up to which it was heard, and with
// what the gateway has not taken yet. So nothing is lost by a reload.

import { call } from './api.js';
import { answer, GREETING, NO_FILES, wantsAPerson } from './bot.js';
import { $, unique } from './dom.js';
import { Outbox } from './outbox.js';
import { Talk } from './talk.js';

const PAUSE = 1000;
/** Lines that are kept, and events by whose ids those are known that come twice. */
const MOST_LINES = 300;
const MOST_HEARD = 300;
/** Of what the user said before the handover, for the agent. */
const TRANSCRIPT = 20;
const STATUSES = ['sent', 'accepted', 'delivered', 'read', 'failed'];
const ENDS = { completed: 'The agent has ended the conversation.', cancelled: 'You have left.', expired: 'The conversation has run out.' };

export class Chat {
  /** `latest` is where the gateway's stream ends, for a user who is new. */
  constructor(connection, latest) {
    this.name = `talk:${connection}`;
    this.kept = JSON.parse(localStorage.getItem(this.name) ?? 'null') ?? {
      recipient: `demo-${unique().slice(0, 8)}`,
      state: 'bot',
      handover: 0,
      lines: [{ who: 'bot', text: GREETING, time: Date.now() }],
      waiting: [],
      seen: latest,
      heard: [],
      /** Receipts that came before the answer to what they are for. */
      early: {},
    };
    this.path = `/v1/connections/${connection}/recipients/${this.kept.recipient}`;
    this.talk = new Talk((words, answer) => this.pressed(words, answer));
    for (const line of this.kept.lines) this.talk.show(line);
    this.changed();
    // Nothing is said before it is known to whom.
    this.ready = this.learn();
    this.outbox = new Outbox(this.path, this.kept.waiting, this.ready, {
      taken: (item, told) => this.taken(item, told),
      refused: (item, error) => this.refused(item, error),
    });
    $('say').onsubmit = (event) => {
      event.preventDefault();
      const text = $('words').value.trim();
      $('words').value = '';
      if (text) this.said(text);
    };
    $('words').oninput = () => this.typing();
    $('human').onclick = () => this.said('I want to talk to a person.').then(() => $('words').focus());
    $('leave').onclick = () => this.leave();
    $('file').onchange = () => this.attach();
  }

  get talks() {
    return this.kept.state === 'queued' || this.kept.state === 'active';
  }

  /** Whom the user talks to by the gateway, which is asked until it answers: events may be gone, and so may its store. */
  async learn() {
    for (;;) {
      try {
        const { state, handover } = await call('GET', `${this.path}/handover`);
        Object.assign(this.kept, { state: state === 'ended' ? 'bot' : state, handover });
        break;
      } catch (error) {
        if (error.status === 404) {
          Object.assign(this.kept, { state: 'bot', handover: 0 });
          break;
        }
        await new Promise((resolve) => setTimeout(resolve, PAUSE));
      }
    }
    // One that is still to be sent begins when it is.
    if (this.kept.waiting.some((item) => item.to === 'handover' && item.method !== 'DELETE')) this.kept.state = 'queued';
    this.changed();
  }

  // What the user does.

  async said(text) {
    await this.ready;
    if (this.talks) {
      this.send({ text }, { to: 'messages', body: { text } });
    } else if (wantsAPerson(text)) {
      this.handOver(text);
    } else {
      this.add({ who: 'user', text });
      this.add({ who: 'bot', text: answer(text) });
    }
  }

  handOver(text) {
    const said = this.kept.lines.filter((line) => ['user', 'bot'].includes(line.who) && line.text);
    const body = {
      text,
      transcript: said.slice(-TRANSCRIPT).map((line) => ({ speaker: line.who, time: line.time, text: line.text })),
      profile: { 'first-name': 'Ada', 'last-name': 'Lovelace', email: 'ada@example.com' },
      attributes: [{ key: 'topic', value: 'parcels' }],
    };
    this.kept.state = 'queued';
    this.send({ text }, { to: 'handover', body });
    this.changed();
  }

  pressed(words, answer) {
    if (answer && this.talks) this.send({ text: words }, { to: 'messages', body: { answer } });
    else this.said(words);
  }

  async attach() {
    const [file] = $('file').files;
    $('file').value = '';
    if (!file) return;
    await this.ready;
    if (!this.talks) {
      this.add({ who: 'bot', text: NO_FILES });
      return;
    }
    try {
      const mime = file.type || 'application/octet-stream';
      const { url } = await call('POST', 'api/files', file, { 'content-type': mime });
      const kind = mime.match(/^(image|video|audio)\//)?.[1] ?? 'file';
      const attachment = { kind, url, mime, filename: file.name, size: file.size };
      this.send({ attachment }, { to: 'messages', body: { attachment } });
    } catch (error) {
      this.note(`The file cannot be sent: ${error.message}`);
    }
  }

  typing() {
    if (this.kept.state !== 'active' || Date.now() - (this.typed ?? 0) < 3000) return;
    this.typed = Date.now();
    // One that does not arrive is not missed.
    call('POST', `${this.path}/messages`, 'typing').catch(() => {});
  }

  /** After all that was said before. */
  leave() {
    this.outbox.put({ key: unique(), method: 'DELETE', to: 'handover' });
    this.keep();
    $('words').focus();
  }

  // What becomes of it.

  send(line, item) {
    const key = unique();
    this.outbox.put({ key, ...item });
    this.add({ who: 'user', key, ...line });
  }

  taken(item, told) {
    const line = this.kept.lines.find((line) => line.key === item.key);
    if (line) {
      line.id = told?.message;
      this.kept.handover = told?.handover ?? this.kept.handover;
      this.mark(line, 'sent');
      if (this.kept.early[line.id]) this.mark(line, ...this.kept.early[line.id]);
      delete this.kept.early[line.id];
    }
    this.keep();
  }

  refused(item, error) {
    const line = this.kept.lines.find((line) => line.key === item.key);
    if (line) this.mark(line, 'failed', error.message);
    if (item.method === 'DELETE') this.note(`You cannot leave: ${error.message}`);
    this.keep();
    if (item.to === 'handover') this.learn();
  }

  mark(line, status, why) {
    if (STATUSES.indexOf(status) < STATUSES.indexOf(line.status)) return;
    Object.assign(line, { status, why });
    this.talk.mark(line);
  }

  // What the gateway tells.

  /** An event, and its place in the stream. */
  happened(event, place) {
    const { kept } = this;
    if (event.recipient !== kept.recipient || kept.heard.includes(event.id)) return;
    kept.heard = [...kept.heard, event.id].slice(-MOST_HEARD);
    kept.seen = place;
    // What comes late of an earlier handover changes nothing of whom the user talks to now.
    const { state, agent, handover } = kept;
    this.hear(event.type, event.data, Date.parse(event.timestamp));
    Object.assign(kept, event.handover < handover ? { state, agent } : { handover: event.handover });
    this.changed();
  }

  hear(type, data, time) {
    const { kept } = this;
    const who = data?.name || 'An agent';
    switch (type) {
      case 'queued': {
        const wait = data?.wait ? `, about ${Math.max(1, Math.round(data.wait / 60))} min` : '';
        this.note(data?.position ? `You are number ${data.position} in the queue${wait}.` : `You are in the queue${wait}.`, time);
        kept.state = 'queued';
        break;
      }
      case 'agent-joined':
        this.note(`${who} has joined.`, time);
        Object.assign(kept, { state: 'active', agent: data?.name });
        break;
      case 'agent-named':
        kept.agent = data?.name;
        break;
      case 'agent-left':
        this.note(`${who} has left.`, time);
        break;
      case 'transferred':
        this.note('You are being transferred.', time);
        break;
      case 'typing':
        this.talk.typing(kept.agent ?? 'The agent', data);
        break;
      case 'message':
      case 'late-message':
        this.talk.typing('', 0);
        this.add({ who: data.author === 'bot' ? 'flow' : 'agent', name: data.author === 'bot' ? undefined : data.agent?.name ?? kept.agent, message: data, time });
        // The agent learns that the user has seen it.
        this.outbox.put({ key: `seen-${data.id}`.slice(0, 100), to: 'messages', body: { receipt: { message: data.id, status: 'delivered' } } });
        break;
      case 'receipt':
        this.receipt(data.message, data.status);
        break;
      case 'reopened':
        this.note('The conversation goes on.', time);
        break;
      case 'ended': {
        const [reason, why] = typeof data === 'string' ? [data] : Object.entries(data)[0];
        this.note(ENDS[reason] ?? `The conversation has ended: ${why}`, time);
        this.note('The bot is back.', time);
        this.talk.typing('', 0);
        Object.assign(kept, { state: 'bot', agent: undefined });
        break;
      }
    }
  }

  receipt(message, told) {
    const [status, reasons] = typeof told === 'string' ? [told] : Object.entries(told)[0];
    const line = this.kept.lines.find((line) => line.id === message);
    if (line) this.mark(line, status, reasons?.join(', '));
    // It may be told before the answer to what was sent.
    else if (this.kept.waiting.length) this.kept.early[message] = [status, reasons?.join(', ')];
  }

  // What is kept and shown.

  note(text, time) {
    this.add({ who: 'note', text, ...(time && { time }) });
  }

  add(line) {
    const whole = { time: Date.now(), ...line };
    this.kept.lines.push(whole);
    this.kept.lines.splice(0, this.kept.lines.length - MOST_LINES);
    this.keep();
    this.talk.show(whole);
  }

  changed() {
    const { state, agent } = this.kept;
    const words = { bot: 'You talk to the bot.', queued: 'Waiting for an agent …', active: `You talk to ${agent ?? 'an agent'}.` };
    $('state').textContent = words[state];
    $('human').hidden = this.talks;
    $('leave').hidden = !this.talks;
    this.keep();
  }

  keep() {
    try {
      localStorage.setItem(this.name, JSON.stringify(this.kept));
    } catch {
      // The browser has no room for it: it is kept for as long as this page is open.
    }
  }
}
