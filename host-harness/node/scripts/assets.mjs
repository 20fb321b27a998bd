// Adds to dist/ what is not compiled from TypeScript: the contract as data, and the provider for Genesys Cloud Open
// Messaging, transpiled. The environment variable COMPONENT is the path of the provider's component.
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";

const component = process.env.COMPONENT;
if (component === undefined) {
  throw new Error("COMPONENT is not set; run `make node-host` in the repository");
}
const dist = new URL("../dist/", import.meta.url);
await copyFile(new URL("../../contract.json", import.meta.url), new URL("contract.json", dist));
// Reads contract.json when it is loaded.
const { transpile } = await import("../dist/component.js");
const { source, interfaces, modules } = await transpile(await readFile(component));
const folder = new URL("genesys/", dist);
await mkdir(folder, { recursive: true });
await writeFile(new URL("provider.js", folder), source);
await writeFile(new URL("index.json", folder), JSON.stringify({ interfaces, modules: [...modules.keys()] }));
for (const [name, bytes] of modules) {
  await writeFile(new URL(name, folder), bytes);
}
