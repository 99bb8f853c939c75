import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
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

const cruisedFolders = ["packages", "benchmarks", "scripts"];

const rootFolder = resolve(import.meta.dirname, "..");
const madeFolders: string[] = [];

/** Lays out the miniature with the given extra files and returns its folder. */
async function layOut(files: Readonly<Record<string, string>>): Promise<string> {
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
  for (const name of cruisedFolders) await mkdir(join(folder, name), { recursive: true });
  for (const [path, text] of Object.entries(files)) await write(path, text);
  return folder;
}

/** "rule: from -> to" for each violation of the order among the given files. */
async function violationsOf(files: Readonly<Record<string, string>>): Promise<string[]> {
  const folder = await layOut(files);
  const program = join(rootFolder, "node_modules/dependency-cruiser/bin/dependency-cruise.mjs");
  const parameters = ["--config", join(rootFolder, ".dependency-cruiser.mjs"), ...cruisedFolders];
  const { stdout } = await run(folder, program, [...parameters, "--output-type", "json"]);
  const { summary } = JSON.parse(stdout) as {
    summary: { violations: { from: string; to: string; rule: { name: string } }[] };
  };
  // The JSON reporter always exits with 0; the one that people and CI use must not.
  const { exitCode } = await run(folder, program, parameters);
  expect(exitCode).toBe(summary.violations.length);
  return summary.violations.map(({ from, to, rule }) => `${rule.name}: ${from} -> ${to}`).sort();
}

function run(folder: string, program: string, parameters: readonly string[]) {
  return new Promise<{ stdout: string; exitCode: number }>((done) => {
    execFile(process.execPath, [program, ...parameters], { cwd: folder }, (error, stdout) => {
      done({ stdout, exitCode: error === null ? 0 : Number(error.code) });
    });
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
});

describe("import cycles", () => {
  test("are caught by the linter, through re-exports too, but not those of types", async () => {
    const folder = await layOut({
      "packages/tasks/src/a.ts": `import { b } from "./b.ts";\nexport const a = (): number => b();\n`,
      "packages/tasks/src/b.ts": `export { c as b } from "./c.ts";\n`,
      "packages/tasks/src/c.ts": `import { a } from "./a.ts";\nexport const c = (): number => a();\n`,
      "packages/harness/src/typeA.ts": `import type { B } from "./typeB.ts";\nexport type A = B | 1;\n`,
      "packages/harness/src/typeB.ts": `import type { A } from "./typeA.ts";\nexport type B = A[];\n`,
    });
    for (const name of ["biome.json", ".gitignore"]) await cp(join(rootFolder, name), join(folder, name));
    const program = join(rootFolder, "node_modules/@biomejs/biome/bin/biome");
    const { stdout, exitCode } = await run(folder, program, [
      "lint",
      "--only=suspicious/noImportCycles",
      "--reporter=json",
    ]);
    const report = JSON.parse(stdout) as {
      diagnostics: { category: string; location: { path: string } }[];
    };
    expect(
      report.diagnostics.map(({ category, location }) => `${category}: ${location.path}`).sort(),
    ).toEqual(["a", "b", "c"].map((name) => `lint/suspicious/noImportCycles: packages/tasks/src/${name}.ts`));
    expect(exitCode).toBe(1);
  });
});
