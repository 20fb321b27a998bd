// What a provider can reach. The hosts for other languages test the same cases.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Host, HttpClient, ConnectError } from "../dist/index.js";
import { isPublic } from "../dist/http.js";
import { DEFAULT_LIMITS } from "../dist/limits.js";
import { check } from "../dist/requests.js";

const cases = JSON.parse(readFileSync(new URL("../../../tests/hosts/egress.json", import.meta.url), "utf8"));
const origins = new Map([["api", "https://api.example.com"]]);
const checked = (path, headers = [], origin = "api") =>
  check({ origin, method: "get", path, headers, body: new Uint8Array() }, origins, DEFAULT_LIMITS);

test("a path cannot reach another origin", () => {
  for (const path of cases["refused-paths"]) {
    assert.deepEqual(checked(path), { refused: { tag: "invalid-request", val: "path" } }, JSON.stringify(path));
  }
  for (const [path, url] of cases.paths) {
    assert.equal(checked(path).request?.url, url);
  }
});

test("headers that control the connection are refused", () => {
  for (const header of cases.headers) {
    assert.ok(checked("/", [header]).request, JSON.stringify(header));
  }
  const refused = { refused: { tag: "invalid-request", val: "headers" } };
  for (const header of cases["refused-headers"]) {
    assert.deepEqual(checked("/", [header]), refused, JSON.stringify(header));
  }
  const headers = (length) => Array.from({ length }, () => ["a", "b"]);
  assert.ok(checked("/", headers(64)).request);
  assert.deepEqual(checked("/", headers(65)), refused);
  assert.deepEqual(checked("/", [], "evil"), { refused: { tag: "origin-not-allowed" } });
});

test("public and special-purpose addresses are distinguished", () => {
  for (const address of cases["public-addresses"]) {
    assert.equal(isPublic(address), true, address);
  }
  for (const address of [...cases["special-purpose-addresses"], "fe80::1%eth0"]) {
    assert.equal(isPublic(address), false, address);
  }
});

test("nothing is sent to a name without a public address", async () => {
  const client = new HttpClient({ connect: 1_000 });
  const send = (url) => client.send({ method: "GET", url, headers: [], body: new Uint8Array() });
  // RFC 6761, section 6.4: names below `invalid` do not exist.
  assert.deepEqual(await send("http://handover.invalid/"), { error: { tag: "unreachable" } });
  // Port 1 (tcpmux) is closed, but `localhost` may be tried.
  assert.deepEqual(await send("http://localhost:1/"), { error: { tag: "unreachable" } });
  await client.close();
});

test("only the exact origins that are allowed are granted", async () => {
  const host = new Host({ threads: 1 });
  const provider = await host.load();
  const settings = provider.description.settings.map(({ key, example }) => ({ key, value: example }));
  const { origins } = await provider.checkSettings(settings);
  const allowed = origins.map(({ url }) => url);
  await provider.connect(settings, { allowed: allowed.map((url) => `${url.toUpperCase().replace("HTTPS", "https")}:443/`) });
  for (const others of [[], allowed.slice(1), allowed.map((url) => url.replace("https", "http")), allowed.map((url) => `${url}:8443`)]) {
    await assert.rejects(provider.connect(settings, { allowed: others }), { kind: "origin-not-allowed" });
  }
  for (const invalid of ["api.example.com", "ftp://a.b", "https://a.b/c", "https://u@a.b", "https://a.b?c", "https://", "*"]) {
    await assert.rejects(provider.connect(settings, { allowed: [invalid] }), ConnectError, invalid);
  }
  await host.close();
});
