import type { PeftMethod } from "@peftbench/peft";
import type { BytesByRole, ExecutorOverhead } from "@peftbench/runtime";
import type { Batch, TaskDefinition } from "@peftbench/tasks";
import { makeBatch, planEpoch } from "@peftbench/tasks";
import type { CellSpec } from "../grid/cellSpec.ts";
import type { MeasuredMemory } from "../result/measuredMemory.ts";
import type { CellDevice, OpenDevice } from "./cellDevice.ts";
import {
  overheadBytes,
  parameterRoles,
  peakOf,
  phasesOf,
  plannedForCompiled,
  trainingPhase,
} from "./measure.ts";
import { planTraining, stageGraphs } from "./memory.ts";
import type { PreparedCell } from "./prepare.ts";
import { prepareCell } from "./prepare.ts";
import { Trainer } from "./trainer.ts";

/** Steps whose losses are compared between the two executors. */
const COMPARED_STEPS = 3;

export interface ProbeOptions {
  readonly openDevice: OpenDevice;
  readonly adapter: "hardware" | "software";
  /** Most padded tokens of a batch: on a slow adapter a full batch would take minutes. Null: as the cell has it. */
  readonly mostTokens: number | null;
  readonly nowMs: () => number;
}

/**
 * A few steps of a cell on WebGPU, on its longest batch: measures memory in the executor's two ways of placing tensors,
 * beside what is planned for the same programs, and compares the losses with those of the CPU executor.
 * Of a method with several stages, the one whose planned live peak is highest.
 */
export async function probeCell(
  spec: CellSpec,
  task: TaskDefinition,
  method: PeftMethod,
  options: ProbeOptions,
): Promise<MeasuredMemory> {
  const whole = await prepareCell(spec, task, method);
  const length = whole.buckets.at(-1) as number;
  const { batchSize, accumulationSteps } = spec.cell.config.training;
  const cellRows = batchSize / accumulationSteps;
  const fitting =
    options.mostTokens === null ? cellRows : Math.max(1, Math.floor(options.mostTokens / length));
  const rows = Math.min(cellRows, fitting);
  const training = { ...spec.cell.config.training, batchSize: rows * accumulationSteps };
  const prepared = { ...whole, buckets: [length] };
  const { stageIndex } = planTraining(whole.model, whole.attachment, training, [length]);
  const stage = whole.attachment.stages[stageIndex] as (typeof whole.attachment.stages)[number];
  const roleOf = parameterRoles(stageGraphs(whole.model, stage, training, [length]));
  const lastStep = (whole.attachment.stages[stageIndex + 1]?.fromStep ?? whole.totalSteps) - 1;
  const batch = longestBatch(prepared, spec, rows * accumulationSteps);

  /** Steps of the stage on one device, and what `look` sees after them. */
  const steps = async <Seen>(
    device: CellDevice,
    count: number,
    look: (trainer: Trainer) => Seen,
  ): Promise<{ readonly losses: readonly number[]; readonly seen: Seen }> => {
    try {
      const trainer = await Trainer.create({
        executor: device.executor,
        model: prepared.model,
        attachment: prepared.attachment,
        base: prepared.base,
        spectra: prepared.spectra,
        training,
        seed: spec.cell.seed,
        totalSteps: prepared.totalSteps,
        onCompile: () => undefined,
        nowMs: options.nowMs,
      });
      try {
        await trainer.enterStageOf(stage.fromStep);
        device.measurement?.ledger.beginPhase(trainingPhase(stage));
        const losses: number[] = [];
        for (let step = 0; step < count; step++) {
          // Never into the next stage, which has memory of its own.
          losses.push((await trainer.step(batch, Math.min(stage.fromStep + step, lastStep))).loss);
        }
        return { losses, seen: look(trainer) };
      } finally {
        await trainer.dispose();
      }
    } finally {
      await device.dispose();
    }
  };
  const { threads } = spec;
  const webgpu = { executor: "webgpu", adapter: options.adapter, threads, roleOf } as const;

  const arenaDevice = await options.openDevice(webgpu);
  const arena = await steps(arenaDevice, COMPARED_STEPS, (trainer) => measured(trainer, arenaDevice));
  const liveDevice = await options.openDevice({ ...webgpu, mode: "bufferPerTensor" });
  const live = await steps(liveDevice, 1, (trainer) => measured(trainer, liveDevice));
  const cpuDevice = await options.openDevice({ executor: "cpu", adapter: null, threads, roleOf });
  const cpu = await steps(cpuDevice, COMPARED_STEPS, () => null);

  const differences = cpu.losses.map(
    (loss, step) =>
      Math.abs((arena.losses[step] as number) - loss) / Math.max(Math.abs(loss), Number.MIN_VALUE),
  );
  const { plan, overhead } = arena.seen.planned;
  const extra = overheadBytes(overhead);
  const largest = Math.max(...differences);
  return {
    source: "probe",
    adapter: arenaDevice.adapter ?? "unknown",
    stage: stage.name,
    steps: COMPARED_STEPS,
    batchRows: rows,
    length,
    reserved: {
      measuredBytes: peakOf(arena.seen.report, trainingPhase(stage)),
      plannedBytes: plan.peakReservedBytes + extra,
    },
    live: {
      measuredBytes: peakOf(live.seen.report, trainingPhase(stage)),
      plannedBytes: live.seen.planned.plan.peakLiveBytes + overheadBytes(live.seen.planned.overhead),
      measuredByRole: live.seen.byRole,
      plannedByRole: withOverhead(live.seen.planned.plan.byRoleAtPeak, live.seen.planned.overhead),
    },
    overhead,
    phases: phasesOf(arena.seen.report),
    lossDifference: Number.isFinite(largest) ? { steps: COMPARED_STEPS, largestRelative: largest } : null,
  };
}

/** Bytes by role as a ledger counts them: it sees uniforms and read-back as staging, and kernels' scratch apart. */
function withOverhead(byRole: BytesByRole, overhead: ExecutorOverhead): Readonly<Record<string, number>> {
  const { scratchBytes, uniformBytes, readbackBytes } = overhead;
  return { ...byRole, staging: byRole.staging + uniformBytes + readbackBytes, scratch: scratchBytes };
}

function measured(trainer: Trainer, device: CellDevice) {
  const planned = plannedForCompiled(trainer, device);
  if (planned === null || device.measurement === null) {
    throw new RangeError("A probe needs a device whose memory is measured.");
  }
  const report = device.measurement.ledger.report();
  const train = report.phases.find(({ phase }) => phase === trainingPhase(trainer.stage));
  return { planned, report, byRole: train?.byRoleAtPeak ?? {} };
}

function longestBatch(prepared: PreparedCell, spec: CellSpec, batchSize: number): Batch {
  const { train, buckets, padTokenId, task } = prepared;
  const [longest] = planEpoch(train.tokenized.lengths, {
    batchSize,
    buckets,
    seed: spec.cell.seed,
    epoch: 0,
  });
  if (longest === undefined) throw new RangeError("There are no training examples to probe with.");
  return makeBatch(train.tokenized.examples, longest, { batchSize, padTokenId, kind: task.kind });
}
