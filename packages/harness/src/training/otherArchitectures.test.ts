import { join, resolve } from "node:path";
import { methods } from "@peftbench/methods";
import type { HeadSpec } from "@peftbench/models";
import { DECODER_INPUTS, ENCODER_INPUTS, loadPretrained } from "@peftbench/models";
import {
  attachMethod,
  buildTrainingGraph,
  initialState,
  MethodError,
  spectraOf,
  TRAINING_INPUTS,
  TRAINING_OUTPUTS,
} from "@peftbench/peft";
import { adamWInputs, createCpuExecutor, createRandom, feedsOf } from "@peftbench/runtime";
import { describe, expect, it } from "vitest";

const fixtures = resolve(import.meta.dirname, "../../../models/fixtures");
const batch = { rows: 4, length: 6 };
const VOCABULARY = 120;
const STEPS = 8;

/** Options with which each method fits matrices of 16 rows. */
const options: Readonly<Record<string, object>> = {
  lora: { rank: 4 },
  "lora-fa": { rank: 4 },
  "lora-xs": { rank: 4 },
  lamda: { rank: 8 },
  "lamda-plus-plus": { meanRank: 8, candidates: [4, 8, 12] },
  adalora: { initialRank: 4, targetRank: 2, warmupSteps: 1, finalSteps: 1, interval: 1 },
};
const targetModules = ["query", "value", "attention.output.dense", "intermediate.dense", "output.dense"];

const models: readonly { readonly name: string; readonly head: HeadSpec }[] = [
  { name: "llama/shared-heads", head: { kind: "classification", labelCount: 3 } },
  { name: "llama/tied-embeddings", head: { kind: "languageModel" } },
  { name: "gpt2/classifier", head: { kind: "classification", labelCount: 3 } },
  { name: "t5/gated-untied", head: { kind: "languageModel" } },
  { name: "bart/gelu", head: { kind: "languageModel" } },
];

const random = createRandom(3, "a batch to learn by heart");
const tokens = Int32Array.from({ length: batch.rows * batch.length }, () => random.integer(VOCABULARY));
const inputsOf = (head: HeadSpec) => {
  const predictions = head.kind === "languageModel" ? tokens.length : batch.rows;
  const classes = head.kind === "classification" ? head.labelCount : VOCABULARY;
  return {
    [ENCODER_INPUTS.inputIds]: tokens,
    [ENCODER_INPUTS.attentionMask]: new Float32Array(tokens.length).fill(1),
    [DECODER_INPUTS.decoderInputIds]: tokens,
    [TRAINING_INPUTS.labels]: Int32Array.from({ length: predictions }, (_, index) => (7 * index) % classes),
    [TRAINING_INPUTS.rowWeight]: new Float32Array(predictions).fill(1 / predictions),
  };
};

const optimizer = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, maxGradientNorm: null };

/** Loss of a batch before each of some steps on it; null where the method says that it has nothing to train. */
async function losses(
  modelName: string,
  head: HeadSpec,
  methodId: string,
): Promise<readonly number[] | null> {
  const pretrained = await loadPretrained(join(fixtures, modelName), head, { seed: 0 });
  const model = { ...pretrained, head };
  const method = methods.find(({ id }) => id === methodId);
  if (method === undefined) throw new Error(`There is no method ${methodId}.`);
  const own = options[methodId];
  const config = method.configSchema.parse(own === undefined ? {} : { ...own, targetModules });
  const spectra = spectraOf(pretrained.values);
  try {
    const attachment = attachMethod(method, model, config, { totalSteps: 2 * STEPS, spectra });
    const state = initialState(model, attachment, pretrained.values, { seed: 0, accumulate: false, spectra });
    const [stage] = attachment.stages;
    if (stage === undefined) throw new Error(`${methodId} has no stage.`);
    const graph = buildTrainingGraph(model, stage, {
      ...{ batch, kind: "step", dropout: 0, optimizer },
      ...{ decayBiasesAndNorms: false, headLearningRateScale: 1 },
    });
    const executor = createCpuExecutor({ threads: 1 });
    const program = await executor.compile(graph, await executor.createStore(state));
    const found: number[] = [];
    for (let step = 0; step < STEPS; step++) {
      const stepInputs = (stage.stepInputs ?? []).map(({ name, valueAt }) => [
        name,
        Float32Array.of(valueAt(step)),
      ]);
      const inputs = {
        ...inputsOf(head),
        ...adamWInputs(step, 0.01, optimizer),
        ...Object.fromEntries(stepInputs),
      };
      const outputs = await program.run(feedsOf(program.graph, inputs));
      found.push(outputs[TRAINING_OUTPUTS.loss]?.data[0] as number);
    }
    await program.dispose();
    return found;
  } catch (error) {
    if (error instanceof MethodError && /has no (biases|head)/.test(error.message)) return null;
    throw error;
  }
}

describe.each(models)("$name", ({ name, head }) => {
  it.each(methods.map(({ id }) => id))(
    "learns a batch with %s, or has nothing to train with it",
    async (id) => {
      const found = await losses(name, head, id);
      if (found === null) {
        expect(["bitfit", "linear-probe"]).toContain(id);
        return;
      }
      expect(found.every(Number.isFinite)).toBe(true);
      expect(found.at(-1)).toBeLessThan(found[0] as number);
    },
  );
});
