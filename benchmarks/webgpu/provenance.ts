import { cpus } from "node:os";
import { currentRuntime, readSourceState } from "@peftbench/harness";
import type { AdapterDescription } from "@peftbench/runtime";

/** What a result was made with. */
export interface Provenance {
  readonly commit: string | null;
  /** Whether sources were changed since that commit. */
  readonly dirty: boolean | null;
  readonly adapter: string;
  readonly driver: string;
  readonly backend: string;
  readonly runtime: string;
  readonly cpu: string;
  readonly cores: number;
  readonly date: string;
}

export async function provenanceOf({ name, driver, backend }: AdapterDescription): Promise<Provenance> {
  const sources = await readSourceState(import.meta.dirname);
  const runtime = currentRuntime();
  return {
    commit: sources?.commit ?? null,
    dirty: sources?.dirty ?? null,
    adapter: name,
    driver,
    backend,
    runtime: `${runtime.name} ${runtime.version}`,
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: cpus().length,
    date: new Date().toISOString(),
  };
}
