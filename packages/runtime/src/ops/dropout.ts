import { ShapeError } from "../errors.ts";
import type { OnnxLowering } from "../execute/cpu/lowering.ts";
import { ONNX_TYPE_CODES } from "../execute/cpu/onnxTypes.ts";
import { elementCount, formatShape } from "../graph/spec.ts";
import type { Tensor } from "../graph/tensor.ts";
import { HASH_MULTIPLIERS, hashU32 } from "../random/counterHash.ts";
import { expectInput } from "./infer.ts";
import type { OpDefinition } from "./op.ts";
import { defineOp } from "./op.ts";
import { dropoutRule } from "./wgsl/dropout.ts";
import { pointwiseKernel } from "./wgsl/pointwise.ts";
import { elementSpace } from "./windows.ts";

export interface DropoutAttributes {
  /** Share of the elements that become zero, in [0, 1). */
  readonly probability: number;
  /** Sets the noise of this op apart from that of the others. */
  readonly salt: number;
  /** Number of the first element, where this is a window of a larger tensor; 0 where absent. */
  readonly firstElement?: number;
}

/** The hash's upper 24 bits are compared, since f32 holds 24 bits exactly. */
export const NOISE_BITS = 24;

const elementwise = dropoutRule(NOISE_BITS, dropoutThreshold);

/**
 * Inverted dropout: element i, in row-major order, is kept where `hash(i ^ hash(noiseKey ^ hash(salt)))` is above the
 * threshold, and scaled by 1/(1 - probability). Nothing is stored: backward computes the same mask again.
 */
export const dropout: OpDefinition<DropoutAttributes> = defineOp<DropoutAttributes>({
  name: "dropout",
  cheap: true,
  infer: (inputs, { probability }) => {
    const { shape } = expectInput("dropout", inputs, 0, { dtype: "f32" });
    const key = expectInput("dropout", inputs, 1, { dtype: "u32" });
    if (key.shape.length !== 0) {
      throw new ShapeError("dropout", `the noise key is ${formatShape(key.shape)}, a scalar is needed.`);
    }
    if (!(probability >= 0 && probability < 1)) {
      throw new ShapeError("dropout", `the probability is ${probability}, it must lie in [0, 1).`);
    }
    return [{ shape, dtype: "f32" }];
  },
  gradient: ({ inputs: [x, key], outputGradients: [g], attributes }) => [
    x && key && g ? (x.graph.apply(dropout, [g, key], attributes)[0] as Tensor) : null,
    null,
  ],
  windows: {
    kind: "space",
    space: (inputs, outputs, attributes) => ({
      ...elementSpace(inputs, outputs),
      isContiguous: true,
      attributes: (window) => ({
        ...attributes,
        firstElement:
          window.reduce((place, { start }, axis) => place * (outputs[0]?.shape[axis] as number) + start, 0) +
          (attributes.firstElement ?? 0),
      }),
    }),
  },
  elementwise,
  webgpu: (context) => pointwiseKernel("dropout", elementwise, context),
  onnx: (lowering) => {
    const { node, constant, inputs, inputSpecs, outputs, attributes } = lowering;
    const [x = "", key = ""] = inputs;
    const shape = inputSpecs[0]?.shape ?? [];
    const count = elementCount(shape);
    const first = attributes.firstElement ?? 0;
    const salted = hashNodes(lowering, bitwiseXor(lowering, key, hashU32(attributes.salt)));
    // As large as the tensor itself, hence one for all dropouts of its shape, forward and backward.
    const index = constant(
      "u32",
      shape,
      () => Uint32Array.from({ length: count }, (_, element) => first + element),
      `elements_${shape.join("x")}_from_${first}`,
    );
    const hash = hashNodes(lowering, node("BitwiseXor", [index, salted]));
    const noise = node("Cast", [shiftRight(lowering, hash, 32 - NOISE_BITS)], {
      attributes: { to: ONNX_TYPE_CODES.f32 },
    });
    const kept = node("GreaterOrEqual", [
      noise,
      constant("f32", [], [dropoutThreshold(attributes.probability)]),
    ]);
    const mask = node("Cast", [kept], { attributes: { to: ONNX_TYPE_CODES.f32 } });
    const scale = constant("f32", [], [1 / (1 - attributes.probability)]);
    node("Mul", [x, node("Mul", [mask, scale])], { outputs });
  },
});

/** Elements whose 24-bit noise is below this are dropped. */
export function dropoutThreshold(probability: number): number {
  return Math.round(probability * 2 ** NOISE_BITS);
}

/** The mask on the host, 0 or 1/(1 - probability): what every executor must reproduce. */
export function dropoutMaskReference(
  count: number,
  key: number,
  attributes: DropoutAttributes,
): Float64Array {
  const salted = hashU32((key ^ hashU32(attributes.salt)) >>> 0);
  const threshold = dropoutThreshold(attributes.probability);
  return Float64Array.from({ length: count }, (_, element) => {
    const place = (attributes.firstElement ?? 0) + element;
    const noise = hashU32((place ^ salted) >>> 0) >>> (32 - NOISE_BITS);
    return noise >= threshold ? 1 / (1 - attributes.probability) : 0;
  });
}

/** `hashU32` in ONNX nodes; ONNX Runtime's u32 `Mul` wraps. */
function hashNodes(lowering: OnnxLowering<DropoutAttributes>, value: string): string {
  const { node, constant } = lowering;
  const mixed = node("BitwiseXor", [value, shiftRight(lowering, value, 16)]);
  const first = node("Mul", [mixed, constant("u32", [], [HASH_MULTIPLIERS[0]])]);
  const second = node("BitwiseXor", [first, shiftRight(lowering, first, 15)]);
  const third = node("Mul", [second, constant("u32", [], [HASH_MULTIPLIERS[1]])]);
  return node("BitwiseXor", [third, shiftRight(lowering, third, 16)]);
}

function bitwiseXor(lowering: OnnxLowering<DropoutAttributes>, value: string, literal: number): string {
  return lowering.node("BitwiseXor", [value, lowering.constant("u32", [], [literal])]);
}

function shiftRight(lowering: OnnxLowering<DropoutAttributes>, value: string, bits: number): string {
  const amount = lowering.constant("u32", [], [bits]);
  return lowering.node("BitShift", [value, amount], { attributes: { direction: "RIGHT" } });
}
