import type { HostArray, Shape, TensorSpec } from "../../graph/spec.ts";

/** Element types that ONNX nodes use inside a lowering; the graph's own types are a part of them. */
export type OnnxType = "f32" | "f16" | "i32" | "u32" | "i64" | "bool" | "f64";

export type OnnxAttribute = number | string | readonly number[] | { readonly float: number };

export interface OnnxNodeOptions {
  /** Integers and lists of integers as numbers; a float as `{ float }`. */
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
  /** Names of the results; one fresh name by default. */
  readonly outputs?: readonly string[];
  /** `com.microsoft` for ONNX Runtime's own ops. */
  readonly domain?: "com.microsoft";
}

/** What an op's `onnx` function gets: the names of its tensors, and the means to write nodes. */
export interface OnnxLowering<Attributes extends object> {
  readonly attributes: Attributes;
  readonly inputs: readonly string[];
  readonly inputSpecs: readonly TensorSpec[];
  readonly outputs: readonly string[];
  readonly outputSpecs: readonly TensorSpec[];
  /** Writes one ONNX node and gives the name of its first result. */
  node(type: string, inputs: readonly string[], options?: OnnxNodeOptions): string;
  /** An initializer; equal lists, and typed arrays that are given under one `sharedName`, are written once. */
  constant(
    type: OnnxType,
    shape: Shape,
    data: HostArray | readonly number[] | (() => HostArray),
    sharedName?: string,
  ): string;
}
