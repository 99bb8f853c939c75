import { metrics } from "@peftbench/tasks";
import { UsageError } from "../options/usageError.ts";
import { oneOf } from "../options/values.ts";

/** The least that B may have over A, in points of a metric. */
export interface Gate {
  readonly metric: string;
  readonly leastPoints: number;
}

/** `accuracy>=-1.0,f1>=-2`, each metric once. @throws {UsageError} */
export function parseGates(value: string): readonly Gate[] {
  const gates = value.split(",").map(parseGate);
  const twice = gates.find(
    ({ metric }, index) => gates.findIndex((gate) => gate.metric === metric) !== index,
  );
  if (twice !== undefined) throw new UsageError(`--gate: found ${twice.metric} twice; give it once.`);
  return gates;
}

function parseGate(text: string): Gate {
  const [, metric, points] = /^\s*([\w-]+)\s*>=\s*([+-]?\d+(?:\.\d+)?)\s*$/.exec(text) ?? [];
  if (metric === undefined || points === undefined) {
    throw new UsageError(
      `--gate: found ${JSON.stringify(text)}; expected the least B may have over A in points, such as accuracy>=-1.0.`,
    );
  }
  return { metric: oneOf("--gate", metric, Object.keys(metrics)), leastPoints: Number(points) };
}
