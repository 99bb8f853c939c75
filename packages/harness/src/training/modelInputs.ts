import { ENCODER_INPUTS } from "@peftbench/models";
import type { ProgramInputs } from "@peftbench/runtime";
import type { Batch } from "@peftbench/tasks";

/** A batch as the inputs of an encoder's graph. */
export function modelInputs(batch: Batch): ProgramInputs {
  return {
    [ENCODER_INPUTS.inputIds]: batch.inputIds,
    [ENCODER_INPUTS.typeIds]: batch.typeIds,
    [ENCODER_INPUTS.attentionMask]: Float32Array.from(batch.attentionMask),
  };
}
