import { createHash } from "node:crypto";
import type { FileCache } from "@peftbench/runtime";
import { jsonLines } from "../source.ts";
import type { LabelledText, TaskDefinition } from "../task.ts";
import { BAG_OF_WORDS_VERSION, bagOfWordsBaseline } from "./baseline.ts";

/**
 * {@link bagOfWordsBaseline}, computed once for the same examples: all cells of a grid that differ in their method or
 * seed alone have the same one. Predictions are kept as float64 numbers, so a kept one is the computed one.
 */
export function keptBagOfWordsBaseline(
  train: readonly LabelledText[],
  dev: readonly LabelledText[],
  task: TaskDefinition,
  cache: FileCache,
): readonly number[] {
  const name = `${keyOf(train, dev, task)}.f64`;
  const found = cache.read(name);
  if (found?.byteLength === dev.length * Float64Array.BYTES_PER_ELEMENT) {
    return [...new Float64Array(found.buffer)];
  }
  const predictions = bagOfWordsBaseline(train, dev, task);
  cache.write(name, new Uint8Array(Float64Array.from(predictions).buffer));
  return predictions;
}

/** Of all that decides the predictions, and nothing else. */
function keyOf(train: readonly LabelledText[], dev: readonly LabelledText[], task: TaskDefinition): string {
  const answers = task.kind === "classification" ? task.labels.length : task.range;
  const hash = createHash("sha256").update(
    `bag of words ${BAG_OF_WORDS_VERSION} ${JSON.stringify([task.kind, answers])}\n`,
  );
  for (const rows of [train, dev]) hash.update(`${rows.length}\n${jsonLines(rows)}`);
  return hash.digest("hex");
}
