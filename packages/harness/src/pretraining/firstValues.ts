import type { ParameterDeclaration } from "@peftbench/models";
import { createRandom, elementCount } from "@peftbench/runtime";

/**
 * What a parameter starts pretraining with, drawn from a stream of its own name.
 * @throws {RangeError} where it has no first values
 */
export function drawFirstValues(
  { name, shape, initializer }: ParameterDeclaration,
  seed: number,
): Float32Array {
  if (initializer === null) throw new RangeError(`${name} has no first values.`);
  const values = new Float32Array(elementCount(shape));
  if (initializer.kind === "constant") return values.fill(initializer.value);
  const random = createRandom(seed, name);
  return values.map(() => random.normal() * initializer.deviation);
}
