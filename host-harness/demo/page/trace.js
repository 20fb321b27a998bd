// What passes through the gateway, live.

import { $, clock, el } from './dom.js';

const MOST = 200;
const ARROWS = { webhook: '⇠', event: '•', request: '✎', delivery: '⇢', lookup: '?', observation: '◎', callback: '⇡' };

export class Trace {
  /** With several connections, each entry says of which it is. */
  constructor(several) {
    this.several = several;
    /** The observations that are told again, by connection and recipient. */
    this.observed = new Map();
    $('trace-clear').onclick = () => {
      $('passed').replaceChildren();
      this.observed.clear();
    };
    $('kinds').append(...Object.keys(ARROWS).map((kind) => this.choice(kind)));
  }

  choice(kind) {
    const show = (event) => $('passed').classList.toggle(`no-${kind}`, !event.target.checked);
    return el('label', {}, el('input', { type: 'checkbox', checked: true, onchange: show }), ` ${ARROWS[kind]} ${kind} `);
  }

  passed(entry) {
    if (entry.what === 'observation' && this.again(entry)) return;
    const item = this.draw(entry);
    $('passed').prepend(item);
    while ($('passed').children.length > MOST) $('passed').lastElementChild.remove();
  }

  /** It is asked again and again; only what has changed is news. */
  again(entry) {
    const of = `${entry.connection} ${entry.detail.recipient}`;
    const before = this.observed.get(of);
    const told = JSON.stringify([entry.title, [entry.detail.told].flat().map((one) => one?.kind ?? one)]);
    if (before?.told === told && before.note.isConnected) {
      before.times += 1;
      before.note.textContent = ` (${before.times} times until ${clock(entry.at)})`;
      return true;
    }
    entry.note = el('span');
    this.observed.set(of, { told, times: 1, note: entry.note });
    return false;
  }

  draw({ at, connection, what, title, micros, detail, note }) {
    const took = micros === null ? '' : ` ${micros < 10000 ? `${micros} µs` : `${Math.round(micros / 1000)} ms`}`;
    const whose = this.several ? `${connection} ` : '';
    return el(
      'li',
      { class: what },
      el(
        'details',
        {},
        el('summary', {}, el('time', {}, clock(at)), ` ${whose}${ARROWS[what] ?? '·'} ${what} `, el('strong', {}, title), took, note),
        el('pre', { tabindex: 0 }, JSON.stringify(detail, null, 2)),
      ),
    );
  }
}
