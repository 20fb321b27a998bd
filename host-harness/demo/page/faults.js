// Faults of Genesys and of the network, ordered by hand.

import { call } from './api.js';
import { $, el } from './dom.js';

const FAULTS = {
  'Next webhook twice': { on: 'webhook', fault: 'double' },
  'Next webhook 5 s late': { on: 'webhook', fault: 'late', ms: 5000 },
  'Next webhook lost': { on: 'webhook', fault: 'lost' },
  'Next webhook badly signed': { on: 'webhook', fault: 'wrong-signature' },
  'Genesys answers 429': { on: 'api', path: '/inbound/open/message', fault: 'rate-limited', retryAfterSeconds: 3 },
  'Genesys answers 500': { on: 'api', path: '/inbound/open/message', fault: 'server-error', status: 500 },
  'Genesys hangs': { on: 'api', path: '/inbound/open/message', fault: 'hang' },
};

export class Faults {
  constructor() {
    const buttons = Object.entries(FAULTS).map(([name, order]) => el('button', { type: 'button', onclick: () => this.order(name, order) }, name));
    $('fault-buttons').replaceChildren(...buttons);
  }

  async order(name, order) {
    try {
      await call('POST', 'api/desk/faults', order);
      $('fault-told').textContent = `Ordered: ${name}.`;
    } catch (error) {
      $('fault-told').textContent = error.message;
    }
  }
}
