import { join } from "node:path";
import type { CellSpec, RuntimeCommand } from "@peftbench/harness";
import { createProber } from "@peftbench/harness";
import { cacheFolder } from "@peftbench/runtime";
import type { CommandContext } from "../command.ts";
import type { AdapterSearch } from "./device.ts";
import { findProbeAdapter } from "./device.ts";

/** On the slowest adapter a batch of 512 tokens takes some five seconds a step. */
const TOKENS_ON_SLOWEST = 128;
const PATIENCE_MS = 15 * 60_000;

/** What probes the cells of a grid on the CPU; undefined where there is no adapter to probe on, which is said. */
export async function proberFor(
  command: RuntimeCommand,
  signal: AbortSignal,
  context: CommandContext,
  search: AdapterSearch,
): Promise<((spec: CellSpec) => Promise<CellSpec>) | undefined> {
  const found = await findProbeAdapter(search);
  if (found === null || found.adapter === null) {
    context.say("probe: none, as there is no WebGPU adapter here: memory is planned, not measured");
    return undefined;
  }
  return createProber({
    process: {
      command,
      entryFile: join(context.projectFolder, "packages/cli/src/probeProcess.ts"),
      workingFolder: context.projectFolder,
      environment: found.environment,
      patienceMs: PATIENCE_MS,
      signal,
    },
    adapter: found.kind === "hardware" ? "hardware" : "software",
    adapterIdentity: JSON.stringify(found.adapter),
    mostTokens: found.speed === "slowest" ? TOKENS_ON_SLOWEST : null,
    cacheFolder: join(cacheFolder(context.environment), "probes"),
    say: context.say,
  });
}
