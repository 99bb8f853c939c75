import type { RunResult } from "@peftbench/harness";

/** The figures of one method on one task, made by plain loops from its results: the oracle of the page's tables. */
export function expectedFigures(results: readonly RunResult[]): ReadonlyMap<string, number> {
  const values = results.flatMap(({ status, metrics }) =>
    status === "ok" ? (metrics.find(({ primary }) => primary)?.value ?? []) : [],
  );
  const figures = new Map<string, number>();
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (values.length > 0) figures.set("mean", mean).set("n", values.length);
  const halfWidth = tQuantiles[values.length - 2];
  if (halfWidth !== undefined) {
    const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    const deviation = Math.sqrt(squares / (values.length - 1));
    const half = (halfWidth * deviation) / Math.sqrt(values.length);
    figures
      .set("deviation", deviation)
      .set("low", mean - half)
      .set("high", mean + half);
  }
  const parameters = results.find((result) => result.parameters !== null)?.parameters;
  if (parameters) {
    const { trainableInitial, trainableFinal, head, total } = parameters;
    figures.set("trainable", trainableInitial).set("trainable-with-head", trainableInitial + head);
    figures.set("share", (trainableInitial + head) / total);
    if (trainableFinal !== trainableInitial) figures.set("trainable-final", trainableFinal);
  }
  const peaks = results.flatMap(({ memory }) => memory?.peakLiveBytes ?? []);
  if (peaks.length > 0) figures.set("peak", Math.max(...peaks));
  const times = results.flatMap(({ status, time }) => (status === "ok" && time !== null ? [time] : []));
  if (times.length > 0) {
    figures.set("step", middle(times.map(({ stepMsMedian }) => stepMsMedian ?? Number.NaN)));
    figures.set("tokens", middle(times.map(({ tokensPerSecond }) => tokensPerSecond ?? Number.NaN)));
    figures.set("train", middle(times.map(({ trainMs }) => trainMs)));
  }
  return figures;
}

/** scipy's `t.ppf(0.975, df)` for df = 1, 2, 3. */
const tQuantiles = [12.706204736174694, 4.302652729749462, 3.182446305283708];

function middle(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(half)] ?? Number.NaN) + (sorted[Math.ceil(half)] ?? Number.NaN)) / 2;
}
