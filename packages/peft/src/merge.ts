import type { MethodAttachment } from "./method.ts";
import type { ModelShape } from "./modelGraph.ts";

/**
 * Values of the model's declared parameters with the adapter folded in: a model that needs the method no more.
 * `value` gives present values, of base parameters and of the stage's tensors.
 */
export function mergedParameters(
  model: ModelShape,
  attachment: MethodAttachment,
  value: (name: string) => Float32Array,
): ReadonlyMap<string, Float32Array> {
  const { architecture, config, head } = model;
  const merged = new Map(
    architecture.parameters(config, head).map(({ name }) => [name, value(name)] as const),
  );
  for (const module of architecture.linearModules(config, head)) {
    const weight = attachment.mergedWeight(module, value(`${module.name}.weight`), value);
    if (weight !== null) merged.set(`${module.name}.weight`, weight);
  }
  return merged;
}
