// The list of messages in the chat.

import { $, el, formatTime, safeUrl, stickToEnd } from './dom.js';

const AUTHORS = { user: 'You', bot: 'Bot', flow: 'Contact center', agent: 'Agent' };
const STATUS_LABELS = { sent: 'sent', accepted: 'accepted', delivered: 'delivered', read: 'read' };

export class MessageList {
  /** `onChoice` receives the text of the chosen item and, if the contract has one for it, the answer. */
  constructor(onChoice) {
    this.onChoice = onChoice;
    /** The elements of lines with a status, by the line's key. */
    this.elements = new Map();
    stickToEnd($('talk'));
  }

  show(line) {
    const element = line.author === 'note' ? el('div', { class: 'note' }, line.text) : this.message(line);
    if (line.key) this.elements.set(line.key, element);
    $('talk').append(element);
    if (line.author === 'user') element.scrollIntoView({ block: 'nearest' });
  }

  message(line) {
    return el(
      'div',
      { class: line.author },
      el('span', { class: 'who' }, line.name ?? AUTHORS[line.author]),
      el('div', { class: 'bubble' }, line.message ? this.content(line.message) : [line.text, line.attachment && attachmentLink(line.attachment)]),
      el('span', { class: 'below' }, el('span', { class: 'mark' }, statusText(line)), ' ', el('time', {}, formatTime(line.time))),
    );
  }

  /** Shows the new text of a note. */
  showText(line) {
    const element = this.elements.get(line.key);
    if (element) element.textContent = line.text;
  }

  showStatus(line) {
    const status = this.elements.get(line.key)?.querySelector('.mark');
    if (status) status.textContent = statusText(line);
  }

  showTyping(name, milliseconds) {
    clearTimeout(this.typingTimer);
    $('agent-typing').textContent = milliseconds ? `${name} is typing …` : '';
    if (milliseconds) this.typingTimer = setTimeout(() => ($('agent-typing').textContent = ''), milliseconds);
  }

  content(message) {
    try {
      const parts = (message.content ?? []).flatMap((part) => this.part(message, ...(typeof part === 'string' ? [part] : Object.entries(part)[0])));
      if (message.text) parts.unshift(el('p', {}, message.text));
      if (parts.length) return parts;
    } catch (error) {
      reportError(error);
    }
    // Every message has a plain text.
    return [el('p', {}, message['plain-text'])];
  }

  part(message, kind, data) {
    const render = {
      attachment: () => attachmentLink(data),
      'quick-reply': () => this.button(message, 'quick-reply', data),
      card: () => this.card(message, data),
      carousel: () => el('div', { class: 'carousel', tabindex: 0, role: 'group', 'aria-label': 'Cards' }, data.map((card) => this.card(message, card))),
      'date-picker': () => this.datePicker(message, data),
      'list-picker': () => data.map((section) => this.listSection(section)),
      location: () => el('p', {}, data.name ?? data.address ?? `${data.latitude}, ${data.longitude}`),
      template: () => el('p', {}, [data.header, data.body, data.footer].filter(Boolean).join('\n')),
    }[kind];
    return render ? render() : el('p', {}, message['plain-text']);
  }

  button(message, kind, button) {
    const [action, value] = Object.entries(button.action)[0];
    if (action === 'link') return el('a', { class: 'button', href: safeUrl(value), target: '_blank', rel: 'noreferrer' }, button.text);
    return el('button', { type: 'button', onclick: () => this.onChoice(button.text, { 'message-id': message.id, kind, text: button.text, payload: value }) }, button.text);
  }

  card(message, card) {
    const buttons = card.buttons.map((button) => this.button(message, 'button', button));
    return cardElement(image(card.image, card.title), card.title, card.description, buttons);
  }

  datePicker(message, picker) {
    const slots = picker.slots.map((slot) => {
      const iso = new Date(slot.start).toISOString();
      const label = new Date(slot.start).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' });
      return el('button', { type: 'button', onclick: () => this.onChoice(label, { 'message-id': message.id, kind: 'date', text: iso, payload: iso }) }, el('time', { datetime: iso }, label));
    });
    return cardElement(undefined, picker.title, picker.subtitle, slots);
  }

  /** A chosen list item is sent as text, because the contract has no answer for list pickers. */
  listSection(section) {
    const items = section.items.map((item) =>
      el('button', { type: 'button', title: item.subtitle, onclick: () => this.onChoice(item.title) }, item.title),
    );
    return cardElement(undefined, section.title, undefined, items);
  }
}

function cardElement(image, title, text, buttons) {
  return el('div', { class: 'card' }, image, title && el('strong', {}, title), text && el('p', {}, text), el('div', { class: 'buttons' }, buttons));
}

function statusText(line) {
  if (!line.key) return '';
  return line.status === 'failed' ? `not delivered: ${line.reason ?? 'no reason given'}` : STATUS_LABELS[line.status] ?? 'sending …';
}

function image(url, alt) {
  const source = url && safeUrl(url);
  return source && el('img', { src: source, alt: alt || 'Image', loading: 'lazy' });
}

function attachmentLink(attachment) {
  const name = attachment.filename ?? attachment.url;
  const preview = attachment.kind === 'image' ? image(attachment.url, name) : undefined;
  return el('p', {}, preview, el('a', { href: safeUrl(attachment.url), target: '_blank', rel: 'noreferrer' }, name), attachment.caption ? ` ${attachment.caption}` : '');
}
