import type { Tensor } from "@peftbench/runtime";
import { createCpuExecutor, GraphBuilder } from "@peftbench/runtime";

/** Values of tensors that code adds to a graph, computed on the CPU. Nothing is fed: what it reads are constants. */
export async function evaluate(
  build: (graph: GraphBuilder) => Readonly<Record<string, Tensor>>,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const graph = new GraphBuilder();
  for (const [name, tensor] of Object.entries(build(graph))) graph.output(name, tensor);
  const executor = createCpuExecutor({ threads: 1 });
  const program = await executor.compile(graph.finish(), await executor.createStore(new Map()));
  const outputs = await program.run({});
  await program.dispose();
  await executor.dispose();
  return new Map(Object.entries(outputs).map(([name, { data }]) => [name, [...data]]));
}
