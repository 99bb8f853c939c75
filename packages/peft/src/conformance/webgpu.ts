import type { Executor, WebgpuDevice } from "@peftbench/runtime";
import { createWebgpuExecutor, openWebgpuDevice } from "@peftbench/runtime";
import { afterAll, beforeAll } from "vitest";

/** A device that all tests of a file share, and its executor. Both are there from the first test on. */
export interface SharedWebgpu {
  readonly device: () => WebgpuDevice;
  /** Disposing of it leaves it usable: pipelines are compiled once for all tests. */
  readonly executor: () => Executor;
}

/** Opens a device before the tests of the file or block that calls this, and closes it after them. */
export function shareWebgpu(options: { readonly robustness: boolean } = { robustness: true }): SharedWebgpu {
  let opened: WebgpuDevice | undefined;
  let executor: Executor | undefined;
  beforeAll(async () => {
    opened = await openWebgpuDevice({ adapter: "any", ...options });
    executor = createWebgpuExecutor({ device: opened });
  });
  afterAll(async () => opened?.dispose());
  const there = <Value>(value: Value | undefined): Value => {
    if (value === undefined) throw new Error("The device is opened before the first test, not earlier.");
    return value;
  };
  return { device: () => there(opened), executor: () => there(executor) };
}
