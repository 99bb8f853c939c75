import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { writeTinyModel, writeTinySst2 } from "@peftbench/harness/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCommandLine } from "./commandLine.ts";
import { commands } from "./commands/index.ts";

const projectFolder = resolve(import.meta.dirname, "../../..");

let folder: string;
let model: string;
let data: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "peftbench-cli-"));
  model = join(folder, "tiny");
  data = join(folder, "glue");
  await writeTinyModel(model);
  await writeTinySst2(data, { train: 96, dev: 24 });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

interface Outcome {
  readonly status: number;
  readonly output: string;
  readonly errors: string;
}

/** Runs a command line in this process; cells still get processes of their own. */
async function bench(...words: string[]): Promise<Outcome> {
  let output = "";
  let errors = "";
  const write = (text: string): void => {
    errors += text;
  };
  const status = await runCommandLine(
    words,
    commands,
    {
      isTerminal: false,
      write: (text) => {
        output += text;
      },
    },
    {
      projectFolder,
      environment: {},
      say: (line) => write(`${line}\n`),
      errorOutput: { isTerminal: false, columns: 80, write },
    },
  );
  return { status, output, errors };
}

describe("every command", () => {
  test.each(commands.map((command) => command.name))("%s has help with examples", async (name) => {
    const { status, output } = await bench(name, "--help");
    expect(status).toBe(0);
    expect(output).toContain("--json");
    expect(output).toMatch(new RegExp(`\\n\\nEXAMPLES?\\n\\n  pnpm bench ${name}`));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: off a terminal there must be no colours
    expect(output).not.toMatch(/\u001b/);
  });

  test.each(commands.map((command) => command.name))(
    "%s refuses an option it does not know",
    async (name) => {
      const { status, output, errors } = await bench(name, "--jsn");
      expect(status).toBe(2);
      expect(output).toBe("");
      expect(errors).toContain("Did you mean --json?");
    },
  );

  test.each(["list", "doctor", "validate"])("%s gives one JSON document", async (name) => {
    const { status, output } = await bench(name, "--json");
    expect(status).toBe(0);
    expect(() => JSON.parse(output)).not.toThrow();
    expect((await bench(name)).status).toBe(0);
  });
});

test("without a command there is an overview and the status of a wrong call", async () => {
  const { status, output } = await bench();
  expect(status).toBe(2);
  for (const command of commands) expect(output).toContain(command.description);
  expect((await bench("--help")).status).toBe(0);
  const unknown = await bench("gleu");
  expect(unknown.status).toBe(2);
  expect(unknown.errors).toContain("Did you mean glue?");
});

test("help starts with the call that needs nothing, and says what it does", async () => {
  for (const words of [["--help"], ["glue", "--help"]]) {
    const { output } = await bench(...words);
    expect(output).toMatch(
      /EXAMPLES\n\n {2}pnpm bench glue\n {4}.*no data.*no model.*bundled encoder.*synthetic glue-mini.*page/,
    );
  }
});

describe("a wrong call of glue", () => {
  const cases: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ["a misspelt method", ["--methods", "lroa"], ["--methods", '"lroa"', "Did you mean lora?"]],
    ["a misspelt task", ["--tasks", "sst"], ["--tasks", '"sst"', "Did you mean sst2?"]],
    ["a misspelt preset", ["--preset", "quik"], ["--preset", '"quik"', "Did you mean quick?", "smoke"]],
    ["a wrong number", ["--epochs", "none"], ["--epochs", '"none"', "whole number"]],
    [
      "a learning rate for a method not chosen",
      ["--methods", "lora", "--learning-rate", "full=1"],
      ['"full"', "lora"],
    ],
    ["an unknown device", ["--device", "gpu"], ["--device", '"gpu"', "auto, cpu, webgpu"]],
    ["an unknown attention", ["--attention", "flash"], ["--attention", '"flash"', "fused"]],
    ["another runtime", ["--runtime", "python"], ["--runtime", '"python"', "deno, node, bun"]],
    ["no such model", ["--model", "no-such-folder"], ["--model", "no-such-folder", "pip download"]],
  ];
  test.each(cases)("with %s says what was found and what is allowed", async (_, words, expected) => {
    const { status, output, errors } = await bench("glue", ...words);
    expect(status).toBe(2);
    expect(output).toBe("");
    for (const text of expected) expect(errors).toContain(text);
  });

  test("for a task of GLUE without data, or with another folder, says how data is laid out", async () => {
    const missing = await bench("glue", "--tasks", "sst2", "--model", model);
    expect(missing.status).toBe(2);
    expect(missing.errors).toContain("<folder>/SST-2/train.tsv");
    expect(missing.errors).toContain("PEFTBENCH_DATA");
    const wrong = await bench("glue", "--model", model, "--data", model);
    expect(wrong.status).toBe(2);
    expect(wrong.errors).toContain("--data");
    expect(wrong.errors).toContain("SST-2");
  });

  test("with a folder that holds no model says which file is missing", async () => {
    const { status, errors } = await bench("glue", "--model", data, "--data", data);
    expect(status).toBe(2);
    expect(errors).toContain("config.json");
  });

  test("gives the error as JSON where JSON was asked for", async () => {
    const { status, output } = await bench("glue", "--json", "--preset", "none");
    expect(status).toBe(2);
    expect(JSON.parse(output).error.message).toContain("--preset");
  });
});

describe("glue without GLUE", () => {
  test("plans the tasks that come with the project, says so, and labels them in text and in JSON", async () => {
    const asText = await bench("glue", "--model", model, "--dry-run");
    expect(asText.status).toBe(0);
    expect(asText.errors).toMatch(/^GLUE was not at hand/);
    expect(asText.output).toMatch(
      /^Offline tasks \(real text, not GLUE\)\n\nmodel[\s\S]*\n\nglue-mini \(synthetic\)\n\nmodel/,
    );
    const asJson = await bench("glue", "--model", model, "--dry-run", "--json");
    expect(asJson.status).toBe(0);
    expect(asJson.errors).toBe(asText.errors);
    const { notices, cells } = JSON.parse(asJson.output) as {
      notices: string[];
      cells: { suite: string; origin: string }[];
    };
    expect(notices).toEqual([expect.stringMatching(/^GLUE was not at hand/)]);
    expect(new Set(cells.map(({ suite, origin }) => `${suite}: ${origin}`))).toEqual(
      new Set(["offline: bundled", "glue-mini: synthetic"]),
    );
  });

  test("says so before the first cell, under the table's heading, and at the head of the page", async () => {
    const { status, output, errors } = await bench(
      ...["glue", "--model", model, "--preset", "smoke", "--methods", "lora", "--threads", "1"],
      ...["--out", join(folder, "bundled"), "--device", "cpu", "--no-probe"],
    );
    expect(status, errors).toBe(0);
    expect(errors).toMatch(/^GLUE was not at hand.*\n[\s\S]*\[1\/1\]/);
    expect(output).toMatch(/^Offline tasks \(real text, not GLUE\)\n\nmodel.*\ntiny +spam +lora/);
    const page = join(folder, "bundled/runs/offline/report.html");
    expect(output).toContain(page);
    expect(await readFile(page, "utf8")).toMatch(/class="notices"[\s\S]*GLUE was not at hand/);
  });
});

describe("glue", () => {
  const call = () => [
    ...["glue", "--model", model, "--data", data, "--out", join(folder, "out"), "--preset", "smoke"],
    ...["--methods", "full,lora", "--seeds", "2", "--epochs", "1", "--batch-size", "8", "--threads", "1"],
    ...["--train-limit", "64", "--learning-rate", "full=1e-3,lora=1e-2", "--json"],
    // What a probe does is `device.webgpu.test.ts`.
    ...["--device", "cpu", "--no-probe"],
  ];

  test("shows what it would run, runs it, skips it the next time, and makes a page", async () => {
    const plan = await bench(...call(), "--dry-run");
    expect(plan.status).toBe(0);
    const cells = JSON.parse(plan.output).cells as {
      readonly id: string;
      readonly finished: boolean;
      readonly cell: {
        readonly method: string;
        readonly seed: number;
        readonly config: { training: object };
      };
    }[];
    expect(cells.map(({ cell }) => [cell.method, cell.seed])).toEqual([
      ["full", 0],
      ["lora", 0],
      ["full", 1],
      ["lora", 1],
    ]);
    expect(cells.every(({ finished }) => !finished)).toBe(true);
    expect(cells[1]?.cell.config.training).toMatchObject({
      learningRate: 1e-2,
      batchSize: 8,
      trainLimit: 64,
    });

    const first = await bench(...call());
    expect(first.errors).toContain("[4/4]");
    expect(first.status, first.errors).toBe(0);
    const document = JSON.parse(first.output);
    expect(
      document.cells.map((cell: { outcome: string; status: string }) => [cell.outcome, cell.status]),
    ).toEqual(Array.from({ length: 4 }, () => ["ran", "ok"]));
    expect(document.cells.map((cell: { id: string }) => cell.id)).toEqual(cells.map(({ id }) => id));
    expect(document.summary).toHaveLength(2);
    expect(document.summary[0]).toMatchObject({
      ...{ suite: "glue", origin: "published", task: "sst2", method: "full", metric: "accuracy", missing: 0 },
    });
    expect(document.notices).toEqual([]);
    expect(document.summary[0].score.count).toBe(2);
    expect(await readFile(document.report, "utf8")).toContain("<html");

    const again = await bench(...call());
    expect(again.status).toBe(0);
    expect(
      JSON.parse(again.output).cells.every((cell: { outcome: string }) => cell.outcome === "skipped"),
    ).toBe(true);
    expect(JSON.parse((await bench(...call(), "--dry-run")).output).cells[0].finished).toBe(true);

    const out = join(folder, "out");
    expect((await bench("validate", out)).status).toBe(0);
    const page = await bench(
      "report",
      out,
      "--out",
      join(folder, "page.html"),
      "--title",
      "A title",
      "--json",
    );
    expect(JSON.parse(page.output)).toMatchObject({ runs: 4, warnings: [] });
    expect(await readFile(join(folder, "page.html"), "utf8")).toContain("A title");
  });

  test("ends with status 1 where a run diverges, and says so", async () => {
    const { status, output, errors } = await bench(
      ...["glue", "--model", model, "--data", data, "--out", join(folder, "diverged"), "--preset", "smoke"],
      ...["--methods", "full", "--learning-rate", "1e30", "--threads", "1", "--json"],
      ...["--device", "cpu", "--no-probe"],
    );
    expect(status).toBe(1);
    expect(["diverged", "failed"]).toContain(JSON.parse(output).cells[0].status);
    expect(errors).toContain("[1/1]");
  });
});

describe("memory", () => {
  test("is planned for every method and policy from config.json alone", async () => {
    const alone = join(folder, "config.json");
    await writeFile(alone, await readFile(join(model, "config.json")));
    const { status, output } = await bench("memory", "--model", alone, "--seq", "16", "--json");
    expect(status).toBe(0);
    const { rows } = JSON.parse(output) as { rows: { savePolicy: string; memory: Record<string, number> }[] };
    expect(new Set(rows.map((row) => row.savePolicy))).toEqual(new Set(["eager", "recompute", "layer"]));
    for (const { memory } of rows) {
      const roles = Object.values(memory.byRole as unknown as Record<string, number>);
      expect(roles.reduce((sum, bytes) => sum + bytes, 0)).toBe(memory.peakLiveBytes);
    }
  });

  test("refuses more tokens than the model takes", async () => {
    const { status, errors } = await bench("memory", "--model", model, "--seq", "100000");
    expect(status).toBe(2);
    expect(errors).toContain("--seq");
  });
});

describe("validate and report", () => {
  test("tell what is wrong with a suite, and where", async () => {
    const suite = JSON.parse(await readFile(join(projectFolder, "benchmarks/glue/suite.json"), "utf8"));
    const path = join(folder, "suite.json");
    suite.methods.lorra = suite.methods.lora;
    suite.methods.lora = { training: {}, config: { rank: 0 } };
    await writeFile(path, JSON.stringify(suite));
    const { status, output } = await bench("validate", path);
    expect(status).toBe(1);
    expect(output).toContain("there is no method lorra. Did you mean lora?");
    expect(output).toContain("methods.lora.config");
    suite.training.epochs = "three";
    await writeFile(path, JSON.stringify(suite));
    expect((await bench("validate", path)).output).toContain("training.epochs");
  });

  test("refuse a path where there is nothing", async () => {
    for (const name of ["validate", "report"]) {
      const { status, errors } = await bench(name, join(folder, "nothing"));
      expect(status).toBe(2);
      expect(errors).toContain("nothing");
    }
    expect((await bench("report", data)).status).toBe(2);
  });
});
