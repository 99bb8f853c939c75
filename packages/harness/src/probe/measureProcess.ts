import { freemem } from "node:os";
import type { ModelShape } from "@peftbench/peft";
import { attachMethod, configuredShape } from "@peftbench/peft";
import type { ProgramsPlan } from "@peftbench/runtime";
import { createRandom, elementCount } from "@peftbench/runtime";
import { parseDocument } from "../result/parse.ts";
import type { Registries } from "../training/executeCell.ts";
import { measureStage } from "../training/measureStage.ts";
import { planTraining } from "../training/memory.ts";
import { named } from "../training/named.ts";
import { randomBase, randomBatch } from "../training/syntheticStage.ts";
import { answerRequest } from "./answeringProcess.ts";
import { measureRequestSchema } from "./measureRequest.ts";

/** The process that measures steps of a configuration: weights and tokens are random, memory is not. */
export function runMeasureProcess(registries: Pick<Registries, "methods" | "openDevice">): Promise<void> {
  return answerRequest((text) => {
    const request = parseDocument(measureRequestSchema, text, "The request to measure");
    const { config: json, head, training, totalSteps, adapter, threads, lengths: given } = request;
    const lengths = {
      length: given.length,
      ...(given.targetLength === undefined ? {} : { targetLength: given.targetLength }),
    };
    const model = configuredShape(json, head);
    const method = named(registries.methods, request.method, "method");
    const attachment = attachMethod(method, model, request.methodConfig, { totalSteps });
    const { stageIndex, plan } = planTraining(model, attachment, training, [lengths]);
    // The CPU executor has f32 weights alone.
    const comparesWithCpu = training.frozenWeights === "f32";
    const isOnHost = adapter === "software" || comparesWithCpu;
    requireRoom(model, plan, isOnHost ? plan.peakReservedBytes : 0);
    const random = createRandom(0, "measured steps");
    return measureStage(
      {
        ...{ model, attachment, training, totalSteps, stageIndex, seed: 0 },
        base: randomBase(model, random),
        batch: randomBatch(model, training.batchSize, lengths, random),
      },
      {
        ...{ openDevice: registries.openDevice, adapter, threads },
        comparesWithCpu,
        nowMs: () => performance.now(),
      },
    );
  });
}

/**
 * Weights are on the host as they were made, and all parameters once more as a store is filled from them; beside them a
 * software adapter, or the CPU executor that losses are compared with, takes what is planned.
 * @throws {RangeError} before anything is allocated
 */
function requireRoom(
  { architecture, config, head }: ModelShape,
  { parameters }: Pick<ProgramsPlan, "parameters">,
  plannedBytes: number,
): void {
  const weightBytes = architecture
    .parameters(config, head)
    .reduce((sum, { shape }) => sum + 4 * elementCount(shape), 0);
  const stateBytes = parameters.reduce((sum, { bytes }) => sum + bytes, 0);
  const needed = weightBytes + stateBytes + plannedBytes;
  const free = freemem();
  if (needed <= free) return;
  const mebibytes = (bytes: number): string => `${Math.ceil(bytes / 2 ** 20).toLocaleString("en-US")} MiB`;
  const isTooLarge = weightBytes + stateBytes > free;
  throw new RangeError(
    `Measuring needs ${mebibytes(needed)} of this machine's memory, ${mebibytes(weightBytes + stateBytes)} of it for weights and their copy, and ${mebibytes(free)} are free. ` +
      `Measure ${isTooLarge ? "a smaller model" : "a smaller batch, a shorter sequence or another save policy (--explain plans what each would need)"}, or leave --measure out: the plan needs nothing.`,
  );
}
