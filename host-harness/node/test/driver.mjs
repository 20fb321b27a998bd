// Runs calls of `handover conformance --host` in this host (tests/hosts/README.md).
import { readFile } from "node:fs/promises";
import { Host, MemoryCache, ProviderError, fromJson, toJson } from "../dist/index.js";
import { FUNCTIONS } from "../dist/schema.js";

let [network, cache, requests] = ["offline", new MemoryCache(), []];
const http = {
  async send({ method, url, headers, body }) {
    requests.push({ method, url, headers, body: Buffer.from(body).toString("base64") });
    const { answers, then } = network.scripted;
    const answer = answers[requests.length - 1] ?? then;
    if ("error" in answer) {
      return { error: { tag: answer.error } };
    }
    const received = answer.headers.map(([name, value]) => [name.toLowerCase(), new Uint8Array(Buffer.from(value))]);
    return { ok: { ...answer, headers: received, body: new Uint8Array(Buffer.from(answer.body, "base64")) } };
  },
};
const currentCache = { get: (...of) => cache.get(...of), put: (...of) => cache.put(...of) };

const component = await readFile(process.argv[2]);
const options = { http, cache: currentCache, threads: 1 };
const providers = {
  fresh: await new Host(options).load(component),
  kept: await new Host({ ...options, reuse: Infinity }).load(component),
};

async function connect({ settings, prepared, network, instance, verifier }, { interface: exported }) {
  const provider = providers[instance];
  const isForBots = exported.includes("/bot-connector@") || !provider.interfaces.includes("handover");
  const kind = isForBots ? "Bots" : "";
  const allowed = async () => (await provider.checkSettings(settings)).origins.map(({ url }) => url);
  let connection;
  if (prepared !== undefined) {
    connection = provider[`connect${kind}Prepared`](new Uint8Array(Buffer.from(prepared, "base64")));
  } else if (network === "offline") {
    connection = await provider[`connect${kind}Offline`](settings);
  } else {
    connection = await provider[`connect${kind}`](settings, { allowed: await allowed() });
  }
  return isForBots || verifier === "host" ? connection : connection.verifiedByProvider();
}

async function make(call) {
  [network, cache, requests] = [call.network, new MemoryCache(), []];
  const signature = FUNCTIONS.get(call.function);
  const { property, parameters, result } = signature;
  const values = parameters
    .filter(({ type }) => type !== "prepared-settings")
    .map(({ name, type }) => fromJson(type, call.arguments[name]));
  try {
    if (call.function === "describe") {
      return { result: toJson(result, providers[call.instance].description) };
    }
    const target = call.none === undefined ? await connect(call, signature) : providers[call.instance];
    const value = await target[property](...values);
    return { result: toJson(result, { tag: "ok", val: value }), requests };
  } catch (error) {
    if (error instanceof ProviderError && error.call === call.function) {
      return { result: toJson(result, { tag: "error", val: error.value }), requests };
    }
    throw error;
  }
}

// Not with node:readline, which ends a line at U+2028 as well.
let rest = "";
for await (const chunk of process.stdin.setEncoding("utf8")) {
  const lines = (rest + chunk).split("\n");
  rest = lines.pop();
  for (const line of lines) {
    const made = await make(JSON.parse(line)).then((made) => ({ made }), (error) => ({ failed: String(error) }));
    console.log(JSON.stringify(made));
  }
}
process.exit();
