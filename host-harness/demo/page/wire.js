// What passes through the gateway, live.

import { $, clock, el } from './dom.js';

const MOST = 200;

export class Wire {
  constructor() {
    $('wire-clear').onclick = () => $('passed').replaceChildren();
  }

  passed(entry) {
    const { at, what, micros, title, detail } = entry;
    const arrow = { webhook: '⇠', event: '•', request: '✎', delivery: '⇢' }[what] ?? '·';
    $('passed').prepend(
      el(
        'li',
        { class: what },
        el(
          'details',
          {},
          el(
            'summary',
            {},
            el('time', {}, clock(at)),
            ` ${arrow} ${what} `,
            el('strong', {}, title),
            micros === null ? '' : ` ${micros < 10000 ? `${micros} µs` : `${Math.round(micros / 1000)} ms`}`,
          ),
          el('pre', { tabindex: 0 }, JSON.stringify(detail, null, 2)),
        ),
      ),
    );
    while ($('passed').children.length > MOST) $('passed').lastElementChild.remove();
  }
}
