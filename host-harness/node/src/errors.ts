import type { Limits } from "./limits.js";
import type { Origin, SettingsProblem } from "./contract.js";

/** An error of the contract that the provider answered: a rejection, a failure, an unsupported message. */
export class ProviderError<Value = unknown> extends Error {
  override readonly name = "ProviderError";

  /**
   * @param call The function that answered.
   * @param value The error, of the type that the contract names.
   */
  constructor(
    readonly call: string,
    readonly value: Value,
  ) {
    super(`${call}: the provider answered ${described(value)}`);
  }
}

/** Describes an error: its kind, and the reason for people if it has one. A reason contains no secret and no message text. */
function described(value: unknown): string {
  const { tag, val } = (value ?? {}) as { tag?: unknown; val?: unknown };
  if (typeof tag !== "string") {
    return "an error";
  }
  const reason = tag === "retry" ? (val as { message?: unknown }).message : val;
  return typeof reason === "string" && REASONED.has(tag) ? `${tag}: ${reason}` : tag;
}

/** The failures whose value is, or contains, a reason for people. */
const REASONED: ReadonlySet<string> = new Set(["retry", "credentials", "permanent"]);

/** Why a call failed without an answer. A failed call does not affect later calls. */
export type CallErrorKind =
  /** The call exceeded a limit, which `limit` names. */
  | "limit"
  /** Other calls use up the limit that `limit` names. Nothing was sent, and the call can be repeated. */
  | "busy"
  /** The provider called an import in a pure function. */
  | "impure"
  /** The provider trapped: a panic, an access out of bounds, too deep a recursion. */
  | "trapped"
  /** The provider returned a value that violates the contract, or is not deterministic. */
  | "broken"
  /** The host was closed. The outcome of a call that was under way is unknown. */
  | "closed";

/** A call failed without an answer of the provider. */
export class CallError extends Error {
  override readonly name = "CallError";

  constructor(
    readonly kind: CallErrorKind,
    message: string,
    readonly limit?: keyof Limits,
  ) {
    super(message);
  }

  static limit(limit: keyof Limits, limits: Limits): CallError {
    return new CallError("limit", `the call exceeded the limit \`${limit}\` (${limits[limit]})`, limit);
  }
}

/** A component cannot be loaded. */
export class LoadError extends Error {
  override readonly name = "LoadError";
}

/** Why a connection cannot be created. */
export type ConnectErrorKind =
  | "settings"
  | "origin-not-allowed"
  | "invalid-origin"
  | "invalid-signature"
  | "no-interface";

/** A connection cannot be created. */
export class ConnectError extends Error {
  override readonly name = "ConnectError";

  constructor(
    readonly kind: ConnectErrorKind,
    message: string,
    /** All problems of the settings, if these are the reason. */
    readonly problems: SettingsProblem[] = [],
  ) {
    super(message);
  }

  static settings(problems: SettingsProblem[]): ConnectError {
    const lines = problems.map(({ key, message, remedy }) => `${key}: ${message} ${remedy}`);
    return new ConnectError("settings", `the settings are not valid: ${lines.join("; ")}`, problems);
  }

  static notAllowed({ name, url }: Origin): ConnectError {
    const message = `the settings require ${url} (origin \`${name}\`), which is not an allowed origin`;
    return new ConnectError("origin-not-allowed", message);
  }
}

/** An argument does not have the contract's type. The message names its path. */
export class ArgumentError extends TypeError {
  override readonly name = "ArgumentError";
}
