import type { TensorSpec } from "../../graph/spec.ts";
import { elementCount } from "../../graph/spec.ts";
import type { Box } from "../../ops/windows.ts";
import { boxShape, wholeBox } from "../../ops/windows.ts";
import type { DeviceProfile } from "../../plan/deviceProfile.ts";
import type { Cuts } from "./boxes.ts";
import { formatBox, gridBoxes } from "./boxes.ts";
import { contiguousCuts } from "./cuts.ts";
import { CannotSplitError } from "./errors.ts";

/** f16 counts as f32, which an op may turn it into. */
const ELEMENT_BYTES = 4;

/** A part of a tensor that lives outside a graph: a parameter, an input, an output, a constant. */
export interface TensorWindow extends TensorSpec {
  readonly name: string;
  readonly box: Box;
  /** The elements of the tensor, in row-major order, that it holds. */
  readonly firstElement: number;
  readonly elements: number;
}

/** The most elements that one binding shows. */
export function mostElements({ maxBindingBytes }: DeviceProfile): number {
  return Math.floor(maxBindingBytes / ELEMENT_BYTES);
}

/** Whether a tensor must be split on a device. */
export function isTooLarge({ shape }: TensorSpec, profile: DeviceProfile): boolean {
  return elementCount(shape) > mostElements(profile);
}

/** The cuts of a tensor of its own accord: between them lie elements that follow each other. */
export function tensorCuts(
  tensor: TensorSpec & { readonly name: string },
  profile: DeviceProfile,
  op: string | null = null,
): readonly Cuts[] {
  // WebGPU copies and binds four bytes at least.
  const cuts = contiguousCuts(tensor.shape, mostElements(profile), tensor.dtype === "f16" ? 2 : 1);
  if (cuts === null) throw new CannotSplitError(op, tensor, "no part of it is small enough.", profile);
  return cuts;
}

/**
 * The windows that a tensor is kept in on a device, by its name and spec alone: whoever makes it, reads it or plans for
 * it finds the same ones. One window of the tensor's own name where one binding can show it all.
 * @throws CannotSplitError
 */
export function tensorWindows(
  name: string,
  { shape, dtype }: TensorSpec,
  profile: DeviceProfile,
): readonly TensorWindow[] {
  if (!isTooLarge({ shape, dtype }, profile)) {
    const elements = elementCount(shape);
    return [{ name, shape, dtype, box: wholeBox(shape), firstElement: 0, elements }];
  }
  let firstElement = 0;
  return gridBoxes(tensorCuts({ name, shape, dtype }, profile)).map((box): TensorWindow => {
    const window = { name: `${name}${formatBox(box, shape)}`, shape: boxShape(box), dtype, box };
    const elements = elementCount(window.shape);
    firstElement += elements;
    return { ...window, firstElement: firstElement - elements, elements };
  });
}
