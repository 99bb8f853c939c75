import type { CellSpec } from "../grid/cellSpec.ts";
import type { MeasuredMemory } from "../result/measuredMemory.ts";
import { loadProbe, probeKey, saveProbe } from "./probeCache.ts";
import type { ProbeAnswer } from "./probeRequest.ts";
import type { ProbeProcessOptions } from "./startProbe.ts";
import { startProbe } from "./startProbe.ts";

export interface ProberOptions {
  readonly process: ProbeProcessOptions;
  readonly adapter: "hardware" | "software";
  /** Name and driver of the adapter: another one is probed anew. */
  readonly adapterIdentity: string;
  /**
   * Most padded tokens of a batch; null: as a cell has it. A number says that the adapter is slow, where a probe takes
   * about as long as a short cell: then of each method only the first task is probed. Another task changes the head
   * and the length of a batch, not what the method keeps.
   */
  readonly mostTokens: number | null;
  readonly cacheFolder: string;
  readonly say: (line: string) => void;
}

/**
 * Measures memory for the cells of a grid, once for all that differ in their seed alone, and never again while sources,
 * model, data, settings and adapter are the same. With changed sources nothing is kept beyond the call.
 * A probe that fails costs its figures, not the cell. Cells that are not probed stay as they are.
 */
export function createProber(options: ProberOptions): (spec: CellSpec) => Promise<CellSpec> {
  const known = new Map<string, Promise<ProbeAnswer | null>>();
  const probedTasks = new Map<string, string>();
  const { adapter, adapterIdentity, mostTokens, cacheFolder, say } = options;

  /** Whether the method is probed on another task already, which is enough. */
  const isProbedElsewhere = ({ weightsChecksum, cell }: CellSpec): boolean => {
    if (mostTokens === null) return false;
    const what = `${weightsChecksum} ${cell.method}`;
    const task = probedTasks.get(what) ?? cell.task;
    probedTasks.set(what, task);
    return task !== cell.task;
  };
  const measure = async (spec: CellSpec, key: string): Promise<ProbeAnswer | null> => {
    const what = `${spec.cell.model}, ${spec.cell.task}, ${spec.cell.method}`;
    const isKept = spec.sources === null || !spec.sources.dirty;
    const isElsewhere = isProbedElsewhere(spec);
    const before = isKept ? await loadProbe(cacheFolder, key) : null;
    if (before !== null) {
      say(`probe: ${what}: measured before on ${before.adapter}`);
      return { measured: before };
    }
    if (isElsewhere) return null;
    say(`probe: ${what}: a few steps on WebGPU measure its memory and compare losses with the CPU`);
    const answer = await startProbe({ spec, adapter, mostTokens }, options.process);
    if ("problem" in answer) say(`probe: ${what}: no figures: ${answer.problem}`);
    else if (isKept) await keep(key, answer.measured);
    return answer;
  };
  const keep = (key: string, measured: MeasuredMemory): Promise<void> =>
    saveProbe(cacheFolder, key, measured).catch((error: unknown) => {
      say(`probe: its figures are not kept for the next call: ${String(error)}`);
    });
  return async (spec) => {
    const key = await probeKey(spec, adapterIdentity, mostTokens);
    const probing = known.get(key) ?? measure(spec, key);
    known.set(key, probing);
    const answer = await probing;
    if (answer === null) return spec;
    return "measured" in answer
      ? { ...spec, measuredMemory: answer.measured }
      : { ...spec, warnings: [...spec.warnings, `Memory was not measured: ${answer.problem}`] };
  };
}
