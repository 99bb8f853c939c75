import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { exampleResult } from "@peftbench/harness";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CommandContext } from "../command.ts";
import { runCommandLine } from "../commandLine.ts";
import { validate } from "./validate.ts";

const projectFolder = resolve(import.meta.dirname, "../../../..");

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "peftbench-validate-"));
});
afterEach(() => rm(folder, { recursive: true }));

interface Document {
  readonly kind: string;
  readonly valid: boolean;
  readonly problems: readonly string[];
  readonly tasks?: readonly {
    readonly id: string;
    readonly files: object;
    readonly warnings: readonly string[];
  }[];
  readonly absent?: readonly string[];
  readonly error?: { readonly type: string; readonly message: string };
}

async function run(...words: string[]) {
  let output = "";
  const write = (text: string): void => {
    output += text;
  };
  const context: CommandContext = {
    projectFolder,
    environment: {},
    say: () => {},
    errorOutput: { isTerminal: false, columns: 80, write: () => {} },
  };
  const status = await runCommandLine(
    ["validate", ...words],
    [validate],
    { isTerminal: false, write },
    context,
  );
  return { status, output };
}

async function check(path: string): Promise<Document & { readonly status: number }> {
  const { status, output } = await run(path, "--json");
  return { ...(JSON.parse(output) as Document), status };
}

async function write(name: string, files: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(join(folder, name), { recursive: true });
  for (const [file, text] of Object.entries(files)) await writeFile(join(folder, name, file), text);
}

const good = { "train.tsv": "sentence\tlabel\na film\t1\n", "dev.tsv": "sentence\tlabel\nfine\t1\n" };

describe("validate of a data folder", () => {
  it("has the rows and checksums of every task that is there, and names those that are not", async () => {
    await write("sst-2", good);
    const document = await check(folder);
    expect(document).toMatchObject({ status: 0, kind: "data", valid: true, problems: [] });
    expect(document.tasks).toMatchObject([
      {
        id: "sst2",
        checksum: expect.stringMatching(/^[0-9a-f]{64}$/),
        files: [
          { split: "train", name: "train.tsv", rows: 1 },
          { split: "dev", name: "dev.tsv", rows: 1 },
        ],
      },
    ]);
    expect(document.tasks?.[0]?.warnings[0]).toContain("1 examples, the published one 67349");
    expect(document.absent).toEqual(["cola", "mrpc", "stsb", "qqp", "mnli", "qnli", "rte", "wnli"]);
    const { status, output } = await run(folder);
    expect(status).toBe(0);
    expect(output).toMatch(/nothing wrong \(data\)[\s\S]*sst2 +train 1, dev 1[\s\S]*not there: cola/);
  });

  it("ends with status 1 and every broken task by file and line, and reads the others", async () => {
    await write("SST-2", { ...good, "dev.tsv": "sentence\tlabel\nfine\t7\n" });
    await write("CoLA", { "train.tsv": "a\t1\t\tText.\n", "dev.tsv": "a\t1\t\tMore.\n" });
    await write("RTE", { "train.tsv": "index\tsentence1\tsentence2\tlabel\n0\ta\tb\tentailment\n" });
    const document = await check(folder);
    expect(document).toMatchObject({ status: 1, valid: false });
    expect(document.tasks?.map(({ id }) => id)).toEqual(["cola"]);
    expect(document.problems).toEqual([
      expect.stringContaining(`${join(folder, "SST-2", "dev.tsv")}:2: found the label "7"`),
      expect.stringContaining(`${join(folder, "RTE", "dev.tsv")}: found no readable file`),
    ]);
    const { status, output } = await run(folder);
    expect(status).toBe(1);
    expect(output).toContain("dev.tsv:2: found");
    expect(output).not.toContain("nothing wrong");
  });
});

describe("validate of results", () => {
  it("names every file that is broken, and every run without a result", async () => {
    await write("run", { "result.json": "{}", "events.jsonl": "" });
    await write("other", { "events.jsonl": "" });
    const document = await check(folder);
    expect(document).toMatchObject({ status: 1, kind: "results", valid: false });
    expect(document.problems).toEqual([
      expect.stringContaining(join(folder, "run", "result.json")),
      expect.stringContaining(join(folder, "other")),
    ]);
    expect((await check(join(folder, "run", "result.json"))).status).toBe(1);
  });

  it("holds predictions to the number of examples that the result says", async () => {
    const line = { exampleId: "dev:0", label: 1, prediction: 1, scores: [0, 1] };
    const rows = { train: 2, selection: 0, dev: 2 };
    const data = exampleResult.data === null ? null : { ...exampleResult.data, rows };
    const lines = (count: number) => `${JSON.stringify(line)}\n`.repeat(count);
    const result = JSON.stringify({ ...exampleResult, data });
    await write("run", { "result.json": result, "predictions.jsonl": lines(2) });
    expect(await check(folder)).toMatchObject({ status: 0, valid: true, problems: [], runs: 1 });
    await write("run", { "predictions.jsonl": lines(1) });
    const { status, problems } = await check(folder);
    expect(status).toBe(1);
    expect(problems).toEqual([expect.stringMatching(/predictions\.jsonl: found 1 predictions; expected 2/)]);
    await write("run", { "predictions.jsonl": `${lines(1)}{}\n` });
    expect((await check(folder)).problems).toEqual([expect.stringContaining("predictions.jsonl")]);
  });
});

it("is a wrong call where there is nothing to be checked: to find nothing wrong would be no answer", async () => {
  await write("pictures", { "a.txt": "" });
  for (const path of [folder, join(folder, "none")]) {
    const document = await check(path);
    expect(document.status).toBe(2);
    expect(document.error).toMatchObject({ type: "UsageError", message: expect.stringContaining(path) });
  }
});
