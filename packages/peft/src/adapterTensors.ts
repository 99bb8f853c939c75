import { sameShape } from "@peftbench/runtime";
import { MethodError } from "./errors.ts";
import type { AdapterParameter, PeftAdapter } from "./method.ts";

/**
 * The values of an adapter's tensors, if they are exactly `parameters` by name and shape.
 *
 * @throws MethodError naming the tensors that are missing, unexpected or of another shape.
 */
export function adapterValues(
  adapter: PeftAdapter,
  parameters: readonly Pick<AdapterParameter, "name" | "shape">[],
): ReadonlyMap<string, Float32Array> {
  const expected = new Set(parameters.map(({ name }) => name));
  const missing = [...expected].filter((name) => !adapter.tensors.has(name));
  const unexpected = [...adapter.tensors.keys()].filter((name) => !expected.has(name));
  if (missing.length + unexpected.length > 0) {
    throw new MethodError(
      [
        "The adapter does not fit the method as it is configured.",
        ...list("Missing", missing),
        ...list("Unexpected", unexpected),
        "Check the target modules and the model that the adapter was made for.",
      ].join(" "),
    );
  }
  return new Map(
    parameters.map(({ name, shape }) => {
      const tensor = adapter.tensors.get(name) as { shape: readonly number[]; values: Float32Array };
      if (!sameShape(tensor.shape, shape)) {
        throw new MethodError(`${name} has shape [${tensor.shape}] in the adapter; [${shape}] is needed.`);
      }
      return [name, tensor.values];
    }),
  );
}

function list(what: string, names: readonly string[]): readonly string[] {
  if (names.length === 0) return [];
  const shown = names.slice(0, 4).join(", ");
  return [`${what}: ${shown}${names.length > 4 ? `, and ${names.length - 4} more` : ""}.`];
}
