import { fileURLToPath } from "node:url";
import { methods } from "@peftbench/methods";
import { attentionKinds } from "@peftbench/models";
import type { EncoderFixture, EncoderRunOptions, Replay, TrainingDifferences } from "@peftbench/peft/parity";
import {
  compareTraining,
  encoderFixtures,
  expectedOfEncoder,
  largestDifference,
  readTrainingJob,
  relativeDifference,
  replayJob,
  runEncoder,
} from "@peftbench/peft/parity";
import type { Executor, SavePolicy } from "@peftbench/runtime";
import { createCpuExecutor, savePolicies } from "@peftbench/runtime";

/** Largest absolute differences of a run of a tiny BERT. */
export interface BertDifferences {
  readonly fixture: string;
  readonly savePolicy: SavePolicy;
  readonly attention: EncoderRunOptions["attention"];
  readonly forward: number;
  readonly gradients: number;
}

/** The same with frozen weights stored as f16, from the CPU on rounded weights and from PyTorch on full ones. */
export interface HalfBertDifferences {
  readonly fixture: string;
  readonly fromRounded: { readonly forward: number; readonly gradients: number };
  readonly fromFull: { readonly forward: number; readonly gradients: number };
}

export interface TrainingCase extends TrainingDifferences {
  readonly method: string;
  readonly savePolicy: SavePolicy;
}

/** Thirty steps on frozen weights stored as f16. Losses, largest relative difference of a step. */
export interface HalfTraining {
  readonly method: string;
  readonly lossFromRounded: number;
  readonly lossFromFull: number;
}

const bertFixtures = encoderFixtures.filter(({ name }) => name.startsWith("bert/"));

type Tensors = ReadonlyMap<string, ArrayLike<number>>;

const jobs = {
  lora: { config: { rank: 4, alpha: 8, targetModules: ["query", "value"] }, withoutInfluence: null },
  // A constant added to all of a query's scores: its gradient is rounding near AdamW's epsilon.
  full: { config: {}, withoutInfluence: /\.key\.bias$/ },
} as const;

const jobFolder = (method: string): string =>
  fileURLToPath(new URL(`../../packages/harness/fixtures/training/${method}`, import.meta.url));

/** Hidden states, logits and losses, and all gradients, beside PyTorch's. */
export async function bertBesidePytorch(executor: Executor): Promise<readonly BertDifferences[]> {
  const found: BertDifferences[] = [];
  for (const fixture of bertFixtures) {
    const expected = await expectedOfEncoder(fixture);
    for (const savePolicy of savePolicies) {
      for (const attention of attentionKinds) {
        const variant = { savePolicy, attention } as const;
        const run = await runEncoder(fixture, {
          ...variant,
          executor,
          weights: "f32",
          trained: "everything",
        });
        found.push({ fixture: fixture.name, ...variant, ...differences(run, expected) });
      }
    }
  }
  return found;
}

/** @throws what the executor says of f16 where the adapter does not have it */
export async function bertOnHalves(executor: Executor): Promise<readonly HalfBertDifferences[]> {
  const cpu = createCpuExecutor({ threads: 1 });
  const run = (
    fixture: EncoderFixture,
    on: Executor,
    weights: EncoderRunOptions["weights"],
  ): Promise<Tensors> =>
    runEncoder(fixture, {
      executor: on,
      savePolicy: "eager",
      attention: "materialized",
      weights,
      trained: "vectors",
    });
  const found: HalfBertDifferences[] = [];
  for (const fixture of bertFixtures) {
    const stored = await run(fixture, executor, "f16");
    const rounded = await run(fixture, cpu, "rounded");
    const full = await expectedOfEncoder(fixture);
    found.push({
      fixture: fixture.name,
      fromRounded: differences(stored, rounded),
      fromFull: differences(stored, full),
    });
  }
  await cpu.dispose();
  return found;
}

/** Thirty training steps of each method beside PyTorch and peft. */
export async function trainingBesidePytorch(executor: Executor): Promise<readonly TrainingCase[]> {
  const found: TrainingCase[] = [];
  for (const [method, { withoutInfluence }] of Object.entries(jobs)) {
    for (const savePolicy of savePolicies) {
      const replay = await replayed(executor, method as keyof typeof jobs, savePolicy, "f32");
      found.push({
        method,
        savePolicy,
        ...(await compareTraining(replay, jobFolder(method), withoutInfluence)),
      });
    }
  }
  return found;
}

/** @throws what the executor says of f16 where the adapter does not have it */
export async function trainingOnHalves(executor: Executor): Promise<HalfTraining> {
  const cpu = createCpuExecutor({ threads: 1 });
  const stored = await replayed(executor, "lora", "eager", "f16");
  const rounded = await replayed(cpu, "lora", "eager", "rounded");
  await cpu.dispose();
  const full = await compareTraining(stored, jobFolder("lora"), null);
  const fromRounded = rounded.steps.map(({ loss }, step) =>
    relativeDifference(stored.steps[step]?.loss ?? Number.NaN, loss),
  );
  return { method: "lora", lossFromRounded: Math.max(...fromRounded), lossFromFull: full.loss };
}

async function replayed(
  executor: Executor,
  methodId: keyof typeof jobs,
  savePolicy: SavePolicy,
  weights: EncoderRunOptions["weights"],
): Promise<Replay> {
  const method = methods.find(({ id }) => id === methodId);
  if (method === undefined) throw new Error(`There is no method ${methodId}.`);
  const job = await readTrainingJob(jobFolder(methodId));
  return replayJob(job, { executor, method, config: jobs[methodId].config, savePolicy, weights });
}

/** Over the tensors of `found`: of outputs, and of gradients. */
function differences(found: Tensors, expected: Tensors): { forward: number; gradients: number } {
  let [forward, gradients] = [0, 0];
  for (const [name, values] of found) {
    const difference = largestDifference(values, expected.get(name) ?? []);
    if (name.startsWith("gradient.")) gradients = Math.max(gradients, difference);
    else forward = Math.max(forward, difference);
  }
  return { forward, gradients };
}
