// The agent's desk of the local Genesys Cloud.

import { call } from './api.js';
import { $, address, clock, el, keepEnd } from './dom.js';
import { Faults } from './faults.js';
import { STRUCTURED } from './flow.js';

/** Milliseconds between two looks at the conversations, and how many of them are listed. */
const EVERY = 60;
const MOST = 20;
/** Milliseconds between two looks that nobody sees, or that nobody answers. */
const SELDOM = 4000;
/** How long a customer is seen typing after having been. */
const TYPING = 5000;
/** Milliseconds for which a file may be on its way. */
const UPLOAD = 120000;

export class Desk {
  constructor() {
    this.seen = '';
    this.known = {};
    /** What the agent has not sent yet, by conversation. */
    this.drafts = {};
    new Faults();
    this.look();
  }

  // Asked for again and again, one after the other: the desk of the local Genesys Cloud pushes nothing.
  async look() {
    for (let pause = EVERY; ; ) {
      try {
        const listed = await call('GET', 'api/desk/conversations');
        this.list(listed.conversations ?? listed);
        if (this.open) await this.lookAt(this.open);
        pause = EVERY;
      } catch {
        // It is asked again, and said elsewhere on the page if the gateway is away.
        pause = Math.min(pause * 2, SELDOM);
      }
      await new Promise((resolve) => setTimeout(resolve, document.hidden ? SELDOM : pause));
    }
  }

  async lookAt(id) {
    try {
      this.show(await call('GET', `api/desk/conversations/${id}`));
    } catch (error) {
      if (error.status !== 404) throw error;
      // A Genesys Cloud that began anew knows nothing of it.
      if (this.open === id) this.choose(undefined);
    }
  }

  list(conversations) {
    const all = [...conversations].sort((a, b) => (a.openedAt < b.openedAt ? 1 : -1)).slice(0, MOST);
    for (const one of all) this.know(one);
    const seen = JSON.stringify([all.map((one) => [one.id, name(one), one.state]), this.open]);
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
    if (id === this.open) return;
    this.open = id;
    this.seen = '';
    this.drawn = undefined;
    clearTimeout(this.stops);
    $('open-conversation').hidden = !id;
    $('open-conversation').replaceChildren();
  }

  /** Whether it was done. */
  async act(id, what, body = {}) {
    try {
      await call('POST', `api/desk/conversations/${id}/${what}`, body);
      this.told(id, '');
      return true;
    } catch (error) {
      this.told(id, error.message);
      return false;
    }
  }

  told(id, text) {
    const told = $('open-conversation').querySelector('.told');
    if (told && this.open === id) told.textContent = text;
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

  /** Only what is new is drawn, and how far it has come: whoever has it read to them hears it once. */
  messages(talk, said) {
    said.forEach((message, index) => {
      const old = talk.children[index];
      if (old?.dataset.id !== message.id) {
        const item = this.message(message);
        if (old) old.replaceWith(item);
        else talk.append(item);
      } else if (old.querySelector('.mark').textContent !== delivery(message)) {
        old.querySelector('.mark').textContent = delivery(message);
      }
    });
  }

  message(message) {
    const ours = message.direction === 'Outbound';
    const content = (message.content ?? []).map((part) => this.part(part));
    return el(
      'div',
      { class: ours ? 'user' : 'agent', 'data-id': message.id },
      el('span', { class: 'who' }, ours ? (message.originatingEntity === 'Bot' ? 'Flow' : 'Agent') : 'Customer'),
      el('div', { class: 'bubble' }, message.text && el('p', {}, message.text), content),
      el('span', { class: 'below' }, el('span', { class: 'mark' }, delivery(message)), ' ', el('time', {}, clock(message.time))),
    );
  }

  part(part) {
    const attachment = part.attachment;
    const title = part.quickReply?.text ?? part.card?.title ?? part.datePicker?.title;
    if (!attachment) return el('p', { class: 'kind' }, [part.contentType ?? 'something', title].filter(Boolean).join(': '));
    const url = address(attachment.url ?? '');
    const image = attachment.mediaType === 'Image' ? el('img', { src: url, alt: attachment.filename ?? 'A picture' }) : undefined;
    return el('p', {}, image, el('a', { href: url, target: '_blank', rel: 'noreferrer' }, attachment.filename ?? attachment.url));
  }

  draw(id) {
    this.drawn = id;
    const agent = () => $('agent-name').value.trim() || 'Grace Hopper';
    const act = (what, words, body) => el('button', { type: 'button', 'data-act': what, onclick: () => this.act(id, what, body?.() ?? {}) }, words);
    const words = el('input', { id: 'agent-words', autocomplete: 'off', placeholder: 'Write to the customer', oninput: () => this.typing(id, words.value) });
    words.value = this.drafts[id] ?? '';
    const say = async (event) => {
      event.preventDefault();
      const text = words.value.trim();
      words.value = this.drafts[id] = '';
      if (!text || (await this.act(id, 'text', { text }))) return;
      // What was not sent is there to be sent again.
      words.value = this.drafts[id] = [text, this.drafts[id]].filter(Boolean).join(' ');
    };
    const structured = Object.entries(STRUCTURED).map(([title, body]) =>
      el('button', { type: 'button', onclick: () => this.act(id, 'structured', typeof body === 'function' ? body() : body) }, title),
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
          el('label', { class: 'button', for: 'agent-file' }, 'File', el('input', { id: 'agent-file', type: 'file', class: 'hidden', onchange: (event) => this.attach(id, event.target) })),
          el('button', {}, 'Send'),
        ),
        el('div', { class: 'buttons' }, structured),
      ),
    );
    keepEnd($('open-conversation').querySelector('.talk'));
  }

  typing(id, text) {
    this.drafts[id] = text;
    if (Date.now() - (this.typed ?? 0) < 3000) return;
    this.typed = Date.now();
    call('POST', `api/desk/conversations/${id}/typing`, {}).catch(() => {});
  }

  async attach(id, input) {
    const [file] = input.files;
    input.value = '';
    if (!file) return;
    try {
      const mime = file.type || 'application/octet-stream';
      const { url } = await call('POST', 'api/files', file, { 'content-type': mime }, UPLOAD);
      const mediaType = { image: 'Image', video: 'Video', audio: 'Audio' }[mime.split('/')[0]] ?? 'File';
      await this.act(id, 'attachment', { url, mime, filename: file.name, mediaType });
    } catch (error) {
      this.told(id, error.message);
    }
  }
}

/** How far an agent's message has come. */
const delivery = (message) => (message.direction === 'Outbound' ? String(message.delivery?.state ?? '').toLowerCase() : '');

function name(one) {
  const from = one.from ?? {};
  return from.nickname ?? from.firstName ?? from.id ?? 'Somebody';
}
