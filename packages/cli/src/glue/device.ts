import type { ExecutorKind } from "@peftbench/harness";
import { UsageError } from "../options/usageError.ts";
import { oneOf } from "../options/values.ts";

/** The executor that `--device` asks for. @throws {UsageError} for one that is not there */
export function executorFor(device: string | undefined, say: (line: string) => void): ExecutorKind {
  const chosen = oneOf("--device", device ?? "auto", ["auto", "cpu", "webgpu"]);
  if (chosen === "webgpu") {
    throw new UsageError(
      "--device: found webgpu, on which cells are not trained yet. Allowed: auto, cpu. Use --device cpu.",
    );
  }
  if (chosen === "auto")
    say("device: cpu (--device auto takes the CPU; cells are not trained on WebGPU yet)");
  return "cpu";
}
