import type { RunComparison } from "@peftbench/report";
import { metrics } from "@peftbench/tasks";
import { UsageError } from "../options/usageError.ts";
import { oneOf } from "../options/values.ts";
import { signed } from "./signed.ts";

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

export const gateSides = ["mean", "interval"] as const;

/** What of a difference is held against a gate. */
export type GateSide = (typeof gateSides)[number];

export const GATE_WORDS: Readonly<Record<GateSide, string>> = {
  mean: "mean differences, whatever their intervals",
  interval: "the lower ends of 95 % intervals",
};

/** One task's comparison, B minus A. */
export interface GatedRow
  extends Pick<RunComparison, "differencePoints" | "intervalPoints" | "isCollapsed" | "problem"> {
  readonly model: string;
  readonly task: string;
  readonly methodB: string;
  readonly metric: string;
}

/** A sentence for each task that fails a gate. A gate that no task can be held against has not been passed. */
export function gateFailures(
  { metric, leastPoints }: Gate,
  rows: readonly GatedRow[],
  side: GateSide,
): readonly string[] {
  const held = rows.filter((row) => row.metric === metric);
  if (held.length === 0) return [`no task is ranked by ${metric}, so nothing was held against it.`];
  return held.flatMap((row) => {
    const what = `${row.model} ${row.methodB} ${row.task}`;
    if (row.isCollapsed) return [`${what}: ${row.problem}.`];
    const points = side === "mean" ? row.differencePoints : (row.intervalPoints?.low ?? null);
    if (points === null) return [`${what}: there is no interval of ${metric} to hold against it.`];
    if (points >= leastPoints) return [];
    const found = side === "mean" ? signed(points) : `not known to be above ${signed(points)}`;
    return [`${what}: ${metric} ${found} points, at least ${signed(leastPoints)} allowed.`];
  });
}
