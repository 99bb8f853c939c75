/**
 * What pretraining is worth: results of `runEvidence.ts` with the bundled encoder beside those with random twins, and,
 * within the former, LaMDA from spectra beside LaMDA from random frozen projections. Prints tables and writes them
 * with their figures as pretrainedOverRandom.json.
 *
 *   tsx benchmarks/bundled/pretrainedOverRandom.ts PRETRAINED_RESULTS RANDOM_RESULTS [--out FOLDER]
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { RunResult } from "@peftbench/harness";
import { loadRuns, writeFileAtomic } from "@peftbench/harness";
import { methods } from "@peftbench/methods";
import { hostProvenance } from "../hostProvenance.ts";
import type { Baseline } from "./differenceTables.ts";
import { baselinesOf, differenceTable, surpassed } from "./differenceTables.ts";
import type { Score } from "./pairedDifferences.ts";
import { pairedDifferences, scoreOf } from "./pairedDifferences.ts";
import type { Variant } from "./variants.ts";
import { loadEvidenceSuite, variantName, variantsOf } from "./variants.ts";

interface Side {
  readonly models: readonly string[];
  readonly scores: readonly Score[];
  readonly baselines: readonly Baseline[];
  /** What was left out, a sentence each. */
  readonly leftOut: readonly string[];
}

async function readSide(folder: string, variants: readonly Variant[]): Promise<Side> {
  const { runs, warnings } = await loadRuns(folder);
  const results = runs.map(({ result }) => result);
  const leftOut: string[] = [...warnings];
  const scores = results.flatMap((result) => {
    const name = variantName(result, variants);
    const score = name === null ? null : scoreOf(result, name);
    if (score === null) {
      const why = name === null ? "is not of the suite" : `ended ${result.status}, without a score`;
      leftOut.push(`Left out: ${describe(result, name)} ${why}.`);
    }
    return score ?? [];
  });
  return {
    models: [...new Set(results.map(({ cell }) => cell.model))],
    scores,
    baselines: baselinesOf(results),
    leftOut,
  };
}

function describe({ cell: { model, method, task, seed } }: RunResult, name: string | null): string {
  return `${model}, ${name ?? method} on ${task} with seed ${seed}`;
}

const { values, positionals } = parseArgs({ options: { out: { type: "string" } }, allowPositionals: true });
const [pretrainedFolder, randomFolder] = positionals;
if (pretrainedFolder === undefined || randomFolder === undefined) {
  throw new RangeError("Expected PRETRAINED_RESULTS RANDOM_RESULTS.");
}
const variants = variantsOf(await loadEvidenceSuite(), methods);
const pretrained = await readSide(pretrainedFolder, variants);
const random = await readSide(randomFolder, variants);
const overRandom = pairedDifferences(pretrained.scores, random.scores);
const of = (method: string): readonly Score[] => pretrained.scores.filter((score) => score.method === method);
const spectraOverRandom = pairedDifferences(
  of("lamda"),
  of("lamda-random").map((score) => ({ ...score, method: "lamda" })),
);
const leftOut = [...pretrained.leftOut, ...random.leftOut];
const tables = [
  `## Pretrained (${pretrained.models.join(", ")}) over random weights (${random.models.join(", ")})`,
  differenceTable(overRandom, pretrained.baselines, ["pretrained", "random"]),
  surpassed(overRandom, 5),
  "## LaMDA from spectra over LaMDA from random frozen projections, both on pretrained weights",
  differenceTable(spectraOverRandom, pretrained.baselines, ["spectra", "random projections"]),
  surpassed(spectraOverRandom, 0),
  ...leftOut,
].join("\n\n");
const file = join(values.out ?? pretrainedFolder, "pretrainedOverRandom.json");
const document = {
  ...(await hostProvenance()),
  models: { pretrained: pretrained.models, random: random.models },
  unit: "points (a hundredth of the metric)",
  baselines: pretrained.baselines,
  pretrainedOverRandom: overRandom,
  spectraOverRandomProjections: spectraOverRandom,
  leftOut,
};
await writeFileAtomic(file, `${JSON.stringify(document, null, 2)}\n`);
console.log(`${tables}\n\nWritten: ${file}`);
