import assert from "node:assert/strict";
import { test } from "node:test";
import { bounded } from "../dist/component.js";
import { ArgumentError, fromJson, toJson } from "../dist/index.js";
import { DEFAULT_LIMITS } from "../dist/limits.js";
import { lift, lower } from "../dist/values.js";

const conversation = { recipient: "ada", handover: 1, id: "c-1" };
const refused = (type, value, message) => assert.throws(() => lower(type, value, "argument"), (error) => {
  assert.ok(error instanceof ArgumentError);
  assert.equal(error.message, message);
  return true;
});

test("arguments are checked, and the error names the path", () => {
  refused("conversation", { recipient: "ada" }, "argument.handover: expected an integer from 0 to 4294967295, got undefined");
  refused("conversation", { ...conversation, handover: 1.5 }, "argument.handover: expected an integer from 0 to 4294967295");
  refused("conversation", { ...conversation, handover: -1 }, "argument.handover: expected an integer from 0 to 4294967295");
  refused("conversation", { ...conversation, Id: "c-2" }, "argument: unknown member Id");
  refused("event-source", { tag: "webhook", val: "{}" }, "argument.val: expected a Uint8Array (the bytes as they came, not a text), got a string");
  refused("event-source", { tag: "web" }, "argument.tag: expected one of webhook, event-bus, trigger, notification, got a string");
  refused("provisioning-mode", "Plan", "argument: expected one of plan, apply, got a string");
  refused("settings", [{ key: "host" }], "argument[0].value: expected a string, got undefined");
  refused("timestamp", 2 ** 53, "argument: expected an integer from 0 to 9007199254740991");
});

test("errors contain no values", () => {
  assert.throws(() => lower("settings", [{ key: "secret", value: ["canary"] }], "settings"), (error) => !error.message.includes("canary"));
});

test("integers of 64 bits are numbers", () => {
  assert.equal(lower("timestamp", 1_772_359_200_123, "time"), 1_772_359_200_123n);
  assert.equal(lift("timestamp", 1_772_359_200_123n, DEFAULT_LIMITS), 1_772_359_200_123);
});

test("results are bounded", () => {
  const lifted = (size) => lift({ list: "string" }, ["a".repeat(size)], { ...DEFAULT_LIMITS, output: 100 });
  assert.equal(lifted(96)[0].length, 96);
  assert.throws(() => lifted(97), { kind: "limit", limit: "output" });
});

test("the JSON form is that of the contract", () => {
  const request = { idempotencyKey: "m-1", recipient: "ada", operation: "message", ttlMs: undefined, body: new Uint8Array([1, 2, 255]) };
  const json = { "idempotency-key": "m-1", recipient: "ada", operation: "message", "ttl-ms": null, body: "AQL/" };
  assert.deepEqual(toJson("provider-request", request), json);
  assert.deepEqual(fromJson("provider-request", json), request);
  const event = { id: "1", recipient: "ada", handover: undefined, conversationId: undefined, time: 5, kind: { tag: "ended", val: { tag: "completed" } } };
  assert.deepEqual(toJson("agent-event", event).kind, { ended: "completed" });
  assert.deepEqual(fromJson("agent-event", toJson("agent-event", event)), event);
  assert.deepEqual(toJson("event-kind", { tag: "typing", val: 5_000 }), { typing: 5_000 });
  assert.throws(() => toJson("end-reason", { tag: "done" }), ArgumentError);
  assert.throws(() => fromJson("provider-request", { ...json, idempotencyKey: "m-2" }), ArgumentError);
});

test("the memory of a module is bounded", () => {
  // (module (memory 2)), and with a maximum of 100 and of 3 pages (WebAssembly 2.0, section 5.5.8).
  const module = (...memory) => Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 5, memory.length + 1, 1, ...memory);
  const found = { memories: 0, tables: 0 };
  const memory = (bytes) => [...bytes].slice(10);
  assert.deepEqual(memory(bounded(module(0, 2), 512, found)), [1, 1, 2, 0x80, 4]);
  assert.deepEqual(memory(bounded(module(1, 2, 100), 50, found)), [1, 1, 2, 50]);
  assert.deepEqual(memory(bounded(module(1, 2, 3), 50, found)), [1, 1, 2, 3]);
  assert.throws(() => bounded(module(0, 51), 50, found), { name: "LoadError" });
  assert.deepEqual(found, { memories: 3, tables: 0 });
  // (module (table 1 funcref) (table 2 3 externref))
  const tables = bounded(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 4, 8, 2, 0x70, 0, 1, 0x6f, 1, 2, 3), 50, found);
  assert.deepEqual([...tables].slice(10), [2, 0x70, 1, 1, 0x90, 0x4e, 0x6f, 1, 2, 3]);
  assert.equal(found.tables, 2);
});
