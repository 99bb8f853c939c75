import type { MethodAttachment, ModelShape } from "@peftbench/peft";
import { trainableAt } from "@peftbench/peft";
import type { ResultStage } from "../result/schema.ts";
import { median } from "../statistics/median.ts";
import type { StageMemory } from "./memory.ts";

/** What a run knows of its stages when it is done. */
export interface StagesOfRun {
  readonly model: ModelShape;
  readonly attachment: MethodAttachment;
  /** Planned memory, a stage each. */
  readonly memory: readonly StageMemory[];
  /** Wall time of every optimizer step. */
  readonly stepMs: readonly number[];
}

/** Memory and time of each stage of the method that the run reached. */
export function describeStages({ model, attachment, memory, stepMs }: StagesOfRun): ResultStage[] {
  const { stages } = attachment;
  return stages.flatMap(({ name, fromStep }, index): ResultStage[] => {
    const times = stepMs.slice(fromStep, stages[index + 1]?.fromStep);
    const planned = memory[index];
    if (times.length === 0 || planned === undefined) return [];
    return [
      {
        name,
        fromStep,
        steps: times.length,
        trainable: trainableAt(model, attachment, fromStep),
        ...planned,
        trainMs: times.reduce((sum, ms) => sum + ms, 0),
        stepMsMedian: median(times),
      },
    ];
  });
}
