import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative, resolve } from "node:path";
import { writeTinyModel, writeTinySst2 } from "@peftbench/harness/testing";
import { savePolicies } from "@peftbench/runtime";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

/** What `CONTRIBUTING.md` says of adding a method, done in a copy of the workspace with a method that lies outside. */

const rootFolder = resolve(import.meta.dirname, "..");
const example = join(rootFolder, "examples/feature-scale");
const methodFolder = "packages/methods/feature-scale";
const line = `export { featureScale } from "@peftbench/method-feature-scale";\n`;

/** What runs the packages; the rest of the workspace is about them. */
const copied = [
  "packages",
  "benchmarks/glue",
  "benchmarks/bundled",
  "benchmarks/reasoning",
  "package.json",
  "tsconfig.json",
  "vitest.config.ts",
];

let workspace = "";
let given = "";

beforeAll(async () => {
  // Vite compares paths of files as they are, so it must not see a link in the temporary folder's own.
  const temporary = await realpath(await mkdtemp(join(tmpdir(), "peftbench-add-")));
  [workspace, given] = [join(temporary, "workspace"), join(temporary, "given")];
  for (const path of copied) {
    await cp(join(rootFolder, path), join(workspace, path), {
      recursive: true,
      // Links between the packages stay within the copy, as they are relative.
      verbatimSymlinks: true,
      filter: (source) => ![".turbo", ".bin"].includes(basename(source)),
    });
  }
  await symlink(join(rootFolder, "node_modules"), join(workspace, "node_modules"));
  await writeTinyModel(join(given, "tiny"));
  await writeTinySst2(join(given, "glue"), { train: 96, dev: 24 });

  // One folder,
  for (const part of ["package.json", "src"]) {
    await cp(join(example, part), join(workspace, methodFolder, part), { recursive: true });
  }
  // one line,
  const list = join(workspace, "packages/methods/src/all.ts");
  await writeFile(list, `${await readFile(list, "utf8")}${line}`);
  // and what the one command makes of them.
  await addDependency();
});

afterAll(() => rm(dirname(workspace), { recursive: true, force: true }));

/**
 * `pnpm --filter @peftbench/methods add "@peftbench/method-feature-scale@workspace:*"`, without the lockfile: installing
 * in the copy would change the folder of modules that it shares with the workspace.
 */
async function addDependency(): Promise<void> {
  const index = join(workspace, "packages/methods");
  const manifest = JSON.parse(await readFile(join(index, "package.json"), "utf8"));
  manifest.dependencies["@peftbench/method-feature-scale"] = "workspace:*";
  await writeFile(join(index, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  await symlink("../../feature-scale", join(index, "node_modules/@peftbench/method-feature-scale"));

  const own = join(workspace, methodFolder);
  const { dependencies, devDependencies } = JSON.parse(await readFile(join(own, "package.json"), "utf8"));
  for (const name of Object.keys({ ...dependencies, ...devDependencies })) {
    const link = join(own, "node_modules", name);
    const target = name.startsWith("@peftbench/")
      ? join(workspace, "packages", name.slice("@peftbench/".length))
      : await realpath(join(example, "node_modules", name));
    await mkdir(dirname(link), { recursive: true });
    await symlink(target, link);
  }
}

interface Outcome {
  readonly status: number;
  readonly output: string;
  readonly errors: string;
}

function run(program: string, parameters: readonly string[]): Promise<Outcome> {
  const file = join(workspace, "node_modules/.bin", program);
  return new Promise((done) => {
    execFile(file, parameters, { cwd: workspace, maxBuffer: 2 ** 26 }, (error, output, errors) => {
      done({ status: error === null ? 0 : Number(error.code), output, errors });
    });
  });
}

async function bench(...words: string[]) {
  const { status, output, errors } = await run("tsx", ["packages/cli/src/main.ts", ...words, "--json"]);
  if (status !== 0) throw new Error(`bench ${words.join(" ")} ended with ${status}: ${errors}`);
  return JSON.parse(output);
}

/** Paths of all files below, without what is installed. */
async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const found = await Promise.all(
    entries.map((entry): Promise<string[]> | string[] => {
      if (["node_modules", ".turbo"].includes(entry.name)) return [];
      const path = join(folder, entry.name);
      return entry.isDirectory() ? filesOf(path) : [path];
    }),
  );
  return found.flat();
}

describe("a method in a folder of its own and on one line of the list", () => {
  test("changes no other file than the list and its dependencies", async () => {
    const changed: string[] = [];
    for (const file of await filesOf(join(workspace, "packages"))) {
      const path = relative(workspace, file);
      if (path.startsWith(`${methodFolder}/`)) continue;
      const before = await readFile(join(rootFolder, path)).catch(() => null);
      if (before === null || !before.equals(await readFile(file))) changed.push(path);
    }
    expect(changed.sort()).toEqual(["packages/methods/package.json", "packages/methods/src/all.ts"]);
  });

  test("is listed", async () => {
    const { methods } = await bench("list");
    expect(methods).toContainEqual(expect.objectContaining({ id: "feature-scale", title: "Feature scale" }));
  });

  test("passes conformance", async () => {
    const { output, errors } = await run("vitest", ["run", methodFolder, "--reporter=json"]);
    const report = JSON.parse(output.slice(output.indexOf("{"))) as Record<string, unknown>;
    expect(report, errors).toMatchObject({ success: true, numFailedTests: 0 });
    expect(report.numPassedTests).toBeGreaterThan(10);
  });

  test("is counted and its memory planned", async () => {
    const model = join(given, "tiny/config.json");
    const config = JSON.parse(await readFile(model, "utf8"));
    const { rows } = await bench("memory", "--model", model, "--methods", "feature-scale", "--seq", "16");
    expect(rows).toHaveLength(savePolicies.length);
    for (const { method, trainable, memory } of rows) {
      expect(method).toBe("feature-scale");
      // Query and value, a scale for each of their features.
      expect(trainable).toBe(2 * config.num_hidden_layers * config.hidden_size);
      expect(memory.byRole.adapterWeight).toBeGreaterThanOrEqual(4 * trainable);
    }
  });

  test("trains", async () => {
    const { cells } = await bench(
      "glue",
      ...["--methods", "feature-scale", "--tasks", "sst2", "--preset", "smoke", "--seeds", "1"],
      ...["--model", join(given, "tiny"), "--data", join(given, "glue"), "--out", join(given, "out")],
      ...["--device", "cpu", "--no-probe", "--runtime", "node", "--threads", "1"],
      ...["--epochs", "1", "--batch-size", "16", "--train-limit", "64"],
    );
    expect(cells).toHaveLength(1);
    expect(cells[0]).toMatchObject({ outcome: "ran", status: "ok" });
  });
});
