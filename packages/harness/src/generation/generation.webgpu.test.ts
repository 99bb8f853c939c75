import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { loadPretrained } from "@peftbench/models";
import { bareModel, buildPromptGraph, buildTokenGraph } from "@peftbench/peft";
import {
  attachLedger,
  createWebgpuExecutor,
  openWebgpuDevice,
  planPrograms,
  prepareForDevice,
} from "@peftbench/runtime";
import { expect, it } from "vitest";
import { generate } from "./generate.ts";
import { Generator } from "./generator.ts";

const fixtures = resolve(import.meta.dirname, "../../../models/fixtures");
const reference = JSON.parse(await readFile(join(fixtures, "generation/generated.json"), "utf8")) as {
  readonly prompts: readonly number[][];
  readonly newTokens: number;
  readonly endToken: number;
  readonly startToken: number;
  readonly models: readonly { readonly fixture: string; readonly greedy: { readonly tokens: number[][] } }[];
};
const { prompts, newTokens, startToken } = reference;
const promptLength = Math.max(...prompts.map(({ length }) => length));

it.each(["llama/language-model", "bart/gelu"])(
  "%s generates the same on WebGPU, with keys and values where they are planned",
  async (fixture) => {
    const head = { kind: "languageModel" } as const;
    const pretrained = await loadPretrained(join(fixtures, fixture), head, { seed: 0 });
    const model = { ...pretrained, head };
    const rows = prompts.length;
    const capacity = (model.architecture.kind === "encoder-decoder" ? 1 : promptLength) + newTokens;
    const shape = { rows, length: promptLength, capacity };
    const device = await openWebgpuDevice({ adapter: "any" });
    const ledger = attachLedger(device.device);
    const executor = createWebgpuExecutor({
      device,
      roleOf: (name) => (name.endsWith("::cache") ? "keyValueCache" : "baseWeight"),
    });
    const generator = await Generator.create({
      ...{ executor, model, stage: bareModel, values: pretrained.values },
      ...{ rows, promptLength, newTokens, startToken, reorders: false },
    });
    const graphs = [
      buildPromptGraph(model, bareModel, shape),
      buildTokenGraph(model, bareModel, { ...shape, reorders: false }),
    ].map((graph) => prepareForDevice(graph, device.profile));
    const { parameters } = planPrograms(graphs, device.profile);
    const caches = parameters.filter(({ role }) => role === "keyValueCache");
    const planned = caches.reduce((sum, { paddedBytes }) => sum + paddedBytes, 0);
    expect(planned).toBeGreaterThan(0);
    expect(ledger.report().currentByRole.keyValueCache).toBe(planned);
    const options = { newTokens, endTokens: [reference.endToken], sampling: null };
    const found = await generate(generator, prompts, options);
    const expected = reference.models.find((each) => each.fixture === fixture)?.greedy.tokens;
    expect(found).toEqual(expected);
    await generator.dispose();
    await executor.dispose();
    await device.dispose();
  },
);
