/**
 * A cache for providers. It may forget a value at any time, and several machines may share it.
 *
 * `connection` identifies the component and all settings, so no connection reads another one's values.
 */
export interface Cache {
  /** Returns a stored value, if the cache still has it. */
  get(connection: string, key: string): Promise<Uint8Array | undefined> | Uint8Array | undefined;
  /** Stores a value for at most `seconds`; 0 removes it. */
  put(connection: string, key: string, value: Uint8Array, seconds: number): Promise<void> | void;
}

/** The maximum number of entries per connection. A provider needs a few. */
const MAX_ENTRIES = 32;
/** The maximum size of all values together, in bytes. */
const MAX_BYTES = 64 << 20;
/** The longest time, in seconds: two days, the longest lifetime of a Genesys token. */
const MAX_SECONDS = 48 * 60 * 60;

interface Entry {
  value: Uint8Array;
  /** In milliseconds since 1970. */
  until: number;
}

/**
 * A cache in this process: at most 32 entries per connection and 64 MiB in total, for at most two days. Values that
 * exceed this are not stored.
 */
export class MemoryCache implements Cache {
  readonly #connections = new Map<string, Map<string, Entry>>();
  #bytes = 0;

  get(connection: string, key: string): Uint8Array | undefined {
    const entry = this.#connections.get(connection)?.get(key);
    return entry !== undefined && entry.until > Date.now() ? entry.value : undefined;
  }

  put(connection: string, key: string, value: Uint8Array, seconds: number): void {
    this.#remove(connection, key);
    if (seconds === 0) {
      return;
    }
    if (!this.#hasRoom(connection, value)) {
      this.#removeExpired();
    }
    if (this.#hasRoom(connection, value)) {
      const entries = this.#connections.get(connection) ?? new Map<string, Entry>();
      this.#connections.set(connection, entries);
      entries.set(key, { value, until: Date.now() + Math.min(seconds, MAX_SECONDS) * 1_000 });
      this.#bytes += value.length;
    }
  }

  #hasRoom(connection: string, value: Uint8Array): boolean {
    const entries = this.#connections.get(connection)?.size ?? 0;
    return this.#bytes + value.length <= MAX_BYTES && entries < MAX_ENTRIES;
  }

  #remove(connection: string, key: string): void {
    const entries = this.#connections.get(connection);
    this.#bytes -= entries?.get(key)?.value.length ?? 0;
    entries?.delete(key);
    if (entries?.size === 0) {
      this.#connections.delete(connection);
    }
  }

  #removeExpired(): void {
    const now = Date.now();
    for (const [connection, entries] of this.#connections) {
      for (const [key, { until }] of entries) {
        if (until <= now) {
          this.#remove(connection, key);
        }
      }
    }
  }
}
