/** TensorFlow.js with its WebGPU backend, as its README has it. */

import { shapeOfA } from "./matmulProblems.ts";
import { installNavigatorGpu } from "./navigatorGpu.ts";
import { servePeer } from "./servePeer.ts";

servePeer(async () => {
  const found = await installNavigatorGpu();
  const tf = await import("@tensorflow/tfjs-core");
  await import("@tensorflow/tfjs-backend-webgpu");
  await tf.setBackend("webgpu");
  await tf.ready();
  return {
    name: `TensorFlow.js ${tf.version_core}`,
    ...found,
    async prepare(problem, operands) {
      const a = tf.tensor2d(operands.a, shapeOfA(problem));
      const b = tf.tensor2d(operands.b, [problem.inner, problem.columns]);
      const multiply = () => tf.matMul(a, b, problem.transposeA, false);
      return {
        async product() {
          const result = multiply();
          const values = await result.data();
          result.dispose();
          return values;
        },
        async run(count) {
          let last = multiply();
          for (let made = 1; made < count; made++) {
            last.dispose();
            last = multiply();
          }
          const element = tf.slice(last, [0, 0], [1, 1]);
          await element.data();
          tf.dispose([last, element]);
        },
      };
    },
  };
});
