// The live trace of the gateway.

import { $, el, formatTime } from './dom.js';

const MAX_ENTRIES = 200;
const SYMBOLS = { webhook: '⇠', event: '•', request: '✎', delivery: '⇢', lookup: '?', observation: '◎', 'bot-request': '⇠', 'bot-response': '⇢', callback: '⇡' };
const LABELS = { observation: 'poll', 'bot-request': 'bot request', 'bot-response': 'bot response' };

export class Trace {
  /** With several connections, each entry shows its connection's name. */
  constructor(showsConnection) {
    this.showsConnection = showsConnection;
    /** The latest poll entry of each connection and recipient. */
    this.polls = new Map();
    $('trace-clear').onclick = () => {
      $('passed').replaceChildren();
      this.polls.clear();
    };
    $('kinds').append(...Object.keys(SYMBOLS).map((kind) => this.filter(kind)));
  }

  filter(kind) {
    const toggle = (event) => $('passed').classList.toggle(`no-${kind}`, !event.target.checked);
    return el('label', {}, el('input', { type: 'checkbox', checked: true, onchange: toggle }), ` ${SYMBOLS[kind]} ${LABELS[kind] ?? kind} `);
  }

  add(entry) {
    if (entry.what === 'observation' && this.isRepeatedPoll(entry)) return;
    $('passed').prepend(this.render(entry));
    while ($('passed').children.length > MAX_ENTRIES) $('passed').lastElementChild.remove();
  }

  /** Counts a poll with an unchanged result at the earlier entry. */
  isRepeatedPoll(entry) {
    const key = `${entry.connection} ${entry.detail.recipient}`;
    const earlier = this.polls.get(key);
    const result = JSON.stringify([entry.title, [entry.detail.events].flat().map((event) => event?.kind ?? event)]);
    if (earlier?.result === result && earlier.note.isConnected) {
      earlier.count += 1;
      earlier.note.textContent = ` (${earlier.count} times, last at ${formatTime(entry.at)})`;
      return true;
    }
    entry.note = el('span');
    this.polls.set(key, { result, count: 1, note: entry.note });
    return false;
  }

  render({ at, connection, what, title, micros, detail, note }) {
    const duration = micros === null ? '' : ` ${micros < 10000 ? `${micros} µs` : `${Math.round(micros / 1000)} ms`}`;
    const prefix = this.showsConnection ? `${connection} ` : '';
    return el(
      'li',
      { class: what },
      el(
        'details',
        {},
        el('summary', {}, el('time', {}, formatTime(at)), ` ${prefix}${SYMBOLS[what] ?? '·'} ${LABELS[what] ?? what} `, el('strong', {}, title), duration, note),
        el('pre', { tabindex: 0 }, JSON.stringify(detail, null, 2)),
      ),
    );
  }
}
