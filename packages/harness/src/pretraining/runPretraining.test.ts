import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, stat, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { loadPretrained, loadTokenizer, openCheckpoint } from "@peftbench/models";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { InterruptedError } from "../grid/executeCell.ts";
import type { PretrainingEvent } from "./events.ts";
import { readPretrainingEvents } from "./events.ts";
import { runPretraining } from "./runPretraining.ts";
import { config, contextIn, STEPS } from "./testing/tinyRun.ts";

const RUN_TINY = fileURLToPath(new URL("./testing/runTiny.ts", import.meta.url));

describe("runPretraining", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "peftbench-pretraining-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const weights = (modelFolder: string): Promise<Buffer> => readFile(join(modelFolder, "model.safetensors"));

  it("learns, says what it came to, and leaves a folder that loads like any other model", async () => {
    const { modelFolder, outcome } = await runPretraining(config, contextIn(join(folder, "whole")));
    expect(outcome.losses).toHaveLength(STEPS);
    expect(outcome.losses.at(-1)).toBeLessThan(outcome.losses[0] as number);
    expect(outcome.heldOut.map(({ step }) => step)).toEqual([4, 8, 12]);
    expect(outcome.perplexity).toBeLessThan(outcome.vocabularySize);
    const pretrained = await loadPretrained(
      modelFolder,
      { kind: "classification", labelCount: 2 },
      { seed: 0 },
    );
    expect(pretrained.warnings).toEqual([]);
    const checkpoint = await openCheckpoint(modelFolder);
    expect(new Set([...checkpoint.tensors.values()].map(({ dtype }) => dtype))).toEqual(new Set(["F16"]));
    await checkpoint.close();
    expect((await loadTokenizer(modelFolder)).vocabSize).toBe(outcome.vocabularySize);
    expect(await readFile(join(modelFolder, "README.md"), "utf8")).toContain(
      `**${outcome.perplexity.toFixed(1)}**`,
    );
  });

  it("goes on after an interruption with the same weights, bit for bit, and the same log", async () => {
    const controller = new AbortController();
    const stopAt = (step: number) => (event: PretrainingEvent) => {
      if (event.type === "step" && event.step === step) controller.abort("SIGTERM");
    };
    const halfWay = runPretraining(
      config,
      contextIn(join(folder, "halves"), { signal: controller.signal, onEvent: stopAt(5) }),
    );
    await expect(halfWay).rejects.toThrow(InterruptedError);
    const { modelFolder } = await runPretraining(config, contextIn(join(folder, "halves")));
    expect(await weights(modelFolder)).toEqual(await weights(join(folder, "whole", "model")));
    const stepsOf = (name: string) =>
      readPretrainingEvents(join(folder, name, "events.jsonl")).filter(
        ({ type }) => type === "step" || type === "heldOut",
      );
    expect(stepsOf("halves")).toEqual(stepsOf("whole"));
  });

  it("starts over where the checkpoint is damaged, and ends with the same weights", async () => {
    const path = join(folder, "halves", "checkpoint.bin");
    const { size } = await stat(path);
    await truncate(path, size - 10);
    const said: string[] = [];
    const { modelFolder } = await runPretraining(
      config,
      contextIn(join(folder, "halves"), { say: (line) => said.push(line) }),
    );
    expect(said.some((line) => line.startsWith("The run starts over"))).toBe(true);
    expect(await weights(modelFolder)).toEqual(await weights(join(folder, "whole", "model")));
  });

  it("goes on after kill -9 with the same weights, bit for bit", async () => {
    const killed = spawn(process.execPath, ["--import", "tsx", RUN_TINY, join(folder, "killed")], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const exit = once(killed, "exit");
    for await (const line of createInterface({ input: killed.stdout })) {
      const event = JSON.parse(line) as PretrainingEvent;
      if (event.type === "checkpoint" && event.step === 5) killed.kill("SIGKILL");
    }
    expect((await exit)[1]).toBe("SIGKILL");
    const said: string[] = [];
    const { modelFolder } = await runPretraining(
      config,
      contextIn(join(folder, "killed"), { say: (line) => said.push(line) }),
    );
    expect(said.some((line) => /^Going on after step [5-9]$/.test(line))).toBe(true);
    expect(await weights(modelFolder)).toEqual(await weights(join(folder, "whole", "model")));
  });
});
