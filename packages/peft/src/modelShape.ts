import type { HeadSpec } from "@peftbench/models";
import { architectureOf } from "@peftbench/models";
import type { ModelShape } from "./modelGraph.ts";

/** A model of which the configuration alone is known, with a new head that trains. */
export function modelShape({ architecture, config, head }: Omit<ModelShape, "headParameters">): ModelShape {
  const ofHead = architecture.parameters(config, head).filter(({ role }) => role === "head");
  return { architecture, config, head, headParameters: new Set(ofHead.map(({ name }) => name)) };
}

/**
 * The same from what `config.json` holds.
 * @throws {ConfigError} for an architecture that is not known, or a configuration that is not as it should be
 */
export function configuredShape(json: unknown, head: HeadSpec): ModelShape {
  const architecture = architectureOf(json);
  return modelShape({ architecture, config: architecture.parseConfig(json), head });
}
