// Calls under way, and the threads that make them.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, test } from "node:test";
import { Host, HttpClient } from "../dist/index.js";

const source = { tag: "webhook", val: Buffer.from('{"id":"1","type":"Nonsense"}') };
const request = { idempotencyKey: "1", recipient: "ada", operation: "message", body: Buffer.from("{}") };
const exampleSettings = (provider) => provider.description.settings.map(({ key, example }) => ({ key, value: example }));

/** Connects with a network that never answers. Returns the requests, too. */
async function connect(limits) {
  const requests = [];
  const http = { send: (request) => (requests.push(request), new Promise(() => {})) };
  const host = new Host({ limits, http, threads: 1 });
  after(() => host.close());
  const provider = await host.load();
  const settings = exampleSettings(provider);
  const allowed = (await provider.checkSettings(settings)).origins.map(({ url }) => url);
  const connection = await provider.connect(settings, { allowed });
  const [built] = await connection.buildOutboundMessage(
    { recipient: "ada", handover: 1 },
    { id: "m-1", time: 1, message: { tag: "text", val: "Hello" } },
  );
  return { host, connection, requests, built };
}

/** Resolves when the condition holds. */
async function until(condition) {
  while (!condition()) {
    await new Promise((later) => setImmediate(later));
  }
}

test("closing the host fails the calls under way and all later ones", async () => {
  const { host, connection, requests, built } = await connect({});
  const delivery = assert.rejects(connection.deliver(built), { kind: "limit", limit: "callTime" }).catch((error) => error);
  await until(() => requests.length === 1);
  const pure = connection.mapAgentEvents(source);
  const failed = assert.rejects(pure, { kind: "closed" });
  await host.close();
  await failed;
  await assert.rejects(connection.mapAgentEvents(source), { kind: "closed" });
  await assert.rejects(host.load(), { name: "LoadError" });
  void delivery;
});

test("a process that was busy does not end healthy calls", async () => {
  const { connection } = await connect({ cpuTime: 200 });
  const call = connection.mapAgentEvents(source);
  await new Promise((later) => setImmediate(later));
  const ends = performance.now() + 500;
  while (performance.now() < ends) {
    // This thread is busy.
  }
  assert.equal((await call).length, 1);
});

test("a contact center that does not answer leaves calls to webhooks", async () => {
  const { connection, requests, built } = await connect({ concurrentCalls: 4, callTime: 1_000 });
  const hanging = [1, 2, 3].map(() => assert.rejects(connection.deliver(built), { kind: "limit", limit: "callTime" }));
  await until(() => requests.length === 3);
  await assert.rejects(connection.deliver(built), { kind: "busy", limit: "concurrentCalls" });
  assert.equal((await connection.mapAgentEvents(source)).length, 1);
  await Promise.all(hanging);
});

test("a failure before the connection is established is unreachable", async () => {
  const server = createServer((_, response) => response.end());
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  after(() => server.close());
  const client = new HttpClient();
  after(() => client.close());
  const url = `https://127.0.0.1:${server.address().port}/`;
  const answer = await client.send({ method: "GET", url, headers: [], body: new Uint8Array() });
  assert.deepEqual(answer, { error: { tag: "unreachable" } });
});

test("an argument of another type is an error before anything runs", async () => {
  const { connection } = await connect({});
  await assert.rejects(connection.receiveWebhook({ method: "POST", path: "/", headers: [] }), { name: "ArgumentError" });
  await assert.rejects(connection.deliver({ ...request, body: "{}" }), { name: "ArgumentError" });
});

test("origins that are no list are an error that names them", async () => {
  const host = new Host({ threads: 1 });
  after(() => host.close());
  const provider = await host.load();
  for (const options of [undefined, {}, { allowed: "https://api.example.com" }, { allowed: [1] }]) {
    await assert.rejects(provider.connect([], options), { name: "ArgumentError", message: /^allowed: expected a list/ });
    await assert.rejects(provider.connectBots([], options), { name: "ArgumentError" });
  }
});

test("the message of an error has the provider's reason", async () => {
  const host = new Host({ http: { send: async () => ({ error: { tag: "unreachable" } }) }, threads: 1 });
  after(() => host.close());
  const provider = await host.load();
  const settings = exampleSettings(provider);
  const allowed = (await provider.checkSettings(settings)).origins.map(({ url }) => url);
  const connection = await provider.connect(settings, { allowed });
  const outbound = { id: "m-1", time: 1, message: { tag: "text", val: "Hello" } };
  const [built] = await connection.buildOutboundMessage({ recipient: "ada", handover: 1 }, outbound);
  await assert.rejects(connection.deliver(built), { message: /^deliver: the provider answered retry: \S/ });
  const foreign = { ...built, operation: "none" };
  await assert.rejects(connection.deliver(foreign), { message: /^deliver: the provider answered permanent: \S/ });
  // An error without a reason for people.
  const stale = provider.connectPrepared(new Uint8Array());
  await assert.rejects(stale.mapAgentEvents(source), { message: "map-agent-events: the provider answered stale-settings" });
});

test("a provider of handovers connects no bots", async () => {
  const host = new Host({ threads: 1 });
  after(() => host.close());
  const provider = await host.load();
  assert.deepEqual([...provider.interfaces].sort(), ["configuration", "handover"]);
  assert.throws(() => provider.connectBotsPrepared(new Uint8Array()), { name: "ConnectError", kind: "no-interface" });
});
