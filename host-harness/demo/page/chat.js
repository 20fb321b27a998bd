// The end user's side: a small scripted bot, and the handover.
//
// What the user said and the bot answered is kept in this browser, what the contact centre says comes from the
// gateway's stream, which begins anew with each page. So nothing is lost by a reload; and what the gateway has not
// confirmed is sent again with the key under which it was sent before.

import { call } from './api.js';
import { $, address, clock, el } from './dom.js';

const GREETING = 'Hello! I am the bot. I know about parcels. Ask for an agent whenever you like.';
const PAUSE = 1000;

export class Chat {
  constructor(connection) {
    const key = `chat:${connection}`;
    this.kept = JSON.parse(localStorage.getItem(key) ?? 'null') ?? {
      recipient: `demo-${crypto.randomUUID().slice(0, 8)}`,
      lines: [{ who: 'bot', text: GREETING, time: Date.now() }],
    };
    this.keep = () => localStorage.setItem(key, JSON.stringify(this.kept));
    this.keep();
    this.path = `/v1/connections/${connection}/recipients/${this.kept.recipient}`;
    this.state = 'bot';
    this.handover = 0;
    /** The handover that the gateway has told of when it was asked. */
    this.current = 0;
    this.events = new Set();
    this.receipts = new Map();
    this.shown = new Map();
    for (const line of this.kept.lines) this.show(line);
    this.tell();
    // Nothing is said before it is known to whom.
    this.ready = this.learn();
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
    this.sending = this.ready;
    for (const line of this.kept.lines.filter((line) => line.request && !line.taken)) this.send(line);
  }

  get talks() {
    return this.state === 'queued' || this.state === 'active';
  }

  /** Who the user talks to, by the gateway; asked until it answers. */
  async learn() {
    for (;;) {
      try {
        const { state, handover } = await call('GET', `${this.path}/handover`);
        this.current = handover;
        this.state = state === 'ended' ? 'bot' : state;
        break;
      } catch (error) {
        if (error.status === 404) break;
        await new Promise((resolve) => setTimeout(resolve, PAUSE));
      }
    }
    // One that is still to be sent begins when it is.
    if (this.kept.lines.some((line) => line.request?.post === 'handover' && !line.taken)) this.state = 'queued';
    this.tell();
  }

  // What the user does.

  async said(text) {
    await this.ready;
    if (this.talks) {
      this.add({ who: 'user', text, request: { post: 'messages', body: { text } } });
      return;
    }
    if (!/\b(agent|person|human|somebody)\b/i.test(text)) {
      this.add({ who: 'user', text });
      this.add({ who: 'bot', text: answer(text) });
      return;
    }
    const transcript = this.kept.lines
      .filter((line) => ['user', 'bot'].includes(line.who) && line.text)
      .slice(-20)
      .map((line) => ({ speaker: line.who, time: line.time, text: line.text }));
    const body = {
      text,
      transcript,
      profile: { 'first-name': 'Ada', 'last-name': 'Lovelace', email: 'ada@example.com' },
      attributes: [{ key: 'topic', value: 'parcels' }],
    };
    this.state = 'queued';
    this.tell();
    this.add({ who: 'user', text, request: { post: 'handover', body } });
  }

  answer(message, kind, text, payload) {
    if (!this.talks) return;
    this.add({ who: 'user', text, request: { post: 'messages', body: { answer: { message, kind, text, payload } } } });
  }

  async attach() {
    const [file] = $('file').files;
    $('file').value = '';
    if (!file) return;
    await this.ready;
    if (!this.talks) {
      this.add({ who: 'bot', text: 'I cannot look at files. Ask for an agent first.' });
      return;
    }
    try {
      const mime = file.type || 'application/octet-stream';
      const { url } = await call('POST', 'api/files', file, { 'content-type': mime });
      const kind = mime.match(/^(image|video|audio)\//)?.[1] ?? 'file';
      const attachment = { kind, url, mime, filename: file.name, size: file.size };
      this.add({ who: 'user', attachment, request: { post: 'messages', body: { attachment } } });
    } catch (error) {
      this.note(`The file cannot be sent: ${error.message}`);
    }
  }

  typing() {
    if (this.state !== 'active' || Date.now() - (this.typed ?? 0) < 3000) return;
    this.typed = Date.now();
    // One that does not arrive is not missed.
    call('POST', `${this.path}/messages`, 'typing').catch(() => {});
  }

  /** After all that was said before. */
  leave() {
    this.sending = this.sending.then(async () => {
      try {
        await call('DELETE', `${this.path}/handover`);
      } catch (error) {
        this.note(`You cannot leave: ${error.message}`);
      }
    });
  }

  // One after the other, and each until the gateway has it.

  add(line) {
    const whole = { key: crypto.randomUUID(), time: Date.now(), ...line };
    this.kept.lines.push(whole);
    this.keep();
    this.show(whole);
    if (whole.request) this.send(whole);
  }

  send(line) {
    this.sending = this.sending.then(() => this.deliver(line));
  }

  async deliver(line) {
    for (;;) {
      try {
        const taken = await call('POST', `${this.path}/${line.request.post}`, line.request.body, { 'idempotency-key': line.key });
        line.taken = true;
        line.id = taken?.message;
        this.mark(line, 'sent');
        const receipt = this.receipts.get(line.id);
        if (receipt) this.mark(line, ...receipt);
        break;
      } catch (error) {
        // Refused for good, or not heard: only the latter is tried again, and so is what another token may let in.
        if (error.status >= 400 && error.status < 500 && ![401, 429].includes(error.status)) {
          line.taken = true;
          this.mark(line, 'failed', error.message);
          if (line.request.post === 'handover') await this.learn();
          break;
        }
        await new Promise((resolve) => setTimeout(resolve, PAUSE));
      }
    }
  }

  // What the gateway tells.

  happened(event) {
    if (event.recipient !== this.kept.recipient || this.events.has(event.id)) return;
    this.events.add(event.id);
    const { type, data, timestamp } = event;
    const who = (agent) => agent?.name || 'An agent';
    const tell = (text) => this.note(text, timestamp);
    // The stream begins with what was long ago, which changes nothing of who the user talks to now.
    const now = this.state;
    const past = event.handover < this.current;
    if (event.handover !== this.handover) {
      this.handover = event.handover;
      this.state = 'queued';
    }
    if (type === 'queued') {
      const wait = data?.wait ? `, about ${Math.max(1, Math.round(data.wait / 60))} min` : '';
      tell(data?.position ? `You are number ${data.position} in the queue${wait}.` : `You are in the queue${wait}.`);
      this.state = 'queued';
    } else if (type === 'agent-joined') {
      tell(`${who(data)} has joined.`);
      this.state = 'active';
      this.agent = data?.name;
    } else if (type === 'agent-named') {
      this.agent = data?.name;
    } else if (type === 'agent-left') {
      tell(`${who(data)} has left.`);
    } else if (type === 'transferred') {
      tell('You are being transferred.');
    } else if (type === 'typing') {
      this.shows(data, Date.parse(timestamp));
    } else if (type === 'message' || type === 'late-message') {
      this.shows(0);
      this.show({ who: data.author === 'bot' ? 'flow' : 'agent', name: data.agent?.name ?? this.agent, time: Date.parse(timestamp), message: data });
      this.receipt(data.id);
    } else if (type === 'receipt') {
      const line = this.kept.lines.find((line) => line.id === data.message);
      const [status, reasons] = typeof data.status === 'string' ? [data.status] : Object.entries(data.status)[0];
      this.receipts.set(data.message, [status, reasons?.join(', ')]);
      if (line) this.mark(line, status, reasons?.join(', '));
    } else if (type === 'reopened') {
      tell('The conversation goes on.');
    } else if (type === 'ended') {
      const [reason, why] = typeof data === 'string' ? [data] : Object.entries(data)[0];
      const words = { completed: 'The agent has ended the conversation.', cancelled: 'You have left.', expired: 'The conversation has run out.' };
      tell(words[reason] ?? `The conversation has ended: ${why}`);
      tell('The bot is back.');
      this.ended();
    }
    if (past) this.state = now;
    this.tell();
  }

  ended() {
    this.state = 'bot';
    this.shows(0);
    this.tell();
  }

  /** Tells the agent that the user has seen it, once. */
  receipt(message) {
    if (this.kept.receipts?.includes(message)) return;
    const body = { receipt: { message, status: 'delivered' } };
    const done = () => {
      this.kept.receipts = [...(this.kept.receipts ?? []), message].slice(-200);
      this.keep();
    };
    // One that does not arrive is told again with the next page.
    call('POST', `${this.path}/messages`, body, { 'idempotency-key': `seen-${message}`.slice(0, 100) }).then(done, () => {});
  }

  // What is on the screen.

  tell() {
    const state = { bot: 'You talk to the bot.', queued: 'Waiting for an agent …', active: `You talk to ${this.agent ?? 'an agent'}.` };
    $('state').textContent = state[this.state];
    $('human').hidden = this.talks;
    $('leave').hidden = !this.talks;
  }

  shows(milliseconds, from = Date.now()) {
    clearTimeout(this.stops);
    const rest = milliseconds - (Date.now() - from);
    $('agent-typing').textContent = rest > 0 ? `${this.agent ?? 'The agent'} is typing …` : '';
    if (rest > 0) this.stops = setTimeout(() => ($('agent-typing').textContent = ''), rest);
  }

  note(text, time = Date.now()) {
    this.place(el('div', { class: 'note' }, text), typeof time === 'string' ? Date.parse(time) : time);
  }

  mark(line, status, why) {
    const order = ['sent', 'accepted', 'delivered', 'read', 'failed'];
    if (order.indexOf(status) < order.indexOf(line.status)) return;
    Object.assign(line, { status, why });
    this.keep();
    const mark = this.shown.get(line.key)?.querySelector('.mark');
    if (mark) mark.textContent = marked(line);
  }

  show(line) {
    const name = { user: 'You', bot: 'Bot', flow: 'Contact centre', agent: line.name ?? 'Agent' }[line.who];
    const item = el(
      'div',
      { class: line.who },
      el('span', { class: 'who' }, name),
      el('div', { class: 'bubble' }, line.message ? this.content(line.message) : [line.text, line.attachment && file(line.attachment)]),
      el('span', { class: 'below' }, el('span', { class: 'mark' }, marked(line)), ' ', el('time', {}, clock(line.time))),
    );
    if (line.key) this.shown.set(line.key, item);
    this.place(item, line.time);
  }

  /** In the order of time, for what is kept here and what the gateway tells come apart. */
  place(item, time) {
    item.dataset.time = time;
    const before = [...$('talk').children].findLast((other) => Number(other.dataset.time) <= time);
    if (before) before.after(item);
    else $('talk').prepend(item);
    $('talk').scrollTop = $('talk').scrollHeight;
  }

  content(message) {
    const parts = message.text ? [el('p', {}, message.text)] : [];
    for (const part of message.content ?? []) {
      const [kind, data] = Object.entries(part)[0];
      const draw = {
        attachment: () => file(data),
        'quick-reply': () => this.button(message.id, 'quick-reply', data),
        card: () => this.card(message.id, data),
        carousel: () => el('div', { class: 'carousel', tabindex: 0, role: 'group', 'aria-label': 'Cards' }, data.map((card) => this.card(message.id, card))),
        'date-picker': () => this.dates(message.id, data),
        'list-picker': () => data.map((section) => this.section(section)),
        location: () => el('p', {}, data.name ?? data.address ?? `${data.latitude}, ${data.longitude}`),
        template: () => el('p', {}, [data.header, data.body, data.footer].filter(Boolean).join('\n')),
      }[kind];
      parts.push(draw ? draw() : el('p', {}, message.plain));
    }
    return parts.length ? parts : [el('p', {}, message.plain)];
  }

  button(message, kind, button) {
    const [action, value] = Object.entries(button.action)[0];
    if (action === 'link') return el('a', { class: 'button', href: address(value), target: '_blank', rel: 'noreferrer' }, button.text);
    return el('button', { type: 'button', onclick: () => this.answer(message, kind, button.text, value) }, button.text);
  }

  card(message, card) {
    return el(
      'div',
      { class: 'card' },
      picture(card.image, card.title),
      card.title && el('strong', {}, card.title),
      card.description && el('p', {}, card.description),
      el('div', { class: 'buttons' }, card.buttons.map((button) => this.button(message, 'button', button))),
    );
  }

  dates(message, picker) {
    const pick = (time) => {
      const iso = new Date(time).toISOString();
      this.answer(message, 'date', iso, iso);
    };
    const slots = picker.slots.map((slot) =>
      el('button', { type: 'button', onclick: () => pick(slot.start) }, new Date(slot.start).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' })),
    );
    return el('div', { class: 'card' }, picker.title && el('strong', {}, picker.title), picker.subtitle && el('p', {}, picker.subtitle), el('div', { class: 'buttons' }, slots));
  }

  section(section) {
    return el('div', { class: 'card' }, section.title && el('strong', {}, section.title), el('ul', {}, section.items.map((item) => el('li', {}, item.title, item.subtitle ? ` – ${item.subtitle}` : ''))));
  }
}

function answer(text) {
  if (/\bparcel|order|where\b/i.test(text)) return 'I am sorry, I cannot find your parcel. Shall I get an agent?';
  if (/\b(hello|hi|good (morning|evening))\b/i.test(text)) return 'Hello! What can I do for you?';
  return 'I did not understand that. I know about parcels, and I can get an agent.';
}

function marked(line) {
  if (!line.request) return '';
  const words = { sent: 'sent', accepted: 'accepted', delivered: 'delivered', read: 'read', failed: `not delivered: ${line.why ?? 'given up'}` };
  return words[line.status] ?? 'sending …';
}

function picture(url, alt) {
  return address(url ?? '') && url ? el('img', { src: address(url), alt: alt || 'A picture', loading: 'lazy' }) : undefined;
}

function file(attachment) {
  const name = attachment.filename ?? attachment.url;
  const shown = attachment.kind === 'image' ? picture(attachment.url, name) : undefined;
  return el('p', {}, shown, el('a', { href: address(attachment.url), target: '_blank', rel: 'noreferrer' }, name), attachment.caption ? ` ${attachment.caption}` : '');
}
