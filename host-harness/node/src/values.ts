// Values of the contract: their check, and their conversion to what jco's code takes and returns.
//
// Both sides have the same shapes, except that jco's integers of 64 bits are BigInts, and its results have the tag `err`.
// jco checks little: a missing number becomes 0, and a text in place of bytes becomes empty. So values are checked here.

import { ArgumentError, CallError } from "./errors.js";
import type { Limits } from "./limits.js";
import { DEFINITIONS, type Definition, type Type } from "./schema.js";

/** The ranges of the integer types. A `u64` or `s64` must also be exact in JavaScript. */
const RANGES: Record<string, [number, number]> = {
  u8: [0, 2 ** 8 - 1],
  u16: [0, 2 ** 16 - 1],
  u32: [0, 2 ** 32 - 1],
  u64: [0, Number.MAX_SAFE_INTEGER],
  s8: [-(2 ** 7), 2 ** 7 - 1],
  s16: [-(2 ** 15), 2 ** 15 - 1],
  s32: [-(2 ** 31), 2 ** 31 - 1],
  s64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
};

function definitionOf(name: string): Definition {
  const definition = DEFINITIONS.get(name);
  if (definition === undefined) {
    throw new ArgumentError(`the contract has no type ${name}`);
  }
  return definition;
}

/** Says what a value is, without showing its content. */
function kindOf(value: unknown): string {
  if (value === null || value === undefined) {
    return String(value);
  }
  if (typeof value !== "object") {
    return `a ${typeof value}`;
  }
  return Array.isArray(value) ? "an array" : "an object";
}

function expected(path: string, what: string, value: unknown): ArgumentError {
  return new ArgumentError(`${path}: expected ${what}, got ${kindOf(value)}`);
}

/**
 * Converts a value for the provider.
 *
 * @param path Where the value comes from, for errors: `outbound.message`.
 * @throws {ArgumentError} The value does not have the type.
 */
export function lower(type: Type, value: unknown, path: string): unknown {
  if (typeof type === "string") {
    return lowerNamed(type, value, path);
  }
  if ("option" in type) {
    return value === undefined || value === null ? undefined : lower(type.option, value, path);
  }
  if ("list" in type) {
    if (type.list === "u8") {
      if (!(value instanceof Uint8Array)) {
        throw expected(path, "a Uint8Array (the bytes as they came, not a text)", value);
      }
      return value;
    }
    const { list } = type;
    return elements(value, path).map((element, index) => lower(list, element, `${path}[${index}]`));
  }
  if ("tuple" in type) {
    const { tuple } = type;
    const given = elements(value, path);
    if (given.length !== tuple.length) {
      throw new ArgumentError(`${path}: expected ${tuple.length} elements, got ${given.length}`);
    }
    return tuple.map((type, index) => lower(type, given[index], `${path}[${index}]`));
  }
  throw new ArgumentError(`${path}: no argument of the contract is a result`);
}

function elements(value: unknown, path: string): unknown[] {
  if (!Array.isArray(value)) {
    throw expected(path, "an array", value);
  }
  return value;
}

function lowerNamed(type: string, value: unknown, path: string): unknown {
  switch (type) {
    case "string":
      if (typeof value !== "string") {
        throw expected(path, "a string", value);
      }
      return value;
    case "bool":
      if (typeof value !== "boolean") {
        throw expected(path, "a boolean", value);
      }
      return value;
    case "f32":
    case "f64":
      if (typeof value !== "number") {
        throw expected(path, "a number", value);
      }
      return value;
  }
  const range = RANGES[type];
  if (range !== undefined) {
    const [least, greatest] = range;
    if (typeof value !== "number" || !Number.isInteger(value) || value < least || value > greatest) {
      const what = `an integer from ${least} to ${greatest}`;
      throw typeof value === "number" ? new ArgumentError(`${path}: expected ${what}`) : expected(path, what, value);
    }
    return type === "u64" || type === "s64" ? BigInt(value) : value;
  }
  const definition = definitionOf(type);
  if ("alias" in definition) {
    return lower(definition.alias, value, path);
  }
  if ("enum" in definition) {
    if (typeof value !== "string" || !definition.enum.has(value)) {
      throw expected(path, `one of ${[...definition.enum].join(", ")}`, value);
    }
    return value;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw expected(path, "an object", value);
  }
  if ("variant" in definition) {
    const { tag, val } = value as { tag?: unknown; val?: unknown };
    const payload = typeof tag === "string" ? definition.variant.get(tag) : undefined;
    if (payload === undefined) {
      throw expected(`${path}.tag`, `one of ${[...definition.variant.keys()].join(", ")}`, tag);
    }
    return payload === null ? { tag } : { tag, val: lower(payload, val, `${path}.val`) };
  }
  const given = value as Record<string, unknown>;
  const lowered: Record<string, unknown> = {};
  let known = 0;
  for (const { property, type } of definition.record) {
    known += property in given ? 1 : 0;
    lowered[property] = lower(type, given[property], `${path}.${property}`);
  }
  const keys = Object.keys(given);
  if (keys.length > known) {
    const names = new Set(definition.record.map(({ property }) => property));
    throw new ArgumentError(`${path}: unknown member ${keys.find((key) => !names.has(key)) ?? ""}`);
  }
  return lowered;
}

/** The bytes that a result may still have. */
class Budget {
  #left: number;

  constructor(private readonly limits: Limits) {
    this.#left = limits.output;
  }

  take(bytes: number): void {
    this.#left -= bytes;
    if (this.#left < 0) {
      throw CallError.limit("output", this.limits);
    }
  }
}

/**
 * Converts a value of the provider.
 *
 * @throws {CallError} It exceeds `Limits.output`.
 */
export function lift(type: Type, value: unknown, limits: Limits): unknown {
  return liftWithin(type, value, new Budget(limits));
}

function liftWithin(type: Type, value: unknown, budget: Budget): unknown {
  if (typeof type === "string") {
    return liftNamed(type, value, budget);
  }
  if ("option" in type) {
    return value === undefined || value === null ? undefined : liftWithin(type.option, value, budget);
  }
  if ("list" in type) {
    if (value instanceof Uint8Array) {
      budget.take(value.length);
      return value;
    }
    const { list } = type;
    const elements = value as unknown[];
    budget.take(4 * elements.length);
    return Array.from(elements, (element) => liftWithin(list, element, budget));
  }
  if ("tuple" in type) {
    const tuple = value as unknown[];
    return type.tuple.map((type, index) => liftWithin(type, tuple[index], budget));
  }
  const { tag, val } = value as { tag: string; val: unknown };
  const { ok, error } = type.result;
  const [name, payload] = tag === "ok" ? ["ok", ok] : ["error", error];
  return { tag: name, val: payload === null ? undefined : liftWithin(payload as Type, val, budget) };
}

function liftNamed(type: string, value: unknown, budget: Budget): unknown {
  if (typeof value === "string") {
    // A character has up to 3 bytes in UTF-8, and a pair of surrogates 4.
    budget.take(value.length);
    return value;
  }
  if (typeof value === "bigint") {
    return Number(value);
  }
  if (typeof value !== "object") {
    return value;
  }
  const definition = definitionOf(type);
  if ("alias" in definition) {
    return liftWithin(definition.alias, value, budget);
  }
  if ("variant" in definition) {
    const { tag, val } = value as { tag: string; val: unknown };
    const payload = definition.variant.get(tag);
    return payload === null || payload === undefined ? { tag } : { tag, val: liftWithin(payload, val, budget) };
  }
  if ("record" in definition) {
    const given = value as Record<string, unknown>;
    const lifted: Record<string, unknown> = {};
    for (const { property, type } of definition.record) {
      lifted[property] = liftWithin(type, given[property], budget);
    }
    return lifted;
  }
  return value;
}
