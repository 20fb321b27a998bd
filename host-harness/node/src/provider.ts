// A loaded component: its settings, and its connections.

import { createHash } from "node:crypto";
import { BotConnection } from "./bot-connection.js";
import type { Calls, Granted } from "./calls.js";
import { Connection } from "./connection.js";
import type { AcceptedSettings, Description, Origin, Setting, SettingsProblem } from "./contract.js";
import { ArgumentError, ConnectError, ProviderError } from "./errors.js";
import { Verifier } from "./signature.js";
import type { Workers } from "./workers.js";

/** Settings that the provider accepted. */
interface Accepted {
  accepted: AcceptedSettings;
  granted: Granted;
}

/** A loaded component. */
export class Provider {
  readonly #calls: Calls;
  readonly #fingerprint: string;
  readonly #workers: Workers;

  /** @internal */
  constructor(
    calls: Calls,
    /** The interfaces that the component exports: `configuration`, and `handover` or `bot-connector` or both. */
    readonly interfaces: string[],
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
  async connect(settings: Setting[], options: { allowed: string[] }): Promise<Connection> {
    return this.#connection(settings, await this.#accept(settings, grantsOnly(options?.allowed)));
  }

  /**
   * Creates a connection without network access, for the calls that need none.
   *
   * @throws {ConnectError}
   */
  async connectOffline(settings: Setting[]): Promise<Connection> {
    return this.#connection(settings, await this.#accept(settings, () => false));
  }

  /**
   * Creates a connection without network access from prepared settings that may not be the provider's. For conformance
   * tests: a provider must answer with `stale-settings`.
   *
   * @throws {ConnectError}
   */
  connectPrepared(prepared: Uint8Array): Connection {
    return this.#connection([], this.#foreign(prepared));
  }

  /**
   * Creates a connection for a contact center that asks the platform's bots. Otherwise like `connect`.
   *
   * @throws {ConnectError}
   */
  async connectBots(settings: Setting[], options: { allowed: string[] }): Promise<BotConnection> {
    return this.#botConnection(await this.#accept(settings, grantsOnly(options?.allowed)));
  }

  /**
   * Like `connectOffline`, for bots.
   *
   * @throws {ConnectError}
   */
  async connectBotsOffline(settings: Setting[]): Promise<BotConnection> {
    return this.#botConnection(await this.#accept(settings, () => false));
  }

  /**
   * Like `connectPrepared`, for bots.
   *
   * @throws {ConnectError}
   */
  connectBotsPrepared(prepared: Uint8Array): BotConnection {
    return this.#botConnection(this.#foreign(prepared));
  }

  #connection(settings: Setting[], { accepted, granted }: Accepted): Connection {
    this.#require("handover");
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
    return new Connection(this.#calls, accepted, granted, verifier);
  }

  #botConnection({ accepted, granted }: Accepted): BotConnection {
    this.#require("bot-connector");
    return new BotConnection(this.#calls, accepted, granted);
  }

  #require(name: string): void {
    if (!this.interfaces.includes(name)) {
      const message = `the component is no provider of this kind: it does not export the interface \`${name}\``;
      throw new ConnectError("no-interface", message);
    }
  }

  /** Checks settings, and returns them with the origins that are granted. */
  async #accept(settings: Setting[], isGranted: (origin: Origin, url: string) => boolean): Promise<Accepted> {
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
    return { accepted, granted: { origins, namespace: this.#namespace(settings) } };
  }

  /** Returns prepared settings that the provider may not have prepared. */
  #foreign(prepared: Uint8Array): Accepted {
    const namespace = createHash("sha256").update(this.#fingerprint).update(prepared).digest("hex");
    return {
      accepted: { prepared, origins: [], headers: [], warnings: [] },
      granted: { origins: new Map(), namespace },
    };
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

/** Grants the origins that the operator allows; any other is an error. */
function grantsOnly(allowed: unknown): (origin: Origin, url: string) => boolean {
  if (!Array.isArray(allowed) || !allowed.every((origin) => typeof origin === "string")) {
    throw new ArgumentError('allowed: expected a list of origins, such as ["https://api.example.com"]');
  }
  const allowedOrigins = new Set(allowed.map(parseOrigin));
  return (origin, url) => {
    if (!allowedOrigins.has(url)) {
      throw ConnectError.notAllowed(origin);
    }
    return true;
  };
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
