import { addScaled, attachMethod, MethodError, multiply } from "@peftbench/peft";
import { smallBert } from "@peftbench/peft/conformance";
import { createRandom } from "@peftbench/runtime";
import { describe, expect, it } from "vitest";
import { loraFa } from "./index.ts";
import { inverseGram } from "./projection.ts";

const [rank, columns] = [5, 40];

describe("the inverse of A Aᵀ + 1e-8 I", () => {
  it("gives the identity times the matrix", () => {
    const random = createRandom(3, "a");
    const a = Float32Array.from({ length: rank * columns }, () => random.normal());
    const transposed = Float32Array.from(
      { length: a.length },
      (_, index) => a[(index % rank) * columns + Math.floor(index / rank)] as number,
    );
    const gram = addScaled(new Float32Array(rank * rank), multiply(a, transposed, rank, columns, rank), 1);
    const product = multiply(inverseGram(a, rank), gram, rank, rank, rank);
    product.forEach((element, index) => {
      expect(element).toBeCloseTo(index % (rank + 1) === 0 ? 1 : 0, 5);
    });
  });

  it("is made again when an adapter is loaded", () => {
    const config = { rank, targetModules: ["query"], preconditioner: "projection" };
    const attachment = attachMethod(loraFa, smallBert, config, { totalSteps: 1 });
    const first = (name: string): Float32Array => {
      const declared = attachment.stages[0]?.parameters.find((parameter) => parameter.name === name);
      const random = createRandom(4, name);
      const length = (declared?.shape ?? []).reduce((product, size) => product * size, 1);
      return Float32Array.from({ length }, () => random.normal());
    };
    const adapter = attachment.toPeft(first, first);
    if (adapter === null) throw new Error("The adapter must have a format.");
    const values = attachment.fromPeft(adapter, first);
    for (const { name } of attachment.stages[0]?.parameters ?? []) {
      if (!name.endsWith("inverseGram")) continue;
      const a = values.get(name.replace("inverseGram", "weight")) as Float32Array;
      expect(values.get(name)).toEqual(inverseGram(a, rank));
    }
    expect([...adapter.tensors.keys()].filter((name) => name.includes("inverseGram"))).toEqual([]);
  });

  it("is refused where the rank is above the number of inputs", () => {
    const config = { rank: 10_000, preconditioner: "projection" };
    expect(() => attachMethod(loraFa, smallBert, config, { totalSteps: 1 })).toThrow(MethodError);
    expect(() => attachMethod(loraFa, smallBert, config, { totalSteps: 1 })).toThrow(/rank 10000 is above/);
  });
});
