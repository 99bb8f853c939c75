import { describe, expect, it } from "vitest";
import { gradients } from "../autodiff/gradients.ts";
import { createCpuExecutor } from "../execute/cpu/executor.ts";
import { GraphBuilder } from "../graph/builder.ts";
import type { FusedAttentionOptions, Tensor } from "../graph/tensor.ts";
import { runFusedAttentionChecks } from "../testing/fusedAttention.ts";

runFusedAttentionChecks("fused attention on the CPU executor", () => createCpuExecutor({ threads: 1 }), 60);

function build(change: Partial<FusedAttentionOptions> = {}, keyShape = [6, 8]): Record<string, Tensor> {
  const graph = new GraphBuilder();
  const query = graph.input("query", [6, 8], "f32");
  const key = graph.input("key", keyShape, "f32");
  const value = graph.input("value", keyShape, "f32");
  const bias = graph.input("bias", [2, 1, 1, 3], "f32");
  const options = { bias, rows: 2, heads: 2, scale: 1, dropout: null, ...change };
  return { query, key, value, bias, context: query.attention(key, value, options) };
}

describe("attention", () => {
  it("names what does not fit", () => {
    expect(() => build({ heads: 3 })).toThrow(/query \[6, 8\] has no 3 heads of equal size/);
    expect(() => build({ rows: 4 })).toThrow(/query \[6, 8\] has no 4 rows of equal length/);
    expect(() => build({}, [6, 4])).toThrow(/\[6, 8\] and the key \[6, 4\] differ in their last axis/);
    expect(() => build({}, [8, 8])).toThrow(/input 3 is .*\[2, 1, 1, 4\] is needed/);
    expect(() => build({ causal: true }, [4, 8])).toThrow(/3 queries with 2 keys/);
  });

  it("makes only the gradients that somebody needs", () => {
    const { value, context } = build() as { value: Tensor; context: Tensor };
    const [gradient] = gradients(context.sum(), [value]);
    const made = value.graph.snapshot().nodes.filter(({ op }) => op === "attentionGradient");
    expect(made).toHaveLength(1);
    expect(made[0]?.outputs).toEqual([gradient?.id]);
  });

  it("refuses a gradient of the bias, and says what has one", () => {
    const { bias, context } = build() as { bias: Tensor; context: Tensor };
    expect(() => gradients(context.sum(), [bias])).toThrow(
      /no gradient rule for its bias.*matmul and softmax/,
    );
  });
});
