import type { Tensor } from "@peftbench/runtime";
import type {
  BatchShape,
  Initializer,
  MaskedLanguageModel,
  ModelContext,
  ParameterDeclaration,
} from "../architecture.ts";
import { activate, buildBertEncoder, layerNorm } from "./build.ts";
import type { BertConfig } from "./config.ts";
import { bertParameters, POOLER } from "./parameters.ts";

const HEAD = "cls.predictions";
const TRANSFORM = `${HEAD}.transform`;
const WORDS = "bert.embeddings.word_embeddings.weight";

/** The head of `BertForMaskedLM`, under its names: its decoder is the table of word embeddings. */
export const bertMaskedLanguageModel: MaskedLanguageModel<BertConfig> = {
  parameters: (config) => [
    ...bertParameters(config, { kind: "regression" })
      // The pooler reads no masked token, so pretraining would leave it as it is.
      .filter(({ name, role }) => role === "base" && !name.startsWith(POOLER))
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
    [`${HEAD}.bias`, [vocabSize]],
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
): Tensor {
  const linear = (name: string, x: Tensor): Tensor =>
    x
      .matmul(context.parameter(`${name}.weight`), { transposeB: true })
      .add(context.parameter(`${name}.bias`));
  const hidden = buildBertEncoder({ ...context, linear }, config, batch).at(-1) as Tensor;
  const { hiddenSize } = config;
  return context.graph.withScope(HEAD, () => {
    const picked = selection
      .matmul(hidden.reshape([batch.rows, batch.length, hiddenSize]))
      .reshape([batch.rows * selection.size(1), hiddenSize]);
    const transformed = layerNorm(
      context,
      config,
      `${TRANSFORM}.LayerNorm`,
      activate(config, linear(`${TRANSFORM}.dense`, picked)),
    );
    return transformed
      .matmul(context.parameter(WORDS), { transposeB: true })
      .add(context.parameter(`${HEAD}.bias`));
  });
}
