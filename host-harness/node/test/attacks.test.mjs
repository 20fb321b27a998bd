// Each attack of the evil guest (tests/hosts/attacks.json) fails with its typed error or has no effect, and the next call
// works. The environment variable EVIL is the path of the guest.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { CallError, Host, HttpClient, LoadError, transpile } from "../dist/index.js";
import { FUNCTIONS } from "../dist/schema.js";

const root = new URL("../../../", import.meta.url);
const attacks = JSON.parse(await readFile(new URL("tests/hosts/attacks.json", root), "utf8"));
const cases = (await readFile(new URL("tests/guests/evil/src/cases.rs", root), "utf8"))
  .match(/\$each! \{([^}]*)\}/)[1].trim().split(/\s+/);
const evil = await transpile(await readFile(process.env.EVIL));

/** Returns the guest with a case on: its number in the slot of its data (tests/guests/slot). */
function evilWith(name) {
  const number = String(cases.indexOf(name) + 1).padStart(3, "0");
  assert.notEqual(number, "000", `${name} is a case of the guest`);
  const modules = [...evil.modules].map(([name, bytes]) => {
    const chosen = Buffer.from(bytes);
    const slot = chosen.indexOf("guest-slot-number:");
    if (slot >= 0) {
      chosen.write(number, slot + "guest-slot-number:".length);
    }
    return [name, new Uint8Array(chosen)];
  });
  return { ...evil, modules: new Map(modules) };
}

const conversation = { recipient: "user-1", handover: 1 };
const request = { idempotencyKey: "1", recipient: "user-1", operation: "message", body: new Uint8Array() };
const ARGUMENTS = {
  "verify-webhook": [{ method: "POST", path: "/", headers: [], body: Buffer.from("{}") }],
  "receive-webhook": [{ method: "POST", path: "/", headers: [], body: Buffer.from("{}") }],
  "map-agent-events": [{ tag: "webhook", val: Buffer.from(`{"id":"1","type":"Text","text":"hi"}`) }],
  "build-outbound-message": [conversation, { id: "1", time: 1, message: { tag: "typing" } }],
  deliver: [request],
  "find-delivery": [conversation, request],
  "observe-conversation": [conversation],
  "fetch-agent-messages": [conversation],
  "check-availability": [{ skills: [] }],
  "check-connection": [],
  provision: ["https://a.example/", "plan"],
};

/** Servers that count requests, and answer in unusual ways. */
const servers = {
  counting: (_, response) => response.writeHead(204).end(),
  redirecting: (_, response) => response.writeHead(302, { location: "http://127.0.0.1:1/" }).end(),
  dripping: (_, response) => {
    response.writeHead(200, { "content-length": 1_000 });
    const timer = setInterval(() => response.write("a"), 100);
    response.on("close", () => clearInterval(timer));
  },
  endless: (_, response) => {
    response.writeHead(200);
    const more = () => response.write("a".repeat(1_000)) ? setImmediate(more) : response.once("drain", more);
    response.on("error", () => {});
    more();
  },
};

/** Starts a server. Returns its origin and a function that returns the number of its requests. */
async function start(answer) {
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    answer(request, response);
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  return [`http://127.0.0.1:${server.address().port}`, () => requests];
}

/** For attacks that must end soon, and for those that must not end because this machine is busy. */
const [impatient, patient] = [{ cpuTime: 400, total: 1_500 }, { cpuTime: 30_000, total: 30_000 }].map((limits) => {
  const { cpuTime, total } = limits;
  const http = new HttpClient({ total, response: 64 << 10 });
  return { host: new Host({ limits: { cpuTime }, http, threads: 1 }), wellBehaved: undefined };
});
before(async () => {
  for (const tested of [impatient, patient]) {
    tested.wellBehaved = await (await tested.host.load()).connectPrepared(new Uint8Array());
  }
});
after(() => Promise.all([impatient.host.close(), patient.host.close()]));

/** Returns how a call failed: `limit cpu-time`, `trapped` …; `undefined` if it did not. */
async function failure(call) {
  try {
    await call();
    return undefined;
  } catch (error) {
    const why = error instanceof LoadError ? error.cause : error;
    assert.ok(why instanceof CallError, `${why}`);
    const limit = why.limit?.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    return [why.kind, limit].filter(Boolean).join(" ");
  }
}

for (const attack of attacks) {
  test(attack.case, async () => {
    const [origin, requests] = attack.server ? await start(servers[attack.server]) : ["https://a.example", () => 0];
    const expected = attack["fails-in-node"] ?? attack["fails-elsewhere"] ?? attack.fails;
    const { host, wellBehaved } = expected === "limit cpu-time" || attack.server === "dripping" ? impatient : patient;
    const connect = async () => {
      const provider = await host.load(evilWith(attack.case));
      return provider.connect([{ key: "url", value: origin }], { allowed: [origin] });
    };
    if (attack.call === "describe" || attack.call === "check-settings") {
      assert.equal(await failure(connect), expected);
    } else {
      const connection = await connect();
      const call = () => connection[FUNCTIONS.get(attack.call).property](...ARGUMENTS[attack.call]);
      if (attack.answers) {
        const answers = (await call()).map(({ message }) => message);
        assert.deepEqual([...new Set(answers)].length === 1 ? [answers[0]] : answers, attack.answers);
        assert.equal(requests(), attack.requests ?? requests());
      } else {
        assert.equal(await failure(call), expected);
        assert.equal(await failure(call), expected, "the second time");
      }
    }
    await assert.rejects(wellBehaved.mapAgentEvents({ tag: "webhook", val: Buffer.from("{}") }), { name: "ProviderError" });
  });
}

test("every case of the guest is an attack or has a test here", () => {
  const others = ["memory_of_earlier_calls", "the_cache_of_another_connection"];
  assert.deepEqual([...attacks.map(({ case: name }) => name), ...others].sort(), [...cases].sort());
});

test("memory_of_earlier_calls", async () => {
  const earlierCalls = async (connection) => {
    const [event] = await connection.mapAgentEvents(ARGUMENTS["map-agent-events"][0]);
    return event.kind.val;
  };
  for (const [reuse, second] of [[1, "0"], [1_000, "1"]]) {
    const host = new Host({ limits: { cpuTime: 30_000 }, threads: 1, reuse });
    const provider = await host.load(evilWith("memory_of_earlier_calls"));
    const [one, other] = [
      await provider.connectOffline([{ key: "url", value: "https://a.example" }]),
      await provider.connectOffline([{ key: "url", value: "https://b.example" }]),
    ];
    assert.equal(await earlierCalls(one), "0");
    assert.equal(await earlierCalls(one), second);
    assert.equal(await earlierCalls(other), "0");
    await host.close();
  }
});

test("the_cache_of_another_connection", async () => {
  const provider = await patient.host.load(evilWith("the_cache_of_another_connection"));
  const connect = (value) => provider.connect([{ key: "url", value }], { allowed: [value] });
  const seen = async (connection) => (await connection.checkConnection()).map(({ message }) => message);
  const [one, other] = [await connect("https://a.example"), await connect("https://b.example")];
  const none = ["None", "None", "None", "None"];
  assert.deepEqual(await seen(one), none);
  assert.deepEqual(await seen(other), none, "the entries of another connection are not visible");
  assert.deepEqual(await seen(one), ["Some([109, 105, 110, 101])", ...none.slice(1)]);
});
