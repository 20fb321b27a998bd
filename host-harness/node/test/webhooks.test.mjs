import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { createServer, request as send } from "node:http";
import { after, test } from "node:test";
import express from "express";
import fastify from "fastify";
import { Host, ProviderError, webhookHandler, webhookPlugin } from "../dist/index.js";

const secret = "a secret of more than 15 characters";
const host = new Host({ threads: 1 });
after(() => host.close());
const provider = await host.load();
const isNeeded = ({ key, required }) => required && key !== "webhook-secret";
const needed = provider.description.settings.filter(isNeeded).map(({ key, example }) => ({ key, value: example }));
const settings = [...needed, { key: "webhook-secret", value: secret }];
const connection = await provider.connectOffline(settings);

/** An agent's text (Open Messaging, outbound messages). */
const body = (text) =>
  JSON.stringify({
    id: "m-1",
    channel: { id: "i-1", platform: "Open", type: "Private", to: { id: "ada" }, time: "2026-03-01T10:00:00.000Z", messageId: "m-1" },
    type: "Text",
    text,
    direction: "Outbound",
    originatingEntity: "Human",
  });
const sign = (bytes) => `sha256=${createHmac("sha256", secret).update(bytes).digest("base64")}`;

/** Posts a webhook. Returns the status. */
function post(port, bytes, signatures = [sign(bytes)]) {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", "X-Hub-Signature-256": signatures };
    const request = send({ port, host: "127.0.0.1", method: "POST", path: "/webhook", headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.on("error", reject);
    request.end(bytes);
  });
}

/** Each server with a function that starts it and returns its port. */
const servers = {
  "http.createServer": async (onEvents, connection) => {
    const server = createServer(webhookHandler(connection, onEvents));
    await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
    after(() => server.close());
    return server.address().port;
  },
  "Express before express.json()": async (onEvents, connection) => {
    const app = express().post("/webhook", webhookHandler(connection, onEvents)).use(express.json());
    const server = await new Promise((resolve) => {
      const server = app.listen(0, "127.0.0.1", () => resolve(server));
    });
    after(() => server.close());
    return server.address().port;
  },
  "Express after express.raw()": async (onEvents, connection) => {
    const raw = express.raw({ type: "*/*", limit: "2mb" });
    const app = express().post("/webhook", raw, webhookHandler(connection, onEvents));
    const server = await new Promise((resolve) => {
      const server = app.listen(0, "127.0.0.1", () => resolve(server));
    });
    after(() => server.close());
    return server.address().port;
  },
  Fastify: async (onEvents, connection) => {
    const app = fastify();
    app.register(webhookPlugin(connection, "/webhook", onEvents));
    await app.listen({ port: 0, host: "127.0.0.1" });
    after(() => app.close());
    return app.server.address().port;
  },
};

for (const [name, start] of Object.entries(servers)) {
  test(`${name} answers each webhook`, async () => {
    const received = [];
    const port = await start((events) => {
      if (events[0].kind.val?.text === "fail") {
        throw new ProviderError("deliver", { tag: "unsupported" });
      }
      received.push(...events);
    }, connection);
    assert.equal(await post(port, body("Grüße")), 200);
    assert.equal(received[0].kind.val.text, "Grüße");
    assert.equal(received[0].time, Date.UTC(2026, 2, 1, 10));
    assert.equal(await post(port, body("a"), [sign(body("b"))]), 401);
    assert.equal(await post(port, body("a"), []), 401);
    assert.equal(await post(port, body("a"), [sign(body("a")), sign(body("a"))]), 401, "a repeated signature");
    assert.equal(await post(port, "[]"), 400);
    assert.equal(await post(port, "a".repeat((1 << 20) + 1)), 413);
    assert.equal(received.length, 1);
    const { error } = console;
    console.error = () => {};
    assert.equal(await post(port, body("fail")), 500, "the contact center sends it again");
    console.error = error;
  });
}

for (const [name, start] of Object.entries(servers)) {
  test(`${name} reads as much as the connection's limit allows`, async () => {
    const host = new Host({ limits: { input: 3 << 19 } });
    after(() => host.close());
    const port = await start(() => {}, await (await host.load()).connectOffline(settings));
    assert.equal(await post(port, body("a".repeat(5 << 18))), 200);
    assert.equal(await post(port, body("a".repeat(3 << 19))), 413);
  });
}

test("a client that goes away in the middle does no harm", async () => {
  const port = await servers["http.createServer"](() => {}, connection);
  const request = send({ port, host: "127.0.0.1", method: "POST", path: "/webhook", headers: { "content-length": 100 } });
  request.on("error", () => {});
  request.write("{");
  await new Promise((written) => setTimeout(written, 50));
  request.destroy();
  await new Promise((closed) => setTimeout(closed, 50));
  assert.equal(await post(port, body("a")), 200);
});

test("a body that a parser has read is an error that says what to do", async () => {
  const app = express().use(express.json()).post("/webhook", webhookHandler(connection, () => {}));
  const server = await new Promise((resolve) => {
    const server = app.listen(0, "127.0.0.1", () => resolve(server));
  });
  after(() => server.close());
  const { error } = console;
  const logged = [];
  console.error = (...values) => logged.push(values.join(" "));
  assert.equal(await post(server.address().port, "{}"), 500);
  console.error = error;
  assert.match(logged[0], /put the webhook before express\.json\(\)/);
});
