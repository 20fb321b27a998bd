// The threads that run a component.

import { Worker } from "node:worker_threads";
import { CallError, LoadError } from "./errors.js";
import type { Job, Outcome, WorkerData } from "./job.js";

/** The JavaScript heap of a thread, in MB. It holds the values of one call. */
const HEAP_MB = 256;

interface Waiting {
  job: Job;
  resolve(outcome: Outcome): void;
  reject(error: Error): void;
}

/** A thread, and what it does. */
interface Thread {
  worker: Worker;
  /** Absent while it starts or is idle. */
  current: Waiting | undefined;
  timer: NodeJS.Timeout | undefined;
  hasStarted: boolean;
}

/** Threads that each run one job at a time. They do not keep the process alive while they are idle. */
export class Workers {
  readonly #threads = new Set<Thread>();
  readonly #idle: Thread[] = [];
  #waiting: Waiting[] = [];
  #isClosed = false;

  constructor(
    private readonly data: WorkerData,
    private readonly maximum: number,
  ) {}

  /**
   * Runs a job. Aborting the signal rejects it with the signal's reason, and it does not start if it waits.
   *
   * @throws {CallError} It ran for longer than `Limits.cpuTime`, or its thread ended.
   */
  run(job: Job, signal: AbortSignal): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) {
        reject(closed());
        return;
      }
      signal.throwIfAborted();
      const waiting: Waiting = { job, resolve, reject };
      const aborted = () => {
        this.#waiting = this.#waiting.filter((other) => other !== waiting);
        reject(signal.reason as Error);
      };
      signal.addEventListener("abort", aborted, { once: true });
      waiting.resolve = (outcome) => {
        signal.removeEventListener("abort", aborted);
        resolve(outcome);
      };
      waiting.reject = (error) => {
        signal.removeEventListener("abort", aborted);
        reject(error);
      };
      this.#waiting.push(waiting);
      this.#assign();
    });
  }

  /** Ends all threads. The calls under way and all later ones fail. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { reject } of this.#waiting.splice(0)) {
      reject(closed());
    }
    await Promise.all([...this.#threads].map((thread) => this.#end(thread, closed())));
  }

  /** Gives the waiting jobs to threads, which start if there are too few. */
  #assign(): void {
    while (this.#waiting.length > 0) {
      const thread = this.#idle.pop();
      if (thread === undefined) {
        const starting = [...this.#threads].filter(({ hasStarted }) => !hasStarted).length;
        if (starting < this.#waiting.length && this.#threads.size < this.maximum) {
          this.#start();
          continue;
        }
        return;
      }
      this.#perform(thread, this.#waiting.shift() as Waiting);
    }
  }

  #start(): void {
    const worker = new Worker(new URL("./worker.js", import.meta.url), {
      workerData: this.data,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
      // Neither the variables nor the options of the process, which may load its code in every thread.
      env: {},
      execArgv: [],
    });
    const thread: Thread = { worker, current: undefined, timer: undefined, hasStarted: false };
    this.#threads.add(thread);
    worker.on("message", (message: Outcome | "ready") => this.#answered(thread, message));
    worker.on("error", (error: Error & { code?: string }) => {
      const isMemory = error.code === "ERR_WORKER_OUT_OF_MEMORY";
      const why = isMemory
        ? CallError.limit("output", this.data.limits)
        : new CallError("broken", "the plugin ended its thread");
      void this.#end(thread, thread.hasStarted ? why : error);
    });
    worker.on("exit", () => void this.#end(thread, new CallError("broken", "the plugin ended its thread")));
  }

  #answered(thread: Thread, message: Outcome | "ready"): void {
    const { current } = thread;
    clearTimeout(thread.timer);
    thread.hasStarted = true;
    thread.current = undefined;
    thread.worker.unref();
    if (this.#threads.has(thread)) {
      this.#idle.push(thread);
    }
    if (message !== "ready") {
      current?.resolve(message);
    }
    this.#assign();
  }

  #perform(thread: Thread, waiting: Waiting): void {
    thread.current = waiting;
    thread.worker.ref();
    thread.worker.postMessage(waiting.job);
    const { limits } = this.data;
    const expired = () => void this.#end(thread, CallError.limit("cpuTime", limits));
    // If this thread was busy, the answer may have arrived without having been read. It is read before the second timer.
    thread.timer = setTimeout(() => {
      thread.timer = setTimeout(expired, 1);
    }, limits.cpuTime);
  }

  /** Ends a thread. Its job fails; if it has not started, no thread can start, and all jobs fail. */
  async #end(thread: Thread, why: Error): Promise<void> {
    if (!this.#threads.delete(thread)) {
      return;
    }
    clearTimeout(thread.timer);
    const index = this.#idle.indexOf(thread);
    if (index >= 0) {
      this.#idle.splice(index, 1);
    }
    thread.current?.reject(why);
    if (!thread.hasStarted && !this.#isClosed) {
      const reason = new LoadError(`the component's code does not start: ${why.message}`);
      for (const { reject } of this.#waiting.splice(0)) {
        reject(reason);
      }
    }
    await thread.worker.terminate();
    this.#assign();
  }
}

function closed(): CallError {
  return new CallError("closed", "the host is closed; the outcome of a call that was under way is unknown");
}
