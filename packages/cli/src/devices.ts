import { totalmem } from "node:os";
import type { CellDevice, OpenDevice } from "@peftbench/harness";
import {
  attachLedger,
  createCpuExecutor,
  createWebgpuExecutor,
  deviceProfiles,
  kernelDeviceOf,
  openWebgpuDevice,
  planMemory,
  planOverhead,
} from "@peftbench/runtime";

/** What computes a cell or a probe in this process. */
export const openDevice: OpenDevice = async (request) => {
  if (request.executor === "cpu") return openCpu(request.threads);
  const opened = await openWebgpuDevice({ adapter: request.adapter ?? "any" });
  const ledger = attachLedger(opened.device);
  const { mode = "arena", roleOf } = request;
  const executor = createWebgpuExecutor({ device: opened, mode, roleOf });
  const { profile, adapter, device } = opened;
  return {
    executor,
    adapter: adapter.name,
    profile,
    // A GPU does not tell how much memory it has: it refuses what it cannot hold. Software takes the machine's.
    memoryLimitBytes: adapter.isSoftware ? totalmem() : Number.MAX_SAFE_INTEGER,
    measurement: {
      ledger,
      overheadOf: (graphs) =>
        planOverhead(
          graphs.map((graph) => ({ graph, plan: planMemory(graph, profile) })),
          kernelDeviceOf(opened),
          device.limits.minUniformBufferOffsetAlignment,
        ),
    },
    dispose: async () => {
      await executor.dispose();
      await opened.dispose();
    },
  };
};

function openCpu(threads: number): CellDevice {
  const executor = createCpuExecutor({ threads });
  return {
    executor,
    adapter: null,
    profile: deviceProfiles.generic,
    memoryLimitBytes: totalmem(),
    measurement: null,
    dispose: () => executor.dispose(),
  };
}
