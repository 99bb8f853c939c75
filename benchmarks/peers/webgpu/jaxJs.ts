/** jax-js with its WebGPU device, as its README has it. */

import type { Array as JaxArray } from "@jax-js/jax";
import { shapeOfA } from "./matmulProblems.ts";
import { installNavigatorGpu } from "./navigatorGpu.ts";
import { servePeer } from "./servePeer.ts";

servePeer(async () => {
  const found = await installNavigatorGpu();
  const { blockUntilReady, defaultDevice, init, jit, numpy: np } = await import("@jax-js/jax");
  const devices = await init("webgpu");
  if (!devices.includes("webgpu")) throw new Error("jax-js finds no WebGPU.");
  defaultDevice("webgpu");
  return {
    name: "jax-js",
    ...found,
    async prepare(problem, operands) {
      const a = np.array(operands.a).reshape(shapeOfA(problem));
      const b = np.array(operands.b).reshape([problem.inner, problem.columns]);
      await blockUntilReady([a, b]);
      const multiply = jit((left: JaxArray, right: JaxArray) =>
        np.matmul(problem.transposeA ? np.transpose(left) : left, right),
      );
      return {
        product: () => multiply(a.ref, b.ref).data() as Promise<Float32Array>,
        async run(count) {
          // All are kept until they are made: jax-js is lazy, and might not make what nobody holds.
          const results = Array.from({ length: count }, () => multiply(a.ref, b.ref));
          await blockUntilReady(results);
          for (const result of results) result.dispose();
        },
      };
    },
  };
});
