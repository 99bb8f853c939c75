/**
 * The ranks that LaMDA++ gives a model's modules under each of its options, beside one rank for all (LaMDA). Nothing is
 * trained. Writes `allocations.json`, and its tables as `allocations.md`.
 *
 *   tsx benchmarks/allocation/compareAllocations.ts --model MODEL_FOLDER --out FOLDER [--steps 300]
 *
 * Targets, mean rank and all other settings are those of the suite in `benchmarks/glue/suite.json`; `--steps` is the
 * length of training that counts are averaged over.
 */
import { mkdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { loadSuite, writeFileAtomic } from "@peftbench/harness";
import { methods } from "@peftbench/methods";
import { loadPretrained } from "@peftbench/models";
import type { MethodAttachment, ModelShape, ModuleRank, ParameterCounts, Spectra } from "@peftbench/peft";
import { attachMethod, countParameters, spectraOf } from "@peftbench/peft";
import { hostProvenance } from "../hostProvenance.ts";
import { tablesOf } from "./tables.ts";

/** What LaMDA++ is asked for; null stands for LaMDA, one rank for all. */
export type AllocationOptions = {
  readonly energy: "squared" | "plain";
  readonly budget: "core" | "rank";
  readonly direction: "flat-first" | "steep-first";
} | null;

/** Shares of a weight that its leading singular directions hold, as many as its rank is. */
export interface Kept {
  readonly module: string;
  readonly rank: number;
  /** Of the sum of squares, which is the squared Frobenius norm. */
  readonly squared: number;
  /** Of the plain sum. */
  readonly plain: number;
}

export interface Allocation {
  readonly options: AllocationOptions;
  readonly modules: readonly Kept[];
  /** Sums over the modules, beside what each would be if all had the mean rank. */
  readonly ranks: { readonly used: number; readonly uniform: number };
  readonly coreElements: { readonly used: number; readonly uniform: number };
  readonly counts: ParameterCounts;
}

const COMBINATIONS: readonly AllocationOptions[] = [
  null,
  ...(["core", "rank"] as const).flatMap((budget) =>
    (["flat-first", "steep-first"] as const).flatMap((direction) =>
      (["squared", "plain"] as const).map((energy) => ({ budget, direction, energy })),
    ),
  ),
];

interface Model {
  readonly shape: ModelShape;
  readonly spectra: Spectra;
}

async function compareAllocations(modelFolder: string, totalSteps: number) {
  // At the start: what the sources are when it ends was never loaded.
  const provenance = await hostProvenance();
  const suite = await loadSuite(fileURLToPath(new URL("../glue/suite.json", import.meta.url)));
  const settings = suite.methods["lamda-plus-plus"]?.config ?? {};
  const head = { kind: "classification", labelCount: 2 } as const;
  const { architecture, config, headParameters, values, checksum } = await loadPretrained(modelFolder, head, {
    seed: 0,
  });
  const model = { shape: { architecture, config, head, headParameters }, spectra: spectraOf(values) };
  const allocations = COMBINATIONS.map((options) => allocationOf(options, settings, model, totalSteps));
  return {
    ...provenance,
    model: { folder: basename(modelFolder), checksum },
    settings,
    totalSteps,
    allocations,
  };
}

function allocationOf(
  options: AllocationOptions,
  settings: Readonly<Record<string, unknown>>,
  model: Model,
  totalSteps: number,
): Allocation {
  const { meanRank, ...shared } = { meanRank: 32, ...settings };
  const attachment =
    options === null
      ? attach("lamda", { ...shared, rank: meanRank }, model, totalSteps)
      : attach("lamda-plus-plus", { ...settings, ...options }, model, totalSteps);
  const ranks = ranksOf(attachment);
  const total = (of: (rank: number) => number): { readonly used: number; readonly uniform: number } => ({
    used: ranks.reduce((sum, { rank }) => sum + of(rank), 0),
    uniform: ranks.length * of(meanRank),
  });
  return {
    options,
    modules: ranks.map((ranked) => keptOf(ranked, model.spectra)),
    ranks: total((rank) => rank),
    coreElements: total((rank) => rank * rank),
    counts: countParameters(model.shape, attachment, totalSteps),
  };
}

function attach(id: string, config: object, { shape, spectra }: Model, totalSteps: number): MethodAttachment {
  const method = methods.find((candidate) => candidate.id === id);
  if (method === undefined) throw new Error(`There is no method ${id}.`);
  return attachMethod(method, shape, config, { totalSteps, spectra });
}

/** Ranks that are given before training do not depend on values. */
function ranksOf({ ranks }: MethodAttachment): readonly ModuleRank[] {
  if (ranks === undefined) throw new Error("The method has no ranks.");
  return ranks.at((name) => {
    throw new Error(`The ranks depend on ${name}, which training changes.`);
  });
}

function keptOf({ module, rank }: ModuleRank, spectra: Spectra): Kept {
  const values = spectra.singularValues(`${module}.weight`);
  const share = (of: (value: number) => number): number => {
    const sum = (part: Float64Array): number => part.reduce((total, value) => total + of(value), 0);
    return sum(values.subarray(0, rank)) / sum(values);
  };
  return { module, rank, squared: share((value) => value * value), plain: share((value) => value) };
}

const { values } = parseArgs({
  options: {
    model: { type: "string" },
    out: { type: "string" },
    steps: { type: "string", default: "300" },
  },
});
const { model, out, steps } = values;
if (model === undefined || out === undefined || !(Number(steps) >= 1)) {
  console.error("usage: compareAllocations.ts --model MODEL_FOLDER --out FOLDER [--steps 300]");
  process.exitCode = 2;
} else {
  const report = await compareAllocations(model, Number(steps));
  const tables = tablesOf(report.allocations);
  await mkdir(out, { recursive: true });
  await writeFileAtomic(join(out, "allocations.json"), `${JSON.stringify(report, null, 2)}\n`);
  await writeFileAtomic(join(out, "allocations.md"), tables);
  console.log(tables);
}
