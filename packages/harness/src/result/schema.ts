import type { savePolicies } from "@peftbench/runtime";
import { memoryRoles } from "@peftbench/runtime";
import { z } from "zod";
import { memorySchema, parametersSchema, stageSchema, timeSchema } from "./costs.ts";
import { count, milliseconds, sha256, text } from "./fields.ts";
import { measuredMemorySchema } from "./measuredMemory.ts";
import { submissionSchema } from "./submission.ts";
import { runPurposes, tuningSchema } from "./tuning.ts";

/** Raised by hand when `result.json` changes its shape; a reader refuses what it does not know. */
export const SCHEMA_VERSION = 1;

export { memoryRoles };

export const executorKinds = ["cpu", "webgpu"] as const;
export const runStatuses = ["ok", "failed", "oom", "diverged", "interrupted"] as const;

const jsonRecord = z.record(z.string(), z.json());

/** One cell of the grid: what was run. */
const cellSchema = z.strictObject({
  /** The suite of the task: `glue`, `offline`, `glue-mini`. */
  suite: text,
  /** Name of the model as the suite or the caller gives it, never a path. */
  model: text,
  /** Id of the method: `lora`. */
  method: text,
  /** Id of the task: `sst2`. */
  task: text,
  seed: count,
  config: z.strictObject({
    /** Hyperparameters of training and what the data was cut down to. */
    training: jsonRecord,
    /** The method's own configuration: rank, scale, target modules. */
    method: jsonRecord,
  }),
});

/** A score of the trained model; `value` is null exactly where `reason` says why there is none. */
const metricOf = <Split extends z.ZodType<string>>(split: Split) =>
  z
    .strictObject({
      name: text,
      value: z.number().nullable(),
      /** Examples that were scored. */
      count,
      higherIsBetter: z.boolean(),
      /** Whether methods are ranked by this one; true for exactly one metric of a finished run. */
      primary: z.boolean(),
      split,
      reason: text.nullable(),
    })
    .refine((metric) => (metric.value === null) === (metric.reason !== null), {
      path: ["reason"],
      error: "expected a reason exactly where value is null",
    });

/** `dev` is the reported split: nothing was ever selected on it. `selection` was held out of training. */
const metricSchema = metricOf(z.enum(["dev", "selection"]));

/** Of a labelled split beside dev, by its name: `mismatched`. */
const furtherMetricSchema = metricOf(text);

/** What is scored without the model, under one metric of the task. */
const baselineSchema = z
  .strictObject({
    /** `majority-class`, `mean-score`, `bag-of-words`. */
    name: text,
    /** Name of the metric it is a value of. */
    metric: text,
    value: z.number().nullable(),
    count,
    split: z.literal("dev"),
    reason: text.nullable(),
    /** What it says of every example; null where that depends on the example. Results from before it lack it. */
    answer: z.number().nullable().default(null),
  })
  .refine((baseline) => (baseline.value === null) === (baseline.reason !== null), {
    path: ["reason"],
    error: "expected a reason exactly where value is null",
  });

/** The primary metric on the held-out examples; null where it is not defined. */
export const selectionEvaluationSchema = z.strictObject({
  /** Optimizer steps that were done. */
  step: count,
  value: z.number().nullable(),
});

/** Evaluations along the run on examples that were held out of train, and what was made of them. */
const selectionSchema = z.strictObject({
  /** Name of the task's primary metric. */
  metric: text,
  rows: count,
  /** In the order of steps. */
  evaluations: z.array(selectionEvaluationSchema),
  /** Step of the best evaluation, the first of equals; null where the metric was never defined. */
  bestStep: count.nullable(),
  /** Step of the model that dev was evaluated with: the best one's where it was kept, else the last. */
  reportedStep: count,
  /** Steps that were planned, by which schedules went; `time.stepsTotal` were done. */
  stepsPlanned: count,
  stoppedEarly: z.boolean(),
  /** Wall time of these evaluations, over all processes of a resumed run; no part of `time`. */
  evalMs: milliseconds,
});

/** Ranks of the adapted modules over a run. */
export const rankHistorySchema = z.strictObject({
  /** Names of the adapted modules. */
  modules: z.array(text),
  /** In the order of steps, the first before the first step and the last after the last. */
  moments: z
    .array(
      z.strictObject({
        /** Optimizer steps that were done. */
        step: count,
        /** Rank of each module, in the order of `modules`. */
        ranks: z.array(count),
        /** Scalars that a path of these ranks is made of, over all modules. */
        parameters: count,
      }),
    )
    .min(1),
});

const environmentSchema = z.strictObject({
  peftbenchCommit: z
    .string()
    .regex(/^[0-9a-f]{40}$/)
    .nullable(),
  worktreeDirty: z.boolean().nullable(),
  runtime: z.strictObject({ name: z.enum(["deno", "node", "bun"]), version: text }),
  executor: z.enum(executorKinds),
  /** Library and version: `onnxruntime-node 1.30.0`. */
  executorVersion: text,
  os: text,
  cpuModel: text,
  threads: z.int().positive(),
  /** The GPU adapter's name; null on the CPU. */
  adapter: text.nullable(),
  /** When the result was written. */
  createdAt: z.iso.datetime(),
});

const dataSchema = z.strictObject({
  source: text,
  /**
   * `published` as a data set for its purpose; `bundled`: real text that comes with the installation, made a task by
   * us; `synthetic`: written by a program. Results from before it lack it, and are all of published data.
   */
  origin: z.enum(["published", "bundled", "synthetic"]).default("published"),
  revision: text.nullable(),
  checksum: sha256,
  /** Examples that were used: trained on, selected on, reported on. */
  rows: z.strictObject({ train: count, selection: count, dev: count }),
  /** The files that examples were read from, with all their rows. Results from before lack them. */
  files: z.array(z.strictObject({ split: text, name: text, rows: count, sha256 })).default([]),
});

const weightsSchema = z.strictObject({
  source: text,
  revision: text.nullable(),
  checksum: sha256,
});

const errorSchema = z.strictObject({
  /** Name of the error's class. */
  type: text,
  message: text,
  remedy: text.nullable(),
});

/** What a finished run has; a run that broke off has nulls where it did not get that far. */
const knownOnceDone = ["parameters", "memory", "time", "lossSummary", "data", "weights"] as const;

/** `result.json`. */
export const resultSchema = z
  .strictObject({
    schemaVersion: z.literal(SCHEMA_VERSION),
    /** The identity of the run: the hash of all that decides its outcome. */
    id: sha256,
    cell: cellSchema,
    /** Results from before searches lack it. */
    purpose: z.enum(runPurposes).default("report"),
    /** How the settings were chosen; null where they were given. It is no part of the identity: what was chosen is. */
    tuning: tuningSchema.nullable().default(null),
    status: z.enum(runStatuses),
    /** Null exactly where the status is `ok`. */
    error: errorSchema.nullable(),
    metrics: z.array(metricSchema),
    /** The same metrics on `selectionRows` examples that were held out of training; none where there are none. */
    selectionMetrics: z.array(metricSchema).default([]),
    /** Selection along the run; null where there was none. Results from before lack it. */
    selection: selectionSchema.nullable().default(null),
    /** Predictions on hidden test splits, for GLUE's server; null where none were asked for. */
    submission: submissionSchema.nullable().default(null),
    /** The same metrics on labelled splits beside dev, for tasks that have any: scored once, at the end. */
    furtherMetrics: z.array(furtherMetricSchema).default([]),
    baselines: z.array(baselineSchema),
    parameters: parametersSchema.nullable(),
    memory: memorySchema.nullable(),
    /** What a ledger saw beside the plan; null where nothing was measured. Results from before it lack it. */
    measuredMemory: measuredMemorySchema.nullable().default(null),
    time: timeSchema.nullable(),
    /** The method's stages, one after another, with the memory and time of each. Results from before lack them. */
    stages: z.array(stageSchema).default([]),
    /** How the adapter's ranks were given and changed; null where the method has none. */
    rankHistory: rankHistorySchema.nullable().default(null),
    /** Training loss at the first and the last step; null where it was not finite. */
    lossSummary: z.strictObject({ first: z.number().nullable(), last: z.number().nullable() }).nullable(),
    /** What was taken in place of what was not at hand, in full sentences: it stands at a report's head. */
    notices: z.array(text).default([]),
    /** What a reader of these figures should know, in full sentences. */
    warnings: z.array(text),
    environment: environmentSchema,
    data: dataSchema.nullable(),
    weights: weightsSchema.nullable(),
  })
  .superRefine((result, context) => {
    const issue = (path: string, message: string): void =>
      context.addIssue({ code: "custom", path: [path], message });
    if (result.status !== "ok") {
      if (result.error === null) issue("error", `expected an error beside the status ${result.status}`);
      return;
    }
    if (result.error !== null) issue("error", "expected null beside the status ok");
    for (const field of knownOnceDone) {
      if (result[field] === null) issue(field, "expected a value beside the status ok, found null");
    }
    // A trial is scored on held-out rows alone.
    const scores = result.purpose === "trial" ? "selectionMetrics" : "metrics";
    const primaries = result[scores].filter((metric) => metric.primary).length;
    if (primaries !== 1) issue(scores, `expected exactly one primary metric, found ${primaries}`);
  });

export type MemoryRole = (typeof memoryRoles)[number];
export type SavePolicyName = (typeof savePolicies)[number];
export type ExecutorKind = (typeof executorKinds)[number];
export type RunStatus = (typeof runStatuses)[number];

export type RunResult = z.infer<typeof resultSchema>;
export type RunCell = z.infer<typeof cellSchema>;
export type ResultMetric = z.infer<typeof metricSchema>;
export type ResultSelection = z.infer<typeof selectionSchema>;
export type ResultFurtherMetric = z.infer<typeof furtherMetricSchema>;
export type ResultBaseline = z.infer<typeof baselineSchema>;
export type ResultParameters = z.infer<typeof parametersSchema>;
export type ResultMemory = z.infer<typeof memorySchema>;
export type ResultTime = z.infer<typeof timeSchema>;
export type ResultStage = z.infer<typeof stageSchema>;
export type RankHistory = z.infer<typeof rankHistorySchema>;
export type ResultEnvironment = z.infer<typeof environmentSchema>;
export type ResultData = z.infer<typeof dataSchema>;
export type ResultWeights = z.infer<typeof weightsSchema>;
export type ResultError = z.infer<typeof errorSchema>;
