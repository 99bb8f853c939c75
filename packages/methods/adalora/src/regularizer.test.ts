import type { StageContext } from "@peftbench/peft";
import { createRandom } from "@peftbench/runtime";
import { describe, expect, it } from "vitest";
import { distanceFromOrthogonal } from "./regularizer.ts";
import { evaluate } from "./testing/evaluate.ts";
import { tripletNames } from "./triplets.ts";

const RANK = 2;
const MODULES = [
  { name: "a", inFeatures: 3, outFeatures: 4 },
  { name: "b", inFeatures: 5, outFeatures: 2 },
];

function randomFactors(): ReadonlyMap<
  string,
  { readonly shape: readonly number[]; readonly values: Float32Array }
> {
  return new Map(
    MODULES.flatMap(({ name, inFeatures, outFeatures }) => {
      const names = tripletNames({ name });
      return (
        [
          [names.q, [RANK, inFeatures]],
          [names.p, [outFeatures, RANK]],
        ] as const
      ).map(([factor, shape]) => {
        const random = createRandom(1, factor);
        const values = Float32Array.from({ length: shape[0] * shape[1] }, () => random.normal());
        return [factor, { shape, values }] as const;
      });
    }),
  );
}

/** Squared Frobenius norms of `v vᵀ - I` over the rank's vectors v, by loops: Q and P of each module in turn. */
function squaredNorms(factors: ReturnType<typeof randomFactors>): readonly number[] {
  return [...factors].map(([name, { shape, values }]) => {
    const isQ = name.endsWith("lora_A");
    const length = (isQ ? shape[1] : shape[0]) as number;
    const at = (k: number, i: number): number => values[isQ ? k * length + i : i * RANK + k] as number;
    let sum = 0;
    for (let k = 0; k < RANK; k++) {
      for (let l = 0; l < RANK; l++) {
        let product = k === l ? -1 : 0;
        for (let i = 0; i < length; i++) product += at(k, i) * at(l, i);
        sum += product * product;
      }
    }
    return sum;
  });
}

describe("distanceFromOrthogonal", () => {
  const distances = async (factors: ReturnType<typeof randomFactors>) => {
    const found = await evaluate((graph) => {
      const context: StageContext = {
        graph,
        parameter: (name) => {
          const { shape = [], values = new Float32Array() } = factors.get(name) ?? {};
          return graph.constant(shape, "f32", values);
        },
        stepInput: () => {
          throw new Error("not used here");
        },
      };
      const sites = MODULES.map(tripletNames);
      return {
        paper: distanceFromOrthogonal(context, sites, "paper"),
        code: distanceFromOrthogonal(context, sites, "code"),
      };
    });
    return { paper: found.get("paper")?.[0] ?? Number.NaN, code: found.get("code")?.[0] ?? Number.NaN };
  };

  it("is the sum of squared norms in the paper, and the mean of norms in the code", async () => {
    const factors = randomFactors();
    const squares = squaredNorms(factors);
    const { paper, code } = await distances(factors);
    const sum = squares.reduce((total, square) => total + square, 0);
    const mean = squares.reduce((total, square) => total + Math.sqrt(square), 0) / (2 * MODULES.length);
    expect(paper / sum).toBeCloseTo(1, 5);
    expect(code / mean).toBeCloseTo(1, 5);
  });

  it("is 0 for orthonormal factors", async () => {
    const unit = new Map(
      [...randomFactors()].map(([name, { shape, values }]) => {
        const isQ = name.endsWith("lora_A");
        const length = isQ ? (shape[1] as number) : (shape[0] as number);
        const orthonormal = values.map((_, index) => {
          const [k, i] = isQ
            ? [Math.floor(index / length), index % length]
            : [index % RANK, Math.floor(index / RANK)];
          return k === i ? 1 : 0;
        });
        return [name, { shape, values: orthonormal }];
      }),
    );
    expect(await distances(unit)).toEqual({ paper: 0, code: 0 });
  });
});
