import type { LinearModule } from "@peftbench/models";
import type { Spectra } from "../../index.ts";
import type { CountCase } from "../check.ts";
import { countedModel } from "./declare.ts";
import type { PublishedModel } from "./models.ts";
import { publishedModels } from "./models.ts";

const { robertaBase, robertaLarge, debertaV3Base, llama2With7B, llama32With3B } = publishedModels;

/** A number of trainable parameters that a publication gives, or that its formula gives where it rounds. */
export interface PublishedCount {
  readonly adapter: "LoRA" | "LoRA-FA" | "LoRA-XS" | "LaMDA";
  readonly model: PublishedModel;
  readonly rank: number;
  readonly targetModules: readonly string[];
  readonly formula: string;
  /** The head apart; of LaMDA what trains at last. */
  readonly trainable: number;
  readonly source: string;
}

const all = ({ matrices }: PublishedModel): readonly string[] => Object.keys(matrices);

const publishedCounts: readonly PublishedCount[] = [
  {
    adapter: "LoRA",
    model: robertaBase,
    rank: 8,
    targetModules: robertaBase.queryAndValue,
    formula: "24 * 8 * 1536",
    trainable: 294_912,
    source: "arXiv 2106.09685, table 2: 0.3M",
  },
  {
    adapter: "LoRA",
    model: robertaLarge,
    rank: 8,
    targetModules: robertaLarge.queryAndValue,
    formula: "48 * 8 * 2048",
    trainable: 786_432,
    source: "arXiv 2106.09685, table 2: 0.8M",
  },
  {
    adapter: "LoRA",
    model: debertaV3Base,
    rank: 8,
    targetModules: all(debertaV3Base),
    formula: "12 * 8 * (4 * 1536 + 2 * 3840)",
    trainable: 1_327_104,
    source: "arXiv 2303.10512, table 1: 1.33M",
  },
  {
    adapter: "LoRA",
    model: debertaV3Base,
    rank: 2,
    targetModules: all(debertaV3Base),
    formula: "12 * 2 * (4 * 1536 + 2 * 3840)",
    trainable: 331_776,
    source: "arXiv 2303.10512, table 1: 0.33M",
  },
  {
    adapter: "LoRA",
    model: llama2With7B,
    rank: 64,
    targetModules: all(llama2With7B),
    formula: "32 * 64 * (4 * 8192 + 3 * 15104)",
    trainable: 159_907_840,
    source: "arXiv 2106.09685, section 4.1, by its formula",
  },
  {
    adapter: "LoRA",
    model: llama32With3B,
    rank: 32,
    targetModules: llama32With3B.queryAndValue,
    formula: "28 * 32 * (6144 + 4096)",
    trainable: 9_175_040,
    source: "huggingface/peft, method_comparison/MetaMathQA",
  },
  {
    adapter: "LoRA-FA",
    model: llama32With3B,
    rank: 32,
    targetModules: llama32With3B.queryAndValue,
    formula: "28 * 32 * (3072 + 1024)",
    trainable: 3_670_016,
    source: "huggingface/peft, method_comparison/MetaMathQA",
  },
  ...(
    [
      [4, 1536],
      [8, 6144],
      [12, 13_824],
      [16, 24_576],
      [20, 38_400],
      [25, 60_000],
    ] as const
  ).map(
    ([rank, trainable]): PublishedCount => ({
      adapter: "LoRA-XS",
      model: robertaLarge,
      rank,
      targetModules: ["query", "value", "attention.output.dense", "output.dense"],
      formula: `24 * 4 * ${rank}²`,
      trainable,
      source: "arXiv 2405.17604, by its formula",
    }),
  ),
  {
    adapter: "LaMDA",
    model: debertaV3Base,
    rank: 32,
    targetModules: all(debertaV3Base),
    formula: "12 * 6 * 32²",
    trainable: 73_728,
    source: "arXiv 2406.12832, by its formula",
  },
  {
    adapter: "LaMDA",
    model: llama2With7B,
    rank: 64,
    targetModules: all(llama2With7B),
    formula: "32 * 7 * 64²",
    trainable: 917_504,
    source: "arXiv 2406.12832, by its formula",
  },
];

interface CountSettings {
  readonly config: Readonly<Record<string, unknown>>;
  readonly totalSteps: number;
  readonly spectra?: Spectra;
  /** All where absent. */
  readonly models?: readonly PublishedModel[];
}

type Trainable = CountCase["trainable"];

/** A method and the closed formula of what it trains. */
export type CountRule = CountSettings &
  (
    | {
        /** It has `targetModules`, and is counted with those of query and value and with all matrices of a layer. */
        readonly hasTargets: true;
        /** What trains for one adapted matrix. */
        readonly trainable: (module: Pick<LinearModule, "inFeatures" | "outFeatures">) => Trainable;
      }
    | { readonly hasTargets: false; readonly trainable: (model: PublishedModel) => Trainable }
  );

/** A method's formula on every published model, with the head trained and frozen. */
export function countsOnPublishedModels(rule: CountRule): readonly CountCase[] {
  const { models = Object.values(publishedModels), totalSteps, spectra } = rule;
  return models.flatMap((model) => {
    const withHead = (what: string, config: CountCase["config"], trainable: Trainable) =>
      [true, false].map((trainsHead): CountCase => {
        const { title } = model.declared;
        return {
          name: `${title}${what}, the head ${trainsHead ? "trained" : "frozen"}`,
          model: countedModel(model.declared, trainsHead),
          config,
          totalSteps,
          ...(spectra === undefined ? {} : { spectra }),
          trainable,
          head: trainsHead ? model.head : 0,
        };
      });
    if (!rule.hasTargets) return withHead("", rule.config, rule.trainable(model));
    return [model.queryAndValue, all(model)].flatMap((targetModules) => {
      const each = targetModules.map((name) => {
        const [inFeatures, outFeatures] = model.matrices[name] as readonly [number, number];
        return rule.trainable({ inFeatures, outFeatures });
      });
      const what = `, ${targetModules.join(", ")}`;
      return withHead(what, { ...rule.config, targetModules }, inAllLayers(model.layers, each));
    });
  });
}

function inAllLayers(layers: number, each: readonly Trainable[]): Trainable {
  const sumOf = (moment: "initial" | "average" | "final"): number =>
    layers * each.reduce<number>((sum, part) => sum + (typeof part === "number" ? part : part[moment]), 0);
  return { initial: sumOf("initial"), average: sumOf("average"), final: sumOf("final") };
}

/** Spectra of weights that are not at hand: all singular values alike. A weight's rank is more than a method asks for. */
export const flatSpectra: Spectra = {
  singularValues: () => new Float64Array(256).fill(1),
  truncatedSvd: (name) => {
    throw new Error(`${name} is declared for counting and has no values.`);
  },
};

/** What is published of an adapter, as cases, for methods with the options `rank` and `targetModules`. */
export function countsAsPublished(
  adapter: PublishedCount["adapter"],
  settings: Pick<CountCase, "totalSteps"> & { readonly config?: Readonly<Record<string, unknown>> },
): readonly CountCase[] {
  return publishedCounts
    .filter((row) => row.adapter === adapter)
    .map(({ model, rank, targetModules, formula, trainable, source }) => ({
      name: `${model.declared.title}, rank ${rank}, ${formula} (${source})`,
      model: countedModel(model.declared, true),
      config: { ...settings.config, rank, targetModules },
      totalSteps: settings.totalSteps,
      trainable,
      head: model.head,
    }));
}
