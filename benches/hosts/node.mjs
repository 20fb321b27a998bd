// Measures the host for Node, and the same job by hand as existing connectors do it. Reads settings, the secret and the
// webhooks from the standard input, as JSON. Prints what was measured, the size and the microseconds of each.
import { createHmac, timingSafeEqual } from "node:crypto";
import { text } from "node:stream/consumers";
import { Host } from "../../host-harness/node/dist/index.js";

const { settings, secret, webhooks } = JSON.parse(await text(process.stdin));

function byHand({ headers, body }) {
  const actual = Buffer.from(headers.find(([name]) => name === "x-hub-signature-256")[1]);
  const expected = Buffer.from(`sha256=${createHmac("sha256", secret).update(body).digest("base64")}`);
  if (actual.length !== expected.length || !timingSafeEqual(actual, expected)) {
    throw new Error("the signature is wrong");
  }
  const message = JSON.parse(Buffer.from(body).toString("utf8"));
  return { id: message.id, recipient: message.channel?.to?.id, time: Date.parse(message.channel?.time), text: message.text };
}

/** Returns the median time of a call in microseconds, in five rounds of at least 0.2 s after a warm-up. */
async function measure(call) {
  const rounds = [];
  for (let round = 0; round <= 5; round += 1) {
    let calls = 0;
    const began = performance.now();
    do {
      await call();
      calls += 1;
    } while (performance.now() - began < 200);
    rounds.push((1e3 * (performance.now() - began)) / calls);
  }
  return rounds.slice(1).sort((a, b) => a - b)[2];
}

const connections = {};
for (const [name, reuse] of [["warm", Infinity], ["fresh", 1]]) {
  const provider = await new Host({ threads: 1, reuse }).load();
  connections[name] = await provider.connectOffline(settings);
}
for (const { size, headers, body } of webhooks) {
  const bytes = (text) => new Uint8Array(Buffer.from(text, "base64"));
  const webhook = { method: "POST", path: "/", headers: headers.map(([name, value]) => [name, bytes(value)]), body: bytes(body) };
  console.log("by-hand", size, await measure(() => byHand(webhook)));
  for (const [name, connection] of Object.entries(connections)) {
    console.log(name, size, await measure(async () => {
      const { events } = await connection.receiveWebhook(webhook);
      if (events.val[0].kind.tag !== "message") {
        throw new Error("the webhook is no message");
      }
    }));
  }
}
process.exit();
