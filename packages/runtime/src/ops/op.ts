import type { OnnxLowering } from "../execute/cpu/lowering.ts";
import type { HostTensor, TensorSpec } from "../graph/spec.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Kernels, KernelUniform } from "./kernel.ts";
import type { WindowRule } from "./windows.ts";

/** What a gradient rule may use. Whatever it touches of `inputs` and `outputs` is kept for the backward pass. */
export interface GradientContext<Attributes extends object> {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  /** Gradient of the loss by each output; null where the loss does not depend on it. */
  readonly outputGradients: readonly (Tensor | null)[];
  readonly attributes: Attributes;
  /** Which inputs somebody needs the gradient of. A rule makes no others: that is what saves memory. */
  readonly needed: readonly boolean[];
}

/** What a host kernel reads and writes. An output may be the very array of the input that it replaces. */
export interface HostKernelContext<Attributes extends object> {
  readonly inputs: readonly HostTensor[];
  readonly outputs: readonly HostTensor[];
  readonly attributes: Attributes;
}

/**
 * How an op computes one element of its result from the same element of its operands, as WGSL over the alias `T`: f32, or
 * vec4<f32> for four neighbours. Kernels of single ops and of fused ones are made of it.
 */
export interface ElementwiseRule<Attributes extends object> {
  /** Names in `wgsl` of the inputs, in order: f32 tensors that broadcast to the result, or u32 scalars. */
  readonly operands: readonly string[];
  /**
   * Expression of the result. Beside operands and `numbers` it may read `place`, the row-major numbers of the elements, of
   * the alias `U`: u32 or vec4<u32>.
   */
  readonly wgsl: string;
  /** Functions that it calls, beside those of `wgsl/functions.ts`. */
  readonly functions?: string;
  /** Numbers that differ from node to node. */
  readonly numbers?: (attributes: Attributes) => readonly KernelUniform[];
}

/** Everything the runtime knows of one op, in one place. */
export interface OpDefinition<Attributes extends object = object> {
  readonly name: string;
  /** Shape rule. Throws `ShapeError` for inputs that it cannot take. */
  readonly infer: (inputs: readonly TensorSpec[], attributes: Attributes) => readonly TensorSpec[];
  /** Gradient by each input (null where not needed or none). Absent: the op stops gradients and may not be asked. */
  readonly gradient?: (context: GradientContext<Attributes>) => readonly (Tensor | null)[];
  /** Lowering to ONNX nodes. An op has this, or `host`, or both are missing and the CPU executor refuses it. */
  readonly onnx?: (lowering: OnnxLowering<Attributes>) => void;
  /** Runs in JavaScript on host arrays between ONNX segments (the optimizer: in place, without copies). */
  readonly host?: (context: HostKernelContext<Attributes>) => void;
  /** WGSL kernels for the shapes and attributes at hand, from `ops/wgsl/`. A view needs none. */
  readonly webgpu?: Kernels<Attributes>;
  /** An input of row numbers that must be below the bound: executors that know its values on the host refuse others. */
  readonly indexInput?: {
    readonly input: number;
    readonly bound: (inputs: readonly TensorSpec[], attributes: Attributes) => number;
  };
  /** Inputs that may be stored as f16: kernels read them as f32 all the same, since the executor converts. */
  readonly halfInputs?: readonly number[];
  /**
   * How it is computed in windows where a tensor exceeds what one binding of a device shows. A view needs none; absent
   * elsewhere, it takes no such tensor.
   */
  readonly windows?: WindowRule<Attributes>;
  /** Whether the save policy `recompute` may compute it twice rather than keep its result. */
  readonly cheap: boolean;
  /** The output is the input's bytes under another shape. */
  readonly view?: boolean;
  /** Present where elements are computed one by one: such ops can be fused with others. */
  readonly elementwise?: ElementwiseRule<Attributes>;
  /** Input whose buffer output i may take over (an update in place), by output; null for none. */
  readonly inPlace?: readonly number[] | ((attributes: Attributes, output: number) => number | null);
}

/** The input whose buffer the `output`-th result of a node may take over, null if none. */
export function inPlaceInput(
  { inPlace }: OpDefinition<object>,
  attributes: object,
  output: number,
): number | null {
  return typeof inPlace === "function" ? inPlace(attributes, output) : (inPlace?.[output] ?? null);
}

/** Identity that lets TypeScript infer and check the attributes of a definition. */
export function defineOp<Attributes extends object>(
  definition: OpDefinition<Attributes>,
): OpDefinition<Attributes> {
  return definition;
}
