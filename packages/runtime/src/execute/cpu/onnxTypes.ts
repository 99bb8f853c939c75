import type { OnnxType } from "./lowering.ts";

/** `TensorProto.DataType` of the ONNX format. */
export const ONNX_TYPE_CODES: Readonly<Record<OnnxType, number>> = {
  f32: 1,
  i32: 6,
  i64: 7,
  bool: 9,
  f16: 10,
  f64: 11,
  u32: 12,
};
