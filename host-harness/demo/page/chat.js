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
/** Lines of the talk with the bot that the agent gets, and characters of each: the gateway takes 64 KiB. */
const TRANSCRIPT = 20;
const LONGEST = 500;
/** Milliseconds after which nobody types any more, and for which a file may be on its way. */
const STALE = 60000;
const UPLOAD = 120000;
const STATUSES = ['sent', 'accepted', 'delivered', 'read', 'failed'];
const ENDS = { completed: 'The agent has ended the conversation.', cancelled: 'You have left.', expired: 'The conversation has run out.' };

export class Chat {
  /** `latest` is where the gateway's stream ends, for a user who is new. */
  constructor(connection, latest) {
    this.name = `talk:${connection}`;
    this.kept = { ...beginning(latest), ...remembered(this.name) };
    this.path = `/v1/connections/${connection}/recipients/${this.kept.recipient}`;
    /** Counts what changes whom the user talks to, or may. */
    this.turn = 0;
    this.talk = new Talk((words, answer) => this.pressed(words, answer));
    for (const line of this.kept.lines) this.talk.show(line);
    // Nothing is said before it is known to whom.
    const inputs = ['talk', 'say', 'human', 'leave'].map($);
    for (const input of inputs) input.inert = true;
    this.learn().then(() => inputs.forEach((input) => (input.inert = false)));
    this.disconnected();
    this.outbox = new Outbox(this.path, this.kept.waiting, () => this.linked, {
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
    $('human').onclick = () => this.said('I want to talk to a person.');
    $('leave').onclick = () => this.leave();
    $('file').onchange = () => this.attach();
  }

  /** The gateway's stream is followed. */
  connected() {
    this.link();
    this.learn();
  }

  /**
   * It is not any more. Until it is, nothing is sent: of a store that began anew, the stream could else begin behind what
   * comes of it.
   */
  disconnected() {
    this.link?.();
    this.linked = new Promise((link) => (this.link = link));
  }

  get talks() {
    return this.kept.state === 'queued' || this.kept.state === 'active';
  }

  /** Whom the user talks to by the gateway, which is asked until it answers: events may be gone, and so may its store. */
  async learn() {
    for (;;) {
      const turn = this.turn;
      const told = await this.asked();
      // What happened in between may be newer than the answer.
      if (told && turn === this.turn) {
        this.believe(told);
        return;
      }
      if (!told) await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }

  async asked() {
    try {
      return await call('GET', `${this.path}/handover`);
    } catch (error) {
      return error.status === 404 ? { handover: 0, state: 'ended' } : undefined;
    }
  }

  believe({ handover, state }) {
    const { kept } = this;
    // A store that begins anew counts anew.
    if (handover < kept.left) kept.left = 0;
    const waits = (method) => kept.waiting.some((item) => item.to === 'handover' && item.method === method);
    if (waits('DELETE')) {
      // It ends when that is taken.
    } else if (waits('POST') && handover < kept.handover) {
      // It begins when that is taken.
      kept.state = 'queued';
    } else {
      Object.assign(kept, { handover, state: state === 'ended' ? 'bot' : state });
    }
    if (!this.talks) kept.agent = undefined;
    this.changed();
  }

  // What the user does.

  said(text) {
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
      transcript: said.slice(-TRANSCRIPT).map((line) => ({ speaker: line.who, time: line.time, text: cut(line.text) })),
      profile: { 'first-name': 'Ada', 'last-name': 'Lovelace', email: 'ada@example.com' },
      attributes: [{ key: 'topic', value: 'parcels' }],
    };
    this.turn += 1;
    Object.assign(this.kept, { state: 'queued', handover: this.kept.handover + 1 });
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
    if (!this.talks) {
      this.add({ who: 'bot', text: NO_FILES });
      return;
    }
    try {
      const mime = file.type || 'application/octet-stream';
      const { url } = await call('POST', 'api/files', file, { 'content-type': mime }, UPLOAD);
      const kind = mime.match(/^(image|video|audio)\//)?.[1] ?? 'file';
      const attachment = { kind, url, 'mime-type': mime, filename: file.name, size: file.size };
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

  /** After all that was said before; for the user it is over at once. */
  leave() {
    if (!this.talks) return;
    this.turn += 1;
    Object.assign(this.kept, { state: 'bot', agent: undefined, left: this.kept.handover });
    this.outbox.put({ key: unique(), method: 'DELETE', to: 'handover' });
    this.changed();
  }

  // What becomes of it.

  send(line, { to, body }) {
    const key = unique();
    this.outbox.put({ key, line: key, method: 'POST', to, body });
    this.add({ who: 'user', key, ...line });
  }

  taken(item, told) {
    const { kept } = this;
    this.turn += 1;
    const line = this.lineOf(item);
    if (line) {
      line.id = told?.message;
      this.mark(line, 'sent');
      if (kept.early[line.id]) this.mark(line, ...kept.early[line.id]);
    }
    if (!kept.waiting.length) kept.early = {};
    if (told?.handover) this.begun(told.handover);
    this.keep();
    // It may have been taken long ago, and be over.
    if (item.to === 'handover') this.learn();
  }

  /** By the gateway's number, which may be another than was thought; and so are those of what waits. */
  begun(number) {
    const { kept } = this;
    Object.assign(kept, { handover: number, left: 0 });
    for (const { to, method } of kept.waiting) {
      if (to === 'handover' && method === 'POST') kept.handover += 1;
      if (to === 'handover' && method === 'DELETE') kept.left = kept.handover;
    }
  }

  refused(item, error) {
    const { kept } = this;
    this.turn += 1;
    const line = this.lineOf(item);
    if (item.to === 'handover' && item.method === 'POST' && error.status === 409) {
      // An agent was faster and has begun one: it is said in that.
      this.outbox.put({ key: unique(), line: item.line, method: 'POST', to: 'messages', body: { text: item.body.text } });
    } else if (line) {
      this.mark(line, 'failed', error.message);
    }
    // The user has not left, unless there was nothing to leave.
    const leaves = kept.waiting.some((other) => other.method === 'DELETE');
    if (item.method === 'DELETE' && !leaves) kept.left = 0;
    this.keep();
    // What the gateway refuses it may have refused because there is no handover, or one already.
    this.learn();
  }

  /** What is seen of it; receipts and leaving are not. */
  lineOf(item) {
    return item.line && this.kept.lines.find((line) => line.key === item.line);
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
    const time = Date.parse(event.timestamp);
    if (event.recipient !== kept.recipient || time <= kept.since || kept.heard.some((one) => one.id === event.id)) return;
    this.turn += 1;
    kept.heard.push({ id: event.id, time });
    // Whatever is older than those that are known by their ids has been heard, too.
    if (kept.heard.length > MOST_HEARD) kept.since = kept.heard.shift().time;
    kept.seen = place;
    const { state, agent, handover, left } = kept;
    this.hear(event.type, event.data, time);
    // What comes late of an earlier handover, or of one that the user has left, changes nothing of whom they talk to now.
    const over = event.handover < handover || event.handover === left;
    Object.assign(kept, over ? { state, agent } : { handover: event.handover });
    this.changed();
  }

  hear(type, data, time) {
    const { kept } = this;
    const who = data?.name || 'An agent';
    switch (type) {
      case 'queued': {
        const seconds = data?.['estimated-wait-seconds'];
        const wait = seconds ? `, about ${Math.max(1, Math.round(seconds / 60))} min` : '';
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
        if (data?.name === kept.agent) kept.agent = undefined;
        break;
      case 'transferred':
        this.note('You are being transferred.', time);
        kept.agent = undefined;
        break;
      case 'typing':
        if (Date.now() - time < STALE) this.talk.typing(kept.agent ?? 'The agent', data);
        break;
      case 'message':
      case 'late-message':
        this.hearMessage(data, time);
        break;
      case 'receipt':
        this.receipt(data['message-id'], data.status);
        break;
      case 'reopened':
        this.note('The conversation goes on.', time);
        kept.state = 'active';
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

  hearMessage(message, time) {
    const { kept } = this;
    const flow = message.author === 'bot';
    // An agent who writes may be there although nobody told that they came; or it was their last word.
    if (!flow && kept.state === 'queued') this.learn();
    this.talk.typing('', 0);
    this.add({ who: flow ? 'flow' : 'agent', name: flow ? undefined : message.agent?.name ?? kept.agent, message, time });
    // The agent learns that the user was shown it.
    const body = { receipt: { 'message-id': message.id, outcome: 'delivered' } };
    this.outbox.put({ key: unique(), method: 'POST', to: 'messages', body });
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
    const focused = [$('human'), $('leave')].find((button) => button === document.activeElement);
    $('human').hidden = this.talks;
    $('leave').hidden = !this.talks;
    // What was pressed is gone: whoever has no mouse goes on writing.
    if (focused?.hidden) $('words').focus();
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

function beginning(latest) {
  return {
    recipient: `demo-${unique().slice(0, 8)}`,
    state: 'bot',
    /** The number of the present handover, or of the last, and of that which the user has left. */
    handover: 0,
    left: 0,
    lines: [{ who: 'bot', text: GREETING, time: Date.now() }],
    waiting: [],
    /** Up to where the stream was heard; the latest events by their ids, and from when on those are known. */
    seen: latest,
    heard: [],
    since: 0,
    /** Receipts that came before the answer to what they are for. */
    early: {},
  };
}

function remembered(name) {
  try {
    return JSON.parse(localStorage.getItem(name));
  } catch {
    return undefined;
  }
}

/** Whole characters: half a one is no Unicode. */
const cut = (text) => [...text].slice(0, LONGEST).join('');
