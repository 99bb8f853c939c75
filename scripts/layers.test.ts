import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterAll, describe, expect, test } from "vitest";

/** A workspace in miniature: every package exports `value` from its index. */
const packages = [
  "runtime",
  "models",
  "peft",
  "methods",
  "methods/lora",
  "methods/full",
  "tasks",
  "harness",
  "report",
  "cli",
  "stray",
];

const packageName = (folder: string) => `@peftbench/${folder.replace("methods/", "method-")}`;

const rootFolder = resolve(import.meta.dirname, "..");
const madeFolders: string[] = [];

/** Lays out the miniature with the given extra files and returns "rule: from -> to" for each violation found. */
async function violationsOf(files: Readonly<Record<string, string>>): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), "peftbench-layers-"));
  madeFolders.push(folder);
  const write = async (path: string, text: string) => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  };
  await mkdir(join(folder, "node_modules/@peftbench"), { recursive: true });
  for (const name of packages) {
    await write(`packages/${name}/src/index.ts`, "export const value: number = 1;\n");
    await write(
      `packages/${name}/package.json`,
      JSON.stringify({ name: packageName(name), type: "module", exports: { ".": "./src/index.ts" } }),
    );
    await symlink(join(folder, "packages", name), join(folder, "node_modules", packageName(name)));
  }
  for (const [path, text] of Object.entries(files)) await write(path, text);
  const folders = ["packages", "benchmarks", "scripts"];
  for (const name of folders) await mkdir(join(folder, name), { recursive: true });
  const { violations, exitCode } = await cruise(folder, folders);
  expect(exitCode === 0).toBe(violations.length === 0);
  return violations;
}

interface CruiseReport {
  readonly summary: {
    readonly violations: readonly { from: string; to: string; rule: { name: string } }[];
  };
}

async function cruise(folder: string, folders: readonly string[]) {
  const { stdout, exitCode } = await runDepcruise(folder, ["-T", "json", ...folders]);
  const { summary } = JSON.parse(stdout) as CruiseReport;
  const violations = summary.violations.map(({ from, to, rule }) => `${rule.name}: ${from} -> ${to}`).sort();
  // The JSON reporter always exits with 0; the one people and CI use must not.
  const plain = await runDepcruise(folder, folders);
  return { violations, exitCode: exitCode || plain.exitCode };
}

function runDepcruise(folder: string, parameters: readonly string[]) {
  const program = join(rootFolder, "node_modules/dependency-cruiser/bin/dependency-cruise.mjs");
  const config = join(rootFolder, ".dependency-cruiser.mjs");
  return new Promise<{ stdout: string; exitCode: number }>((done) => {
    execFile(
      process.execPath,
      [program, "--config", config, ...parameters],
      { cwd: folder },
      (error, stdout) => {
        done({ stdout, exitCode: error === null ? 0 : Number(error.code) });
      },
    );
  });
}

const use = (name: string) => `import { value } from "@peftbench/${name}";\nexport const used = value;\n`;

afterAll(async () => {
  for (const folder of madeFolders) await rm(folder, { recursive: true, force: true });
});

describe("the order of the packages", () => {
  test("allows every import that points to the left", async () => {
    const found = await violationsOf({
      "packages/models/src/a.ts": use("runtime"),
      "packages/peft/src/a.ts": use("models"),
      "packages/methods/lora/src/a.ts": use("peft") + use("runtime").replaceAll("value", "value as v"),
      "packages/methods/src/a.ts": use("method-lora"),
      "packages/tasks/src/a.ts": use("models"),
      "packages/harness/src/a.ts": use("tasks"),
      "packages/harness/src/a.test.ts": use("methods"),
      "packages/report/src/a.ts": use("harness"),
      "packages/cli/src/a.ts": use("methods"),
      "benchmarks/a.ts": use("method-lora"),
      "scripts/a.ts": use("cli"),
    });
    expect(found).toEqual([]);
  });

  test("catches each kind of forbidden import, and nothing beside it", async () => {
    const found = await violationsOf({
      "packages/runtime/src/typeOnly.ts": `import type { value } from "@peftbench/models";\nexport type T = typeof value;\n`,
      "packages/models/src/dynamic.ts": `export const later = () => import("@peftbench/peft");\n`,
      "packages/peft/src/reexport.ts": `export { value } from "@peftbench/methods";\n`,
      "packages/methods/lora/src/model.ts": use("models"),
      "packages/methods/full/src/sibling.ts": use("method-lora"),
      "packages/methods/src/task.ts": use("tasks"),
      "packages/harness/src/method.ts": use("method-lora"),
      "packages/harness/src/cli.test.ts": use("cli"),
      "packages/report/src/method.ts": use("methods"),
      "packages/stray/src/any.ts": use("runtime"),
      "packages/models/src/relative.ts": `export { value } from "../../runtime/src/index.ts";\n`,
      "packages/cli/src/suite.ts": `export { value } from "../../../benchmarks/suite.ts";\n`,
      "benchmarks/suite.ts": "export const value: number = 1;\n",
      "packages/tasks/src/nowhere.ts": use("missing"),
      "packages/tasks/src/some.test.ts": "export const helper: number = 1;\n",
      "packages/tasks/src/usesTest.ts": `export { helper } from "./some.test.ts";\n`,
    });
    expect(found).toEqual(
      [
        "layer-runtime: packages/runtime/src/typeOnly.ts -> packages/models/src/index.ts",
        "layer-models: packages/models/src/dynamic.ts -> packages/peft/src/index.ts",
        "layer-peft: packages/peft/src/reexport.ts -> packages/methods/src/index.ts",
        "layer-methods/*: packages/methods/lora/src/model.ts -> packages/models/src/index.ts",
        "one-method-imports-no-other: packages/methods/full/src/sibling.ts -> packages/methods/lora/src/index.ts",
        "layer-methods: packages/methods/src/task.ts -> packages/tasks/src/index.ts",
        "layer-harness: packages/harness/src/method.ts -> packages/methods/lora/src/index.ts",
        "layer-harness-tests: packages/harness/src/cli.test.ts -> packages/cli/src/index.ts",
        "layer-report: packages/report/src/method.ts -> packages/methods/src/index.ts",
        "package-without-layer: packages/stray/src/any.ts -> packages/runtime/src/index.ts",
        "other-packages-by-name: packages/models/src/relative.ts -> packages/runtime/src/index.ts",
        "packages-import-packages-only: packages/cli/src/suite.ts -> benchmarks/suite.ts",
        "resolvable: packages/tasks/src/nowhere.ts -> @peftbench/missing",
        "sources-import-no-test: packages/tasks/src/usesTest.ts -> packages/tasks/src/some.test.ts",
      ].sort(),
    );
  });

  test("catches a cycle, also one made of types", async () => {
    const found = await violationsOf({
      "packages/tasks/src/a.ts": `import { b } from "./b.ts";\nexport const a = (): number => b();\n`,
      "packages/tasks/src/b.ts": `import { c } from "./c.ts";\nexport const b = (): number => c();\n`,
      "packages/tasks/src/c.ts": `import { a } from "./a.ts";\nexport const c = (): number => a();\n`,
      "packages/harness/src/typeA.ts": `import type { B } from "./typeB.ts";\nexport type A = B | 1;\n`,
      "packages/harness/src/typeB.ts": `import type { A } from "./typeA.ts";\nexport type B = A[];\n`,
    });
    expect(found).toHaveLength(2);
    expect(found[0]).toContain("no-cycle: packages/harness/src/type");
    expect(found[1]).toContain("no-cycle: packages/tasks/src/");
  });
});
