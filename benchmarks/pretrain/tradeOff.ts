/**
 * Which shape of a small encoder learns most in a given time: pretrains each shape below for equally long, one after
 * another, with the vocabulary, data and recipe of a configuration. Prints a table.
 *
 *   tsx benchmarks/pretrain/tradeOff.ts [--minutes 5] [--threads 2] [--shapes 192x4,256x2] [--out FOLDER]
 *
 * Only the configuration's first phase is run, its short rows: there a few minutes tell shapes apart, while the
 * longer rows of later phases need most of them to settle. Held-out perplexities of one table compare, as vocabulary
 * and rows are the same. Run it on a quiet machine: the number of steps follows from the speed of the first ones.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { PretrainingConfig, PretrainingEvent } from "@peftbench/harness";
import {
  currentRuntime,
  loadCorpora,
  loadPretrainingConfig,
  pretrainingId,
  runPretraining,
  withTotalSteps,
} from "@peftbench/harness";
import { cacheFolder, createCpuExecutor } from "@peftbench/runtime";

/** Hidden size x layers; heads have 32 or 64 numbers, the feed-forward layer four times the hidden size. */
const SHAPES = ["192x4", "256x2", "160x6", "128x4", "128x8"];
/** Steps whose speed decides how many fit. */
const TIMED_STEPS = 30;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "5" },
    threads: { type: "string", default: "2" },
    shapes: { type: "string", default: SHAPES.join(",") },
    out: { type: "string", default: fileURLToPath(new URL("../../results/runs/pretrain", import.meta.url)) },
  },
});
const base = await loadPretrainingConfig(fileURLToPath(new URL("nano-encoder.json", import.meta.url)));
const corpora = await loadCorpora(base.corpora, cacheFolder(process.env));
const { name, version } = currentRuntime();

async function run(config: PretrainingConfig, onEvent: (event: PretrainingEvent) => void = () => {}) {
  return runPretraining(config, {
    executor: createCpuExecutor({ threads: Number(values.threads) }),
    runtime: `${name} ${version}`,
    corpora,
    runFolder: join(values.out, pretrainingId(config)),
    nowMs: () => performance.now(),
    timestamp: () => new Date().toISOString(),
    signal: new AbortController().signal,
    say: () => {},
    onEvent,
  });
}

/** The configuration's first phase with another shape and length. */
function variant(shape: string, steps: number): PretrainingConfig {
  const [hidden = 0, layers = 0] = shape.split("x").map(Number);
  const model = {
    ...base.model,
    hidden_size: hidden,
    num_hidden_layers: layers,
    num_attention_heads: hidden % 64 === 0 ? hidden / 64 : hidden / 32,
    intermediate_size: 4 * hidden,
  };
  const evaluation = { ...base.evaluation, everySteps: steps, ngramTokens: 200 };
  const training = { ...base.training, phases: base.training.phases.slice(0, 1) };
  return withTotalSteps({ ...base, model, training, evaluation }, steps);
}

console.log("| hidden x layers | parameters | MB in f16 | steps | tokens/s | held-out perplexity |");
console.log("|---|---|---|---|---|---|");
for (const shape of values.shapes.split(",")) {
  const stepMs: number[] = [];
  await run(variant(shape, TIMED_STEPS), (event) => {
    if (event.type === "step") stepMs.push(event.stepMs);
  });
  if (stepMs.length === 0) throw new Error(`${shape} was timed before; give --out an empty folder.`);
  const median = stepMs.toSorted((a, b) => a - b)[stepMs.length >> 1] as number;
  const { outcome } = await run(variant(shape, Math.round((Number(values.minutes) * 60_000) / median)));
  const { parameters, losses, tokensTrained, trainMs, perplexity } = outcome;
  const tokensPerSecond = Math.round((tokensTrained / trainMs) * 1000);
  console.log(
    `| ${shape} | ${parameters.toLocaleString("en-US")} | ${((2 * parameters) / 1e6).toFixed(2)} | ${losses.length} | ${tokensPerSecond} | ${perplexity.toFixed(1)} |`,
  );
}
