import type { Executor } from "@peftbench/runtime";
import { feedsOf, GraphBuilder } from "@peftbench/runtime";
import type { MethodStage } from "../index.ts";
import { stageContext } from "../programs.ts";

/** The masks of a stage's tensors at a step, [columns] each. */
export async function updateMasks(
  executor: Executor,
  stage: MethodStage,
  step: number,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const masked = stage.parameters.filter(
    ({ trainable, updateMask }) => trainable && updateMask !== undefined,
  );
  if (masked.length === 0) return new Map();
  const graph = new GraphBuilder();
  const context = stageContext(graph, stage);
  // A sum keeps a mask that is an input itself from being an output, which no executor need allow.
  for (const { name, updateMask } of masked) {
    if (updateMask !== undefined) graph.output(name, updateMask(context).add(0));
  }
  const inputs = (stage.stepInputs ?? []).map(
    ({ name, valueAt }) => [name, Float32Array.of(valueAt(step))] as const,
  );
  const finished = graph.finish();
  const program = await executor.compile(finished, await executor.createStore(new Map()));
  const outputs = await program.run(feedsOf(finished, Object.fromEntries(inputs)));
  await program.dispose();
  return new Map(Object.entries(outputs).map(([name, { data }]) => [name, [...data]]));
}
