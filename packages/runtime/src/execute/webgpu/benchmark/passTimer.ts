import { createBuffer } from "../buffers.ts";
import { bufferUsage, mapMode } from "../device/constants.ts";
import type { WebgpuDevice } from "../device/openDevice.ts";

/** A part of a command buffer, encoded into a compute pass of its own. */
export type EncodePass = (pass: GPUComputePassEncoder) => void;

/** WebGPU allows no larger query set. */
const MOST_QUERIES = 4096;
const TIMESTAMP_BYTES = 8;

/** How long compute passes take on the device. */
export interface PassTimer {
  /** `timestamp`: the device's own clock; `wall`: from submission to completion, for devices that have no clock. */
  readonly clock: "timestamp" | "wall";
  /** Submits the passes in order and waits; the duration of each. */
  measureMs(passes: readonly EncodePass[]): Promise<readonly number[]>;
  destroy(): void;
}

/** @param nowMs the clock for devices without timestamps */
export async function createPassTimer(opened: WebgpuDevice, nowMs: () => number): Promise<PassTimer> {
  const { device, health } = opened;
  if (!device.features.has("timestamp-query")) {
    return {
      clock: "wall",
      async measureMs(passes) {
        const durations: number[] = [];
        for (const encode of passes) {
          const encoder = device.createCommandEncoder();
          const pass = encoder.beginComputePass();
          encode(pass);
          pass.end();
          const commands = encoder.finish();
          const started = nowMs();
          device.queue.submit([commands]);
          await health.guard(device.queue.onSubmittedWorkDone());
          durations.push(nowMs() - started);
        }
        return durations;
      },
      destroy: () => {},
    };
  }
  const bytes = MOST_QUERIES * TIMESTAMP_BYTES;
  const queries = device.createQuerySet({ type: "timestamp", count: MOST_QUERIES });
  const resolved = await createBuffer(
    device,
    "workspace:timestamps",
    bytes,
    bufferUsage.queryResolve | bufferUsage.copySource,
  );
  const staging = await createBuffer(
    device,
    "staging:timestamps",
    bytes,
    bufferUsage.mapRead | bufferUsage.copyDestination,
  );
  const measure = async (passes: readonly EncodePass[]): Promise<readonly number[]> => {
    const encoder = device.createCommandEncoder();
    for (const [index, encode] of passes.entries()) {
      const timestampWrites = {
        querySet: queries,
        beginningOfPassWriteIndex: 2 * index,
        endOfPassWriteIndex: 2 * index + 1,
      };
      const pass = encoder.beginComputePass({ timestampWrites });
      encode(pass);
      pass.end();
    }
    encoder.resolveQuerySet(queries, 0, 2 * passes.length, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, staging, 0, 2 * passes.length * TIMESTAMP_BYTES);
    device.queue.submit([encoder.finish()]);
    await health.guard(staging.mapAsync(mapMode.read));
    const times = new BigUint64Array(staging.getMappedRange().slice(0));
    staging.unmap();
    return passes.map((_, index) => Number((times[2 * index + 1] ?? 0n) - (times[2 * index] ?? 0n)) / 1e6);
  };
  return {
    clock: "timestamp",
    async measureMs(passes) {
      const durations: number[] = [];
      for (let first = 0; first < passes.length; first += MOST_QUERIES / 2) {
        durations.push(...(await measure(passes.slice(first, first + MOST_QUERIES / 2))));
      }
      return durations;
    },
    destroy() {
      queries.destroy();
      resolved.destroy();
      staging.destroy();
    },
  };
}
