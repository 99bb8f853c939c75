/**
 * Holds a finished run against what train.py made of the same job, and prints the comparison as JSON.
 *
 *   tsx benchmarks/peers/pytorch/compareRun.ts --run RUN_FOLDER --job JOB_FOLDER --peer OUT_FOLDER
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { parseEvents, parsePredictions, parseResult, stepsOf } from "@peftbench/harness";

interface PeerStep {
  readonly step: number;
  readonly loss: number;
}

interface PeerPrediction {
  readonly batch: number;
  readonly row: number;
  readonly prediction: number;
}

interface PeerTiming {
  readonly environment: Readonly<Record<string, unknown>>;
  readonly stepMs: readonly number[];
  readonly realTokensPerSecond: number;
  readonly evaluation: { readonly accuracy: number } | null;
}

async function compareRun(run: string, job: string, peer: string): Promise<object> {
  const text = (folder: string, name: string): Promise<string> => readFile(join(folder, name), "utf8");
  const result = parseResult(await text(run, "result.json"), run);
  const steps = stepsOf(parseEvents(await text(run, "events.jsonl"), run).items);
  const predictions = parsePredictions(await text(run, "predictions.jsonl"), run).items;
  const peerSteps = jsonLines<PeerStep>(await text(peer, "losses.jsonl"));
  const peerPredictions = jsonLines<PeerPrediction>(await text(peer, "predictions.jsonl"));
  const exampleIds = JSON.parse(await text(job, "evalExampleIds.json")) as readonly (readonly string[])[];
  const timing = JSON.parse(await text(peer, "timing.json")) as PeerTiming;

  const relative = steps.map((ours, index) => {
    const theirs = peerSteps[index]?.loss ?? Number.NaN;
    return Math.abs((ours.loss ?? Number.NaN) - theirs) / Math.abs(theirs);
  });
  const theirPrediction = new Map(
    peerPredictions.map(({ batch, row, prediction }) => [exampleIds[batch]?.[row], prediction]),
  );
  const equal = predictions.filter(
    ({ exampleId, prediction }) => theirPrediction.get(exampleId) === prediction,
  ).length;
  const peerTrainMs = timing.stepMs.reduce((total, stepMs) => total + stepMs, 0);
  const peerTokensPerSecond = ((result.time?.tokensTrained ?? 0) / peerTrainMs) * 1000;
  const metric = result.metrics.find(({ primary }) => primary);
  return {
    cell: { ...result.cell, config: undefined },
    steps: { ours: steps.length, peer: peerSteps.length },
    lossRelativeDifference: {
      first30Largest: Math.max(...relative.slice(0, 30)),
      median: relative.toSorted((a, b) => a - b)[Math.floor(relative.length / 2)],
      largest: Math.max(...relative),
    },
    predictions: { count: predictions.length, equal, equalShare: equal / predictions.length },
    metric: { name: metric?.name, ours: metric?.value, peerAccuracy: timing.evaluation?.accuracy ?? null },
    tokensPerSecond: {
      ours: result.time?.tokensPerSecond,
      peer: peerTokensPerSecond,
      ratio: (result.time?.tokensPerSecond ?? 0) / peerTokensPerSecond,
    },
    trainMs: { ours: result.time?.trainMs, peer: peerTrainMs },
    peerEnvironment: timing.environment,
  };
}

function jsonLines<Line>(text: string): readonly Line[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Line);
}

const { values } = parseArgs({
  options: { run: { type: "string" }, job: { type: "string" }, peer: { type: "string" } },
});
const { run, job, peer } = values;
if (run === undefined || job === undefined || peer === undefined) {
  console.error("usage: compareRun.ts --run RUN_FOLDER --job JOB_FOLDER --peer OUT_FOLDER");
  process.exit(2);
}
console.log(JSON.stringify(await compareRun(run, job, peer), null, 2));
