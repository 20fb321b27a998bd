// The agent desk of the local Genesys Cloud.

import { call } from './api.js';
import { $, el, formatTime, safeUrl, stickToEnd } from './dom.js';
import { Faults } from './faults.js';
import { FLOW_MESSAGES } from './flow.js';
import { Hours } from './hours.js';

const POLL_INTERVAL_MS = 60;
/** Applies while the page is hidden, and at most after errors. */
const SLOW_POLL_INTERVAL_MS = 4000;
const MAX_CONVERSATIONS = 20;
/** How long the typing indicator of the user is shown. */
const TYPING_TIMEOUT_MS = 5000;
const TYPING_INTERVAL_MS = 3000;
const UPLOAD_TIMEOUT_MS = 120000;
const DEFAULT_AGENT = 'Grace Hopper';

export class Desk {
  constructor() {
    /** The JSON of the open conversation as it is shown. */
    this.shown = '';
    /** What is known of the users, by conversation. */
    this.users = {};
    /** The agent's unsent text, by conversation. */
    this.drafts = {};
    new Faults();
    new Hours();
    this.poll();
  }

  /** Polls without end, because the desk of the local Genesys Cloud has no push. */
  async poll() {
    for (let delay = POLL_INTERVAL_MS; ; ) {
      try {
        const response = await call('GET', 'api/desk/conversations');
        this.showList(response.conversations ?? response);
        if (this.openId) await this.pollOpen(this.openId);
        delay = POLL_INTERVAL_MS;
      } catch {
        // The header of the page reports that the gateway is not available.
        delay = Math.min(delay * 2, SLOW_POLL_INTERVAL_MS);
      }
      await new Promise((resolve) => setTimeout(resolve, document.hidden ? SLOW_POLL_INTERVAL_MS : delay));
    }
  }

  async pollOpen(id) {
    try {
      this.show(await call('GET', `api/desk/conversations/${id}`));
    } catch (error) {
      if (error.status !== 404) throw error;
      // A restarted local Genesys Cloud does not know the conversation.
      if (this.openId === id) this.open(undefined);
    }
  }

  showList(conversations) {
    const latest = [...conversations].sort((a, b) => (a.openedAt < b.openedAt ? 1 : -1)).slice(0, MAX_CONVERSATIONS);
    for (const conversation of latest) this.completeUser(conversation);
    const list = JSON.stringify([latest.map((conversation) => [conversation.id, userName(conversation), conversation.state]), this.openId]);
    if (list === this.shownList) return;
    this.shownList = list;
    const focused = document.activeElement?.dataset.conversation;
    $('conversations').replaceChildren(
      ...latest.map((conversation) =>
        el(
          'li',
          {},
          el(
            'button',
            {
              type: 'button',
              'aria-pressed': String(conversation.id === this.openId),
              'data-conversation': conversation.id,
              onclick: () => this.open(conversation.id),
            },
            el('span', {}, userName(conversation)),
            ' ',
            el('span', { class: `state ${conversation.state}` }, conversation.state),
          ),
        ),
      ),
    );
    if (!latest.length) $('conversations').replaceChildren(el('li', { class: 'note' }, 'No conversations. Ask for an agent in the web chat.'));
    if (focused) $('conversations').querySelector(`[data-conversation="${focused}"]`)?.focus();
  }

  /** Adds what earlier messages contained of the user: Genesys shows only what the latest message contains. */
  completeUser(conversation) {
    conversation.from = Object.assign((this.users[conversation.id] ??= {}), conversation.from);
  }

  open(id) {
    if (id === this.openId) return;
    this.openId = id;
    this.shown = '';
    this.renderedId = undefined;
    clearTimeout(this.typingTimer);
    $('open-conversation').hidden = !id;
    $('open-conversation').replaceChildren();
  }

  /** Returns whether the action succeeded. */
  async act(id, action, body = {}) {
    try {
      await call('POST', `api/desk/conversations/${id}/${action}`, body);
      this.showError(id, '');
      return true;
    } catch (error) {
      this.showError(id, error.message);
      return false;
    }
  }

  showError(id, text) {
    const element = $('open-conversation').querySelector('.action-error');
    if (element && this.openId === id) element.textContent = text;
  }

  show(conversation) {
    if (conversation.id !== this.openId) return;
    this.completeUser(conversation);
    if (this.renderedId !== conversation.id) this.render(conversation.id);
    const json = JSON.stringify(conversation);
    if (json === this.shown) return;
    this.shown = json;
    const find = (selector) => $('open-conversation').querySelector(selector);
    find('h3').textContent = `${userName(conversation)} – ${conversation.state}`;
    find('.about').replaceChildren(
      ...Object.entries({ ...conversation.from, ...conversation.attributes })
        .filter(([, value]) => typeof value === 'string' && value)
        .flatMap(([key, value]) => [el('dt', {}, key), el('dd', {}, value)]),
    );
    const hasAgent = conversation.agents.length > 0;
    const ended = Boolean(conversation.state === 'ended' || conversation.endedAt);
    const actions = {
      accept: !hasAgent && !ended,
      offer: !hasAgent && !ended && !conversation.alerting,
      decline: Boolean(conversation.alerting),
      transfer: hasAgent && !ended,
      disconnect: !ended,
      'wrap-up': ended,
    };
    const focused = $('open-conversation').contains(document.activeElement) && document.activeElement;
    for (const [action, available] of Object.entries(actions)) find(`[data-act="${action}"]`).hidden = !available;
    find('.write').hidden = !hasAgent || ended;
    // If the focused element is now hidden, keyboard users continue at the next available one.
    if (focused && !focused.checkVisibility()) (hasAgent && !ended ? find('#agent-words') : find('[data-act]:not([hidden])') ?? find('.talk')).focus();
    const messages = conversation.messages.filter((message) => message.text || message.content?.length);
    this.showMessages(find('.talk'), messages);
    const last = conversation.messages.at(-1);
    const typing = last && !messages.includes(last) && last.direction === 'Inbound' && Date.now() - Date.parse(last.time) < TYPING_TIMEOUT_MS;
    find('.typing').textContent = typing ? 'The user is typing …' : '';
    clearTimeout(this.typingTimer);
    if (typing) this.typingTimer = setTimeout(() => (find('.typing').textContent = ''), TYPING_TIMEOUT_MS);
  }

  /** Renders only new messages and changed statuses, so that screen readers announce each message once. */
  showMessages(list, messages) {
    messages.forEach((message, index) => {
      const existing = list.children[index];
      if (existing?.dataset.id !== message.id) {
        const element = this.message(message);
        if (existing) existing.replaceWith(element);
        else list.append(element);
      } else if (existing.querySelector('.mark').textContent !== deliveryStatus(message)) {
        existing.querySelector('.mark').textContent = deliveryStatus(message);
      }
    });
  }

  message(message) {
    const outbound = message.direction === 'Outbound';
    const content = (message.content ?? []).map((part) => this.part(part));
    return el(
      'div',
      { class: outbound ? 'user' : 'agent', 'data-id': message.id },
      el('span', { class: 'who' }, outbound ? (message.originatingEntity === 'Bot' ? 'Flow' : 'Agent') : 'User'),
      el('div', { class: 'bubble' }, message.text && el('p', {}, message.text), content),
      el('span', { class: 'below' }, el('span', { class: 'mark' }, deliveryStatus(message)), ' ', el('time', {}, formatTime(message.time))),
    );
  }

  part(part) {
    const attachment = part.attachment;
    const title = part.quickReply?.text ?? part.card?.title ?? part.datePicker?.title;
    if (!attachment) return el('p', { class: 'kind' }, [part.contentType ?? 'Unknown content', title].filter(Boolean).join(': '));
    const url = safeUrl(attachment.url ?? '');
    const image = attachment.mediaType === 'Image' ? el('img', { src: url, alt: attachment.filename ?? 'Image' }) : undefined;
    return el('p', {}, image, el('a', { href: url, target: '_blank', rel: 'noreferrer' }, attachment.filename ?? attachment.url));
  }

  render(id) {
    this.renderedId = id;
    const agentName = () => $('agent-name').value.trim() || DEFAULT_AGENT;
    const button = (action, label, body) => el('button', { type: 'button', 'data-act': action, onclick: () => this.act(id, action, body?.() ?? {}) }, label);
    const input = el('input', { id: 'agent-words', autocomplete: 'off', placeholder: 'Message the user', oninput: () => this.onInput(id, input.value) });
    input.value = this.drafts[id] ?? '';
    const send = async (event) => {
      event.preventDefault();
      const text = input.value.trim();
      input.value = this.drafts[id] = '';
      if (!text || (await this.act(id, 'text', { text }))) return;
      // Restores the text that was not sent, before anything typed in the meantime.
      input.value = this.drafts[id] = [text, this.drafts[id]].filter(Boolean).join(' ');
    };
    const flowMessages = Object.entries(FLOW_MESSAGES).map(([title, body]) =>
      el('button', { type: 'button', onclick: () => this.act(id, 'structured', typeof body === 'function' ? body() : body) }, title),
    );
    $('open-conversation').replaceChildren(
      el('h3', {}),
      el('dl', { class: 'about' }),
      el(
        'div',
        { class: 'buttons' },
        button('accept', 'Accept', () => ({ name: agentName() })),
        button('offer', 'Offer to agent', () => ({ name: agentName() })),
        button('decline', 'Decline'),
        button('transfer', 'Transfer to the queue'),
        button('disconnect', 'End'),
        button('wrap-up', 'Wrap up', () => ({ code: 'solved', label: 'Solved', tags: ['parcel'], name: agentName() })),
      ),
      el('p', { class: 'action-error', role: 'alert' }),
      el('div', { class: 'talk', role: 'log', 'aria-label': 'Conversation messages', tabindex: 0 }),
      el('p', { class: 'typing', role: 'status' }),
      el(
        'div',
        { class: 'write' },
        el(
          'form',
          { class: 'say', onsubmit: send },
          el('label', { class: 'hidden', for: 'agent-words' }, 'Message to the user'),
          input,
          el('label', { class: 'button', for: 'agent-file' }, 'Attach', el('input', { id: 'agent-file', type: 'file', class: 'hidden', onchange: (event) => this.attachFile(id, event.target) })),
          el('button', {}, 'Send'),
        ),
        el('div', { class: 'buttons' }, flowMessages),
      ),
    );
    stickToEnd($('open-conversation').querySelector('.talk'));
  }

  onInput(id, text) {
    this.drafts[id] = text;
    if (Date.now() - (this.typingSentAt ?? 0) < TYPING_INTERVAL_MS) return;
    this.typingSentAt = Date.now();
    call('POST', `api/desk/conversations/${id}/typing`, {}).catch(() => {});
  }

  async attachFile(id, input) {
    const [file] = input.files;
    input.value = '';
    if (!file) return;
    try {
      const mime = file.type || 'application/octet-stream';
      const { url } = await call('POST', 'api/files', file, { 'content-type': mime }, UPLOAD_TIMEOUT_MS);
      const mediaType = { image: 'Image', video: 'Video', audio: 'Audio' }[mime.split('/')[0]] ?? 'File';
      await this.act(id, 'attachment', { url, mime, filename: file.name, mediaType });
    } catch (error) {
      this.showError(id, error.message);
    }
  }
}

/** Returns the delivery status of an agent's message. */
const deliveryStatus = (message) => (message.direction === 'Outbound' ? String(message.delivery?.state ?? '').toLowerCase() : '');

function userName(conversation) {
  const from = conversation.from ?? {};
  return from.nickname ?? from.firstName ?? from.id ?? 'Unknown user';
}
