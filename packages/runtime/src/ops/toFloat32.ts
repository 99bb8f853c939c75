import { expectInput } from "./infer.ts";
import { defineOp } from "./op.ts";
import { toFloat32Kernel } from "./wgsl/toFloat32.ts";
import { elementSpace } from "./windows.ts";

/** What may be stored as f16, as f32, exactly: for readers that take no f16. */
export const toFloat32 = defineOp({
  name: "toFloat32",
  cheap: true,
  halfInputs: [0],
  infer: (inputs) => {
    const { shape } = expectInput("toFloat32", inputs, 0, { dtype: "f32", allowHalf: true });
    return [{ shape, dtype: "f32" }];
  },
  windows: { kind: "space", space: elementSpace },
  webgpu: toFloat32Kernel,
  onnx: ({ node, inputs, outputs }) => {
    node("Identity", inputs, { outputs });
  },
});
