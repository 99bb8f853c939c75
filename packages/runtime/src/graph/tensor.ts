import { GraphError, ShapeError } from "../errors.ts";
import { attention } from "../ops/attention.ts";
import { broadcastTo } from "../ops/broadcastTo.ts";
import { concat } from "../ops/concat.ts";
import { crossEntropy } from "../ops/crossEntropy.ts";
import { dropout } from "../ops/dropout.ts";
import { embedding } from "../ops/embedding.ts";
import { layerNorm } from "../ops/layerNorm.ts";
import { matmul } from "../ops/matmul.ts";
import type { OpDefinition } from "../ops/op.ts";
import type { BinaryName, UnaryName } from "../ops/pointwise.ts";
import { binaryOps, unaryOps } from "../ops/pointwise.ts";
import type { ReductionName } from "../ops/reduce.ts";
import { reductionOps } from "../ops/reduce.ts";
import { reshape } from "../ops/reshape.ts";
import { select } from "../ops/select.ts";
import { slice } from "../ops/slice.ts";
import { softmax } from "../ops/softmax.ts";
import { transpose } from "../ops/transpose.ts";
import type { GraphBuilder } from "./builder.ts";
import type { ValueId } from "./graph.ts";
import type { DType, Shape } from "./spec.ts";
import { elementCount, formatShape, formatSpec, sameShape } from "./spec.ts";

type Operand = Tensor | number;

export interface MatmulOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  /** Factor on the product. */
  readonly scale?: number;
  /** The save policy `recompute` may compute this product a second time (attention scores). */
  readonly recomputable?: boolean;
}

export interface FusedAttentionOptions {
  /** Added to the scores, [rows, 1, 1, keys]; gets no gradient. */
  readonly bias: Tensor;
  readonly rows: number;
  readonly heads: number;
  /** Factor on the products of queries and keys. */
  readonly scale: number;
  /** A query sees the keys up to its own place; false by default. */
  readonly causal?: boolean;
  /** Of the probabilities, as `dropout` would do it; null for none. */
  readonly dropout: { readonly probability: number; readonly noiseKey: Tensor<"u32"> } | null;
}

/**
 * A handle on one value of a graph under construction. Methods read like eager code and add nodes; nothing is computed.
 * Methods that need numbers are typed for f32 tensors alone.
 */
export class Tensor<D extends DType = "f32"> {
  readonly graph: GraphBuilder;
  readonly id: ValueId;
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: D;

  constructor(graph: GraphBuilder, id: ValueId, name: string, shape: Shape, dtype: D) {
    this.graph = graph;
    this.id = id;
    this.name = name;
    this.shape = shape;
    this.dtype = dtype;
  }

  get rank(): number {
    return this.shape.length;
  }

  /** Size of an axis; negative axes count from the end. */
  size(axis: number): number {
    const size = this.shape[axis < 0 ? axis + this.rank : axis];
    if (size === undefined) {
      throw new ShapeError(
        "size",
        `${this.name} has shape ${formatShape(this.shape)}, there is no axis ${axis}.`,
      );
    }
    return size;
  }

  /**
   * Matrix product over the last two axes: `scale * op(this) @ op(other)`.
   * Leading axes must be equal; a matrix `other` multiplies every row of `this` when `this` has more axes.
   */
  matmul(this: Tensor, other: Tensor, options: MatmulOptions = {}): Tensor {
    if (this.rank > 2 && other.rank === 2 && options.transposeA !== true) {
      const rows = elementCount(this.shape.slice(0, -1));
      const flat = this.reshape([rows, this.size(-1)]).matmul(other, options);
      return flat.reshape([...this.shape.slice(0, -1), flat.size(-1)]);
    }
    return applyOne(matmul, [this, other], {
      transposeA: options.transposeA ?? false,
      transposeB: options.transposeB ?? false,
      scale: options.scale ?? 1,
      recomputable: options.recomputable ?? false,
    });
  }

  add(this: Tensor, other: Operand): Tensor {
    return binary("add", this, other);
  }

  sub(this: Tensor, other: Operand): Tensor {
    return binary("sub", this, other);
  }

  mul(this: Tensor, other: Operand): Tensor {
    return binary("mul", this, other);
  }

  div(this: Tensor, other: Operand): Tensor {
    return binary("div", this, other);
  }

  maximum(this: Tensor, other: Operand): Tensor {
    return binary("maximum", this, other);
  }

  minimum(this: Tensor, other: Operand): Tensor {
    return binary("minimum", this, other);
  }

  /** 1 where `this > other`, else 0; gradients stop here. */
  greater(this: Tensor, other: Operand): Tensor {
    return binary("greater", this, other);
  }

  /** `whenTrue` where this is not 0, else `whenFalse`; for updates: it has no gradient. */
  select(this: Tensor, whenTrue: Tensor, whenFalse: Tensor): Tensor {
    return asF32(this.graph.apply(select, [this, whenTrue, whenFalse], {})[0] as Tensor);
  }

  neg(this: Tensor): Tensor {
    return unary("neg", this);
  }

  exp(this: Tensor): Tensor {
    return unary("exp", this);
  }

  log(this: Tensor): Tensor {
    return unary("log", this);
  }

  sqrt(this: Tensor): Tensor {
    return unary("sqrt", this);
  }

  abs(this: Tensor): Tensor {
    return unary("abs", this);
  }

  sign(this: Tensor): Tensor {
    return unary("sign", this);
  }

  square(this: Tensor): Tensor {
    return unary("square", this);
  }

  reciprocal(this: Tensor): Tensor {
    return unary("reciprocal", this);
  }

  tanh(this: Tensor): Tensor {
    return unary("tanh", this);
  }

  sigmoid(this: Tensor): Tensor {
    return unary("sigmoid", this);
  }

  relu(this: Tensor): Tensor {
    return unary("relu", this);
  }

  silu(this: Tensor): Tensor {
    return unary("silu", this);
  }

  erf(this: Tensor): Tensor {
    return unary("erf", this);
  }

  /** Gaussian error linear unit: exact by erf, or its tanh approximation (`gelu_new`, `gelu_pytorch_tanh`). */
  gelu(this: Tensor, approximate: "none" | "tanh" = "none"): Tensor {
    return unary(approximate === "tanh" ? "geluTanh" : "gelu", this);
  }

  sum(this: Tensor, axes?: readonly number[], keepAxes = false): Tensor {
    return reduce("sum", this, axes, keepAxes);
  }

  mean(this: Tensor, axes?: readonly number[], keepAxes = false): Tensor {
    return reduce("mean", this, axes, keepAxes);
  }

  /** Largest element over `axes`; gradients stop here. */
  max(this: Tensor, axes?: readonly number[], keepAxes = false): Tensor {
    return reduce("max", this, axes, keepAxes);
  }

  /** Softmax over the last axis. */
  softmax(this: Tensor): Tensor {
    return applyOne(softmax, [this], {});
  }

  /**
   * Multi-head attention of queries `this` [rows * queries, hidden] to key and value [rows * keys, hidden]: the context
   * [rows * queries, hidden]. No scores are stored; see `ops/attention.ts`.
   */
  attention(this: Tensor, key: Tensor, value: Tensor, options: FusedAttentionOptions): Tensor {
    const { bias, rows, heads, scale, causal = false, dropout: noise } = options;
    const drops = noise !== null && noise.probability > 0;
    return applyOne(attention, [this, key, value, bias, ...(drops ? [noise.noiseKey] : [])], {
      rows,
      heads,
      scale,
      causal,
      dropout: drops ? { probability: noise.probability, salt: this.graph.takeNoiseSalt() } : null,
    });
  }

  /** Layer normalization over the last axis, `(x - mean) / sqrt(variance + epsilon) * gamma + beta`. */
  layerNorm(this: Tensor, gamma: Tensor, beta: Tensor, epsilon: number): Tensor {
    return applyOne(layerNorm, [this, gamma, beta], { epsilon });
  }

  /** Rows of the table `this` [rows, width] at `indices` [n]: [n, width]. */
  rows(this: Tensor, indices: Tensor<"i32">): Tensor {
    return applyOne(embedding, [this, indices], {});
  }

  /** Cross-entropy of each row of logits [n, classes] against its label [n]: [n]. */
  crossEntropy(this: Tensor, labels: Tensor<"i32">): Tensor {
    return applyOne(crossEntropy, [this, labels], {});
  }

  /** Inverted dropout. `noiseKey` is a scalar that changes from step to step; see `ops/dropout.ts`. */
  dropout(this: Tensor, probability: number, noiseKey: Tensor<"u32">): Tensor {
    if (probability === 0) return this;
    return applyOne(dropout, [this, noiseKey], { probability, salt: this.graph.takeNoiseSalt() });
  }

  reshape(shape: Shape): Tensor<D> {
    if (sameShape(shape, this.shape)) return this;
    return applyOne(reshape, [this as Tensor<DType>], { shape }) as unknown as Tensor<D>;
  }

  /** Axis i of the result is axis `permutation[i]` of this. */
  transpose(permutation: readonly number[]): Tensor<D> {
    if (permutation.every((axis, index) => axis === index) && permutation.length === this.rank) return this;
    return applyOne(transpose, [this as Tensor<DType>], { permutation }) as unknown as Tensor<D>;
  }

  /** `length` entries of `axis` from `start` on. */
  slice(axis: number, start: number, length: number): Tensor<D> {
    const positive = axis < 0 ? axis + this.rank : axis;
    return applyOne(slice, [this as Tensor<DType>], {
      axis: positive,
      start,
      length,
    }) as unknown as Tensor<D>;
  }

  /** This and `others` after each other along `axis`. */
  concat(this: Tensor, others: readonly Tensor[], axis: number): Tensor {
    return applyOne(concat, [this, ...others], { axis: axis < 0 ? axis + this.rank : axis });
  }

  /** Repeats axes of size 1 (and adds leading ones) up to `shape`. */
  broadcastTo(this: Tensor, shape: Shape): Tensor {
    if (sameShape(shape, this.shape)) return this;
    return applyOne(broadcastTo, [this], { shape });
  }

  /** The inverse of broadcasting: sums over the axes that broadcasting repeated, down to `shape`. */
  sumTo(this: Tensor, shape: Shape): Tensor {
    if (sameShape(shape, this.shape)) return this;
    const offset = this.rank - shape.length;
    const axes = this.shape.flatMap((size, axis) =>
      axis < offset || (shape[axis - offset] === 1 && size !== 1) ? [axis] : [],
    );
    return this.sum(axes, true).reshape(shape);
  }
}

/** Checked view of a tensor as f32, for code that holds tensors of unknown type. */
export function asF32(tensor: Tensor<DType>): Tensor {
  if (tensor.dtype !== "f32") throw new GraphError(`${tensor.name} is ${formatSpec(tensor)}, f32 is needed.`);
  return tensor as unknown as Tensor;
}

function applyOne<A extends object>(
  op: OpDefinition<A>,
  inputs: readonly Tensor<DType>[],
  attributes: A,
): Tensor {
  const first = inputs[0];
  if (first === undefined) throw new GraphError(`${op.name} was called without inputs.`);
  const output = first.graph.apply(op, inputs, attributes)[0];
  if (output === undefined) throw new GraphError(`${op.name} makes no output.`);
  return output as unknown as Tensor;
}

function unary(name: UnaryName, input: Tensor): Tensor {
  return applyOne(unaryOps[name], [input], {});
}

function binary(name: BinaryName, left: Tensor, right: Operand): Tensor {
  return applyOne(binaryOps[name], [left, typeof right === "number" ? left.graph.scalar(right) : right], {});
}

function reduce(
  name: ReductionName,
  input: Tensor,
  axes: readonly number[] | undefined,
  keepAxes: boolean,
): Tensor {
  const all = axes ?? input.shape.map((_, axis) => axis);
  const positive = all.map((axis) => (axis < 0 ? axis + input.rank : axis));
  return applyOne(reductionOps[name], [input], { axes: positive, keepAxes });
}
