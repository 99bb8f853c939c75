import { fileURLToPath } from "node:url";
import type { GridMethod, RunResult, Suite } from "@peftbench/harness";
import { canonicalJson, loadSuite } from "@peftbench/harness";
import type { PeftMethod } from "@peftbench/peft";

/** A method with one of its configurations, under the name that the suite gives it. */
export interface Variant {
  /** `lamda-random` */
  readonly name: string;
  /** `lamda` */
  readonly method: string;
  /** With every default filled in. */
  readonly config: GridMethod["config"];
}

export async function loadEvidenceSuite(): Promise<Suite> {
  return loadSuite(fileURLToPath(new URL("evidence.json", import.meta.url)));
}

/**
 * The suite's methods. A name is that of a method, or starts with one and a hyphen (the longest that fits counts), as
 * a suite can have one method with several configurations only under several names.
 * @throws {RangeError} for a name that no method fits
 */
export function variantsOf(suite: Suite, methods: readonly PeftMethod[]): readonly Variant[] {
  const longestFirst = methods.toSorted((a, b) => b.id.length - a.id.length);
  return Object.entries(suite.methods).map(([name, { config }]) => {
    const method = longestFirst.find(({ id }) => name === id || name.startsWith(`${id}-`));
    if (method === undefined) throw new RangeError(`The suite's ${name} fits no method's name.`);
    const parsed: GridMethod["config"] = JSON.parse(JSON.stringify(method.configSchema.parse(config)));
    return { name, method: method.id, config: parsed };
  });
}

/** What the suite calls the method and configuration of a run; null where it has none such. */
export function variantName({ cell }: RunResult, variants: readonly Variant[]): string | null {
  const config = canonicalJson(cell.config.method);
  const found = variants.find(
    (variant) => variant.method === cell.method && canonicalJson(variant.config) === config,
  );
  return found?.name ?? null;
}
