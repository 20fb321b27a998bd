// The host: loads components, creates connections, and makes calls.

import { createHash } from "node:crypto";
import { availableParallelism } from "node:os";
import { MemoryCache, type Cache } from "./cache.js";
import { compile, genesys, transpile, type TranspiledComponent } from "./component.js";
import { CallError, ConnectError, LoadError, ProviderError } from "./errors.js";
import { HttpClient, type Transport } from "./http.js";
import type { Exchange, Question } from "./job.js";
import { DEFAULT_LIMITS, type Limits } from "./limits.js";
import { FUNCTIONS, type FunctionSignature } from "./schema.js";
import { Verifier } from "./signature.js";
import { lift, lower } from "./values.js";
import { Workers } from "./workers.js";
import type {
  AcceptedSettings,
  AgentEvent,
  Authenticity,
  Availability,
  Check,
  ConfigurationCalls,
  Conversation,
  Delivery,
  DeliveryStatus,
  Description,
  EventSource,
  HandoverCalls,
  Origin,
  Outbound,
  ProviderRequest,
  ProvisioningMode,
  ProvisioningStep,
  ReceivedWebhook,
  Routing,
  Setting,
  SettingsProblem,
  Webhook,
} from "./contract.js";

/** The longest time of a timer (Node, "Timers"). */
const MAX_TIMER = 2 ** 31 - 1;
/** The bodies of a call's responses together, in times of `Limits.httpResponse`. */
const MAX_RESPONSES = 4;

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

/** What a call with effects may use. */
interface Granted {
  /** The URLs of the origins by their names. */
  origins: Map<string, string>;
  /** The connection's namespace in the cache. */
  namespace: string;
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
    const provider = new Provider(calls, description, fingerprint.digest("hex"), workers);
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

/** Makes calls in the threads of a component. */
class Calls {
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

/** A loaded component. */
export class Provider {
  readonly #calls: Calls;
  readonly #fingerprint: string;
  readonly #workers: Workers;

  /** @internal */
  constructor(
    calls: Calls,
    /** The provider's description, with the fields of its settings. */
    readonly description: Description,
    fingerprint: string,
    workers: Workers,
  ) {
    this.#calls = calls;
    this.#fingerprint = fingerprint;
    this.#workers = workers;
  }

  /**
   * Checks settings. `connect` calls it first.
   *
   * @throws {ProviderError} Its `value` is a `SettingsProblem[]`.
   */
  async checkSettings(settings: Setting[]): Promise<AcceptedSettings> {
    return (await this.#calls.make("check-settings", [settings], undefined, undefined)) as AcceptedSettings;
  }

  /**
   * Creates a connection: checks the settings, and grants the origins that follow from them.
   *
   * @param allowed The origins that the provider may reach, such as `https://api.mypurecloud.de`. An origin that follows
   * from the settings and is not among them is an error.
   * @throws {ConnectError}
   */
  async connect(settings: Setting[], { allowed }: { allowed: string[] }): Promise<Connection> {
    const allowedOrigins = new Set(allowed.map(parseOrigin));
    return this.#connect(settings, (origin, url) => {
      if (!allowedOrigins.has(url)) {
        throw ConnectError.notAllowed(origin);
      }
      return true;
    });
  }

  /**
   * Creates a connection without network access, for the calls that need none.
   *
   * @throws {ConnectError}
   */
  async connectOffline(settings: Setting[]): Promise<Connection> {
    return this.#connect(settings, () => false);
  }

  async #connect(settings: Setting[], isGranted: (origin: Origin, url: string) => boolean): Promise<Connection> {
    let accepted: AcceptedSettings;
    try {
      accepted = await this.checkSettings(settings);
    } catch (error) {
      throw error instanceof ProviderError ? ConnectError.settings(error.value as SettingsProblem[]) : error;
    }
    const origins = new Map<string, string>();
    for (const origin of accepted.origins) {
      const url = parseOrigin(origin.url);
      if (isGranted(origin, url)) {
        origins.set(origin.name, url);
      }
    }
    const isSecret = ({ key }: Setting) => {
      const field = this.description.settings.find((field) => field.key === key);
      return field === undefined || field.kind.tag === "secret";
    };
    let verifier: Verifier | undefined;
    try {
      verifier = accepted.signature && new Verifier(accepted.signature, settings, isSecret);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new ConnectError("invalid-signature", `the provider's signature of webhooks is not valid: ${why}`);
    }
    const granted = { origins, namespace: this.#namespace(settings) };
    return new Connection(this.#calls, accepted, granted, verifier);
  }

  /**
   * Creates a connection without network access from prepared settings that may not be the provider's. For conformance
   * tests: a provider must answer with `stale-settings`.
   */
  connectPrepared(prepared: Uint8Array): Connection {
    const accepted = { prepared, origins: [], headers: [], warnings: [] };
    const namespace = createHash("sha256").update(this.#fingerprint).update(prepared).digest("hex");
    return new Connection(this.#calls, accepted, { origins: new Map(), namespace }, undefined);
  }

  /** Ends the threads of the component. The calls under way and all later ones fail. */
  close(): Promise<void> {
    return this.#workers.close();
  }

  /** Returns the namespace of a connection in the cache: the same on every machine, unique to component and settings. */
  #namespace(settings: Setting[]): string {
    const hash = createHash("sha256").update(this.#fingerprint);
    for (const part of settings.flatMap(({ key, value }) => [key, value])) {
      // Includes the lengths, because the same text could be split differently.
      hash.update(`${Buffer.byteLength(part)}:`).update(part);
    }
    return hash.digest("hex");
  }
}

/** Returns an origin in its normal form. */
function parseOrigin(entered: string): string {
  const invalid = (why: string) =>
    new ConnectError("invalid-origin", `\`${entered.slice(0, 100)}\` is not an origin: ${why}; expected https://api.example.com`);
  if (!URL.canParse(entered)) {
    throw invalid("it is not a URL");
  }
  const url = new URL(entered);
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    throw invalid("the scheme is neither http nor https");
  }
  if (url.href !== `${url.origin}/`) {
    throw invalid("it has more parts than an origin");
  }
  return url.origin;
}

/** A provider with the settings of one contact center: the calls of the contract. */
export class Connection implements HandoverCalls, ConfigurationCalls {
  readonly #calls: Calls;
  readonly #accepted: AcceptedSettings;
  readonly #granted: Granted;
  readonly #verifier: Verifier | undefined;

  /** @internal */
  constructor(calls: Calls, accepted: AcceptedSettings, granted: Granted, verifier: Verifier | undefined) {
    this.#calls = calls;
    this.#accepted = accepted;
    this.#granted = granted;
    this.#verifier = verifier;
  }

  /** The limits of its calls. */
  get limits(): Limits {
    return this.#calls.limits;
  }

  /** The problems of the settings that do not prevent their use. */
  get warnings(): SettingsProblem[] {
    return this.#accepted.warnings;
  }

  /** Returns the same connection, but the provider verifies all webhooks. */
  verifiedByProvider(): Connection {
    return new Connection(this.#calls, this.#accepted, this.#granted, undefined);
  }

  async verifyWebhook(webhook: Webhook): Promise<Authenticity> {
    return (await this.#pure("verify-webhook", this.#read(webhook))) as Authenticity;
  }

  async receiveWebhook(webhook: Webhook): Promise<ReceivedWebhook> {
    const read = this.#read(webhook);
    const verified = this.#verifier?.verify(webhook);
    if (verified === undefined) {
      return this.#bounded((await this.#pure("receive-webhook", read)) as ReceivedWebhook);
    }
    if ("rejection" in verified) {
      throw new ProviderError("receive-webhook", verified.rejection);
    }
    const authenticity: Authenticity = { tag: "signed", val: verified.signed };
    try {
      const events = await this.mapAgentEvents({ tag: "webhook", val: webhook.body });
      return { authenticity, events: { tag: "ok", val: events } };
    } catch (error) {
      if (error instanceof ProviderError) {
        return { authenticity, events: { tag: "error", val: error.value as never } };
      }
      throw error;
    }
  }

  async mapAgentEvents(source: EventSource): Promise<AgentEvent[]> {
    if (source.val instanceof Uint8Array && source.val.length > this.#calls.limits.input) {
      throw CallError.limit("input", this.#calls.limits);
    }
    return this.#boundedEvents((await this.#pure("map-agent-events", source)) as AgentEvent[]);
  }

  async buildOutboundMessage(conversation: Conversation, message: Outbound): Promise<ProviderRequest[]> {
    const requests = (await this.#pure("build-outbound-message", conversation, message)) as ProviderRequest[];
    if (requests.length > this.#calls.limits.items) {
      throw CallError.limit("items", this.#calls.limits);
    }
    return requests;
  }

  async deliver(request: ProviderRequest): Promise<Delivery> {
    return this.#boundedDelivery((await this.#effect("deliver", request)) as Delivery);
  }

  async findDelivery(conversation: Conversation, request: ProviderRequest): Promise<DeliveryStatus> {
    const status = (await this.#effect("find-delivery", conversation, request)) as DeliveryStatus;
    if (status.tag === "delivered") {
      this.#boundedDelivery(status.val);
    }
    return status;
  }

  async observeConversation(conversation: Conversation): Promise<AgentEvent[]> {
    return this.#boundedEvents((await this.#effect("observe-conversation", conversation)) as AgentEvent[]);
  }

  async fetchAgentMessages(conversation: Conversation): Promise<AgentEvent[]> {
    return this.#boundedEvents((await this.#effect("fetch-agent-messages", conversation)) as AgentEvent[]);
  }

  async checkAvailability(routing: Routing): Promise<Availability> {
    return (await this.#effect("check-availability", routing)) as Availability;
  }

  async checkConnection(probe?: string): Promise<Check[]> {
    return (await this.#effect("check-connection", probe)) as Check[];
  }

  async provision(webhookUrl: string, mode: ProvisioningMode): Promise<ProvisioningStep[]> {
    return (await this.#effect("provision", webhookUrl, mode)) as ProvisioningStep[];
  }

  #pure(name: string, ...values: unknown[]): Promise<unknown> {
    return this.#calls.make(name, [this.#accepted.prepared, ...values], undefined, this.#granted.namespace);
  }

  #effect(name: string, ...values: unknown[]): Promise<unknown> {
    // In a fresh instance, because a call that asks ends in the middle.
    return this.#calls.make(name, [this.#accepted.prepared, ...values], this.#granted, undefined);
  }

  /** Returns the webhook with only the headers that the provider reads. */
  #read(webhook: Webhook): Webhook {
    const { limits } = this.#calls;
    // Checks the types first, which the sizes need.
    lower("webhook", webhook, "webhook");
    const sizes = webhook.headers.map(([name, value]) => name.length + value.length);
    if (sizes.length > limits.headers) {
      throw CallError.limit("headers", limits);
    }
    const others = webhook.method.length + webhook.path.length + webhook.body.length;
    if (sizes.reduce((sum, size) => sum + size, others) > limits.input) {
      throw CallError.limit("input", limits);
    }
    const read = new Set(this.#accepted.headers.map((name) => name.toLowerCase()));
    return { ...webhook, headers: webhook.headers.filter(([name]) => read.has(name.toLowerCase())) };
  }

  #bounded(received: ReceivedWebhook): ReceivedWebhook {
    if (received.events.tag === "ok") {
      this.#boundedEvents(received.events.val);
    }
    return received;
  }

  #boundedDelivery(delivery: Delivery): Delivery {
    this.#boundIds([delivery.messageId, delivery.conversationId]);
    this.#boundedEvents(delivery.events);
    return delivery;
  }

  #boundedEvents(events: AgentEvent[]): AgentEvent[] {
    if (events.length > this.#calls.limits.items) {
      throw CallError.limit("items", this.#calls.limits);
    }
    this.#boundIds(events.flatMap(({ id, recipient, conversationId }) => [id, recipient, conversationId]));
    return events;
  }

  #boundIds(ids: (string | undefined)[]): void {
    if (ids.some((id) => id !== undefined && Buffer.byteLength(id) > this.#calls.limits.id)) {
      throw CallError.limit("id", this.#calls.limits);
    }
  }
}
