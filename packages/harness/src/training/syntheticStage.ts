import { DECODER_INPUTS, ENCODER_INPUTS } from "@peftbench/models";
import type { BaseValues, ModelShape } from "@peftbench/peft";
import { TRAINING_INPUTS } from "@peftbench/peft";
import type { HostTensor, Random } from "@peftbench/runtime";
import { elementCount } from "@peftbench/runtime";
import type { BatchLengths } from "./graphs.ts";
import type { StepBatch } from "./stepBatch.ts";

/** Deviation of the weights: that of BERT's and GPT-2's first values. */
const DEVIATION = 0.02;

/** Values for every parameter of a model of which only the configuration is at hand: norms at one, all else random. */
export function randomBase({ architecture, config, head }: ModelShape, random: Random): BaseValues {
  const values = new Map<string, HostTensor>();
  for (const { name, shape } of architecture.parameters(config, head)) {
    const isNorm = shape.length === 1 && name.endsWith("weight");
    const data = new Float32Array(elementCount(shape));
    for (let index = 0; index < data.length; index++) data[index] = isNorm ? 1 : DEVIATION * random.normal();
    values.set(name, { shape, dtype: "f32", data });
  }
  return values;
}

/** Token ids below this are in most vocabularies. */
const FEW_TOKENS = 64;

/** Rows of the largest table of embeddings, or a few of them. */
function fewTokens({
  architecture,
  config,
  head,
}: Pick<ModelShape, "architecture" | "config" | "head">): number {
  const words = architecture
    .parameters(config, head)
    .find(
      ({ name, shape }) =>
        shape.length === 2 && /(word_embeddings|embed_tokens|wte|shared)\.weight$/.test(name),
    );
  return Math.min(FEW_TOKENS, words?.shape[0] ?? FEW_TOKENS);
}

/** A batch of random tokens without padding, with what its head is to say of them. */
export function randomBatch(
  model: Pick<ModelShape, "architecture" | "config" | "head">,
  rows: number,
  lengths: BatchLengths,
  random: Random,
): StepBatch {
  const { architecture, head } = model;
  const vocabulary = fewTokens(model);
  const { length } = lengths;
  const targetLength = architecture.kind === "encoder-decoder" ? (lengths.targetLength ?? length) : length;
  const ids = (count: number, below: number): Int32Array =>
    Int32Array.from({ length: count }, () => random.integer(below));
  const predictions = head.kind === "languageModel" ? rows * targetLength : rows;
  const labels = (): Int32Array | Float32Array => {
    switch (head.kind) {
      case "classification":
        return ids(predictions, head.labelCount);
      case "languageModel":
        return ids(predictions, vocabulary);
      case "regression":
        return Float32Array.from({ length: predictions }, () => random.normal());
    }
  };
  return {
    rows,
    length,
    targetLength,
    feeds: {
      [ENCODER_INPUTS.inputIds]: ids(rows * length, vocabulary),
      [ENCODER_INPUTS.typeIds]: new Int32Array(rows * length),
      [ENCODER_INPUTS.attentionMask]: new Float32Array(rows * length).fill(1),
      [DECODER_INPUTS.decoderInputIds]: ids(rows * targetLength, vocabulary),
      [TRAINING_INPUTS.labels]: labels(),
      [TRAINING_INPUTS.rowWeight]: new Float32Array(predictions).fill(1 / predictions),
    },
  };
}
