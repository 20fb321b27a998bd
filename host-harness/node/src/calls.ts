// Makes calls of the contract in the threads of a component.

import type { Cache } from "./cache.js";
import { CallError, ProviderError } from "./errors.js";
import type { Transport } from "./http.js";
import type { Exchange, Question } from "./job.js";
import type { Limits } from "./limits.js";
import { FUNCTIONS, type FunctionSignature } from "./schema.js";
import { lift, lower } from "./values.js";
import type { Workers } from "./workers.js";

/** The longest time of a timer (Node, "Timers"). */
const MAX_TIMER = 2 ** 31 - 1;
/** The bodies of a call's responses together, in times of `Limits.httpResponse`. */
const MAX_RESPONSES = 4;

/** What a call with effects may use. */
export interface Granted {
  /** The URLs of the origins by their names. */
  origins: Map<string, string>;
  /** The connection's namespace in the cache. */
  namespace: string;
}

/** Makes calls in the threads of a component. */
export class Calls {
  #running = 0;
  #effects = 0;

  constructor(
    private readonly workers: Workers,
    readonly limits: Limits,
    private readonly http: Transport,
    private readonly cache: Cache,
  ) {}

  /**
   * Calls a function.
   *
   * @param granted Absent for a pure call.
   * @param connection The namespace of the connection whose kept instance may serve the call.
   * @throws {ProviderError | CallError | ArgumentError}
   */
  async make(
    name: string,
    values: unknown[],
    granted: Granted | undefined,
    connection: string | undefined,
  ): Promise<unknown> {
    const signature = FUNCTIONS.get(name) as FunctionSignature;
    const lowered = signature.parameters.map(({ name, type }, index) => lower(type, values[index], name));
    const { concurrentCalls } = this.limits;
    // A contact center that does not answer leaves a quarter to pure calls.
    const isBusy = granted !== undefined && this.#effects >= Math.max(Math.floor((concurrentCalls * 3) / 4), 1);
    if (isBusy || this.#running >= concurrentCalls) {
      const message = "the provider is busy: other calls use up the limit `concurrentCalls`";
      throw new CallError("busy", message, "concurrentCalls");
    }
    const deadline = new AbortController();
    const expired = () => deadline.abort(CallError.limit("callTime", this.limits));
    const timer = setTimeout(expired, Math.min(this.limits.callTime, MAX_TIMER));
    this.#running += 1;
    this.#effects += granted === undefined ? 0 : 1;
    try {
      const outcome = await this.#run(signature, lowered, granted, connection, deadline.signal);
      const { ok, error } =
        typeof signature.result === "object" && signature.result !== null && "result" in signature.result
          ? signature.result.result
          : { ok: signature.result, error: null };
      if ("error" in outcome) {
        throw new ProviderError(name, error === null ? undefined : lift(error, outcome.error, this.limits));
      }
      return ok === null ? undefined : lift(ok, outcome.value, this.limits);
    } finally {
      clearTimeout(timer);
      this.#running -= 1;
      this.#effects -= granted === undefined ? 0 : 1;
    }
  }

  /** Runs a function again for each question of the provider, until it has no more. */
  async #run(
    signature: FunctionSignature,
    values: unknown[],
    granted: Granted | undefined,
    connection: string | undefined,
    deadline: AbortSignal,
  ): Promise<{ value: unknown } | { error: unknown }> {
    const exchanges: Exchange[] = [];
    let [stored, received] = [0, 0];
    for (;;) {
      const job = {
        interface: signature.interface,
        function: signature.property,
        arguments: values,
        capabilities: granted && { origins: granted.origins, exchanges },
        connection,
      };
      const outcome = await this.workers.run(job, deadline);
      if (outcome.tag === "failed") {
        throw new CallError(outcome.kind, outcome.message);
      }
      for (const { key, value, seconds } of outcome.puts.slice(stored)) {
        await before(deadline, this.cache.put(granted?.namespace ?? "", key, value, seconds));
      }
      stored = outcome.puts.length;
      if (outcome.tag === "returned") {
        return { value: outcome.value };
      }
      if (outcome.tag === "refused") {
        return { error: outcome.error };
      }
      exchanges.push(...outcome.times);
      const answer = await before(deadline, this.#answer(outcome.question, granted?.namespace ?? ""));
      if (answer.kind === "http" && "ok" in answer.answer) {
        received += answer.answer.ok.body.length;
      }
      // All answers go to the thread again in each run.
      if (received > MAX_RESPONSES * this.limits.httpResponse) {
        exchanges.push({ ...answer, answer: { error: { tag: "response-too-large" } } } as Exchange);
      } else {
        exchanges.push(answer);
      }
    }
  }

  async #answer(question: Question, namespace: string): Promise<Exchange> {
    if (question.kind === "get") {
      return { ...question, value: await this.cache.get(namespace, question.key) };
    }
    // A copy, because the question is compared with that of the next run.
    const answer = await this.http.send(structuredClone(question.request));
    if ("ok" in answer && answer.ok.body.length > this.limits.httpResponse) {
      return { ...question, answer: { error: { tag: "response-too-large" } } };
    }
    return { ...question, answer };
  }
}

/** Waits for a part of a call, at most until its time is up. */
async function before<Value>(deadline: AbortSignal, part: Promise<Value> | Value): Promise<Value> {
  let aborted: (() => void) | undefined;
  const expired = new Promise<never>((_, reject) => {
    aborted = () => reject(deadline.reason as Error);
    deadline.addEventListener("abort", aborted, { once: true });
  });
  try {
    deadline.throwIfAborted();
    return await Promise.race([part, expired]);
  } finally {
    deadline.removeEventListener("abort", aborted as () => void);
  }
}
