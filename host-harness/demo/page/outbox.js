// What the gateway is still to take: one after the other, each until it is taken or refused, with the key under which it
// was tried before.

import { call } from './api.js';

const FIRST = 500;
const LONGEST = 8000;
/** How long the gateway may answer with a fault of its own until something is given up, in milliseconds. */
const PATIENCE = 60000;

export class Outbox {
  /** `waiting` is kept by whoever keeps it, and what waits in it is sent, each time after what `ready` promises. */
  constructor(path, waiting, ready, { taken, refused }) {
    Object.assign(this, { path, waiting, ready, taken, refused });
    this.working = Promise.resolve();
    this.go();
  }

  put(item) {
    this.waiting.push(item);
    this.go();
  }

  go() {
    // One item that goes wrong must not keep back the others.
    this.working = this.working.then(() => this.work()).catch(reportError);
  }

  async work() {
    while (this.waiting.length) {
      const [item] = this.waiting;
      const [told, ...arguments_] = await this.deliver(item);
      this.waiting.shift();
      told(item, ...arguments_);
    }
  }

  async deliver({ key, method, to, body }) {
    let faulty;
    for (let pause = FIRST; ; pause = Math.min(pause * 2, LONGEST)) {
      await this.ready();
      try {
        return [this.taken, await call(method, `${this.path}/${to}`, body, { 'idempotency-key': key })];
      } catch (error) {
        const { status } = error;
        // Another token may let it in; and what was not heard, or not now, is tried until it is.
        const later = status === undefined || [401, 429, 502, 503, 504].includes(status);
        if (status >= 500 && !later) faulty ??= Date.now();
        if (!later && (status < 500 || Date.now() - faulty > PATIENCE)) return [this.refused, error];
      }
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}
