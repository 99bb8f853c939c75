import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { architectureOf } from "@peftbench/models";
import { elementCount } from "@peftbench/runtime";
import type { PretrainingConfig, PretrainingPhase } from "./config.ts";
import type { PretrainingContext } from "./context.ts";
import { exportModel, modelConfigJson } from "./exportModel.ts";
import type { PretrainingOutcome } from "./finalEvaluation.ts";
import { evaluateFinally } from "./finalEvaluation.ts";
import { parametersOf, shapeOf } from "./graphs.ts";
import { modelCard } from "./modelCard.ts";
import { prepareText } from "./prepareText.ts";
import { Pretrainer } from "./pretrainer.ts";
import { trainSteps } from "./trainSteps.ts";

/**
 * Pretrains from nothing, or goes on from the run's checkpoint with the same numbers, bit for bit on the CPU. Ends with a
 * Hugging Face folder.
 * @returns that folder, and what the card says
 * @throws {InterruptedError} where the signal came; a checkpoint is left
 */
export async function runPretraining(
  config: PretrainingConfig,
  context: PretrainingContext,
): Promise<{ readonly modelFolder: string; readonly outcome: PretrainingOutcome }> {
  const { runFolder, say } = context;
  await mkdir(runFolder, { recursive: true });
  await writeFile(join(runFolder, "config.json"), `${JSON.stringify(config, null, 2)}\n`);
  say("Training the vocabulary and cutting the text into rows ...");
  const tokenizerFolder = join(runFolder, "tokenizer");
  const text = await prepareText(config, context.corpora, tokenizerFolder);
  for (const { count, length } of text.train) say(`${count} rows of ${length} tokens to train on`);
  const configJson = modelConfigJson(config.model, text.vocabulary.length);
  const architecture = architectureOf(configJson);
  const model = { architecture, config: architecture.parseConfig(configJson), configJson };
  const evaluationShape = shapeOf(config.training.phases.at(-1) as PretrainingPhase, config.evaluation);
  const pretrainer = await Pretrainer.create(context.executor, model, evaluationShape, config);
  try {
    await trainSteps(config, context, text, pretrainer);
    const outcome = await evaluateFinally(config, context, text, pretrainer, {
      parameters: parametersOf(model).reduce((sum, declared) => sum + elementCount(declared.shape), 0),
    });
    const modelFolder = join(runFolder, "model");
    await exportModel(modelFolder, model, pretrainer, tokenizerFolder, modelCard(config, outcome));
    await writeFile(join(runFolder, "outcome.json"), `${JSON.stringify(outcome, null, 2)}\n`);
    return { modelFolder, outcome };
  } finally {
    await pretrainer.dispose();
  }
}
