import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exampleResult } from "@peftbench/harness";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCommandLine } from "../commandLine.ts";
import { gateFailures } from "../compare/gate.ts";
import { compare } from "./compare.ts";

const EXAMPLES = 40;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "peftbench-compare-"));
  await writeRun("before", "lora", 0, 4);
  await writeRun("before", "full", 0, 20);
  await writeRun("after", "lora", 0, 20);
  await writeRun("partly", "lora", 0, 4);
  await writeRun("seeds", "lora", 0, 4);
  await writeRun("seeds", "lora", 1, 5);
  await writeRun("seeds", "full", 0, 21);
  await writeRun("seeds", "full", 1, 22);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** A run that has its first `wrong` examples wrong. */
async function writeRun(name: string, method: string, seed: number, wrong: number): Promise<void> {
  const run = join(folder, name, `${method}-${seed}`);
  await mkdir(run, { recursive: true });
  const metrics = exampleResult.metrics.map((metric) => ({
    ...metric,
    value: 1 - wrong / EXAMPLES,
    count: EXAMPLES,
  }));
  const cell = { ...exampleResult.cell, method, seed };
  await writeFile(join(run, "result.json"), JSON.stringify({ ...exampleResult, cell, metrics }));
  const lines = Array.from({ length: EXAMPLES }, (_, index) => {
    const label = index % 2;
    const prediction = index < wrong ? 1 - label : label;
    return `${JSON.stringify({ exampleId: `dev:${index}`, label, prediction, scores: [0, 0] })}\n`;
  });
  await writeFile(join(run, "predictions.jsonl"), lines.join(""));
}

async function bench(...words: string[]) {
  let output = "";
  let errors = "";
  const status = await runCommandLine(
    ["compare", ...words],
    [compare],
    {
      isTerminal: false,
      write: (text) => {
        output += text;
      },
    },
    {
      projectFolder: folder,
      environment: {},
      say: (line) => {
        errors += `${line}\n`;
      },
      errorOutput: { isTerminal: false, columns: 80, write: () => {} },
    },
  );
  return { status, output, errors };
}

const path = (name: string): string => join(folder, name);

describe("compare", () => {
  test("tests two folders cell by cell, B minus A, by McNemar's test where there is one seed", async () => {
    const { status, output, errors } = await bench(path("before"), path("after"), "--json");
    expect(status).toBe(0);
    expect(errors).toContain("full sst2 seed 0 is in A only");
    const [row] = JSON.parse(output).tasks;
    // 16 examples are wrong in B only: 2 / 2^16.
    expect(row).toMatchObject({ test: "McNemar", seeds: [0], verdict: "A better" });
    expect(row.differencePoints).toBeCloseTo(-40, 10);
    expect(row.pValue).toBeCloseTo(2 / 2 ** 16, 12);
  });

  test("tests two methods of one folder over seeds and examples together", async () => {
    const { status, output } = await bench(
      path("seeds"),
      "--methods",
      "full,lora",
      "--json",
      "--resamples",
      "200",
    );
    expect(status).toBe(0);
    const [row] = JSON.parse(output).tasks;
    expect(row).toMatchObject({
      methodA: "full",
      methodB: "lora",
      test: "seeds and examples",
      seeds: [0, 1],
    });
    expect(row).toMatchObject({ verdict: "B better" });
    expect(row.differencePoints).toBeCloseTo(42.5, 10);
    expect(row.mcnemar).toHaveLength(2);
  });

  test("a gate decides the exit status: the difference, a missing cell, a metric that no task has", async () => {
    const missing = await bench(path("before"), path("partly"), "--gate", "accuracy>=-1.0");
    expect(missing.status).toBe(1);
    expect(missing.output).toContain("full sst2 seed 0 is in A only");
    expect((await bench(path("partly"), path("before"), "--gate", "accuracy>=-1.0")).status).toBe(0);
    expect((await bench(path("partly"), path("partly"), "--gate", "accuracy>=-1")).output).toContain(
      "Gate passed",
    );
    expect((await bench(path("partly"), path("after"), "--gate", "accuracy>=-40.5")).status).toBe(0);
    const failed = await bench(path("partly"), path("after"), "--gate", "accuracy>=-39.5");
    expect(failed.status).toBe(1);
    expect(failed.output).toContain("accuracy -40.00 points, at least -39.50 allowed");
    expect((await bench(path("partly"), path("partly"), "--gate", "f1>=-1")).output).toContain(
      "ranked by f1",
    );
  });

  test("a gate on the interval fails what is not known to be within, and says that a mean alone has passed", async () => {
    const call = (...words: string[]) => bench(path("partly"), path("after"), ...words);
    const mean = await call("--gate", "accuracy>=-40.5");
    expect(mean.output).toContain("Gate passed, by mean differences, whatever their intervals.");
    const interval = await call("--gate", "accuracy>=-40.5", "--gate-on", "interval");
    expect(interval.status).toBe(1);
    expect(interval.output).toMatch(/accuracy not known to be above -[45]\d\.\d\d points/);
    expect((await call("--gate", "accuracy>=-70", "--gate-on", "interval")).status).toBe(0);
    expect((await call("--gate", "accuracy>=-70", "--gate-on", "men")).errors).toContain("Did you mean mean");
  });

  test("a gate fails where the metric cannot tell the two apart", () => {
    const row = { model: "m", methodB: "lora", task: "cola", metric: "matthews", intervalPoints: null };
    const collapsed = {
      ...row,
      differencePoints: 0,
      isCollapsed: true,
      problem: "both give constant answers",
    };
    const gate = { metric: "matthews", leastPoints: -1 };
    expect(gateFailures(gate, [collapsed], "mean")).toEqual(["m lora cola: both give constant answers."]);
    expect(gateFailures(gate, [{ ...collapsed, isCollapsed: false }], "mean")).toEqual([]);
  });

  test("says that nothing was shown where nothing differs", async () => {
    const { output } = await bench(path("partly"), path("partly"));
    expect(output).toContain("no difference shown");
  });

  test.each([
    [["partly"], "Give two folders"],
    [["partly", "nowhere"], "Found no folder"],
    [["partly", "partly", "--gate", "accuracy>1"], "--gate: found"],
    [["partly", "partly", "--gate", "accuracy>=1,accuracy>=2"], "accuracy twice"],
    [["seeds", "--methods", "lora"], "expected two"],
    [["seeds", "--methods", "lora,ful"], "Did you mean full"],
    [["", "partly"], "twice"],
  ])("a wrong call is refused: %j", async ([first = "", ...words], message) => {
    const others = words.map((word) => (["partly", "nowhere"].includes(word) ? path(word) : word));
    const { status, errors } = await bench(path(first), ...others);
    expect(status).toBe(2);
    expect(errors).toContain(message);
  });
});
