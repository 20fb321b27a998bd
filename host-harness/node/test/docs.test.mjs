// The code in docs/embedding.md compiles.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

test("the code for Node in docs/embedding.md compiles", async () => {
  const docs = await readFile(new URL("../../../docs/embedding.md", import.meta.url), "utf8");
  const blocks = [...docs.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code);
  assert.ok(blocks.length >= 4);
  // In this package, whose name its own code may import.
  const here = fileURLToPath(new URL("..", import.meta.url));
  const folder = await mkdtemp(join(here, "docs-"));
  after(() => rm(folder, { recursive: true }));
  const files = blocks.map((_, index) => join(folder, `block${index}.ts`));
  await Promise.all(blocks.map((code, index) => writeFile(files[index], code)));
  const options = ["--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "--target", "es2023", "--types", "node"];
  try {
    execFileSync("npx", ["tsc", "--ignoreConfig", ...options, ...files], { cwd: here, encoding: "utf8" });
  } catch (error) {
    assert.fail(error.stdout);
  }
});
