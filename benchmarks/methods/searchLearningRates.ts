/**
 * Chooses a learning rate for each method: as many rates for each, spread alike, scored on examples held out of
 * training. Runs the preset `learning-rates` of `pnpm bench glue` once for every place in the list; finished runs are
 * not run again, so it can be stopped and started, also with more methods. Writes OUT/learningRates.json.
 *
 *   tsx benchmarks/methods/searchLearningRates.ts --model MODEL_FOLDER --data GLUE_FOLDER --out OUT [--methods a,b]
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { loadRuns, writeFileAtomic } from "@peftbench/harness";
import { methods } from "@peftbench/methods";
import { chooseLearningRates } from "./learningRates.ts";

/** Half a decade apart. Full fine-tuning moves pretrained weights and needs lower ones. */
const RATES = [3e-4, 1e-3, 3e-3, 1e-2];
const RATES_OF_FULL = [2e-5, 6e-5, 2e-4, 6e-4];

async function bench(arguments_: readonly string[]): Promise<void> {
  const child = spawn(
    "pnpm",
    ["run", "bench", "glue", "--preset", "learning-rates", "--no-probe", ...arguments_],
    {
      stdio: ["ignore", "inherit", "inherit"],
      cwd: resolve(import.meta.dirname, "../.."),
    },
  );
  const [status] = await once(child, "exit");
  // 1: some runs have no good result. A diverged one is a finding.
  if (status !== 0 && status !== 1) throw new Error(`pnpm bench glue ended with status ${status}.`);
}

const { values } = parseArgs({
  options: {
    model: { type: "string" },
    data: { type: "string" },
    out: { type: "string" },
    methods: { type: "string" },
  },
});
const { model, data, out } = values;
if (model === undefined || data === undefined || out === undefined) {
  throw new Error("Expected --model MODEL_FOLDER --data GLUE_FOLDER --out OUT.");
}
const folder = resolve(out);
const ids = values.methods?.split(",") ?? methods.map(({ id }) => id);
for (const place of RATES.keys()) {
  const rates = ids.map((id) => `${id}=${(id === "full" ? RATES_OF_FULL : RATES)[place]}`).join();
  await bench([
    "--model",
    resolve(model),
    "--data",
    resolve(data),
    "--out",
    folder,
    "--methods",
    ids.join(),
    "--learning-rate",
    rates,
  ]);
}
const { runs } = await loadRuns(folder);
const choices = chooseLearningRates(runs.map(({ result }) => result));
const file = join(folder, "learningRates.json");
await writeFileAtomic(file, `${JSON.stringify(choices, null, 2)}\n`);
for (const { method, chosen, isAtEdge } of choices) {
  console.log(`${method}: ${chosen}${isAtEdge ? " (at the edge of what was tried)" : ""}`);
}
console.log(`Written: ${file}`);
