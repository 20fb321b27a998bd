// A thread that runs the component. The host ends it if a call computes for too long.
//
// A provider waits for the answer to a request, but a thread that waits cannot serve other calls. So a question without
// an answer ends the run, and the function runs again, in a fresh instance, with all answers so far. The contract permits
// this: no result of a provider depends on its instance. A provider that asks something else the second time is refused.

import { isDeepStrictEqual } from "node:util";
import { parentPort, workerData } from "node:worker_threads";
import type { HttpError, Request, Response } from "./contract.js";
import type { Capabilities, Datetime, Exchange, Job, Outcome, Put, Question, WorkerData } from "./job.js";
import { CACHE_KEY } from "./limits.js";
import { check } from "./requests.js";

type Instance = Record<string, Record<string, (...values: unknown[]) => unknown>>;
type Instantiate = (
  getModule: (name: string) => WebAssembly.Module,
  imports: Record<string, Record<string, unknown>>,
  instantiate: (module: WebAssembly.Module, imports: WebAssembly.Imports) => WebAssembly.Instance,
) => Instance;

/** The provider asked something that has no answer yet. */
class Unanswered extends Error {
  constructor(readonly question: Question) {
    super("a question without an answer");
  }
}

/** The provider did what the contract forbids. */
class Violation extends Error {
  constructor(
    readonly kind: "impure" | "broken",
    message: string,
  ) {
    super(message);
  }
}

/** The imports of a run. */
class Run {
  readonly puts: Put[] = [];
  /** The times that were read for the first time. */
  readonly times: Exchange[] = [];
  /** The number of exchanges that were repeated. */
  #next = 0;
  #requests = 0;
  #reads = 0;
  /** The time since the last answer. */
  #time: Datetime | undefined;

  constructor(private readonly capabilities: Capabilities | undefined) {}

  #of(name: string): Capabilities {
    if (this.capabilities === undefined) {
      throw new Violation("impure", `the plugin called ${name} from a pure function`);
    }
    return this.capabilities;
  }

  /** Returns the exchange of the same question in an earlier run; `undefined` if the call had not come so far. */
  #repeated(kind: Exchange["kind"], isSame: (exchange: Exchange) => boolean): Exchange | undefined {
    const exchange = this.capabilities?.exchanges[this.#next];
    if (exchange === undefined) {
      return undefined;
    }
    if (exchange.kind !== kind || !isSame(exchange)) {
      throw new Violation("broken", "the plugin is not deterministic: it asked something else when it ran again");
    }
    this.#next += 1;
    this.#time = undefined;
    return exchange;
  }

  send(request: Request): Response {
    const { origins } = this.#of("http.send");
    if (this.#requests >= limits.httpExchanges) {
      throw refusal({ tag: "too-many-requests" });
    }
    const checked = check(request, origins, limits);
    if ("refused" in checked) {
      throw refusal(checked.refused);
    }
    this.#requests += 1;
    const question = { kind: "http", request: checked.request } as const;
    const exchange = this.#repeated("http", (exchange) => isDeepStrictEqual({ ...exchange, ...question }, exchange));
    if (exchange?.kind !== "http") {
      throw new Unanswered(question);
    }
    if ("error" in exchange.answer) {
      throw refusal(exchange.answer.error);
    }
    return exchange.answer.ok;
  }

  get(key: string): Uint8Array | undefined {
    this.#of("cache.get");
    if (Buffer.byteLength(key) > CACHE_KEY) {
      return undefined;
    }
    const own = this.puts.findLast((put) => put.key === key);
    if (own !== undefined) {
      return own.seconds > 0 ? own.value : undefined;
    }
    this.#reads += 1;
    if (this.#reads > MAX_READS) {
      // A cache may forget a value at any time.
      return undefined;
    }
    const exchange = this.#repeated("get", (exchange) => exchange.kind === "get" && exchange.key === key);
    if (exchange?.kind !== "get") {
      throw new Unanswered({ kind: "get", key });
    }
    return exchange.value;
  }

  put(key: string, value: Uint8Array, seconds: number): void {
    this.#of("cache.put");
    const fits = Buffer.byteLength(key) <= CACHE_KEY && value.length <= limits.cacheValue;
    // A cache need not keep a value.
    if (fits && this.puts.length < MAX_PUTS) {
      this.puts.push({ key, value, seconds });
    }
  }

  now(): Datetime {
    this.#of("wall-clock.now");
    // The time stands still until the next answer, so that a call cannot collect times without end.
    if (this.#time === undefined) {
      const repeated = this.#repeated("now", () => true);
      if (repeated?.kind === "now") {
        this.#time = { seconds: repeated.seconds, nanoseconds: repeated.nanoseconds };
      } else {
        const now = Date.now();
        this.#time = { seconds: BigInt(Math.floor(now / 1000)), nanoseconds: (now % 1000) * 1_000_000 };
        this.times.push({ kind: "now", ...this.#time });
      }
    }
    return this.#time;
  }

  resolution(): Datetime {
    this.#of("wall-clock.resolution");
    return { seconds: 0n, nanoseconds: 1 };
  }
}

/** Returns what jco's code takes for the error of a result. */
function refusal(error: HttpError): { payload: HttpError } {
  return { payload: error };
}

/** An instance, and the run that its imports belong to. */
interface Kept {
  instance: Instance;
  imports: { run: Run };
  calls: number;
}

const { source, modules, limits, reuse } = workerData as WorkerData;
/** The instances that a thread keeps. */
const MAX_KEPT = 64;
/** The values that a call can put into the cache. */
const MAX_PUTS = 64;
/** The reads of the cache in one call, because the call runs again for each. */
const MAX_READS = 64;
const kept = new Map<string, Kept>();

harden();

// jco's code tries it in each instance and takes its failure for "not supported", but Node 20 and 22 need 25 ms to create
// the error.
(WebAssembly as { promising?: unknown }).promising ??= (exported: unknown) => exported;
const { instantiate } = (await import(source)) as { instantiate: Instantiate };

/** Changes what jco's code uses in this thread, so that it refuses what violates the canonical ABI. */
function harden(): void {
  // Text must be UTF-8, and a byte order mark is a part of it.
  globalThis.TextDecoder = class extends TextDecoder {
    constructor(label?: string, options?: TextDecoderOptions) {
      super(label, { ...options, fatal: true, ignoreBOM: true });
    }
  };
  // A list must be within the memory.
  const slice = ArrayBuffer.prototype.slice;
  ArrayBuffer.prototype.slice = function (start, end) {
    if (end !== undefined && end > this.byteLength) {
      throw new TypeError("a list exceeds the memory");
    }
    return slice.call(this, start, end);
  };
}

function create(): Kept {
  const imports = { run: new Run(undefined) };
  const instance = instantiate(
    (name) => {
      const module = modules.get(name);
      if (module === undefined) {
        throw new Error(`the component has no module ${name}`);
      }
      return module;
    },
    {
      "handover:provider/http": { send: (request: Request) => imports.run.send(request) },
      "handover:provider/cache": {
        get: (key: string) => imports.run.get(key),
        put: (key: string, value: Uint8Array, seconds: number) => imports.run.put(key, value, seconds),
      },
      "wasi:clocks/wall-clock": { now: () => imports.run.now(), resolution: () => imports.run.resolution() },
      "handover:provider/types": {},
    },
    (module, imports) => new WebAssembly.Instance(module, imports),
  );
  return { instance, imports, calls: 0 };
}

function instanceFor(job: Job): Kept {
  const found = job.connection === undefined ? undefined : kept.get(job.connection);
  // It is put back when the call has ended without a trap.
  kept.delete(job.connection ?? "");
  return found ?? create();
}

function keep(job: Job, used: Kept): void {
  used.calls += 1;
  used.imports.run = new Run(undefined);
  if (job.connection !== undefined && used.calls < reuse) {
    kept.set(job.connection, used);
    const [oldest] = kept.keys();
    if (kept.size > MAX_KEPT && oldest !== undefined) {
      kept.delete(oldest);
    }
  }
}

function run(job: Job): Outcome {
  const run = new Run(job.capabilities);
  try {
    const used = instanceFor(job);
    used.imports.run = run;
    const call = used.instance[job.interface]?.[job.function];
    if (call === undefined) {
      throw new Violation("broken", `the plugin has no function ${job.function} in ${job.interface}`);
    }
    try {
      const value = call(...job.arguments);
      keep(job, used);
      return { tag: "returned", value, puts: run.puts };
    } catch (error) {
      // jco's error for the error of a result.
      if (error instanceof Error && "payload" in error) {
        keep(job, used);
        return { tag: "refused", error: error.payload, puts: run.puts };
      }
      throw error;
    }
  } catch (error) {
    if (error instanceof Unanswered) {
      return { tag: "asked", question: error.question, times: run.times, puts: run.puts };
    }
    if (error instanceof Violation) {
      return { tag: "failed", kind: error.kind, message: error.message };
    }
    const isTrap = error instanceof WebAssembly.RuntimeError || (error instanceof RangeError && /stack/.test(error.message));
    if (isTrap) {
      return { tag: "failed", kind: "trapped", message: `the plugin trapped: ${error.message}` };
    }
    // The message is left out, because it may quote the value.
    return { tag: "failed", kind: "broken", message: "the plugin returned a value that violates the contract" };
  }
}

parentPort?.on("message", (job: Job) => parentPort?.postMessage(run(job)));
parentPort?.postMessage("ready");
