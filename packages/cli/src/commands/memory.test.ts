import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { writeTinyModel } from "@peftbench/harness/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CommandContext } from "../command.ts";
import { runCommandLine } from "../commandLine.ts";
import { memory } from "./memory.ts";

const projectFolder = resolve(import.meta.dirname, "../../../..");

interface Row {
  readonly method: string;
  readonly savePolicy: string;
  readonly trainable: number;
  readonly head: number;
  readonly memory: {
    readonly peakLiveBytes: number;
    readonly peakReservedBytes: number;
    readonly byRole: Readonly<Record<"optimizerState" | "staging", number>>;
  };
  readonly stage?: string;
  readonly largestTensors?: readonly {
    readonly name: string;
    readonly count: number;
    readonly bytes: number;
  }[];
  readonly changes?: readonly { readonly change: string; readonly peakLiveBytes: number }[];
}

const tinyLlama = {
  model_type: "llama",
  vocab_size: 1000,
  hidden_size: 8,
  intermediate_size: 12,
  num_hidden_layers: 1,
  num_attention_heads: 2,
};

let folder = "";
let model = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "peftbench-memory-"));
  model = join(folder, "tiny");
  await writeTinyModel(model);
});
afterAll(() => rm(folder, { recursive: true }));

async function run(...words: string[]) {
  let output = "";
  const context: CommandContext = {
    projectFolder,
    environment: {},
    say: () => {},
    errorOutput: { isTerminal: false, columns: 80, write: () => {} },
  };
  const write = (text: string): void => {
    output += text;
  };
  const status = await runCommandLine(
    [
      "memory",
      ...(words.includes("--model") ? [] : ["--model", model]),
      ...(words.includes("--seq") ? [] : ["--seq", "16"]),
      ...words,
    ],
    [memory],
    { isTerminal: false, write },
    context,
  );
  return { status, output };
}

async function rowsOf(...words: string[]): Promise<readonly Row[]> {
  const { output } = await run(...words, "--json");
  return (JSON.parse(output) as { rows: readonly Row[] }).rows;
}

async function rowOf(...words: string[]): Promise<Row> {
  const [row, ...others] = await rowsOf("--save-policy", "eager", ...words);
  if (row === undefined || others.length > 0)
    throw new Error(`Expected one row, found ${others.length + 1}.`);
  return row;
}

describe("bench memory --explain", () => {
  it.each([
    ["attention fused", ["--attention", "fused"]],
    ["frozen weights in f16", ["--dtype", "f16"]],
    ["half the rank (rank 4)", ["--rank", "4"]],
    ["length 8", ["--seq", "8"]],
  ])("predicts for %s the peak that is planned with it", async (change, words) => {
    const { changes } = await rowOf("--methods", "lora", "--explain");
    const predicted = changes?.find((each) => each.change === change)?.peakLiveBytes;
    const planned = await rowOf("--methods", "lora", ...words);
    expect(predicted).toBe(planned.memory.peakLiveBytes);
  });

  it.each(["recompute", "layer"])("predicts the peak of the save policy %s", async (policy) => {
    const { changes } = await rowOf("--methods", "lora", "--explain");
    const predicted = changes?.find((each) => each.change === `save policy ${policy}`)?.peakLiveBytes;
    const [planned] = await rowsOf("--methods", "lora", "--save-policy", policy);
    expect(predicted).toBe(planned?.memory.peakLiveBytes);
  });

  it("proposes nothing that does not lower the peak", async () => {
    for (const { memory: planned, changes } of await rowsOf("--methods", "lora,lamda,full", "--explain")) {
      for (const { peakLiveBytes } of changes ?? [])
        expect(peakLiveBytes).toBeLessThan(planned.peakLiveBytes);
    }
  });

  it("tells the stage of a method that has several, and none of one that has not", async () => {
    expect((await rowOf("--methods", "lamda", "--explain")).stage).toBe("outer factor trains");
    expect(await rowOf("--methods", "lora", "--explain")).not.toHaveProperty("stage");
  });

  it("lists at most ten kinds of tensors, the largest first, alike layers together", async () => {
    const { largestTensors = [] } = await rowOf("--methods", "lora", "--explain");
    expect(largestTensors).toHaveLength(10);
    const sizes = largestTensors.map(({ bytes }) => bytes);
    expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
    expect(largestTensors.some(({ name, count }) => name.includes("layer.*.") && count > 1)).toBe(true);
  });
});

describe("bench memory --limit", () => {
  it("refuses what needs more, with the cheapest changes that are enough", async () => {
    const { memory: planned, changes = [] } = await rowOf("--methods", "lora", "--explain");
    const limitMib = (planned.peakReservedBytes - 1) / 2 ** 20;
    const words = ["--methods", "lora", "--save-policy", "eager", "--limit", `${limitMib}`];
    const { status, output } = await run(...words);
    expect(status).toBe(1);
    const [row] = await rowsOf(...words);
    expect(row).toMatchObject({ refused: true });
    expect(output).toMatch(/lora, eager: refused\. It would reserve [\d.]+ MiB, and the limit is [\d.]+ MiB/);
    expect(output).toContain(changes[0]?.change);
  });

  it("lets pass what fits to the byte", async () => {
    const { memory: planned } = await rowOf("--methods", "lora");
    const words = ["--methods", "lora", "--save-policy", "eager"];
    expect((await run(...words, "--limit", `${planned.peakReservedBytes / 2 ** 20}`)).status).toBe(0);
  });
});

it("plans a language model's logits over every token, and refuses an encoder as one", async () => {
  const config = join(folder, "llama.json");
  await writeFile(config, JSON.stringify(tinyLlama));
  const words = ["--model", config, "--methods", "lora", "--batch", "2", "--seq", "8", "--explain"];
  const [row] = await rowsOf(...words, "--task", "language-model");
  const logits = row?.largestTensors?.find(({ name }) => name.startsWith("lm_head"));
  expect(logits).toMatchObject({ shape: [2 * 8, 1000] });
  const refused = await run("--task", "language-model", "--json");
  expect(refused.status).toBe(2);
  expect(refused.output).toMatch(/languageModel with an encoder; expected classification/);
});

describe("what is planned", () => {
  it("has no moments with sgd, and two of all that trains with adamw", async () => {
    const [adamw, sgd] = [
      await rowOf("--methods", "full"),
      await rowOf("--methods", "full", "--optimizer", "sgd"),
    ];
    const moments = 2 * 4 * (adamw.trainable + adamw.head);
    const { optimizerState, staging } = adamw.memory.byRole;
    expect(optimizerState + staging).toBeGreaterThanOrEqual(moments);
    expect(sgd.memory.byRole.optimizerState).toBeLessThan(100);
  });

  it("tells the target of an encoder-decoder from its source, and refuses one where there is none", async () => {
    const t5 = ["--model", join(projectFolder, "models/configs/t5-small.json"), "--task", "language-model"];
    const words = [...t5, "--methods", "lora", "--batch", "1", "--seq", "64"];
    const [whole, short] = [await rowOf(...words), await rowOf(...words, "--target-seq", "8")];
    expect(short.memory.peakLiveBytes).toBeLessThan(whole.memory.peakLiveBytes);
    const refused = await run("--target-seq", "8", "--json");
    expect(refused).toMatchObject({
      status: 2,
      output: expect.stringMatching(/no decoder that reads a source/),
    });
  });

  it("goes on without a method that has no plan, says why, and ends with 1 where that was asked for by name", async () => {
    const { status, output } = await run("--methods", "lamda-plus-plus,lora", "--json");
    expect(status).toBe(1);
    const { rows, leftOut } = JSON.parse(output) as {
      rows: Row[];
      leftOut: { method: string; reason: string }[];
    };
    expect(new Set(rows.map(({ method }) => method))).toEqual(new Set(["lora"]));
    expect(leftOut).toMatchObject([
      { method: "lamda-plus-plus", reason: expect.stringContaining("spectra") },
    ]);
    expect((await run("--json")).status).toBe(0);
  });

  it("takes the rank for every method that has one, whatever it calls it", async () => {
    for (const id of ["lora", "adalora", "lamda"]) {
      const [two, four] = [
        await rowOf("--methods", id, "--rank", "2"),
        await rowOf("--methods", id, "--rank", "4"),
      ];
      expect(four.trainable, id).toBeGreaterThan(1.9 * two.trainable);
    }
  });

  it("plans the longest context that a model takes, whose tables nobody needs for that", async () => {
    const llama = [
      "--model",
      join(projectFolder, "models/configs/llama-3.2-1b.json"),
      "--task",
      "language-model",
    ];
    const words = [...llama, "--methods", "lora", "--batch", "1", "--seq", "131072"];
    expect((await rowOf(...words)).memory.peakLiveBytes).toBeGreaterThan(2 ** 40);
  });

  it.each([
    [["--batch", "9007199254740991"], /--batch: found 9007199254740991 rows of 16 tokens; expected at most/],
    [["--seq", "2"], /--seq: found .+2.+; expected a whole number of at least 3/],
    [["--limit", "0"], /--limit: found .+0.+; expected a number above 0, such as 24576/],
  ])("refuses %j by name", async (words, message) => {
    expect(await run("--methods", "lora", ...words, "--json")).toMatchObject({
      status: 2,
      output: expect.stringMatching(message),
    });
  });

  it("names a configuration that is cut off or none", async () => {
    const file = join(folder, "cut.json");
    await writeFile(file, '{"model_type": "bert", "hidden');
    const { status, output } = await run("--model", file, "--json");
    expect({ status, output }).toMatchObject({
      status: 2,
      output: expect.stringMatching(/cut\.json.*as it is published/),
    });
  });

  it("reserves at most 5 % more than is alive, with published configurations", async () => {
    for (const [name, task] of [
      ["bert-base", "classification"],
      ["gpt2", "language-model"],
      ["t5-small", "language-model"],
    ] as const) {
      const config = join(projectFolder, `models/configs/${name}.json`);
      const words = [
        "--model",
        config,
        "--task",
        task,
        "--methods",
        "lora,full,lamda",
        "--batch",
        "4",
        "--seq",
        "64",
      ];
      for (const { memory: planned } of await rowsOf(...words))
        expect(planned.peakReservedBytes / planned.peakLiveBytes).toBeLessThanOrEqual(1.05);
    }
  });
});

it("says which file it missed", async () => {
  const { status, output } = await run("--model", join(folder, "nowhere"), "--json");
  expect(status).toBe(2);
  expect(output).toMatch(/found no file .*nowhere.config\.json; expected a folder with config\.json/);
});

it("names a model by the file where a configuration stands alone", async () => {
  const config = join(projectFolder, "models/configs/deberta-v3-base.json");
  const words = ["--model", config, "--methods", "linear-probe", "--batch", "1", "--seq", "8"];
  let output = "";
  await runCommandLine(
    ["memory", ...words, "--json"],
    [memory],
    { isTerminal: false, write: (text) => (output += text) },
    {
      projectFolder,
      environment: {},
      say: () => {},
      errorOutput: { isTerminal: false, columns: 80, write: () => {} },
    },
  );
  expect(JSON.parse(output)).toMatchObject({ model: "deberta-v3-base" });
});
