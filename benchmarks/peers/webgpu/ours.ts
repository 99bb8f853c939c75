/** Our runtime: a graph of products, run by the WebGPU executor. */
import type { HostTensor, Program } from "@peftbench/runtime";
import { createWebgpuExecutor, GraphBuilder, openWebgpuDevice } from "@peftbench/runtime";
import { shapeOfA } from "./matmulProblems.ts";
import { servePeer } from "./servePeer.ts";

servePeer(async () => {
  const device = await openWebgpuDevice({ adapter: "any" });
  const executor = createWebgpuExecutor({ device });
  return {
    name: "peftbench",
    device: device.adapter.driver,
    isSoftware: device.adapter.isSoftware,
    async prepare(problem, operands) {
      const shapes = { a: shapeOfA(problem), b: [problem.inner, problem.columns] };
      const tensor = (name: "a" | "b"): [string, HostTensor] => [
        name,
        { shape: shapes[name], dtype: "f32", data: operands[name] },
      ];
      const store = await executor.createStore(new Map([tensor("a"), tensor("b")]));
      const compile = (count: number, whole: boolean): Promise<Program> => {
        const builder = new GraphBuilder();
        const frozen = { role: "baseWeight", trainable: false } as const;
        const a = builder.parameter("a", shapes.a, frozen);
        const b = builder.parameter("b", shapes.b, frozen);
        for (let made = 0; made < count; made++) {
          const result = a.matmul(b, { transposeA: problem.transposeA });
          builder.output(`product ${made}`, whole ? result : result.slice(0, 0, 1).slice(1, 0, 1));
        }
        return executor.compile(builder.finish(), store);
      };
      const programs = new Map<number, Promise<Program>>();
      return {
        async product() {
          const program = await compile(1, true);
          const { "product 0": result } = await program.run({});
          await program.dispose();
          return result?.data ?? [];
        },
        async run(count) {
          const program = programs.get(count) ?? compile(count, false);
          programs.set(count, program);
          await (await program).run({});
        },
      };
    },
  };
});
