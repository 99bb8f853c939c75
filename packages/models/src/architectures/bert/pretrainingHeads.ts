import type { Tensor } from "@peftbench/runtime";
import { activate } from "../activation.ts";
import type {
  BatchShape,
  Initializer,
  ModelContext,
  ParameterDeclaration,
  PretrainingHeads,
  PretrainingLogits,
} from "../architecture.ts";
import { layerNorm } from "../encoderLayers.ts";
import { buildBertEncoder, buildPooler } from "./build.ts";
import type { BertConfig } from "./config.ts";
import { bertParameters } from "./parameters.ts";

const TOKENS = "cls.predictions";
const TRANSFORM = `${TOKENS}.transform`;
const NEXT_SENTENCE = "cls.seq_relationship";
const WORDS = "bert.embeddings.word_embeddings.weight";

/** The heads of `BertForPreTraining`, under its names: the decoder of tokens is the table of word embeddings. */
export const bertPretrainingHeads: PretrainingHeads<BertConfig> = {
  positionTable: "bert.embeddings.position_embeddings.weight",
  parameters: (config) => [
    ...bertParameters(config, { kind: "regression" })
      .filter(({ role }) => role === "base")
      .map((parameter) => withFirstValues(parameter, config)),
    ...headShapes(config).map(([name, shape]) =>
      withFirstValues({ name, shape, role: "base", initializer: null }, config),
    ),
  ],
  build: buildLogits,
  vocabularySize: (config) => config.vocabSize,
};

function headShapes({
  hiddenSize,
  vocabSize,
}: BertConfig): readonly (readonly [string, readonly number[]])[] {
  return [
    [`${TRANSFORM}.dense.weight`, [hiddenSize, hiddenSize]],
    [`${TRANSFORM}.dense.bias`, [hiddenSize]],
    [`${TRANSFORM}.LayerNorm.weight`, [hiddenSize]],
    [`${TRANSFORM}.LayerNorm.bias`, [hiddenSize]],
    [`${TOKENS}.bias`, [vocabSize]],
    [`${NEXT_SENTENCE}.weight`, [2, hiddenSize]],
    [`${NEXT_SENTENCE}.bias`, [2]],
  ];
}

/** As `transformers` starts a BERT: norms the identity, biases 0, all else normal. */
function withFirstValues(parameter: ParameterDeclaration, config: BertConfig): ParameterDeclaration {
  const { name } = parameter;
  let initializer: Initializer = { kind: "normal", deviation: config.initializerRange };
  if (name.endsWith("LayerNorm.weight")) initializer = { kind: "constant", value: 1 };
  if (name.endsWith(".bias")) initializer = { kind: "constant", value: 0 };
  return { ...parameter, initializer };
}

function buildLogits(
  context: Omit<ModelContext, "linear">,
  config: BertConfig,
  batch: BatchShape,
  selection: Tensor,
): PretrainingLogits {
  const linear = (name: string, x: Tensor): Tensor =>
    x
      .matmul(context.parameter(`${name}.weight`), { transposeB: true })
      .add(context.parameter(`${name}.bias`));
  const last = buildBertEncoder({ ...context, linear }, config, batch).at(-1) as Tensor;
  const { hiddenSize } = config;
  const tokens = context.graph.withScope(TOKENS, () => {
    const picked = selection
      .matmul(last.reshape([batch.rows, batch.length, hiddenSize]))
      .reshape([batch.rows * selection.size(1), hiddenSize]);
    const transformed = layerNorm(
      context,
      config,
      `${TRANSFORM}.LayerNorm`,
      activate(config, linear(`${TRANSFORM}.dense`, picked)),
    );
    return transformed
      .matmul(context.parameter(WORDS), { transposeB: true })
      .add(context.parameter(`${TOKENS}.bias`));
  });
  const pooled = buildPooler({ ...context, linear }, batch, last);
  return {
    tokens,
    nextSentence: context.graph.withScope(NEXT_SENTENCE, () => linear(NEXT_SENTENCE, pooled)),
  };
}
