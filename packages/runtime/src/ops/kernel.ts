import type { TensorSpec } from "../graph/spec.ts";

/** What a kernel generator may know of the device. Generators are pure: equal contexts give equal text. */
export interface KernelDevice {
  /** Lanes of a subgroup where the device has subgroups of one known size, else null. */
  readonly subgroupSize: number | null;
  /** Shaders run on the CPU: barriers and workgroup memory cost more than they save. */
  readonly isSoftware: boolean;
  readonly maxWorkgroupsPerDimension: number;
  /** How many arrays one dispatch may bind (8 at least). */
  readonly maxStorageBuffers: number;
}

export interface KernelContext<Attributes extends object> {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
  readonly attributes: Attributes;
  readonly device: KernelDevice;
  /** False where two operands show the same bytes: both must then be arrays of the same (scalar) element type. */
  readonly vectorize: boolean;
  /** Every result lies where the input does that it may take over, so the two are one binding; false where absent. */
  readonly isInPlace?: boolean;
}

/** Element types of WGSL arrays over a tensor. */
export type WgslElement = "f32" | "i32" | "u32" | "vec2<f32>" | "vec4<f32>" | "vec4<i32>" | "vec4<u32>";

export type KernelOperand =
  | { readonly kind: "input"; readonly index: number }
  | { readonly kind: "output"; readonly index: number }
  /** Bytes without defined content that live for the dispatches of one op; all its dispatches see the same. */
  | { readonly kind: "scratch"; readonly bytes: number };

export interface KernelBinding {
  /**
   * Name of the array in the kernel's WGSL, used for nothing else there: where two operands show the same bytes, the
   * executor gives both names to one variable.
   */
  readonly name: string;
  readonly operand: KernelOperand;
  readonly elements: WgslElement;
}

/** A member of the uniform `u`. */
export interface KernelUniform {
  readonly name: string;
  readonly type: "u32" | "f32";
  readonly value: number;
}

/** One dispatch. Dispatches of a node run in order, each seeing what those before it wrote. */
export interface KernelDispatch {
  /** Op and variant, for errors and profiles. */
  readonly name: string;
  /**
   * Everything but the declarations of arrays and uniforms, which the executor writes: it alone knows whether a tensor
   * is in a buffer that may be written. The entry point is `main`. `enable` directives come first.
   */
  readonly wgsl: string;
  readonly bindings: readonly KernelBinding[];
  readonly uniforms: readonly KernelUniform[];
  readonly workgroups: readonly [number, number, number];
}

export type Kernels<Attributes extends object> = (
  context: KernelContext<Attributes>,
) => readonly KernelDispatch[];

export function input(index: number, name: string, elements: WgslElement): KernelBinding {
  return { name, operand: { kind: "input", index }, elements };
}

export function output(index: number, name: string, elements: WgslElement): KernelBinding {
  return { name, operand: { kind: "output", index }, elements };
}

export function scratch(bytes: number, name: string, elements: WgslElement): KernelBinding {
  return { name, operand: { kind: "scratch", bytes }, elements };
}

export function u32(name: string, value: number): KernelUniform {
  return { name, type: "u32", value };
}

export function f32(name: string, value: number): KernelUniform {
  return { name, type: "f32", value };
}

/** Workgroups for `count` pieces of work, folded into two dimensions where one has not enough room. */
export function gridOf(count: number, device: KernelDevice): readonly [number, number, number] {
  const limit = device.maxWorkgroupsPerDimension;
  if (count <= limit) return [count, 1, 1];
  const y = Math.ceil(count / limit);
  return [Math.ceil(count / y), y, 1];
}
