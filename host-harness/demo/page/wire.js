// What passes through the gateway, live.

import { $, clock, el } from './dom.js';

const MOST = 200;
const ARROWS = { webhook: '⇠', event: '•', request: '✎', delivery: '⇢', lookup: '?', observation: '◎', callback: '⇡' };

export class Wire {
  constructor() {
    $('wire-clear').onclick = () => $('passed').replaceChildren();
    $('kinds').append(...Object.keys(ARROWS).map((kind) => this.choice(kind)));
  }

  choice(kind) {
    const show = (event) => $('passed').classList.toggle(`no-${kind}`, !event.target.checked);
    return el('label', {}, el('input', { type: 'checkbox', checked: true, onchange: show }), ` ${ARROWS[kind]} ${kind} `);
  }

  passed(entry) {
    const { what, title, detail } = entry;
    // It is asked again and again; only what has changed is news.
    const asked = what === 'observation' ? [...$('passed').querySelectorAll('.observation')] : [];
    const same = asked.find((one) => one.dataset.of === detail.recipient);
    if (same?.dataset.title === title) {
      same.dataset.times = Number(same.dataset.times) + 1;
      this.draw(same, entry);
      return;
    }
    const item = el('li', { class: what, 'data-title': title, 'data-of': detail.recipient, 'data-times': 1 }, el('details', {}, el('summary'), el('pre', { tabindex: 0 })));
    this.draw(item, entry);
    $('passed').prepend(item);
    while ($('passed').children.length > MOST) $('passed').lastElementChild.remove();
  }

  draw(item, { at, what, title, micros, detail }) {
    const took = micros === null ? '' : ` ${micros < 10000 ? `${micros} µs` : `${Math.round(micros / 1000)} ms`}`;
    const times = Number(item.dataset.times);
    item.querySelector('summary').replaceChildren(el('time', {}, clock(at)), ` ${ARROWS[what] ?? '·'} ${what} `, el('strong', {}, title), took, times > 1 ? ` (${times} times)` : '');
    item.querySelector('pre').textContent = JSON.stringify(detail, null, 2);
  }
}
