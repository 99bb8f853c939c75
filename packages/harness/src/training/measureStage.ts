import type { BaseValues, MethodAttachment, ModelShape, Spectra } from "@peftbench/peft";
import type { BytesByRole, ExecutorOverhead } from "@peftbench/runtime";
import type { TrainingConfig } from "../config.ts";
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
import { stageGraphs } from "./memory.ts";
import type { StepBatch } from "./stepBatch.ts";
import { Trainer } from "./trainer.ts";

/** Steps whose losses are compared between the two executors. */
const COMPARED_STEPS = 3;

/** A stage of a method in training, and a batch of the longest texts. */
export interface MeasuredStage {
  readonly model: ModelShape;
  readonly attachment: MethodAttachment;
  readonly base: BaseValues;
  readonly spectra?: Spectra;
  readonly training: TrainingConfig;
  readonly totalSteps: number;
  readonly stageIndex: number;
  readonly seed: number;
  readonly batch: StepBatch;
}

export interface MeasureOptions {
  readonly openDevice: OpenDevice;
  readonly adapter: "hardware" | "software";
  readonly threads: number;
  /** Whether the CPU executor makes the same steps, so that losses say whether it is the same training. */
  readonly comparesWithCpu: boolean;
  readonly nowMs: () => number;
}

/**
 * A few steps of one stage on WebGPU: measures memory in the executor's two ways of placing tensors, beside what is
 * planned for the same programs.
 */
export async function measureStage(
  measured: MeasuredStage,
  options: MeasureOptions,
): Promise<MeasuredMemory> {
  const { model, attachment, training, stageIndex, batch } = measured;
  const stage = attachment.stages[stageIndex];
  if (stage === undefined)
    throw new RangeError(`Found no stage ${stageIndex}; there are ${attachment.stages.length}.`);
  const { length } = batch;
  const roleOf = parameterRoles(stageGraphs(model, stage, training, [batch]));
  const webgpu = { executor: "webgpu", adapter: options.adapter, threads: options.threads, roleOf } as const;

  const arenaDevice = await options.openDevice(webgpu);
  const arena = await steps(measured, arenaDevice, COMPARED_STEPS, options.nowMs, memoryOf);
  const liveDevice = await options.openDevice({ ...webgpu, mode: "bufferPerTensor" });
  // The update after the last micro-batch is compiled in the first step: all programs are there from the second on.
  const liveSteps = training.accumulationSteps > 1 ? 2 : 1;
  const live = await steps(measured, liveDevice, liveSteps, options.nowMs, memoryOf);
  const lossDifference = options.comparesWithCpu
    ? await compareWithCpu(measured, arena.losses, options, roleOf)
    : null;
  const { plan, overhead } = arena.seen.planned;
  return {
    source: "probe",
    adapter: arenaDevice.adapter ?? "unknown",
    stage: stage.name,
    steps: COMPARED_STEPS,
    batchRows: training.batchSize / training.accumulationSteps,
    length,
    reserved: {
      measuredBytes: peakOf(arena.seen.report, trainingPhase(stage)),
      plannedBytes: plan.peakReservedBytes + overheadBytes(overhead),
    },
    live: {
      measuredBytes: peakOf(live.seen.report, trainingPhase(stage)),
      plannedBytes: live.seen.planned.plan.peakLiveBytes + overheadBytes(live.seen.planned.overhead),
      measuredByRole: live.seen.byRole,
      plannedByRole: withOverhead(live.seen.planned.plan.byRoleAtPeak, live.seen.planned.overhead),
    },
    overhead,
    phases: phasesOf(arena.seen.report),
    lossDifference,
  };
}

async function compareWithCpu(
  measured: MeasuredStage,
  losses: readonly number[],
  { openDevice, threads, nowMs }: MeasureOptions,
  roleOf: ReturnType<typeof parameterRoles>,
): Promise<MeasuredMemory["lossDifference"]> {
  const device = await openDevice({ executor: "cpu", adapter: null, threads, roleOf });
  const cpu = await steps(measured, device, COMPARED_STEPS, nowMs, () => null);
  const differences = cpu.losses.map(
    (loss, step) => Math.abs((losses[step] as number) - loss) / Math.max(Math.abs(loss), Number.MIN_VALUE),
  );
  const largest = Math.max(...differences);
  return Number.isFinite(largest) ? { steps: COMPARED_STEPS, largestRelative: largest } : null;
}

/** Steps of the stage on one device, which is closed then, and what `look` sees after them. */
async function steps<Seen>(
  { stageIndex, batch, ...trained }: MeasuredStage,
  device: CellDevice,
  count: number,
  nowMs: () => number,
  look: (trainer: Trainer, device: CellDevice) => Seen,
): Promise<{ readonly losses: readonly number[]; readonly seen: Seen }> {
  const { stages } = trained.attachment;
  const stage = stages[stageIndex] as (typeof stages)[number];
  const lastStep = (stages[stageIndex + 1]?.fromStep ?? trained.totalSteps) - 1;
  try {
    const trainer = await Trainer.create({
      ...trained,
      executor: device.executor,
      onCompile: () => undefined,
      nowMs,
    });
    try {
      await trainer.enterStageOf(stage.fromStep);
      device.measurement?.ledger.beginPhase(trainingPhase(stage));
      const losses: number[] = [];
      for (let step = 0; step < count; step++) {
        // Never into the next stage, which has memory of its own.
        losses.push((await trainer.step(batch, Math.min(stage.fromStep + step, lastStep))).loss);
      }
      return { losses, seen: look(trainer, device) };
    } finally {
      await trainer.dispose();
    }
  } finally {
    await device.dispose();
  }
}

/** Bytes by role as a ledger counts them: it sees uniforms and read-back as staging, and kernels' scratch apart. */
function withOverhead(byRole: BytesByRole, overhead: ExecutorOverhead): Readonly<Record<string, number>> {
  const { scratchBytes, uniformBytes, readbackBytes } = overhead;
  return { ...byRole, staging: byRole.staging + uniformBytes + readbackBytes, scratch: scratchBytes };
}

function memoryOf(trainer: Trainer, device: CellDevice) {
  const planned = plannedForCompiled(trainer, device);
  if (planned === null || device.measurement === null) {
    throw new RangeError("Measuring needs a device whose memory is measured.");
  }
  const report = device.measurement.ledger.report();
  const train = report.phases.find(({ phase }) => phase === trainingPhase(trainer.stage));
  return { planned, report, byRole: train?.byRoleAtPeak ?? {} };
}
