// What a provider can reach. The tables are those of handover-host for Rust.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Host, HttpClient, ConnectError } from "../dist/index.js";
import { isPublic } from "../dist/http.js";
import { DEFAULT_LIMITS } from "../dist/limits.js";
import { check } from "../dist/requests.js";

const origins = new Map([["api", "https://api.example.com"]]);
const checked = (path, headers = [], origin = "api") =>
  check({ origin, method: "get", path, headers, body: new Uint8Array() }, origins, DEFAULT_LIMITS);

test("a path cannot reach another origin", () => {
  for (const path of [
    "", "evil", "//evil.org", "///evil.org", "@evil.org", "\\\\evil.org", "/\\evil.org", "/\\/evil.org", ":8080/",
    ".evil.org/", "https://evil.org/", "/a b", "/a\r\nHost: evil.org", "/a\0", "/a#b", "/ä",
  ]) {
    assert.deepEqual(checked(path), { refused: { tag: "invalid-request", val: "path" } }, JSON.stringify(path));
  }
  for (const [path, url] of [
    ["/", "https://api.example.com/"],
    ["/a/b?c=d//e", "https://api.example.com/a/b?c=d//e"],
    ["/@evil.org/:80", "https://api.example.com/@evil.org/:80"],
    ["/a/../../b", "https://api.example.com/b"],
    ["/.//evil.org", "https://api.example.com//evil.org"],
  ]) {
    assert.equal(checked(path).request?.url, url);
  }
});

test("headers that control the connection are refused", () => {
  assert.ok(checked("/", [["authorization", "Bearer x"], ["accept", "*/*"]]).request);
  for (const name of ["host", "Host", "content-length", "Transfer-Encoding", "connection", "a b", "", "a\n"]) {
    assert.deepEqual(checked("/", [[name, "x"]]), { refused: { tag: "invalid-request", val: "headers" } }, name);
  }
  assert.ok(checked("/", [["a", "b\r\nhost: evil.org"]]).refused);
  assert.ok(checked("/", Array.from({ length: 65 }, () => ["a", "b"])).refused);
  assert.deepEqual(checked("/", [], "evil"), { refused: { tag: "origin-not-allowed" } });
});

test("public and special-purpose addresses are distinguished", () => {
  for (const address of ["8.8.8.8", "52.28.1.1", "2606:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8"]) {
    assert.equal(isPublic(address), true, address);
  }
  for (const address of [
    "0.0.0.0", "127.0.0.1", "127.9.9.9", "10.1.2.3", "172.31.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "224.0.0.1", "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1",
    "64:ff9b::a00:1", "64:ff9b::1", "fe80::1", "fe80::1%eth0", "fd00:ec2::254", "2002:7f00:1::", "2001::1", "ff02::1",
  ]) {
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
