// A component as jco's code and compiled modules.

import { readFile } from "node:fs/promises";
import { LoadError } from "./errors.js";

/** A component that jco transpiled: JavaScript, and the core modules by their names. */
export interface TranspiledComponent {
  /** The JavaScript, or the URL of its file. */
  source: string | URL;
  modules: Map<string, Uint8Array>;
}

const PAGE = 64 << 10;
const MEMORY_SECTION = 5;

/** Returns the provider for Genesys Cloud Open Messaging, which this package contains. */
export async function genesys(): Promise<TranspiledComponent> {
  const folder = new URL("./genesys/", import.meta.url);
  const names = JSON.parse(await readFile(new URL("modules.json", folder), "utf8")) as string[];
  const modules = names.map(async (name) => [name, await readFile(new URL(name, folder))] as const);
  return { source: new URL("provider.js", folder), modules: new Map(await Promise.all(modules)) };
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
  let files: Record<string, Uint8Array>;
  try {
    ({ files } = await transpileBytes(component, {
      name: "provider",
      instantiation: "sync",
      minify: true,
      emitTypescriptDeclarations: false,
      // Distinguishes the error of a result from a failure.
      noComponentErrorWrapping: false,
    }));
  } catch (error) {
    throw new LoadError(`the component is not valid: ${error instanceof Error ? error.message : String(error)}`);
  }
  const source = files["provider.js"];
  if (source === undefined) {
    throw new LoadError("jco returned no code for the component");
  }
  const modules = Object.entries(files).filter(([name]) => name.endsWith(".wasm"));
  return { source: Buffer.from(source).toString("utf8"), modules: new Map(modules) };
}

async function jco(): Promise<typeof import("@bytecodealliance/jco-transpile")> {
  try {
    return await import("@bytecodealliance/jco-transpile");
  } catch {
    const message =
      "loading a component requires the package @bytecodealliance/jco-transpile: npm install @bytecodealliance/jco-transpile";
    throw new LoadError(message);
  }
}

/** Compiles the modules with a bound on their memory, in bytes. */
export async function compile(
  { source, modules }: TranspiledComponent,
  memory: number,
): Promise<{ source: string; modules: Map<string, WebAssembly.Module> }> {
  const compiled = [...modules].map(async ([name, bytes]) => {
    try {
      return [name, await WebAssembly.compile(bounded(bytes, Math.floor(memory / PAGE)))] as const;
    } catch (error) {
      throw new LoadError(`the component is not valid: ${error instanceof Error ? error.message : String(error)}`);
    }
  });
  const url =
    source instanceof URL ? source.href : `data:text/javascript;base64,${Buffer.from(source).toString("base64")}`;
  return { source: url, modules: new Map(await Promise.all(compiled)) };
}

/**
 * Returns a module whose memory has at most this many pages, because an engine of JavaScript bounds it only for the
 * whole process. A smaller bound of the module stays (WebAssembly 2.0, section 5.5.8, "Memory Section").
 */
export function bounded(module: Uint8Array, pages: number): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [module.subarray(0, 8)];
  let position = 8;
  while (position < module.length) {
    const id = module[position] as number;
    const [size, start] = unsigned(module, position + 1);
    const content = module.subarray(start, start + size);
    if (id === MEMORY_SECTION) {
      const memories = boundedMemories(content, pages);
      parts.push(Uint8Array.of(id, ...leb128(memories.length)), memories);
    } else {
      parts.push(module.subarray(position, start + size));
    }
    position = start + size;
  }
  return new Uint8Array(Buffer.concat(parts));
}

function boundedMemories(content: Uint8Array, pages: number): Uint8Array {
  const [count, start] = unsigned(content, 0);
  const bytes = [...leb128(count)];
  let position = start;
  for (let memory = 0; memory < count; memory += 1) {
    const flags = content[position] as number;
    const [minimum, afterMinimum] = unsigned(content, position + 1);
    const [maximum, end] = (flags & 1) === 1 ? unsigned(content, afterMinimum) : [pages, afterMinimum];
    if (flags > 1 || minimum > pages) {
      throw new LoadError(`the component needs ${minimum * PAGE} bytes of memory; ${pages * PAGE} are allowed`);
    }
    bytes.push(1, ...leb128(minimum), ...leb128(Math.min(maximum, pages)));
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
