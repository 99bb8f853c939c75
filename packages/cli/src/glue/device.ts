import type { ExecutorKind } from "@peftbench/harness";
import { UsageError } from "../options/usageError.ts";
import { oneOf } from "../options/values.ts";

/** The executor that `--device` asks for. @throws {UsageError} for one that is not there */
export function executorFor(device: string | undefined, say: (line: string) => void): ExecutorKind {
  const chosen = oneOf("--device", device ?? "auto", ["auto", "cpu", "webgpu"]);
  if (chosen === "webgpu") {
    throw new UsageError(
      "--device: found webgpu, which this version has no executor for yet. Allowed: auto, cpu. Use --device cpu.",
    );
  }
  if (chosen === "auto")
    say("device: cpu (--device auto takes the CPU; this version has no WebGPU executor yet)");
  return "cpu";
}
