/**
 * Writes the random twin of a model: the same configuration, tokenizer and tensors, with freshly drawn values.
 *
 *   tsx benchmarks/bundled/randomTwin.ts MODEL_FOLDER OUT_FOLDER [--seed 0]
 */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { writeRandomTwin } from "./twin.ts";

const { values, positionals } = parseArgs({
  options: { seed: { type: "string", default: "0" } },
  allowPositionals: true,
});
const [model, out] = positionals;
const seed = Number(values.seed);
if (model === undefined || out === undefined || !Number.isInteger(seed) || seed < 0) {
  console.error("usage: randomTwin.ts MODEL_FOLDER OUT_FOLDER [--seed 0]");
  process.exitCode = 2;
} else if (resolve(model) === resolve(out)) {
  console.error(`OUT_FOLDER is the model's own folder, ${model}: choose another one.`);
  process.exitCode = 2;
} else {
  const { drawn, leftOut } = await writeRandomTwin(model, out, seed);
  console.log(`${drawn.length} tensors drawn with seed ${seed}: ${out}`);
  if (leftOut.length > 0)
    console.log(`Left out, as the architecture does not need them: ${leftOut.join(", ")}`);
}
