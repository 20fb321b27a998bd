/** The limits of a provider. Sizes are in bytes, times in milliseconds. */
export interface Limits {
  /** Linear memory of an instance. 32 MiB. */
  memory: number;
  /**
   * The time that a call may run in its thread, without the time in which it waits for an answer. 1 s. A pure call needs
   * less than a millisecond. A call with effects runs again after each answer, and each run has this time.
   */
  cpuTime: number;
  /** A whole call with everything that it waits for. 60 s, at most 24 days. */
  callTime: number;
  /** Calls of a provider at the same time; further ones are refused. Three quarters of them may have effects. 1000. */
  concurrentCalls: number;
  /** A webhook (headers and body together) or an event source. 1 MiB. */
  input: number;
  /** Headers of a webhook. 200. */
  headers: number;
  /** The result of a call. 8 MiB. */
  output: number;
  /** Events of one source, and requests of one message. 1000. */
  items: number;
  /** An id that a provider returns. 512. */
  id: number;
  /** HTTP exchanges of a call. 64. */
  httpExchanges: number;
  /** The body of a request. 1 MiB. */
  httpRequest: number;
  /** The body of a response. All bodies of a call together may have four times as many bytes. 4 MiB. */
  httpResponse: number;
  /** A cached value. 16 KiB. */
  cacheValue: number;
}

export const DEFAULT_LIMITS: Limits = {
  memory: 32 << 20,
  cpuTime: 1_000,
  callTime: 60_000,
  concurrentCalls: 1_000,
  input: 1 << 20,
  headers: 200,
  output: 8 << 20,
  items: 1_000,
  id: 512,
  httpExchanges: 64,
  httpRequest: 1 << 20,
  httpResponse: 4 << 20,
  cacheValue: 16 << 10,
};

/** The length of a cache key: the contract's limit. */
export const CACHE_KEY = 128;
