import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { gradients } from "../autodiff/gradients.ts";
import type { Executor } from "../execute/executor.ts";
import { GraphBuilder } from "../graph/builder.ts";
import type { Graph } from "../graph/graph.ts";
import type { HostArray } from "../graph/spec.ts";
import { elementCount } from "../graph/spec.ts";
import type { Tensor } from "../graph/tensor.ts";
import { createRandom } from "../random/generator.ts";
import { describeMismatch } from "./compare.ts";
import { runOnce } from "./opChecks.ts";

export interface AttentionProblem {
  readonly rows: number;
  readonly heads: number;
  readonly headSize: number;
  readonly queries: number;
  readonly keys: number;
  readonly causal: boolean;
  readonly probability: number;
  /** Whether queries, keys and values are one tensor; then there are as many queries as keys. */
  readonly isSelf: boolean;
  /** Rows whose keys are all hidden; the other rows lose a few. */
  readonly hiddenRows: number;
  readonly noiseKey: number;
}

const arbitraryProblem: fc.Arbitrary<AttentionProblem> = fc
  .record({
    rows: fc.integer({ min: 1, max: 3 }),
    heads: fc.integer({ min: 1, max: 3 }),
    headSize: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom(16, 32, 36)),
    queries: fc.integer({ min: 1, max: 11 }),
    keys: fc.integer({ min: 1, max: 11 }),
    causal: fc.boolean(),
    probability: fc.constantFrom(0, 0.1, 0.6),
    isSelf: fc.boolean(),
    hiddenRows: fc.integer({ min: 0, max: 1 }),
    noiseKey: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  })
  .map((problem) => ({
    ...problem,
    keys:
      problem.isSelf || (problem.causal && problem.queries > problem.keys) ? problem.queries : problem.keys,
  }));

/** The ops that the fused one stands for, on tensors of scores and probabilities. */
function materialized(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  bias: Tensor,
  noiseKey: Tensor<"u32">,
  { rows, heads, headSize, queries, keys, causal, probability }: AttentionProblem,
): Tensor {
  const split = (x: Tensor, length: number): Tensor =>
    x.reshape([rows, length, heads, headSize]).transpose([0, 2, 1, 3]);
  const products = split(query, queries).matmul(split(key, keys), {
    transposeB: true,
    scale: 1 / Math.sqrt(headSize),
  });
  let scores = products.add(bias);
  if (causal) {
    const hidden = Float32Array.from({ length: queries * keys }, (_, element) =>
      element % keys > Math.floor(element / keys) + keys - queries ? -1e30 : 0,
    );
    scores = scores.add(query.graph.constant([queries, keys], "f32", hidden));
  }
  const context = scores.softmax().dropout(probability, noiseKey).matmul(split(value, keys));
  return context.transpose([0, 2, 1, 3]).reshape([rows * queries, heads * headSize]);
}

/** Outputs: the context, and the gradients of its weighted sum. */
function attentionGraph(problem: AttentionProblem, kind: "materialized" | "fused"): Graph {
  const { rows, heads, headSize, queries, keys, causal, probability, isSelf } = problem;
  const graph = new GraphBuilder();
  const query = graph.input("query", [rows * queries, heads * headSize], "f32");
  const [key, value] = ["key", "value"].map((name) =>
    isSelf ? query : graph.input(name, [rows * keys, heads * headSize], "f32"),
  ) as [Tensor, Tensor];
  const bias = graph.input("bias", [rows, 1, 1, keys], "f32");
  const noiseKey = graph.input("noiseKey", [], "u32");
  const context =
    kind === "materialized"
      ? materialized(query, key, value, bias, noiseKey, problem)
      : query.attention(key, value, {
          bias,
          rows,
          heads,
          scale: 1 / Math.sqrt(headSize),
          causal,
          dropout: { probability, noiseKey },
        });
  const loss = context.mul(graph.input("weights", context.shape, "f32")).sum();
  graph.output("context", context);
  for (const tensor of new Set([query, key, value])) {
    graph.output(`gradient ${tensor.name}`, gradients(loss, [tensor])[0] as Tensor);
  }
  return graph.finish();
}

function drawInputs(graph: Graph, { keys, hiddenRows, noiseKey }: AttentionProblem): Map<string, HostArray> {
  const inputs = new Map<string, HostArray>();
  for (const { name, shape, source } of graph.values) {
    if (source.kind !== "input") continue;
    const random = createRandom(17, name);
    const draw = (element: number): number => {
      if (name !== "bias") return random.normal();
      return Math.floor(element / keys) < hiddenRows || random.uniform() < 0.2 ? -1e9 : 0;
    };
    inputs.set(
      name,
      name === "noiseKey"
        ? Uint32Array.of(noiseKey)
        : Float32Array.from({ length: elementCount(shape) }, (_, element) => draw(element)),
    );
  }
  return inputs;
}

/** Holds fused attention against the ops that it stands for, on one executor: results, gradients, dropout's noise. */
export function runFusedAttentionChecks(
  name: string,
  createExecutor: () => Executor | Promise<Executor>,
  runs: number,
): void {
  describe(name, () => {
    let executor: Executor;
    beforeAll(async () => {
      executor = await createExecutor();
    });
    afterAll(async () => executor.dispose());

    it("is the function that matmul, softmax and dropout make, in rows that are masked whole too", async () => {
      await fc.assert(
        fc.asyncProperty(arbitraryProblem, async (problem) => {
          const [expected, actual] = await Promise.all(
            (["materialized", "fused"] as const).map((kind) => {
              const graph = attentionGraph(problem, kind);
              return runOnce(executor, graph, drawInputs(graph, problem));
            }),
          );
          for (const [output, { data }] of Object.entries(expected ?? {})) {
            const tolerance = { relative: 2e-5, absolute: 2e-5 };
            expect(describeMismatch(actual?.[output]?.data ?? [], data, tolerance), output).toBeNull();
          }
        }),
        { numRuns: runs, seed: 11 },
      );
    });
  });
}
