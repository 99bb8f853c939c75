import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { AttentionKind, HeadSpec } from "@peftbench/models";
import { attentionKinds, loadPretrained } from "@peftbench/models";
import type { Executor, SavePolicy, Tensor } from "@peftbench/runtime";
import { applySavePolicy, feedsOf, GraphBuilder, gradients } from "@peftbench/runtime";
import type { MethodStage } from "../index.ts";
import { bareModel, buildModelGraph, TRAINING_INPUTS } from "../index.ts";
import { readBatch, readTensors } from "./trainingJob.ts";
import type { WeightForm } from "./weightForm.ts";
import { graphInForm, weightsInForm } from "./weightForm.ts";

const models = fileURLToPath(new URL("../../../models/fixtures", import.meta.url));

/** A tiny random encoder or decoder with what PyTorch makes of it. */
export interface EncoderFixture {
  /** Folder below `packages/models/fixtures`. */
  readonly name: string;
  /** Null for a language model. */
  readonly labelCount: number | null;
  /** The ways in which the architecture computes attention. */
  readonly attention: readonly AttentionKind[];
}

/** One for each architecture at least. */
export const encoderFixtures: readonly EncoderFixture[] = [
  { name: "bert/gelu-erf", labelCount: 2, attention: attentionKinds },
  { name: "bert/gelu-tanh", labelCount: 3, attention: attentionKinds },
  { name: "roberta/one-type", labelCount: 2, attention: attentionKinds },
  { name: "roberta/two-types", labelCount: 3, attention: attentionKinds },
  { name: "deberta/own-rows", labelCount: 2, attention: ["materialized"] },
  { name: "deberta/log-buckets", labelCount: 3, attention: ["materialized"] },
  { name: "llama/all-heads", labelCount: 2, attention: attentionKinds },
  { name: "llama/shared-heads", labelCount: 3, attention: attentionKinds },
  { name: "llama/language-model", labelCount: null, attention: attentionKinds },
  { name: "llama/tied-embeddings", labelCount: null, attention: attentionKinds },
  { name: "gpt2/classifier", labelCount: 3, attention: attentionKinds },
  { name: "gpt2/language-model", labelCount: null, attention: attentionKinds },
  { name: "t5/relu-tied", labelCount: null, attention: ["materialized"] },
  { name: "t5/gated-untied", labelCount: null, attention: ["materialized"] },
  { name: "bart/gelu", labelCount: null, attention: attentionKinds },
  { name: "bart/scaled-embeddings", labelCount: null, attention: attentionKinds },
];

/** float32 and float64 differ by 2e-6 at most in PyTorch itself (each architecture's precision.json). */
export const ENCODER_TOLERANCE = 1e-5;

export interface EncoderRunOptions {
  readonly executor: Executor;
  readonly savePolicy: SavePolicy;
  readonly attention: AttentionKind;
  readonly weights: WeightForm;
  /** `vectors`: biases, norms and the head, so that every matrix of the encoder is frozen. */
  readonly trained: "everything" | "vectors";
}

export function headOf({ labelCount }: Pick<EncoderFixture, "labelCount">): HeadSpec {
  return labelCount === null ? { kind: "languageModel" } : { kind: "classification", labelCount };
}

/** Hidden states, pooled output, logits, losses, and the loss's gradient by all that trains, by the fixture's names. */
export async function runEncoder(
  { name: fixture, labelCount }: EncoderFixture,
  options: EncoderRunOptions,
): Promise<ReadonlyMap<string, ArrayLike<number>>> {
  const folder = join(models, fixture);
  const head = headOf({ labelCount });
  const pretrained = await loadPretrained(folder, head, { seed: 0 });
  const batch = await readBatch(join(folder, "inputs.safetensors"));
  const trains = (parameter: string): boolean =>
    options.trained === "everything" ||
    pretrained.headParameters.has(parameter) ||
    pretrained.values.get(parameter)?.shape.length === 1;
  const stage: MethodStage = { ...bareModel, trainsBase: trains };
  const graph = new GraphBuilder();
  const { hiddenStates, pooled, logits } = buildModelGraph(
    graph,
    { ...pretrained, head },
    stage,
    batch,
    null,
    options.attention,
  );
  const rowLosses = logits.crossEntropy(graph.input(TRAINING_INPUTS.labels, [logits.size(0)], "i32"));
  const loss = rowLosses.mean();
  const outputs: [string, Tensor][] = [
    ...hiddenStates.map((tensor, index): [string, Tensor] => [`hidden_states.${index}`, tensor]),
    ...(pooled === null ? [] : [["pooler_output", pooled] as [string, Tensor]]),
    ["logits", logits],
    ["row_losses", rowLosses],
    ["loss", loss],
  ];
  for (const [name, tensor] of outputs) graph.output(name, tensor);
  const trainable = [...pretrained.values]
    .filter(([name]) => trains(name))
    .map(([name, { shape }]) =>
      graph.parameter(name, shape, {
        role: pretrained.headParameters.has(name) ? "head" : "baseWeight",
        trainable: true,
      }),
    );
  for (const [index, gradient] of gradients(loss, trainable).entries()) {
    graph.output(`gradient.${(trainable[index] as Tensor).name}`, gradient);
  }

  const { executor, weights, savePolicy } = options;
  const finished = graph.finish();
  const store = await executor.createStore(weightsInForm(weights, finished, pretrained.values));
  const prepared = applySavePolicy(graphInForm(weights, finished), savePolicy);
  const program = await executor.compile(prepared, store);
  const found = await program.run(feedsOf(program.graph, batch.inputs));
  await program.dispose();
  store.release(store.names);
  return new Map(Object.entries(found).map(([name, { data }]) => [name, data]));
}

/** What PyTorch made of a fixture, under the same names. */
export function expectedOfEncoder({ name }: EncoderFixture): Promise<ReadonlyMap<string, Float32Array>> {
  return readTensors(join(models, name, "expected.safetensors"));
}
