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

/** Threads that each run one job at a time. They do not keep the process alive while they are idle. */
export class Workers {
  readonly #idle: Worker[] = [];
  readonly #waiting: Waiting[] = [];
  /** The threads that exist or start. */
  #count = 0;
  #closed = false;
  readonly #running = new Set<Worker>();

  constructor(
    private readonly data: WorkerData,
    private readonly maximum: number,
  ) {}

  /**
   * Runs a job.
   *
   * @throws {CallError} It computed for longer than `Limits.cpuTime`, or its thread ended.
   */
  run(job: Job): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ job, resolve, reject });
      if (this.#idle.length === 0 && this.#count < this.maximum) {
        this.#start();
      }
      this.#assign();
    });
  }

  /** Ends all threads. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const { reject } of this.#waiting.splice(0)) {
      reject(new CallError("busy", "the host is closed"));
    }
    await Promise.all([...this.#idle, ...this.#running].map((worker) => worker.terminate()));
  }

  #start(): void {
    this.#count += 1;
    const worker = new Worker(new URL("./worker.js", import.meta.url), {
      workerData: this.data,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
      // The component gets no variables of the environment.
      env: {},
    });
    this.#running.add(worker);
    worker.once("message", () => {
      worker.off("error", failed);
      this.#release(worker);
    });
    const failed = (error: Error) => {
      this.#ended(worker);
      const reason = new LoadError(`the component's code does not start: ${error.message}`);
      for (const { reject } of this.#waiting.splice(0)) {
        reject(reason);
      }
    };
    worker.once("error", failed);
  }

  #release(worker: Worker): void {
    this.#running.delete(worker);
    worker.unref();
    this.#idle.push(worker);
    this.#assign();
  }

  #ended(worker: Worker): void {
    this.#count -= this.#running.delete(worker) ? 1 : 0;
    if (this.#waiting.length > 0 && !this.#closed) {
      this.#start();
    }
  }

  #assign(): void {
    while (this.#waiting.length > 0) {
      const worker = this.#idle.pop();
      if (worker === undefined) {
        return;
      }
      const waiting = this.#waiting.shift() as Waiting;
      this.#perform(worker, waiting);
    }
  }

  #perform(worker: Worker, { job, resolve, reject }: Waiting): void {
    this.#running.add(worker);
    worker.ref();
    const answered = (outcome: Outcome) => {
      stop();
      this.#release(worker);
      resolve(outcome);
    };
    const ended = (error: Error) => {
      stop();
      this.#ended(worker);
      reject(error);
    };
    const failed = (error: Error & { code?: string }) => {
      const isMemory = error.code === "ERR_WORKER_OUT_OF_MEMORY";
      const { limits } = this.data;
      ended(isMemory ? CallError.limit("output", limits) : new CallError("broken", "the plugin ended its thread"));
    };
    const expired = () => {
      void worker.terminate();
      ended(CallError.limit("cpuTime", this.data.limits));
    };
    const timer = setTimeout(expired, this.data.limits.cpuTime);
    const stop = () => {
      clearTimeout(timer);
      worker.off("message", answered);
      worker.off("error", failed);
    };
    worker.once("message", answered);
    worker.once("error", failed);
    worker.postMessage(job);
  }
}
