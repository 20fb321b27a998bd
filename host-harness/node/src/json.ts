// The JSON form of the contract's values: names in kebab-case, variants as `"name"` or `{"name": value}`, results as
// `{"ok": value}` or `{"error": value}`, bytes in base64. It is the same in every language, so that values can be stored
// by one program and read by another.

import { ArgumentError } from "./errors.js";
import { DEFINITIONS, type Type } from "./schema.js";

/**
 * Returns the JSON form of a value.
 *
 * @param type The name of a type of the contract: `provider-request`.
 * @throws {ArgumentError} It has an unknown case.
 */
export function toJson(type: Type, value: unknown): unknown {
  if (typeof type !== "string") {
    if ("option" in type) {
      return value === undefined || value === null ? null : toJson(type.option, value);
    }
    if ("list" in type) {
      const { list } = type;
      return list === "u8"
        ? Buffer.from(value as Uint8Array).toString("base64")
        : (value as unknown[]).map((element) => toJson(list, element));
    }
    if ("tuple" in type) {
      return type.tuple.map((type, index) => toJson(type, (value as unknown[])[index]));
    }
    const { tag, val } = value as { tag: "ok" | "error"; val: unknown };
    const payload = type.result[tag];
    return { [tag]: payload === null ? null : toJson(payload, val) };
  }
  const definition = DEFINITIONS.get(type);
  if (definition === undefined || "enum" in definition) {
    return value;
  }
  if ("alias" in definition) {
    return toJson(definition.alias, value);
  }
  if ("variant" in definition) {
    const { tag, val } = value as { tag: string; val: unknown };
    const payload = definition.variant.get(tag);
    if (payload === undefined) {
      throw new ArgumentError(`${type}: the contract has no case ${tag}`);
    }
    return payload === null ? tag : { [tag]: toJson(payload, val) };
  }
  const given = value as Record<string, unknown>;
  return Object.fromEntries(definition.record.map(({ name, property, type }) => [name, toJson(type, given[property])]));
}

/**
 * Returns the value that has this JSON form. The call that takes it checks its types.
 *
 * @param type The name of a type of the contract: `provider-request`.
 * @throws {ArgumentError} It has an unknown member.
 */
export function fromJson(type: Type, json: unknown): unknown {
  if (typeof type !== "string") {
    if ("option" in type) {
      return json === undefined || json === null ? undefined : fromJson(type.option, json);
    }
    if ("list" in type) {
      const { list } = type;
      if (list === "u8") {
        return typeof json === "string" ? new Uint8Array(Buffer.from(json, "base64")) : json;
      }
      return Array.isArray(json) ? json.map((element) => fromJson(list, element)) : json;
    }
    if ("tuple" in type) {
      return Array.isArray(json) ? type.tuple.map((type, index) => fromJson(type, json[index])) : json;
    }
    throw new ArgumentError("no argument of the contract is a result");
  }
  const definition = DEFINITIONS.get(type);
  if (definition === undefined || "enum" in definition) {
    return json;
  }
  if ("alias" in definition) {
    return fromJson(definition.alias, json);
  }
  if ("variant" in definition) {
    if (typeof json === "string") {
      return { tag: json };
    }
    const [tag, val] = Object.entries(json ?? {})[0] ?? [];
    const payload = definition.variant.get(tag ?? "") ?? null;
    return payload === null ? { tag } : { tag, val: fromJson(payload, val) };
  }
  if (typeof json !== "object" || json === null) {
    return json;
  }
  const given = json as Record<string, unknown>;
  const unknown = Object.keys(given).find((key) => !definition.record.some(({ name }) => name === key));
  if (unknown !== undefined) {
    throw new ArgumentError(`${type}: unknown member ${unknown}`);
  }
  return Object.fromEntries(definition.record.map(({ name, property, type }) => [property, fromJson(type, given[name])]));
}
