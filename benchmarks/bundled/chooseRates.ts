/**
 * What the trials of `runEvidence.ts --preset learning-rates` chose, as its option `--learning-rate` takes it. A
 * variant's rate is the one with the highest mean of selection scores.
 *
 *   tsx benchmarks/bundled/chooseRates.ts TRIALS
 */
import { loadRuns } from "@peftbench/harness";
import { methods } from "@peftbench/methods";
import { chooseLearningRates } from "../methods/learningRates.ts";
import { loadEvidenceSuite, variantName, variantsOf } from "./variants.ts";

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new RangeError("Expected the folder TRIALS.");
const variants = variantsOf(await loadEvidenceSuite(), methods);
const { runs } = await loadRuns(folder);
const results = runs.map(({ result }) => {
  const method = variantName(result, variants) ?? result.cell.method;
  return { ...result, cell: { ...result.cell, method } };
});
const choices = chooseLearningRates(results);
for (const { method, chosen, isAtEdge, trials } of choices) {
  const tried = trials.map(
    ({ learningRate, task, score }) => `${task} at ${learningRate}: ${score?.toFixed(3)}`,
  );
  console.error(
    `${method}: ${chosen}${isAtEdge ? " (at the edge of what was tried)" : ""}; ${tried.join(", ")}`,
  );
}
console.log(choices.map(({ method, chosen }) => `${method}=${chosen}`).join());
