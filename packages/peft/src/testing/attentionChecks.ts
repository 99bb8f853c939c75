import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { AttentionKind, PretrainedModel } from "@peftbench/models";
import { loadPretrained } from "@peftbench/models";
import type { Executor, Graph, ProgramOutputs, Tensor } from "@peftbench/runtime";
import { GraphBuilder, gradients } from "@peftbench/runtime";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { MethodStage, ModelShape } from "../index.ts";
import { bareModel, buildModelGraph, TRAINING_INPUTS } from "../index.ts";
import { largestDifference } from "../parity/differences.ts";
import type { JobBatch } from "../parity/trainingJob.ts";
import { readBatch } from "../parity/trainingJob.ts";

const models = fileURLToPath(new URL("../../../models/fixtures/bert", import.meta.url));
const everything: MethodStage = { ...bareModel, trainsBase: () => true };

/** Outputs: logits, loss, and the loss's gradient by every parameter. */
function gradientGraph(
  model: ModelShape & Pick<PretrainedModel, "values">,
  batch: JobBatch,
  attention: AttentionKind,
  dropout: number,
): Graph {
  const graph = new GraphBuilder();
  const noise = {
    noiseKey: () => graph.input(TRAINING_INPUTS.noiseKey, [], "u32"),
    modelProbability: dropout,
  };
  const { logits } = buildModelGraph(graph, model, everything, batch, noise, attention);
  const labels = graph.input(TRAINING_INPUTS.labels, [batch.rows], "i32");
  const loss = logits.crossEntropy(labels).mean();
  graph.output("logits", logits);
  graph.output("loss", loss);
  const trainable = [...model.values].map(([name, { shape }]) =>
    graph.parameter(name, shape, {
      role: model.headParameters.has(name) ? "head" : "baseWeight",
      trainable: true,
    }),
  );
  for (const [index, gradient] of gradients(loss, trainable).entries()) {
    graph.output((trainable[index] as Tensor).name, gradient);
  }
  return graph.finish();
}

/** A model with fused attention beside itself with materialized attention, on one executor. */
export function runModelAttentionChecks(
  name: string,
  createExecutor: () => Executor | Promise<Executor>,
): void {
  describe(name, () => {
    let executor: Executor;
    beforeAll(async () => {
      executor = await createExecutor();
    });
    afterAll(async () => executor.dispose());

    describe.each([
      { fixture: "gelu-erf", labelCount: 2 },
      { fixture: "gelu-tanh", labelCount: 3 },
    ])("on $fixture", ({ fixture, labelCount }) => {
      it.each([0, 0.3])("has the same logits, loss and all gradients, with dropout %d", async (dropout) => {
        const folder = join(models, fixture);
        const head = { kind: "classification", labelCount } as const;
        const pretrained = await loadPretrained(folder, head, { seed: 0 });
        const batch = await readBatch(join(folder, "inputs.safetensors"));
        const noise = dropout === 0 ? {} : { [TRAINING_INPUTS.noiseKey]: Uint32Array.of(0xdeadbeef) };
        const run = async (attention: AttentionKind): Promise<ProgramOutputs> => {
          const graph = gradientGraph({ ...pretrained, head }, batch, attention, dropout);
          const store = await executor.createStore(pretrained.values);
          const program = await executor.compile(graph, store);
          const outputs = await program.run({ ...batch.inputs, ...noise });
          await program.dispose();
          return outputs;
        };
        const [expected, actual] = [await run("materialized"), await run("fused")];
        expect(Object.keys(expected).length).toBeGreaterThan(pretrained.values.size);
        for (const [output, { data }] of Object.entries(expected)) {
          expect(largestDifference(actual[output]?.data ?? [], data as Float32Array), output).toBeLessThan(
            1e-5,
          );
        }
      });
    });
  });
}
