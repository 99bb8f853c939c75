import type { CellSpec } from "../grid/cellSpec.ts";
import type { CellContext, CellOutcome, FurtherPredictions } from "../grid/executeCell.ts";
import { exampleTextOf } from "../result/exampleTexts.ts";
import type { ResultFurtherMetric } from "../result/schema.ts";
import type { PreparedCell } from "./assemble.ts";
import { evalEvent, predictSplit } from "./evaluate.ts";
import type { Trainer } from "./trainer.ts";

/** What the trained model says of labelled examples, and what that is worth. */
export type Scores = Pick<
  CellOutcome,
  "metrics" | "selectionMetrics" | "furtherMetrics" | "predictions" | "furtherPredictions" | "exampleTexts"
>;

/**
 * Scores a model once, on every split that its run is about. A trial of a search is about held-out rows alone, so dev
 * stays unseen by what chooses.
 * @param step optimizer steps behind the model that is scored
 */
export async function scoreModel(
  context: CellContext,
  prepared: PreparedCell,
  trainer: Trainer,
  step: number,
): Promise<Scores> {
  const selected = await predictSplit(context, prepared, trainer, prepared.selection);
  const selectionMetrics =
    selected.length === 0 ? [] : [...prepared.work.score(prepared.selection, selected, "selection")];
  if (context.spec.purpose === "trial") return { ...nothingOfDev, selectionMetrics };
  return { ...(await scoreDev(context, prepared, trainer, step)), selectionMetrics };
}

const nothingOfDev: Omit<Scores, "selectionMetrics"> = {
  metrics: [],
  furtherMetrics: [],
  predictions: [],
  furtherPredictions: [],
  exampleTexts: [],
};

async function scoreDev(
  context: CellContext,
  prepared: PreparedCell,
  trainer: Trainer,
  step: number,
): Promise<Omit<Scores, "selectionMetrics">> {
  const { emit, nowMs } = context;
  const { work, dev, further } = prepared;
  const startedMs = nowMs();
  const predictions = await predictSplit(context, prepared, trainer, dev);
  const metrics = [...work.score(dev, predictions, "dev")];
  emit(evalEvent(step, "dev", nowMs() - startedMs, metrics));
  const furtherMetrics: ResultFurtherMetric[] = [];
  const furtherPredictions: FurtherPredictions[] = [];
  for (const split of further) {
    const made = await predictSplit(context, prepared, trainer, split);
    furtherPredictions.push({ split: split.name, predictions: made });
    furtherMetrics.push(...work.score(split, made, split.name));
  }
  const exampleTexts = dev.examples.map(exampleTextOf);
  return { metrics, furtherMetrics, predictions, furtherPredictions, exampleTexts };
}

/** What is reached on dev without the model; nothing for a trial, which is not scored there. */
export function scoreBaselines(
  purpose: CellSpec["purpose"],
  { work, train, dev }: PreparedCell,
): CellOutcome["baselines"] {
  return purpose === "trial" ? [] : [...work.baselines(train, dev)];
}
