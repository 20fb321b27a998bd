// The host: loads components.

import { createHash } from "node:crypto";
import { availableParallelism } from "node:os";
import { MemoryCache, type Cache } from "./cache.js";
import { Calls } from "./calls.js";
import { compile, genesys, transpile, type TranspiledComponent } from "./component.js";
import type { Description } from "./contract.js";
import { CallError, LoadError } from "./errors.js";
import { HttpClient, type Transport } from "./http.js";
import { DEFAULT_LIMITS, type Limits } from "./limits.js";
import { Provider } from "./provider.js";
import { Workers } from "./workers.js";

/** The options of a host. */
export interface HostOptions {
  limits?: Partial<Limits>;
  /** Sends the providers' requests. By default an `HttpClient`. */
  http?: Transport;
  /** By default a `MemoryCache`. */
  cache?: Cache;
  /**
   * The threads of each component, which bounds the calls that compute at the same time. By default one per processor, at
   * most 4.
   */
  threads?: number;
  /**
   * How many calls of its connection an instance serves; by default 1, a fresh instance for each call. A provider has no
   * state, so this does not affect any result. No instance serves two connections.
   */
  reuse?: number;
}

/** Loads components. */
export class Host {
  readonly limits: Limits;
  readonly #options: Required<Pick<HostOptions, "http" | "cache" | "threads" | "reuse">>;
  readonly #providers = new Set<Provider>();
  #isClosed = false;

  constructor(options: HostOptions = {}) {
    this.limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#options = {
      http: options.http ?? new HttpClient(),
      cache: options.cache ?? new MemoryCache(),
      threads: options.threads ?? Math.min(availableParallelism(), 4),
      reuse: options.reuse ?? 1,
    };
  }

  /**
   * Loads a component: by default the provider for Genesys Cloud Open Messaging.
   *
   * @param component The bytes of a component, which requires the package `@bytecodealliance/jco-transpile`, or what
   * `transpile` returned for them.
   * @throws {LoadError} It is not a provider of this contract.
   */
  async load(component?: Uint8Array | TranspiledComponent): Promise<Provider> {
    const transpiled =
      component instanceof Uint8Array ? await transpile(component) : (component ?? (await genesys()));
    const { http, cache, threads, reuse } = this.#options;
    const fingerprint = createHash("sha256");
    for (const [name, module] of transpiled.modules) {
      // Includes the lengths, because the same bytes could be split differently.
      fingerprint.update(`${name} ${module.length}:`).update(module);
    }
    if (this.#isClosed) {
      throw new LoadError("the host is closed");
    }
    const compiled = await compile(transpiled, this.limits.memory);
    const workers = new Workers({ ...compiled, limits: this.limits, reuse }, Math.max(threads, 1));
    const calls = new Calls(workers, this.limits, http, cache);
    let description: Description;
    try {
      description = (await calls.make("describe", [], undefined, undefined)) as Description;
    } catch (error) {
      await workers.close();
      throw error instanceof CallError
        ? new LoadError(`the component cannot describe itself: ${error.message}`, { cause: error })
        : error;
    }
    const provider = new Provider(calls, transpiled.interfaces, description, fingerprint.digest("hex"), workers);
    this.#providers.add(provider);
    if (this.#isClosed) {
      await this.close();
    }
    return provider;
  }

  /** Ends the threads of all components. The calls under way and all later ones fail. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#providers].map((provider) => provider.close()));
    this.#providers.clear();
  }
}
