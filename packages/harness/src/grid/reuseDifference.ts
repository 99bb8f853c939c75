import { canonicalJson } from "../identity.ts";
import type { RunCell, RunResult } from "../result/schema.ts";
import { decisiveTraining } from "../selectionConfig.ts";
import type { CellSpec } from "./cellSpec.ts";

/**
 * Why a cell is none of some finished runs, by the run that comes nearest: `training.batchSize is 16 there and 8 here`.
 * A checksum is named without its digits.
 * @param results of runs that ended well
 */
export function reuseDifference(spec: CellSpec, results: readonly RunResult[]): string {
  const { method, task } = spec.cell;
  const alike = results.filter(({ cell }) => cell.method === method && cell.task === task);
  const differences = alike.map((result) => differencesOf(spec, result));
  const [nearest] = differences.toSorted((a, b) => a.length - b.length);
  if (nearest === undefined) return `there is no finished run of ${method} on ${task}`;
  const [first = "the model's configuration or tokenizer differs, or the version of results"] = nearest;
  const more = nearest.length > 1 ? `, and ${nearest.length - 1} more differ` : "";
  return `${method} on ${task}: ${first}${more}`;
}

function differencesOf(spec: CellSpec, result: RunResult): readonly string[] {
  const known = new Map(decisive(result.environment.executor, result.cell));
  const wanted = decisive(spec.executor, spec.cell);
  return [
    ...(result.weights?.checksum === spec.weightsChecksum ? [] : ["the model's weights differ"]),
    ...(result.data?.checksum === spec.dataChecksum ? [] : ["the data differ"]),
    ...wanted.flatMap(([name, here]) => {
      const there = known.get(name);
      return there === here ? [] : [`${name} is ${there ?? "absent"} there and ${here} here`];
    }),
  ];
}

/** What a run's identity has beside checksums, each as JSON by its name. */
function decisive(executor: string, { seed, config }: RunCell): [string, string][] {
  const training = decisiveTraining(config.training);
  return [
    ["executor", executor],
    ["seed", `${seed}`],
    ...named("training", training),
    ...named("method", config.method),
  ];
}

function named(prefix: string, values: Readonly<Record<string, unknown>>): [string, string][] {
  return Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [`${prefix}.${name}`, canonicalJson(value)]);
}
