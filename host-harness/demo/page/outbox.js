// The requests that the gateway has not accepted yet. They are sent one after the other. Each is retried with the same
// idempotency key until the gateway accepts or rejects it.

import { call } from './api.js';

const INITIAL_DELAY_MS = 500;
const MAX_DELAY_MS = 8000;
/** How long a request that causes server errors is retried. */
const SERVER_ERROR_TIMEOUT_MS = 60000;

export class Outbox {
  /**
   * The caller owns and stores `pending`. The outbox removes requests from it, and awaits `whenReady()` before each
   * attempt.
   */
  constructor(path, pending, whenReady, { onAccepted, onRejected }) {
    Object.assign(this, { path, pending, whenReady, onAccepted, onRejected });
    this.working = Promise.resolve();
    this.resume();
  }

  put(item) {
    this.pending.push(item);
    this.resume();
  }

  resume() {
    // An error in one item must not block the others.
    this.working = this.working.then(() => this.sendAll()).catch(reportError);
  }

  async sendAll() {
    while (this.pending.length) {
      const [item] = this.pending;
      const [callback, ...results] = await this.send(item);
      this.pending.shift();
      callback(item, ...results);
    }
  }

  async send({ key, method, resource, body }) {
    let failingSince;
    for (let delay = INITIAL_DELAY_MS; ; delay = Math.min(delay * 2, MAX_DELAY_MS)) {
      await this.whenReady();
      try {
        return [this.onAccepted, await call(method, `${this.path}/${resource}`, body, { 'idempotency-key': key })];
      } catch (error) {
        const { status } = error;
        // These are retried without end; after 401, the gateway may accept another token.
        const transient = status === undefined || [401, 429, 502, 503, 504].includes(status);
        if (status >= 500 && !transient) failingSince ??= Date.now();
        if (!transient && (status < 500 || Date.now() - failingSince > SERVER_ERROR_TIMEOUT_MS)) return [this.onRejected, error];
      }
      await new Promise((resolve) => setTimeout(resolve, delay));
    }
  }
}
