import { createHash } from "node:crypto";
import type { FileCache } from "@peftbench/runtime";
import type { SourceState } from "../environment.ts";

/** Raised by hand when what is kept of a plan changes its form. */
const PLAN_VERSION = 1;

/** Plans that were made before, by all that they depend on. */
export interface PlanCache {
  /** The value kept for the key; else what `make` gives, which is kept. It has to be what JSON can hold. */
  readonly recall: <Value>(key: unknown, make: () => Value) => Value;
}

/**
 * Keeps plans beyond the process. A plan is the work of the sources, so it belongs to their commit; with changed or
 * unknown sources nothing is kept and nothing recalled.
 */
export function createPlanCache(files: FileCache, sources: SourceState | null): PlanCache {
  if (sources === null || sources.dirty) return { recall: (_, make) => make() };
  return {
    recall: <Value>(key: unknown, make: () => Value): Value => {
      const text = JSON.stringify([PLAN_VERSION, sources.commit, key]);
      const name = `${createHash("sha256").update(text).digest("hex")}.json`;
      const known = files.read(name);
      if (known !== null) return JSON.parse(new TextDecoder().decode(known)) as Value;
      const made = make();
      files.write(name, new TextEncoder().encode(JSON.stringify(made)));
      return made;
    },
  };
}
