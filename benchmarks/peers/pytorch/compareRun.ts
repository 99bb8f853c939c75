import { readFile } from "node:fs/promises";
import { join } from "node:path";
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
  readonly evaluation: { readonly accuracy: number } | null;
}

/** Ours beside PyTorch's, on the same initial values, batches and order. */
export interface RunComparison {
  readonly method: string;
  readonly task: string;
  readonly seed: number;
  readonly steps: number;
  /** |ours - PyTorch's| / PyTorch's, of the training loss of a step. */
  readonly lossRelativeDifference: {
    readonly first30Largest: number;
    readonly median: number;
    readonly largest: number;
  };
  readonly predictions: { readonly count: number; readonly equal: number; readonly equalShare: number };
  readonly accuracy: { readonly ours: number | null; readonly pytorch: number | null };
  readonly pytorchEnvironment: Readonly<Record<string, unknown>>;
}

/** Holds a finished run against what train.py made of the same job. */
export async function compareRun(run: string, job: string, peer: string): Promise<RunComparison> {
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
  if (steps.length !== peerSteps.length) {
    throw new Error(`${run} has ${steps.length} steps, ${peer} has ${peerSteps.length}.`);
  }
  const { method, task, seed } = result.cell;
  return {
    method,
    task,
    seed,
    steps: steps.length,
    lossRelativeDifference: {
      first30Largest: Math.max(...relative.slice(0, 30)),
      median: relative.toSorted((a, b) => a - b)[Math.floor(relative.length / 2)] ?? Number.NaN,
      largest: Math.max(...relative),
    },
    predictions: { count: predictions.length, equal, equalShare: equal / predictions.length },
    accuracy: {
      ours: result.metrics.find(({ primary }) => primary)?.value ?? null,
      pytorch: timing.evaluation?.accuracy ?? null,
    },
    pytorchEnvironment: timing.environment,
  };
}

function jsonLines<Line>(text: string): readonly Line[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Line);
}
