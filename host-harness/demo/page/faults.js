// Buttons that simulate faults of Genesys and of the network.

import { call } from './api.js';
import { $, el } from './dom.js';

const FAULTS = {
  'Next webhook duplicated': { on: 'webhook', fault: 'double' },
  'Next webhook delayed by 5 s': { on: 'webhook', fault: 'late', ms: 5000 },
  'Next webhook lost': { on: 'webhook', fault: 'lost' },
  'Next webhook with invalid signature': { on: 'webhook', fault: 'wrong-signature' },
  'Genesys answers 429': { on: 'api', path: '/inbound/open/message', fault: 'rate-limited', retryAfterSeconds: 3 },
  'Genesys answers 500': { on: 'api', path: '/inbound/open/message', fault: 'server-error', status: 500 },
  'Genesys does not answer': { on: 'api', path: '/inbound/open/message', fault: 'hang' },
};

export class Faults {
  constructor() {
    const buttons = Object.entries(FAULTS).map(([name, fault]) => el('button', { type: 'button', onclick: () => this.schedule(name, fault) }, name));
    $('fault-buttons').replaceChildren(...buttons);
  }

  async schedule(name, fault) {
    try {
      await call('POST', 'api/desk/faults', fault);
      $('fault-status').textContent = `Scheduled: ${name}.`;
    } catch (error) {
      $('fault-status').textContent = error.message;
    }
  }
}
