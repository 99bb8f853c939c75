import { describe, expect, it } from "vitest";
import {
  formatBytes,
  GraphError,
  InputError,
  NonFiniteLossError,
  OutOfMemoryError,
  RuntimeError,
  ShapeError,
} from "./errors.ts";
import type { Shape } from "./graph/spec.ts";
import { opNamed, opNames } from "./ops/registry.ts";

const f32 = (...shape: Shape) => ({ shape, dtype: "f32" as const });
const i32 = (...shape: Shape) => ({ shape, dtype: "i32" as const });
const u32 = (...shape: Shape) => ({ shape, dtype: "u32" as const });
const product = { transposeA: false, transposeB: false, scale: 1, recomputable: false };
const scalars = [f32(), f32(), f32(), f32(), f32()];

/** Op, what is wrong, inputs, attributes, and what the message must say. */
const REFUSED: readonly (readonly [
  string,
  string,
  ReturnType<typeof f32 | typeof i32>[],
  object,
  readonly string[],
])[] = [
  ["exp", "type", [i32(2)], {}, ["i32[2]", "f32 is needed"]],
  ["add", "shapes", [f32(2, 3), f32(4)], {}, ["[2, 3]", "[4]", "axis 1"]],
  ["mul", "type", [f32(2), i32(2)], {}, ["input 1", "i32[2]"]],
  ["matmul", "inner sizes", [f32(2, 3), f32(4, 5)], product, ["[2, 3]", "[4, 5]", "3 and 4"]],
  ["matmul", "transposes", [f32(2, 3), f32(3, 5)], { ...product, transposeB: true }, ["[3, 5]ᵀ", "3 and 5"]],
  ["matmul", "batch", [f32(2, 3, 4), f32(3, 4, 5)], product, ["[2, 3, 4]", "[3, 4, 5]", "batch"]],
  ["matmul", "rank", [f32(2, 2, 3), f32(3, 5)], product, ["f32[3, 5]", "3 axes"]],
  ["matmul", "vectors", [f32(3), f32(3)], product, ["f32[3]", "2 or more axes"]],
  ["sum", "axes twice", [f32(2, 3)], { axes: [1, 1], keepAxes: false }, ["[1,1]", "[2, 3]"]],
  ["mean", "axis", [f32(2, 3)], { axes: [2], keepAxes: false }, ["[2]", "[2, 3]"]],
  ["reshape", "size", [f32(2, 3)], { shape: [4] }, ["[2, 3]", "[4]"]],
  ["reshape", "negative sizes", [f32(2, 3)], { shape: [-2, -3] }, ["[2, 3]", "[-2, -3]"]],
  ["transpose", "rank", [f32(2, 3)], { permutation: [0, 1, 2] }, ["f32[2, 3]", "3 axes"]],
  ["transpose", "permutation", [f32(2, 3)], { permutation: [0, 0] }, ["[0,0]"]],
  ["slice", "range", [f32(2, 3)], { axis: 1, start: 2, length: 2 }, ["[2, 4)", "axis 1", "[2, 3]"]],
  ["slice", "axis", [f32(2, 3)], { axis: 2, start: 0, length: 1 }, ["axis 2", "[2, 3]"]],
  ["padZeros", "axis", [f32(2, 3)], { axis: 2, before: 0, after: 1 }, ["axis 2", "[2, 3]"]],
  ["padZeros", "negative", [f32(2, 3)], { axis: 1, before: -1, after: 1 }, ["-1", "[2, 3]"]],
  ["concat", "sizes", [f32(2, 3), f32(3, 3)], { axis: 1 }, ["[2, 3]", "[3, 3]", "axis 1"]],
  ["concat", "axis", [f32(2, 3), f32(2, 3)], { axis: 2 }, ["axis 2", "[2, 3]"]],
  ["broadcastTo", "shapes", [f32(2, 3)], { shape: [2, 1] }, ["[2, 3]", "[2, 1]"]],
  ["softmax", "scalar", [f32()], {}, ["f32[]", "1 or more axes"]],
  ["softmaxGradient", "gradient", [f32(2, 3), f32(3)], {}, ["f32[3]", "[2, 3]"]],
  ["layerNorm", "gamma", [f32(2, 3), f32(2), f32(3)], { epsilon: 1 }, ["input 1", "f32[2]", "[3]", "[2, 3]"]],
  ["layerNorm", "beta", [f32(2, 3), f32(3), f32(1, 3)], { epsilon: 1 }, ["input 2", "f32[1, 3]"]],
  [
    "layerNormGradient",
    "statistics",
    [f32(2, 3), f32(3), f32(2), f32(2, 1), f32(2, 3)],
    {},
    ["input 2", "f32[2]", "[2, 1]"],
  ],
  ["embedding", "indices", [f32(5, 2), f32(3)], {}, ["input 1", "f32[3]", "i32"]],
  ["embedding", "table", [f32(5), i32(3)], {}, ["f32[5]", "2 axes"]],
  ["embeddingGradient", "rows", [i32(3), f32(4, 2)], { rows: 5 }, ["i32[3]", "[4]", "[4, 2]"]],
  ["crossEntropy", "rows", [f32(3, 2), i32(4)], {}, ["[3, 2]", "[4]"]],
  ["crossEntropy", "labels", [f32(3, 2), f32(3)], {}, ["f32[3]", "i32"]],
  ["crossEntropyGradient", "gradient", [f32(3, 2), i32(3), f32(2)], {}, ["input 2", "f32[2]", "[3, 2]"]],
  ["dropout", "probability", [f32(2), u32()] as never, { probability: 1, salt: 0 }, ["is 1", "[0, 1)"]],
  ["dropout", "key shape", [f32(2), u32(1)] as never, { probability: 0.5, salt: 0 }, ["[1]", "scalar"]],
  ["dropout", "key type", [f32(2), i32()], { probability: 0.5, salt: 0 }, ["i32[]", "u32"]],
  ["adamw", "gradient", [f32(2), f32(3), f32(2), f32(2), ...scalars], {}, ["input 1", "f32[3]", "f32[2]"]],
  ["adamw", "scalars", [f32(2), f32(2), f32(2), f32(2)], {}, ["input 4 is missing"]],
  ["gradientNorm", "type", [f32(2), i32(2)], { maxNorm: 1 }, ["input 1", "i32[2]"]],
];

describe("shape errors", () => {
  it.each(REFUSED)("of %s on wrong %s name op and shapes", (op, _, inputs, attributes, parts) => {
    const infer = (): unknown => opNamed(op).infer(inputs, attributes);
    expect(infer).toThrow(ShapeError);
    expect(infer).toThrow(new RegExp(`^${op}: `));
    for (const part of parts) expect(infer).toThrow(part);
  });

  it("come from every op that is given no inputs, not errors of JavaScript", () => {
    for (const op of opNames().filter((name) => name !== "gradientNorm")) {
      const attributes = { axes: [], axis: 0, shape: [1], permutation: [0], rows: 1, ...product };
      expect(() => opNamed(op).infer([], attributes), op).toThrow(ShapeError);
    }
  });
});

describe("errors", () => {
  it("carry their name and their remedy", () => {
    const error = new ShapeError("matmul", "these do not fit.", "Transpose one.");
    expect(error).toMatchObject({
      name: "ShapeError",
      op: "matmul",
      remedy: "Transpose one.",
      message: "matmul: these do not fit. Transpose one.",
    });
    expect(error).toBeInstanceOf(RuntimeError);
    expect(new InputError("x is missing.").name).toBe("InputError");
  });

  it("say how much memory is needed and what the limit is", () => {
    const error = new OutOfMemoryError("The logits", 3 * 2 ** 30, 128 * 2 ** 20, "Lower the batch size.");
    expect(error.message).toBe("The logits needs 3.0 GiB, the limit is 128.0 MiB. Lower the batch size.");
    expect(error).toMatchObject({ requestedBytes: 3 * 2 ** 30, limitBytes: 128 * 2 ** 20 });
    expect(new OutOfMemoryError("It", 10, null, "Help.").message).toBe("It needs 10 B. Help.");
  });

  it("say at which step the loss broke", () => {
    expect(new NonFiniteLossError(7, Number.NaN)).toMatchObject({ step: 7, loss: Number.NaN });
    expect(new NonFiniteLossError(7, Number.NaN).message).toMatch(/The loss is NaN at step 7.*learning rate/);
  });

  it("name an op that does not exist", () => {
    expect(() => opNamed("convolve")).toThrow(GraphError);
    expect(() => opNamed("convolve")).toThrow("no op named convolve");
  });

  it.each([
    [0, "0 B"],
    [1023, "1023 B"],
    [1024, "1.0 KiB"],
    [1.5 * 2 ** 20, "1.5 MiB"],
    [2 ** 50, "1024.0 TiB"],
  ])("write %i bytes as %s", (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});
