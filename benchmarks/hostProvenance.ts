import { cpus } from "node:os";
import { currentRuntime, readSourceState } from "@peftbench/harness";

/** What a result was made with, on whatever device. */
export interface HostProvenance {
  readonly commit: string | null;
  /** Whether sources were changed since that commit. */
  readonly dirty: boolean | null;
  readonly runtime: string;
  readonly cpu: string;
  readonly cores: number;
  readonly date: string;
}

export async function hostProvenance(): Promise<HostProvenance> {
  const sources = await readSourceState(import.meta.dirname);
  const runtime = currentRuntime();
  return {
    commit: sources?.commit ?? null,
    dirty: sources?.dirty ?? null,
    runtime: `${runtime.name} ${runtime.version}`,
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: cpus().length,
    date: new Date().toISOString(),
  };
}
