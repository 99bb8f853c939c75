import { TaskArgumentError } from "../errors.ts";
import { keyedRandom, randomOrder, randomStreams } from "../random.ts";
import type { LabelledSplits, LabelledText, SplitRows, TaskGenerator } from "../task.ts";
import type { Draw } from "./draw.ts";
import { drawFrom } from "./draw.ts";

/** How a task of glue-mini writes one example. */
export interface Recipe {
  /** Tells the random sequences of tasks apart; part of every result, so never changed or given twice. */
  readonly number: number;
  /** Class numbers or scores; each is given to the same number of examples (to within one). */
  readonly labels: readonly number[];
  /** Text for which the task's rules give the label. */
  readonly write: (draw: Draw, label: number) => Omit<LabelledText, "label">;
}

/**
 * What all tasks of glue-mini share.
 * @param name of the task within the suite: its id is `mini-<name>`, its card `<name>.yaml`
 * @param version goes up whenever the recipe writes other text than before
 */
export function miniTask(name: string, version: number, recipe: Recipe) {
  const source: TaskGenerator = {
    kind: "generator",
    version,
    seed: 1,
    generate: (options) => generateSplits(recipe, options),
  };
  return {
    id: `mini-${name}`,
    suite: "glue-mini",
    origin: "synthetic",
    source,
    publishedRows: { train: 2_000, dev: 400 },
    datasetCard: `datasets/glue-mini/${name}.yaml`,
  } as const;
}

const MOST_TRIES = 1_000;

/**
 * Splits in which labels are balanced and no text (of a pair: no two texts together) occurs twice, whatever its case.
 * @throws {TaskArgumentError} for a number of rows that is no positive whole number, or above what the recipe can write
 */
function generateSplits(
  recipe: Recipe,
  options: { readonly seed: number; readonly rows: SplitRows },
): LabelledSplits {
  const { rows, seed } = options;
  const random = keyedRandom([randomStreams.glueMini, recipe.number, seed]);
  const draw = drawFrom(random);
  const seen = new Set<string>();
  const writeNew = (label: number): LabelledText => {
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const written = recipe.write(draw, label);
      const key = `${written.text}\t${written.pair ?? ""}`.toLowerCase();
      if (seen.has(key)) continue;
      seen.add(key);
      return { ...written, label };
    }
    throw new TaskArgumentError(
      `There are too few different texts for ${rows.train} training and ${rows.dev} dev examples; ask for fewer.`,
    );
  };
  const split = (name: keyof SplitRows): readonly LabelledText[] => {
    const count = rows[name];
    if (!Number.isInteger(count) || count < 1) {
      throw new TaskArgumentError(
        `The number of ${name} examples is ${count}; expected a positive whole number.`,
      );
    }
    const written = Array.from({ length: count }, (_, index) =>
      writeNew(recipe.labels[index % recipe.labels.length] ?? 0),
    );
    return Array.from(randomOrder(count, random), (index) => written[index] as LabelledText);
  };
  return { train: split("train"), dev: split("dev") };
}
