// What a worker is asked, and what it answers.

import type { HttpError, Response } from "./contract.js";
import type { Limits } from "./limits.js";
import type { CheckedRequest } from "./requests.js";

/** A time since 1970-01-01T00:00:00Z (`wasi:clocks/wall-clock`). */
export interface Datetime {
  seconds: bigint;
  nanoseconds: number;
}

/** What the provider asked in a call, with the answer. */
export type Exchange =
  | { kind: "http"; request: CheckedRequest; answer: { ok: Response } | { error: HttpError } }
  | { kind: "get"; key: string; value: Uint8Array | undefined }
  | { kind: "now"; seconds: bigint; nanoseconds: number };

/** What the provider asked and nobody has answered yet. */
export type Question = { kind: "http"; request: CheckedRequest } | { kind: "get"; key: string };

/** A value for the cache. */
export interface Put {
  key: string;
  value: Uint8Array;
  seconds: number;
}

/** What a call may use. A pure call may use nothing. */
export interface Capabilities {
  /** The URLs of the granted origins by their names. */
  origins: Map<string, string>;
  /** What the call asked when it ran before, in order. */
  exchanges: Exchange[];
}

/** A run of a function. */
export interface Job {
  interface: string;
  function: string;
  arguments: unknown[];
  /** Absent for a pure call. */
  capabilities: Capabilities | undefined;
  /** The namespace of the connection whose kept instance may serve the call. Absent: a fresh instance serves it. */
  connection: string | undefined;
}

/** The outcome of a run. */
export type Outcome =
  | { tag: "returned"; value: unknown; puts: Put[] }
  | { tag: "refused"; error: unknown; puts: Put[] }
  /** The run ended because of a question. It starts again with the answer. `times` were read before the question. */
  | { tag: "asked"; question: Question; times: Exchange[]; puts: Put[] }
  | { tag: "failed"; kind: "impure" | "trapped" | "broken"; message: string };

/** What a worker is created with. */
export interface WorkerData {
  /** The URL of jco's code. */
  source: string;
  modules: Map<string, WebAssembly.Module>;
  limits: Limits;
  /** How many calls of its connection an instance serves. */
  reuse: number;
}
