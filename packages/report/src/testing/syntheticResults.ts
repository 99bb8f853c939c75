import type { MemoryRole, RunResult } from "@peftbench/harness";
import { exampleResult, memoryRoles } from "@peftbench/harness";
import type { PredictionsByRun } from "../compare.ts";
import type { LossCurve } from "../lossCurve.ts";

/** How a made-up method behaves. Its figures are plausible and mean nothing. */
export interface SyntheticMethod {
  readonly method: string;
  readonly config: RunResult["cell"]["config"]["method"];
  /** Mean of the score over seeds. */
  readonly score: number;
  readonly trainable: number;
  readonly trainableFinal?: number;
  /** MB (10^6 bytes) by role at the peak. */
  readonly megabytes: Readonly<Partial<Record<MemoryRole, number>>>;
  readonly stepMs: number;
  /** Stages after each other; without them the method trains the same tensors throughout. */
  readonly stages?: readonly SyntheticStage[];
  /** Rank of each module at a step of 500 of a seed; without it the method has no ranks. */
  readonly ranks?: (module: string, step: number, seed: number) => number;
}

export interface SyntheticStage {
  readonly name: string;
  readonly fromStep: number;
  readonly trainable: number;
  /** What is left of gradients, optimizer state and saved activations, between 0 and 1. */
  readonly kept: number;
}

export const syntheticLora: SyntheticMethod = {
  method: "lora",
  config: { rank: 8, alpha: 16, targetModules: ["query", "value"] },
  score: 0.889,
  trainable: 73_728,
  megabytes: {
    baseWeight: 90.3,
    adapterWeight: 0.3,
    head: 0.6,
    gradient: 1.2,
    optimizerState: 2.4,
    keyValueCache: 0,
    savedActivation: 248,
    workspace: 28,
    staging: 0.1,
  },
  stepMs: 412,
  ranks: () => 8,
};

export const syntheticFull: SyntheticMethod = {
  method: "full",
  config: {},
  score: 0.894,
  trainable: 22_565_376,
  megabytes: {
    baseWeight: 90.3,
    head: 0.6,
    gradient: 90.9,
    optimizerState: 181.8,
    keyValueCache: 0,
    savedActivation: 301,
    workspace: 31,
    staging: 0.1,
  },
  stepMs: 598,
};

const modules = Array.from({ length: 12 }, (_, layer) =>
  ["attention.self.query", "attention.output.dense", "output.dense"].map(
    (name) => `encoder.layer.${layer}.${name}`,
  ),
).flat();

/** Ranks by module, and a stage in which less is trained. */
export const syntheticPattern: SyntheticMethod = {
  ...syntheticLora,
  method: "pattern",
  config: { meanRank: 16, alpha: 16, targetModules: ["query", "attention.output.dense", "output.dense"] },
  trainableFinal: 36_864,
  stages: [
    { name: "all", fromStep: 0, trainable: 73_728, kept: 1 },
    { name: "frozen", fromStep: 150, trainable: 36_864, kept: 0.5 },
  ],
  ranks: (module) => (module.includes("attention") ? 8 : 32),
};

/** Ranks that fall from 12 to 8 on average, seeds a little apart. */
export const syntheticPruning: SyntheticMethod = {
  ...syntheticLora,
  method: "pruning",
  config: { initialRank: 12, targetRank: 8, alpha: 16, targetModules: ["query", "attention.output.dense"] },
  ranks: (module, step, seed) =>
    step === 0 ? 12 : module.includes("query") ? 10 + seed : module.includes("attention") ? 6 - seed : 8,
};

/** Trains the task head alone. */
export const syntheticProbe: SyntheticMethod = {
  method: "probe",
  config: {},
  score: 0.8,
  trainable: 0,
  megabytes: { baseWeight: 90.3, head: 0.6, gradient: 0.6, optimizerState: 1.2, workspace: 12, staging: 0.1 },
  stepMs: 210,
};

export interface SyntheticCell {
  readonly method: SyntheticMethod;
  readonly seed: number;
  readonly task?: string;
  readonly metric?: string;
  readonly model?: string;
}

/** A finished run that fits the schema; the same arguments give the same figures. */
export function syntheticResult({
  method,
  seed,
  task = "sst2",
  metric = "accuracy",
  model = "minilm",
}: SyntheticCell): RunResult {
  const noise = noiseOf(`${method.method}/${task}/${model}/${seed}`);
  const byRole = Object.fromEntries(
    memoryRoles.map((role) => [role, Math.round((method.megabytes[role] ?? 0) * 1e6)]),
  ) as Record<MemoryRole, number>;
  const peakLiveBytes = Object.values(byRole).reduce((sum, bytes) => sum + bytes, 0);
  const correct = Math.round(872 * (method.score + 0.006 * noise(1)));
  const stepMs = method.stepMs * (1 + 0.02 * noise(2));
  return {
    ...exampleResult,
    id: Math.floor(Math.abs(noise(3)) * 0xffffffff)
      .toString(16)
      .padStart(8, "0")
      .repeat(8),
    cell: {
      suite: "glue",
      model,
      method: method.method,
      task,
      seed,
      config: { training: exampleResult.cell.config.training, method: method.config },
    },
    metrics: [
      {
        name: metric,
        value: correct / 872,
        count: 872,
        higherIsBetter: true,
        primary: true,
        split: "dev",
        reason: null,
      },
    ],
    baselines: [
      { name: "majority-class", metric, value: 444 / 872, count: 872, split: "dev", reason: null, answer: 1 },
    ],
    parameters: {
      trainableInitial: method.trainable,
      trainableAverage: (method.trainable + (method.trainableFinal ?? method.trainable)) / 2,
      trainableFinal: method.trainableFinal ?? method.trainable,
      head: 148_610,
      total: 22_713_986 + (method.method === "full" ? 0 : method.trainable),
    },
    memory: {
      peakLiveBytes,
      peakReservedBytes: Math.round(peakLiveBytes * 1.04),
      byRole,
      peakAt: { node: "layer.5.intermediate", phase: "backward", batchRows: 32, length: 64 },
      peakLiveBytesByPhase: null,
      source: "planned",
      savePolicy: "eager",
      device: "cpu",
    },
    time: {
      trainMs: Math.round(stepMs * 500),
      evalMs: 9_000,
      compileMs: 2_500,
      stepMsMedian: stepMs,
      stepsTotal: 500,
      stepsSkipped: 0,
      tokensPerSecond: 402_000 / (stepMs / 2),
      tokensTrained: 402_000,
    },
    stages: (
      method.stages ?? [{ name: method.method, fromStep: 0, trainable: method.trainable, kept: 1 }]
    ).map(({ kept, ...stage }, index, stages) => {
      const held = (role: MemoryRole): number =>
        ["gradient", "optimizerState", "savedActivation"].includes(role) ? kept : 1;
      const stageBytes = Object.fromEntries(
        memoryRoles.map((role) => [role, Math.round(byRole[role] * held(role))]),
      ) as Record<MemoryRole, number>;
      const live = Object.values(stageBytes).reduce((sum, bytes) => sum + bytes, 0);
      const steps = (stages[index + 1]?.fromStep ?? 500) - stage.fromStep;
      return {
        ...stage,
        steps,
        peakLiveBytes: live,
        peakReservedBytes: Math.round(live * 1.04),
        byRole: stageBytes,
        trainMs: stepMs * steps * kept,
        stepMsMedian: stepMs * kept,
      };
    }),
    rankHistory: rankHistoryOf(method, seed),
    lossSummary: { first: 0.693, last: 0.25 },
  };
}

function rankHistoryOf({ ranks }: SyntheticMethod, seed: number): RunResult["rankHistory"] {
  if (ranks === undefined) return null;
  const moments = [0, 250, 500].map((step) => {
    const all = modules.map((module) => ranks(module, step, seed));
    return { step, ranks: all, parameters: 768 * all.reduce((sum, rank) => sum + rank, 0) };
  });
  return { modules: [...modules], moments };
}

/** A run that broke off. */
export function syntheticFailure(
  cell: SyntheticCell,
  status: Exclude<RunResult["status"], "ok">,
  message: string,
): RunResult {
  const result = syntheticResult(cell);
  return {
    ...result,
    status,
    error: { type: "DeviceOutOfMemoryError", message, remedy: "Use a smaller batch." },
    metrics: [],
    baselines: [],
    time: null,
    stages: [],
    rankHistory: null,
    lossSummary: null,
  };
}

/** Predictions of two classes that score just what the results say; what is hard for one run is mostly so for all. */
export function syntheticPredictions(results: readonly RunResult[]): PredictionsByRun {
  return new Map(
    results.map((result) => {
      const { task } = result.cell;
      const hardness = noiseOf(`${task}/examples`);
      const own = noiseOf(`${result.id}/examples`);
      const value = result.metrics.find(({ primary }) => primary)?.value ?? 0;
      const hardest = Array.from({ length: 872 }, (_, row) => row)
        .sort((a, b) => hardness(b) + 0.3 * own(b) - hardness(a) - 0.3 * own(a))
        .slice(0, 872 - Math.round(872 * value));
      const wrong = new Set(hardest);
      const predictions = Array.from({ length: 872 }, (_, row) => {
        const label = row < 444 ? 1 : 0;
        return { exampleId: `dev:${row}`, label, prediction: wrong.has(row) ? 1 - label : label };
      });
      return [result.id, predictions] as const;
    }),
  );
}

/** A falling, noisy loss of 500 steps, and a score that rises towards the run's own. */
export function syntheticLossCurve(result: RunResult): LossCurve {
  const noise = noiseOf(`${result.id}/loss`);
  const points = Array.from({ length: 500 }, (_, index) => {
    const progress = index / 500;
    const trend =
      0.24 + 0.45 * Math.exp(-6 * progress) + (result.cell.method === "full" ? -0.05 : 0) * progress;
    return { step: index + 1, loss: Math.max(0.02, trend + 0.09 * noise(index)) };
  });
  const [metric] = result.metrics;
  const evaluations = [100, 200, 300, 400, 500].map((step) => ({
    step,
    metric: metric?.name ?? "none",
    value: (metric?.value ?? 0) * (1 - 0.3 * Math.exp(-step / 120)),
  }));
  return { runId: result.id, points, evaluations };
}

/** The grid of the given methods and seeds, all finished. */
export function syntheticGrid(
  methods: readonly SyntheticMethod[],
  seeds: readonly number[],
  task?: { readonly task: string; readonly metric: string },
): readonly RunResult[] {
  return methods.flatMap((method) => seeds.map((seed) => syntheticResult({ method, seed, ...task })));
}

/** Numbers in -1..1 that depend on text and index alone (FNV-1a, then a finalizer). */
function noiseOf(text: string): (index: number) => number {
  return (index) => {
    let hash = 0x811c9dc5;
    for (const character of `${text}#${index}`) {
      hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
    }
    hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
    hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
    return ((hash ^ (hash >>> 16)) >>> 0) / 0x7fffffff - 1;
  };
}
