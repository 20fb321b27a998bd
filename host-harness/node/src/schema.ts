// The contract as data: `contract.json`, generated from the WIT.

import { readFileSync } from "node:fs";

/** A type: a primitive type of WIT, the name of a definition, or a compound. */
export type Type =
  | string
  | { option: Type }
  | { list: Type }
  | { tuple: Type[] }
  | { result: { ok: Type | null; error: Type | null } };

export interface Field {
  name: string;
  /** The name in JavaScript. */
  property: string;
  type: Type;
}

export type Definition =
  | { record: Field[] }
  | { variant: Map<string, Type | null> }
  | { enum: Set<string> }
  | { alias: Type };

export interface FunctionSignature {
  name: string;
  /** The name in JavaScript. */
  property: string;
  /** The interface that exports it, with package and version. */
  interface: string;
  parameters: { name: string; type: Type }[];
  result: Type | null;
}

interface ContractFile {
  package: string;
  interfaces: {
    name: string;
    types: {
      name: string;
      record?: { name: string; type: Type }[];
      variant?: { name: string; type: Type | null }[];
      enum?: { name: string }[];
      alias?: Type;
    }[];
    functions: { name: string; parameters: { name: string; type: Type }[]; result: Type | null }[];
  }[];
}

const contract = JSON.parse(readFileSync(new URL("./contract.json", import.meta.url), "utf8")) as ContractFile;

export const DEFINITIONS = new Map<string, Definition>();
export const FUNCTIONS = new Map<string, FunctionSignature>();

/** Returns a name of the WIT as jco and JavaScript write it. */
export function camel(name: string): string {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** Returns the name of an interface with package and version. */
export function interfaceOf(name: string): string {
  const [packageName, version] = contract.package.split("@");
  return `${packageName}/${name}@${version}`;
}

for (const { name: interfaceName, types, functions } of contract.interfaces) {
  for (const { name, record, variant, enum: cases, alias } of types) {
    if (record) {
      DEFINITIONS.set(name, { record: record.map(({ name, type }) => ({ name, property: camel(name), type })) });
    } else if (variant) {
      DEFINITIONS.set(name, { variant: new Map(variant.map(({ name, type }) => [name, type])) });
    } else if (cases) {
      DEFINITIONS.set(name, { enum: new Set(cases.map(({ name }) => name)) });
    } else if (alias) {
      DEFINITIONS.set(name, { alias });
    }
  }
  for (const { name, parameters, result } of functions) {
    const exported = interfaceOf(interfaceName);
    FUNCTIONS.set(name, { name, property: camel(name), interface: exported, parameters, result });
  }
}
