import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { attentionKinds, loadPretrained } from "@peftbench/models";
import type { Tensor } from "@peftbench/runtime";
import {
  applySavePolicy,
  createCpuExecutor,
  GraphBuilder,
  gradients,
  savePolicies,
} from "@peftbench/runtime";
import { describe, expect, it } from "vitest";
import { largestDifference } from "./conformance/check.ts";
import { readBatch, readTensors } from "./conformance/trainingJob.ts";
import type { MethodStage } from "./index.ts";
import { bareModel, buildModelGraph } from "./index.ts";

/** float32 and float64 differ by 2e-6 at most in PyTorch itself (the fixtures' precision.json). */
const TOLERANCE = 1e-5;

const models = fileURLToPath(new URL("../../models/fixtures/bert", import.meta.url));
const everything: MethodStage = { ...bareModel, trainsBase: () => true };

describe.each([
  { fixture: "gelu-erf", labelCount: 2 },
  { fixture: "gelu-tanh", labelCount: 3 },
])("BERT beside PyTorch on $fixture", ({ fixture, labelCount }) => {
  const variants = savePolicies.flatMap((policy) =>
    attentionKinds.map((attention) => ({ policy, attention })),
  );
  it.each(variants)(
    "has its hidden states, logits, loss and all gradients, under $policy with $attention attention",
    async ({ policy, attention }) => {
      const folder = join(models, fixture);
      const head = { kind: "classification", labelCount } as const;
      const pretrained = await loadPretrained(folder, head, { seed: 0 });
      const batch = await readBatch(join(folder, "inputs.safetensors"));
      const graph = new GraphBuilder();
      const { hiddenStates, pooled, logits } = buildModelGraph(
        graph,
        { ...pretrained, head },
        everything,
        batch,
        null,
        attention,
      );
      const rowLosses = logits.crossEntropy(graph.input("labels", [batch.rows], "i32"));
      const loss = rowLosses.mean();
      const outputs: [string, Tensor][] = [
        ...hiddenStates.map((tensor, index): [string, Tensor] => [`hidden_states.${index}`, tensor]),
        ["pooler_output", pooled],
        ["logits", logits],
        ["row_losses", rowLosses],
        ["loss", loss],
      ];
      for (const [name, tensor] of outputs) graph.output(name, tensor);
      const trainable = [...pretrained.values].map(([name, { shape }]) =>
        graph.parameter(name, shape, {
          role: pretrained.headParameters.has(name) ? "head" : "baseWeight",
          trainable: true,
        }),
      );
      for (const [index, gradient] of gradients(loss, trainable).entries()) {
        graph.output(`gradient.${(trainable[index] as Tensor).name}`, gradient);
      }

      const executor = createCpuExecutor({ threads: 1 });
      const store = await executor.createStore(pretrained.values);
      const program = await executor.compile(applySavePolicy(graph.finish(), policy), store);
      const found = await program.run(batch.inputs);
      await program.dispose();
      const expected = await readTensors(join(folder, "expected.safetensors"));
      expect(Object.keys(found).sort()).toEqual([...expected.keys()].sort());
      for (const [name, values] of expected) {
        expect(largestDifference(found[name]?.data ?? [], values), name).toBeLessThan(TOLERANCE);
      }
    },
  );
});
