import { join } from "node:path";
import type { SpectrumCache } from "@peftbench/peft";
import { createSpectrumCache } from "@peftbench/peft";
import type { FileCache } from "@peftbench/runtime";
import { cacheFolder, createFileCache } from "@peftbench/runtime";

/** What a cell makes and leaves for cells after it, by what it was made from: a kept one is what a cell would make. */
export interface CellCaches {
  readonly spectra: SpectrumCache;
  /** Examples cut out of packages. */
  readonly examples: FileCache;
  /** Predictions of the bag-of-words baseline. */
  readonly baselines: FileCache;
  /** Plans of memory, by commit of the sources. */
  readonly plans: FileCache;
}

export function openCaches(environment: Readonly<Record<string, string | undefined>>): CellCaches {
  const folder = cacheFolder(environment);
  return {
    spectra: createSpectrumCache(join(folder, "spectra")),
    examples: createFileCache(join(folder, "examples")),
    baselines: createFileCache(join(folder, "baselines")),
    plans: createFileCache(join(folder, "plans")),
  };
}
