import type { Graph, ValueId } from "../../graph/graph.ts";
import { graphValue } from "../../graph/graph.ts";
import type { HostTensor, TensorSpec } from "../../graph/spec.ts";
import { byteSize, HOST_ARRAYS } from "../../graph/spec.ts";
import { tensorWindows } from "../../passes/splitLarge/tensorWindows.ts";
import type { MemoryPlan } from "../../plan/memoryPlan.ts";
import type { ProgramOutputs } from "../executor.ts";
import type { BufferRange } from "./arena.ts";
import { createBuffer } from "./buffers.ts";
import { bufferUsage, mapMode } from "./device/constants.ts";
import { captureErrors } from "./device/errorScopes.ts";
import type { WebgpuDevice } from "./device/openDevice.ts";
import { bufferLabel } from "./ledger/roles.ts";
import type { Location } from "./locations.ts";
import { locate } from "./locations.ts";

const READBACK_LABEL = bufferLabel("staging", "readback");
const READBACK_USAGE = bufferUsage.mapRead | bufferUsage.copyDestination;

interface ReadOutput extends TensorSpec {
  readonly name: string;
  /** Where its parts are, in order: one, or its windows where it is too large for one binding. */
  readonly parts: readonly Location[];
  readonly offset: number;
}

/** The one buffer in which the outputs of a program come back to the host. */
export class OutputReadback {
  readonly #opened: WebgpuDevice;
  readonly #outputs: readonly ReadOutput[];
  readonly #buffer: GPUBuffer | null;

  /**
   * @param written the graph whose outputs are read
   * @param graph the same graph as it runs on the device, with its plan
   */
  static async create(
    opened: WebgpuDevice,
    written: Graph,
    graph: Graph,
    plan: MemoryPlan,
  ): Promise<OutputReadback> {
    let bytes = 0;
    const made = new Map(graph.outputs.map(({ name, value }) => [name, value]));
    const outputs = written.outputs.map(({ name, value }): ReadOutput => {
      const { shape, dtype } = graphValue(written, value);
      const windows = tensorWindows(name, { shape, dtype }, opened.profile);
      const parts = windows.map((window) => locate(graph, plan, made.get(window.name) as ValueId));
      const offset = bytes;
      bytes += byteSize({ shape, dtype });
      return { name, shape, dtype, parts, offset };
    });
    const buffer =
      bytes === 0 ? null : await createBuffer(opened.device, READBACK_LABEL, bytes, READBACK_USAGE);
    return new OutputReadback(opened, outputs, buffer);
  }

  constructor(opened: WebgpuDevice, outputs: readonly ReadOutput[], buffer: GPUBuffer | null) {
    this.#opened = opened;
    this.#outputs = outputs;
    this.#buffer = buffer;
  }

  /** Copies all outputs, as they are at this point of the commands. */
  encode(encoder: GPUCommandEncoder, resolve: (location: Location) => BufferRange): void {
    if (this.#buffer === null) return;
    for (const output of this.#outputs) {
      let target = output.offset;
      for (const part of output.parts) {
        const { buffer, offset } = resolve(part);
        encoder.copyBufferToBuffer(buffer, offset, this.#buffer, target, part.bytes);
        target += part.bytes;
      }
    }
  }

  /** Waits for the copies that were submitted. Must end before the next submission that encodes this. */
  async read(): Promise<ProgramOutputs> {
    const { device, health } = this.#opened;
    if (this.#buffer === null) {
      await health.guard(device.queue.onSubmittedWorkDone());
      return {};
    }
    await health.guard(this.#buffer.mapAsync(mapMode.read));
    const bytes = this.#buffer.getMappedRange().slice(0);
    this.#buffer.unmap();
    return Object.fromEntries(
      this.#outputs.map(({ name, shape, dtype, offset }): [string, HostTensor] => {
        const part = bytes.slice(offset, offset + byteSize({ shape, dtype }));
        const view = HOST_ARRAYS[dtype] as unknown as new (buffer: ArrayBuffer) => HostTensor["data"];
        return [name, { shape, dtype, data: new view(part) }];
      }),
    );
  }

  destroy(): void {
    this.#buffer?.destroy();
  }
}

/** The first `bytes` of a tensor's buffer, as they are once all that was submitted has run. */
export async function readBuffer(
  { device, health }: WebgpuDevice,
  buffer: GPUBuffer,
  bytes: number,
): Promise<ArrayBuffer> {
  health.check();
  const staging = await createBuffer(device, READBACK_LABEL, bytes, READBACK_USAGE);
  try {
    await captureErrors(device, `reading the buffer "${buffer.label}"`, 0, () => {
      const encoder = device.createCommandEncoder();
      encoder.copyBufferToBuffer(buffer, 0, staging, 0, bytes);
      device.queue.submit([encoder.finish()]);
    });
    await health.guard(staging.mapAsync(mapMode.read));
    return staging.getMappedRange().slice(0);
  } finally {
    staging.destroy();
  }
}
