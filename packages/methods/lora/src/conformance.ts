import type { ConformanceOptions } from "@peftbench/peft/conformance";
import {
  CLASSIFIER_PARAMETERS,
  encoderShape,
  POOLER_PARAMETERS,
  PUBLISHED_SIZES,
} from "@peftbench/peft/conformance";

const { base, large } = PUBLISHED_SIZES;
const classifier = (hidden: number): number => 2 * hidden + 2;
/** The head of RoBERTa and DeBERTa is a hidden layer and the classifier; BERT's pooler is of the same size. */
const denseHead = (hidden: number): number => hidden * hidden + hidden + classifier(hidden);
const SIX_MATRICES = [
  "query",
  "key",
  "value",
  "attention.output.dense",
  "intermediate.dense",
  "output.dense",
];

export const conformance: ConformanceOptions = {
  config: { rank: 3, alpha: 6 },
  dropoutConfig: { rank: 3, alpha: 6, dropout: 0.4 },
  totalSteps: 6,
  stepZeroTolerance: 0,
  overfit: { learningRate: 0.02, steps: 60, lossFactor: 0.2 },
  savesAsPeft: true,
  counts: [
    {
      name: "base, rank 8, query and value: 24 * 8 * 1536",
      model: encoderShape(base, CLASSIFIER_PARAMETERS),
      config: { rank: 8 },
      totalSteps: 10,
      trainable: 294_912,
      head: classifier(768),
    },
    {
      name: "base with a dense head, rank 8, query and value: 24 * 8 * 1536",
      model: encoderShape(base, [...POOLER_PARAMETERS, ...CLASSIFIER_PARAMETERS]),
      config: { rank: 8 },
      totalSteps: 10,
      trainable: 294_912,
      head: 592_130,
    },
    {
      name: "large, rank 8, query and value: 48 * 8 * 2048",
      model: encoderShape(large, [...POOLER_PARAMETERS, ...CLASSIFIER_PARAMETERS]),
      config: { rank: 8 },
      totalSteps: 10,
      trainable: 786_432,
      head: denseHead(1024),
    },
    ...[
      { rank: 8, trainable: 1_327_104 },
      { rank: 2, trainable: 331_776 },
    ].map(({ rank, trainable }) => ({
      name: `base, rank ${rank}, six matrices: 12 * ${rank} * (4 * 1536 + 2 * 3840)`,
      model: encoderShape(base, CLASSIFIER_PARAMETERS),
      config: { rank, targetModules: SIX_MATRICES },
      totalSteps: 10,
      trainable,
      head: classifier(768),
    })),
  ],
  invalidConfigs: [
    { name: "rank 0", config: { rank: 0 }, message: /rank/ },
    { name: "a rank that is no whole number", config: { rank: 2.5 }, message: /rank/ },
    { name: "alpha 0", config: { alpha: 0 }, message: /alpha/ },
    { name: "dropout 1", config: { dropout: 1 }, message: /dropout/ },
    {
      name: "a target that matches nothing",
      config: { targetModules: ["query", "q_proj"] },
      message: /"q_proj" matches no linear module.*attention\.self\.query/,
    },
    { name: "a pattern that matches nothing", config: { targetModules: ".*_proj" }, message: /_proj/ },
  ],
};
