// A component as jco's code and compiled modules.

import { readFile } from "node:fs/promises";
import { LoadError } from "./errors.js";
import { interfaceOf } from "./schema.js";

/** A component that jco transpiled: JavaScript, and the core modules by their names. */
export interface TranspiledComponent {
  /** The JavaScript, or the URL of its file. */
  source: string | URL;
  /** The interfaces that it exports, without package and version: `configuration`, `handover`. */
  interfaces: string[];
  modules: Map<string, Uint8Array>;
}

/** The file `index.json` of a component that this package contains. */
interface PackagedComponent {
  interfaces: string[];
  modules: string[];
}

/** What a provider may import, by the names of jco, which omit versions. */
const GRANTED_IMPORTS = new Set([
  "handover:provider/http",
  "handover:provider/cache",
  "handover:provider/types",
  "wasi:clocks/wall-clock",
]);

/** What a provider exports: the first of them, and at least one of the others. */
const INTERFACES = ["configuration", "handover", "bot-connector"];

const PAGE = 64 << 10;
const TABLE_SECTION = 4;
const MEMORY_SECTION = 5;
/** The elements of one table. A compiled component has one for each function whose address is used. */
const TABLE_ELEMENTS = 10_000;
/** The tables of all modules together. */
const MAX_TABLES = 4;

/** Returns the provider for Genesys Cloud Open Messaging, which this package contains. */
export async function genesys(): Promise<TranspiledComponent> {
  const folder = new URL("./genesys/", import.meta.url);
  const index = JSON.parse(await readFile(new URL("index.json", folder), "utf8")) as PackagedComponent;
  const modules = index.modules.map(async (name) => [name, await readFile(new URL(name, folder))] as const);
  const { interfaces } = index;
  return { source: new URL("provider.js", folder), interfaces, modules: new Map(await Promise.all(modules)) };
}

/**
 * Transpiles a component. Requires the package `@bytecodealliance/jco-transpile`.
 *
 * @throws {LoadError} The bytes are not a component, or the package is not installed.
 */
export async function transpile(component: Uint8Array): Promise<TranspiledComponent> {
  const [magic, layer] = [component.subarray(0, 4), component[6]];
  if (Buffer.compare(magic, Buffer.from("\0asm")) !== 0) {
    throw new LoadError("this is not WebAssembly: it does not start with the bytes 00 61 73 6d");
  }
  if (layer === 0) {
    throw new LoadError("this is a core WebAssembly module, not a component; build it for wasm32-wasip2");
  }
  const { transpileBytes } = await jco();
  let transpiled: { files: Record<string, Uint8Array>; imports: string[]; exports: [string, unknown][] };
  try {
    transpiled = await transpileBytes(component, {
      name: "provider",
      instantiation: "sync",
      minify: true,
      emitTypescriptDeclarations: false,
      // Distinguishes the error of a result from a failure.
      noComponentErrorWrapping: false,
    });
  } catch (error) {
    throw new LoadError(`the component is not valid: ${error instanceof Error ? error.message : String(error)}`);
  }
  const { files, imports, exports } = transpiled;
  const foreign = imports.filter((name) => !GRANTED_IMPORTS.has(name));
  if (foreign.length > 0) {
    const granted = [...GRANTED_IMPORTS].join(", ");
    throw new LoadError(
      `the component imports ${foreign.join(", ")}, which this host does not grant; a provider may import ${granted}`,
    );
  }
  const names = new Map(INTERFACES.map((name) => [interfaceOf(name), name]));
  const interfaces = exports.flatMap(([name]) => names.get(name) ?? []);
  if (!interfaces.includes("configuration") || interfaces.length === 1) {
    const [first, ...others] = names.keys();
    const exported = exports.map(([name]) => name).join(", ");
    throw new LoadError(`the component does not export ${first} and one of ${others.join(" and ")}; it exports ${exported}`);
  }
  const source = files["provider.js"];
  if (source === undefined) {
    throw new LoadError("jco returned no code for the component");
  }
  const modules = Object.entries(files).filter(([name]) => name.endsWith(".wasm"));
  return { source: Buffer.from(source).toString("utf8"), interfaces, modules: new Map(modules) };
}

async function jco(): Promise<typeof import("@bytecodealliance/jco-transpile")> {
  try {
    return await import("@bytecodealliance/jco-transpile");
  } catch (cause) {
    const message = "loading a component requires a package: npm install @bytecodealliance/jco-transpile";
    throw new LoadError(message, { cause });
  }
}

/** Compiles the modules with a bound on their memory, in bytes. One of them may have a memory. */
export async function compile(
  { source, modules }: Pick<TranspiledComponent, "source" | "modules">,
  memory: number,
): Promise<{ source: string; modules: Map<string, WebAssembly.Module> }> {
  const found = { memories: 0, tables: 0 };
  const compiled = [...modules].map(async ([name, bytes]) => {
    try {
      return [name, await WebAssembly.compile(bounded(bytes, Math.floor(memory / PAGE), found))] as const;
    } catch (error) {
      throw new LoadError(`the component is not valid: ${error instanceof Error ? error.message : String(error)}`);
    }
  });
  if (found.memories > 1 || found.tables > MAX_TABLES) {
    const has = `${found.memories} memories and ${found.tables} tables`;
    throw new LoadError(`the component has ${has}; 1 and ${MAX_TABLES} are allowed`);
  }
  const url =
    source instanceof URL ? source.href : `data:text/javascript;base64,${Buffer.from(source).toString("base64")}`;
  return { source: url, modules: new Map(await Promise.all(compiled)) };
}

/**
 * Returns a module whose memories have at most this many pages, and whose tables have a maximum, because an engine of
 * JavaScript bounds them only for the whole process. A smaller maximum of the module stays (WebAssembly 2.0, sections
 * 5.5.7 and 5.5.8). Counts what it found.
 */
export function bounded(
  module: Uint8Array,
  pages: number,
  found: { memories: number; tables: number },
): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [module.subarray(0, 8)];
  let position = 8;
  while (position < module.length) {
    const id = module[position] as number;
    const [size, start] = unsigned(module, position + 1);
    const content = module.subarray(start, start + size);
    let changed: Uint8Array | undefined;
    if (id === MEMORY_SECTION) {
      changed = withMaximum(content, 0, pages, "pages of memory");
      found.memories += unsigned(content, 0)[0];
    } else if (id === TABLE_SECTION) {
      // The type of the elements precedes the limits of a table.
      changed = withMaximum(content, 1, TABLE_ELEMENTS, "elements of a table");
      found.tables += unsigned(content, 0)[0];
    }
    if (changed === undefined) {
      parts.push(module.subarray(position, start + size));
    } else {
      parts.push(Uint8Array.of(id, ...leb128(changed.length)), changed);
    }
    position = start + size;
  }
  return new Uint8Array(Buffer.concat(parts));
}

/** Returns a section of limits, each of which follows `skipped` bytes, with this maximum. */
function withMaximum(content: Uint8Array, skipped: number, allowed: number, unit: string): Uint8Array {
  const [count, start] = unsigned(content, 0);
  const bytes = [...leb128(count)];
  let position = start;
  for (let index = 0; index < count; index += 1) {
    const flags = content[position + skipped] as number;
    if (flags > 1) {
      throw new LoadError("the component uses shared memory, or one of 64 bits");
    }
    const [minimum, afterMinimum] = unsigned(content, position + skipped + 1);
    const [maximum, end] = flags === 1 ? unsigned(content, afterMinimum) : [allowed, afterMinimum];
    if (minimum > allowed) {
      throw new LoadError(`the component needs ${minimum} ${unit}; ${allowed} are allowed`);
    }
    bytes.push(...content.subarray(position, position + skipped), 1);
    bytes.push(...leb128(minimum), ...leb128(Math.min(maximum, allowed)));
    position = end;
  }
  return Uint8Array.from(bytes);
}

/** Reads an unsigned LEB128 number. Returns it, and the position after it. */
function unsigned(bytes: Uint8Array, position: number): [number, number] {
  let [value, shift] = [0, 0];
  for (;;) {
    const byte = bytes[position];
    if (byte === undefined || shift > 28) {
      throw new LoadError("the component is not valid: a number is too long or cut off");
    }
    value += (byte & 0x7f) * 2 ** shift;
    position += 1;
    shift += 7;
    if ((byte & 0x80) === 0) {
      return [value, position];
    }
  }
}

function leb128(value: number): number[] {
  const bytes = [];
  for (; value > 0x7f; value = Math.floor(value / 0x80)) {
    bytes.push((value & 0x7f) | 0x80);
  }
  return [...bytes, value];
}
