// What is said in the chat, as it is shown.

import { $, address, clock, el, keepEnd } from './dom.js';

const NAMES = { user: 'You', bot: 'Bot', flow: 'Contact center', agent: 'Agent' };
const MARKS = { sent: 'sent', accepted: 'accepted', delivered: 'delivered', read: 'read' };

export class Talk {
  /** `press` is told what was on it, and the answer for which it stands, if it stands for one. */
  constructor(press) {
    this.press = press;
    this.shown = new Map();
    keepEnd($('talk'));
  }

  show(line) {
    const item = line.who === 'note' ? el('div', { class: 'note' }, line.text) : this.said(line);
    if (line.key) this.shown.set(line.key, item);
    $('talk').append(item);
    if (line.who === 'user') item.scrollIntoView({ block: 'nearest' });
  }

  said(line) {
    return el(
      'div',
      { class: line.who },
      el('span', { class: 'who' }, line.name ?? NAMES[line.who]),
      el('div', { class: 'bubble' }, line.message ? this.content(line.message) : [line.text, line.attachment && file(line.attachment)]),
      el('span', { class: 'below' }, el('span', { class: 'mark' }, marked(line)), ' ', el('time', {}, clock(line.time))),
    );
  }

  mark(line) {
    const mark = this.shown.get(line.key)?.querySelector('.mark');
    if (mark) mark.textContent = marked(line);
  }

  typing(who, milliseconds) {
    clearTimeout(this.stops);
    $('agent-typing').textContent = milliseconds ? `${who} is typing …` : '';
    if (milliseconds) this.stops = setTimeout(() => ($('agent-typing').textContent = ''), milliseconds);
  }

  content(message) {
    try {
      const parts = (message.content ?? []).flatMap((part) => this.part(message, ...(typeof part === 'string' ? [part] : Object.entries(part)[0])));
      if (message.text) parts.unshift(el('p', {}, message.text));
      if (parts.length) return parts;
    } catch (error) {
      reportError(error);
    }
    // What every message has, whatever it is.
    return [el('p', {}, message['plain-text'])];
  }

  part(message, kind, data) {
    const draw = {
      attachment: () => file(data),
      'quick-reply': () => this.button(message, 'quick-reply', data),
      card: () => this.card(message, data),
      carousel: () => el('div', { class: 'carousel', tabindex: 0, role: 'group', 'aria-label': 'Cards' }, data.map((card) => this.card(message, card))),
      'date-picker': () => this.dates(message, data),
      'list-picker': () => data.map((section) => this.section(section)),
      location: () => el('p', {}, data.name ?? data.address ?? `${data.latitude}, ${data.longitude}`),
      template: () => el('p', {}, [data.header, data.body, data.footer].filter(Boolean).join('\n')),
    }[kind];
    return draw ? draw() : el('p', {}, message['plain-text']);
  }

  button(message, kind, button) {
    const [action, value] = Object.entries(button.action)[0];
    if (action === 'link') return el('a', { class: 'button', href: address(value), target: '_blank', rel: 'noreferrer' }, button.text);
    return el('button', { type: 'button', onclick: () => this.press(button.text, { 'message-id': message.id, kind, text: button.text, payload: value }) }, button.text);
  }

  card(message, card) {
    const buttons = card.buttons.map((button) => this.button(message, 'button', button));
    return box(picture(card.image, card.title), card.title, card.description, buttons);
  }

  dates(message, picker) {
    const slots = picker.slots.map((slot) => {
      const iso = new Date(slot.start).toISOString();
      const words = new Date(slot.start).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' });
      return el('button', { type: 'button', onclick: () => this.press(words, { 'message-id': message.id, kind: 'date', text: iso, payload: iso }) }, el('time', { datetime: iso }, words));
    });
    return box(undefined, picker.title, picker.subtitle, slots);
  }

  /** A press on an item says it: for lists, the contract has no answer of its own. */
  section(section) {
    const items = section.items.map((item) =>
      el('button', { type: 'button', title: item.subtitle, onclick: () => this.press(item.title) }, item.title),
    );
    return box(undefined, section.title, undefined, items);
  }
}

function box(image, title, text, buttons) {
  return el('div', { class: 'card' }, image, title && el('strong', {}, title), text && el('p', {}, text), el('div', { class: 'buttons' }, buttons));
}

function marked(line) {
  if (!line.key) return '';
  return line.status === 'failed' ? `not delivered: ${line.why ?? 'given up'}` : MARKS[line.status] ?? 'sending …';
}

function picture(url, alt) {
  const source = url && address(url);
  return source && el('img', { src: source, alt: alt || 'A picture', loading: 'lazy' });
}

function file(attachment) {
  const name = attachment.filename ?? attachment.url;
  const shown = attachment.kind === 'image' ? picture(attachment.url, name) : undefined;
  return el('p', {}, shown, el('a', { href: address(attachment.url), target: '_blank', rel: 'noreferrer' }, name), attachment.caption ? ` ${attachment.caption}` : '');
}
