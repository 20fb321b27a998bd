// The agent's desk of the local Genesys Cloud.

import { call } from './api.js';
import { $, address, clock, el, keepEnd } from './dom.js';

/** Milliseconds between two looks at the conversations, and how many of them are listed. */
const EVERY = 60;
const MOST = 20;
/** How long a customer is seen typing after having been. */
const TYPING = 5000;

const STRUCTURED = {
  'Quick replies': {
    text: 'Did it help?',
    content: ['Yes', 'No'].map((text) => ({ contentType: 'QuickReply', quickReply: { text, payload: text.toLowerCase(), action: 'Message' } })),
  },
  Card: {
    content: [
      {
        contentType: 'Card',
        card: {
          title: 'Your parcel',
          description: 'It is at the depot.',
          actions: [
            { type: 'Postback', text: 'Send it again', payload: 'again' },
            { type: 'Link', text: 'Where it is', url: 'https://example.com/depot' },
          ],
        },
      },
    ],
  },
  Carousel: {
    content: [
      {
        contentType: 'Carousel',
        carousel: {
          cards: ['Monday', 'Tuesday'].map((day) => ({
            title: day,
            description: 'Between nine and twelve',
            actions: [{ type: 'Postback', text: `Take ${day}`, payload: day.toLowerCase() }],
          })),
        },
      },
    ],
  },
  'Date picker': () => ({
    content: [
      {
        contentType: 'DatePicker',
        datePicker: {
          title: 'When shall we come?',
          availableTimes: [1, 2, 3].map((days) => ({ dateTime: new Date(Date.now() + days * 86400000).toISOString(), duration: 3600 })),
        },
      },
    ],
  }),
};

STRUCTURED.List = {
  content: [
    {
      contentType: 'ListPicker',
      listPicker: { sections: [{ title: 'Size', multipleSelection: false, items: ['Small', 'Large'].map((title) => ({ id: title.toLowerCase(), title })) }] },
    },
  ],
};

const FAULTS = {
  'Next webhook twice': { on: 'webhook', fault: 'double' },
  'Next webhook 5 s late': { on: 'webhook', fault: 'late', ms: 5000 },
  'Next webhook lost': { on: 'webhook', fault: 'lost' },
  'Next webhook badly signed': { on: 'webhook', fault: 'wrong-signature' },
  'Genesys answers 429': { on: 'api', path: '/inbound/', fault: 'rate-limited', retryAfterSeconds: 3 },
  'Genesys answers 500': { on: 'api', path: '/inbound/', fault: 'server-error', status: 500 },
  'Genesys hangs': { on: 'api', path: '/inbound/', fault: 'hang' },
};

export class Desk {
  constructor() {
    this.seen = '';
    this.known = {};
    $('fault-buttons').replaceChildren(
      ...Object.entries(FAULTS).map(([name, order]) => el('button', { type: 'button', onclick: () => this.fault(name, order) }, name)),
    );
    this.look();
  }

  // Asked for again and again, one after the other: the desk of the local Genesys Cloud pushes nothing.
  async look() {
    for (;;) {
      try {
        const listed = await call('GET', 'api/desk/conversations');
        this.list(listed.conversations ?? listed);
        if (this.open) this.show(await call('GET', `api/desk/conversations/${this.open}`));
      } catch {
        // It is asked again.
      }
      await new Promise((resolve) => setTimeout(resolve, document.hidden ? 2000 : EVERY));
    }
  }

  list(conversations) {
    const all = [...conversations].sort((a, b) => (a.openedAt < b.openedAt ? 1 : -1)).slice(0, MOST);
    for (const one of all) this.know(one);
    const seen = JSON.stringify([all, this.open]);
    if (seen === this.listed) return;
    this.listed = seen;
    const focused = document.activeElement?.dataset.conversation;
    $('conversations').replaceChildren(
      ...all.map((one) =>
        el(
          'li',
          {},
          el(
            'button',
            { type: 'button', 'aria-pressed': String(one.id === this.open), 'data-conversation': one.id, onclick: () => this.choose(one.id) },
            el('span', {}, name(one)),
            ' ',
            el('span', { class: `state ${one.state}` }, one.state),
          ),
        ),
      ),
    );
    if (!all.length) $('conversations').replaceChildren(el('li', { class: 'note' }, 'Nobody waits. Ask for an agent in the web chat.'));
    if (focused) $('conversations').querySelector(`[data-conversation="${focused}"]`)?.focus();
  }

  /** Genesys has the user as the latest message tells of them, which need not say again who they are. */
  know(one) {
    one.from = Object.assign((this.known[one.id] ??= {}), one.from);
  }

  choose(id) {
    this.open = id;
    this.seen = '';
    this.drawn = undefined;
    $('open-conversation').hidden = false;
    $('open-conversation').replaceChildren();
  }

  async act(what, body = {}) {
    try {
      await call('POST', `api/desk/conversations/${this.open}/${what}`, body);
      this.told('');
    } catch (error) {
      this.told(error.message);
    }
  }

  told(text) {
    const told = $('open-conversation').querySelector('.told');
    if (told) told.textContent = text;
  }

  async fault(name, order) {
    try {
      await call('POST', 'api/desk/faults', order);
      $('fault-told').textContent = `Ordered: ${name}.`;
    } catch (error) {
      $('fault-told').textContent = error.message;
    }
  }

  show(one) {
    if (one.id !== this.open) return;
    this.know(one);
    if (this.drawn !== one.id) this.draw(one.id);
    const seen = JSON.stringify(one);
    if (seen === this.seen) return;
    this.seen = seen;
    const part = (selector) => $('open-conversation').querySelector(selector);
    part('h3').textContent = `${name(one)} – ${one.state}`;
    part('.about').replaceChildren(
      ...Object.entries({ ...one.from, ...one.attributes })
        .filter(([, value]) => typeof value === 'string' && value)
        .flatMap(([key, value]) => [el('dt', {}, key), el('dd', {}, value)]),
    );
    const agent = one.agents.length > 0;
    const over = one.state === 'ended' || one.endedAt;
    const may = { accept: !agent && !over, offer: !agent && !over && !one.alerting, decline: Boolean(one.alerting), transfer: agent && !over, disconnect: !over, 'wrap-up': Boolean(over) };
    const focused = $('open-conversation').contains(document.activeElement) && document.activeElement;
    for (const [act, able] of Object.entries(may)) part(`[data-act="${act}"]`).hidden = !able;
    part('.write').hidden = !agent || Boolean(over);
    // What was pressed is gone: whoever has no mouse goes on with what comes next.
    if (focused && !focused.checkVisibility()) (agent && !over ? part('#agent-words') : part('[data-act]:not([hidden])') ?? part('.talk')).focus();
    const said = one.messages.filter((message) => message.text || message.content?.length);
    this.messages(part('.talk'), said);
    const last = one.messages.at(-1);
    const typing = last && !said.includes(last) && last.direction === 'Inbound' && Date.now() - Date.parse(last.time) < TYPING;
    part('.typing').textContent = typing ? 'The customer is typing …' : '';
    clearTimeout(this.stops);
    if (typing) this.stops = setTimeout(() => (part('.typing').textContent = ''), TYPING);
  }

  /** Only what is new or has changed is drawn, for whoever has it read to them. */
  messages(talk, said) {
    said.forEach((message, index) => {
      const seen = JSON.stringify(message);
      const old = talk.children[index];
      if (old?.dataset.seen === seen) return;
      const item = this.message(message);
      item.dataset.seen = seen;
      if (old) old.replaceWith(item);
      else talk.append(item);
    });
  }

  message(message) {
    const ours = message.direction === 'Outbound';
    const content = (message.content ?? []).map((part) => this.part(part));
    return el(
      'div',
      { class: ours ? 'user' : 'agent' },
      el('span', { class: 'who' }, ours ? (message.originatingEntity === 'Bot' ? 'Flow' : 'Agent') : 'Customer'),
      el('div', { class: 'bubble' }, message.text && el('p', {}, message.text), content),
      el('span', { class: 'below' }, ours ? `${String(message.delivery?.state ?? '').toLowerCase()} ` : '', el('time', {}, clock(message.time))),
    );
  }

  part(part) {
    const attachment = part.attachment;
    if (!attachment) return el('p', { class: 'kind' }, part.contentType ?? 'something');
    const url = address(attachment.url ?? '');
    const image = attachment.mediaType === 'Image' ? el('img', { src: url, alt: attachment.filename ?? 'A picture' }) : undefined;
    return el('p', {}, image, el('a', { href: url, target: '_blank', rel: 'noreferrer' }, attachment.filename ?? attachment.url));
  }

  draw(id) {
    this.drawn = id;
    const agent = () => $('agent-name').value.trim() || 'Grace Hopper';
    const act = (what, words, body) => el('button', { type: 'button', 'data-act': what, onclick: () => this.act(what, body?.() ?? {}) }, words);
    const words = el('input', { id: 'agent-words', autocomplete: 'off', placeholder: 'Write to the customer', oninput: () => this.typing() });
    const say = (event) => {
      event.preventDefault();
      const text = words.value.trim();
      words.value = '';
      if (text) this.act('text', { text });
    };
    const structured = Object.entries(STRUCTURED).map(([title, body]) =>
      el('button', { type: 'button', onclick: () => this.act('structured', typeof body === 'function' ? body() : body) }, title),
    );
    $('open-conversation').replaceChildren(
      el('h3', {}),
      el('dl', { class: 'about' }),
      el(
        'div',
        { class: 'buttons' },
        act('accept', 'Accept', () => ({ name: agent() })),
        act('offer', 'Let it ring', () => ({ name: agent() })),
        act('decline', 'Decline'),
        act('transfer', 'Transfer to the queue'),
        act('disconnect', 'End'),
        act('wrap-up', 'Wrap up', () => ({ code: 'Solved', name: agent() })),
      ),
      el('p', { class: 'told', role: 'alert' }),
      el('div', { class: 'talk', role: 'log', 'aria-label': 'The conversation as the agent sees it', tabindex: 0 }),
      el('p', { class: 'typing', role: 'status' }),
      el(
        'div',
        { class: 'write' },
        el(
          'form',
          { class: 'say', onsubmit: say },
          el('label', { class: 'hidden', for: 'agent-words' }, 'The agent’s message'),
          words,
          el('label', { class: 'button', for: 'agent-file' }, 'File', el('input', { id: 'agent-file', type: 'file', class: 'hidden', onchange: (event) => this.attach(event.target) })),
          el('button', {}, 'Send'),
        ),
        el('div', { class: 'buttons' }, structured),
      ),
    );
    keepEnd($('open-conversation').querySelector('.talk'));
  }

  typing() {
    if (Date.now() - (this.typed ?? 0) < 3000) return;
    this.typed = Date.now();
    call('POST', `api/desk/conversations/${this.open}/typing`, {}).catch(() => {});
  }

  async attach(input) {
    const [file] = input.files;
    input.value = '';
    if (!file) return;
    try {
      const mime = file.type || 'application/octet-stream';
      const { url } = await call('POST', 'api/files', file, { 'content-type': mime });
      const mediaType = { image: 'Image', video: 'Video', audio: 'Audio' }[mime.split('/')[0]] ?? 'File';
      await this.act('attachment', { url, mime, filename: file.name, mediaType });
    } catch (error) {
      this.told(error.message);
    }
  }
}

function name(one) {
  const from = one.from ?? {};
  return from.nickname ?? from.firstName ?? from.id ?? 'Somebody';
}
