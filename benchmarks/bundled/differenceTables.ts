import type { RunResult, Summary } from "@peftbench/harness";
import type { PairedDifference } from "./pairedDifferences.ts";

/** A score on a task without the model, under the task's primary metric. */
export interface Baseline {
  readonly task: string;
  readonly name: string;
  /** In points; null where the metric has no value, as a correlation with one answer for all. */
  readonly points: number | null;
}

const NONE = "–";
/** Always the same answer: the most frequent class, or the mean score. */
const CONSTANT = ["majority-class", "mean-score"];

/** Each baseline once. */
export function baselinesOf(results: readonly RunResult[]): readonly Baseline[] {
  const found = new Map<string, Baseline>();
  for (const { cell, metrics, baselines } of results) {
    const primary = metrics.find((metric) => metric.primary)?.name;
    for (const { name, metric, value } of baselines) {
      if (metric !== primary) continue;
      const points = value === null ? null : 100 * value;
      found.set(`${cell.task} ${name}`, { task: cell.task, name, points });
    }
  }
  return [...found.values()];
}

/** A line a task and method, in Markdown. @param sides what the two that are held against each other are called */
export function differenceTable(
  differences: readonly PairedDifference[],
  baselines: readonly Baseline[],
  sides: readonly [string, string],
): string {
  const baseline = (task: string, names: readonly string[]): string => {
    const found = baselines.find((each) => each.task === task && names.includes(each.name));
    return found?.points?.toFixed(1) ?? NONE;
  };
  const header = ["task", "metric × 100", "constant answer", "bag of words", "method", ...sides];
  const lines = differences.map(({ task, metric, method, seeds, first, second, difference }) => [
    ...[task, metric, baseline(task, CONSTANT), baseline(task, ["bag-of-words"]), method],
    ...[first.toFixed(1), second.toFixed(1), signed(difference.mean ?? 0), intervalText(difference)],
    String(seeds.length),
  ]);
  const columns = [...header, "difference, points", "95 % interval", "seeds"];
  return [columns, columns.map(() => "---"), ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** Where the mean difference is at least so many points (more than none for 0), and whether its interval is above zero. */
export function surpassed(differences: readonly PairedDifference[], points: number): string {
  const found = differences.filter(({ difference: { mean } }) => (mean ?? 0) > 0 && (mean ?? 0) >= points);
  const what = points === 0 ? "Ahead" : `Ahead by ${points} points or more`;
  if (found.length === 0) return `${what}: nowhere.`;
  const each = found.map(({ task, method, difference: { interval } }) => {
    const shown = interval !== null && interval.low > 0;
    return `${task} with ${method}${shown ? "" : " (the interval does not show it)"}`;
  });
  return `${what}: ${each.join("; ")}.`;
}

function intervalText({ interval }: Summary): string {
  return interval === null ? NONE : `${signed(interval.low)} to ${signed(interval.high)}`;
}

function signed(points: number): string {
  const text = Math.abs(points).toFixed(1);
  if (text === "0.0") return text;
  return `${points > 0 ? "+" : "−"}${text}`;
}
