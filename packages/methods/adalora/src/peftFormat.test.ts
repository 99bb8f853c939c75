import type { MethodAttachment, PeftAdapter } from "@peftbench/peft";
import { attachMethod } from "@peftbench/peft";
import { smallBert } from "@peftbench/peft/conformance";
import { createRandom } from "@peftbench/runtime";
import { describe, expect, it } from "vitest";
import { adalora } from "./index.ts";

const QUERY = "bert.encoder.layer.0.attention.self.query";
const VALUE = "bert.encoder.layer.0.attention.self.value";
const RANK = 3;

function attached(): MethodAttachment {
  const config = { initialRank: RANK, targetRank: 2, targetModules: [QUERY, VALUE] };
  return attachMethod(adalora, smallBert, config, { totalSteps: 20 });
}

/** Random values of all tensors, but Λ of the two modules as given. */
function valuesWith(lambdas: Readonly<Record<string, readonly number[]>>): (name: string) => Float32Array {
  const [stage] = attached().stages;
  const values = new Map(
    (stage?.parameters ?? []).map(({ name, shape }) => {
      const random = createRandom(4, name);
      const length = shape.reduce((product, size) => product * size, 1);
      return [name, Float32Array.from({ length }, () => random.normal())] as const;
    }),
  );
  for (const [module, lambda] of Object.entries(lambdas)) {
    values.set(`${module}.lora_E`, Float32Array.from(lambda));
  }
  return (name) => values.get(name) as Float32Array;
}

function shapesOf({ tensors }: PeftAdapter): Readonly<Record<string, readonly number[]>> {
  return Object.fromEntries([...tensors].map(([name, { shape }]) => [name, shape]));
}

const noInitial = (): never => {
  throw new Error("The format needs no first values.");
};

describe("AdaLoRA in PEFT's format", () => {
  const masked = valuesWith({ [QUERY]: [0, 2, 0], [VALUE]: [1, -1, 3] });

  it("leaves masked triplets out and says which in rank_pattern", () => {
    const adapter = attached().toPeft(masked, noInitial) as PeftAdapter;
    expect(adapter.config.rank_pattern).toEqual({
      [`${QUERY}.lora_E`]: [false, true, false],
      [`${VALUE}.lora_E`]: [true, true, true],
    });
    expect(shapesOf(adapter)).toEqual({
      [`${QUERY}.lora_A`]: [1, 16],
      [`${QUERY}.lora_E`]: [1, 1],
      [`${QUERY}.lora_B`]: [16, 1],
      [`${VALUE}.lora_A`]: [3, 16],
      [`${VALUE}.lora_E`]: [3, 1],
      [`${VALUE}.lora_B`]: [16, 3],
    });
    const q = adapter.tensors.get(`${QUERY}.lora_A`)?.values;
    expect(q).toEqual(masked(`${QUERY}.lora_A`).slice(16, 32));
    const p = adapter.tensors.get(`${QUERY}.lora_B`)?.values;
    expect(p).toEqual(masked(`${QUERY}.lora_B`).filter((_, index) => index % RANK === 1));
  });

  it("has the same merged weight after a round trip, also where a module has no triplet left", () => {
    const attachment = attached();
    for (const value of [masked, valuesWith({ [QUERY]: [0, 0, 0], [VALUE]: [0, 1, 0] })]) {
      const back = attachment.fromPeft(attachment.toPeft(value, noInitial) as PeftAdapter, noInitial);
      const { architecture, config, head } = smallBert;
      for (const module of architecture.linearModules(config, head)) {
        const weight = new Float32Array(module.inFeatures * module.outFeatures).fill(0.5);
        const merged = attachment.mergedWeight(module, weight, value);
        expect(attachment.mergedWeight(module, weight, (name) => back.get(name) as Float32Array)).toEqual(
          merged,
        );
      }
    }
  });

  it("writes an adapter of which nothing is masked, and one that has not trained yet, whole", () => {
    for (const lambda of [
      [1, 2, 3],
      [0, 0, 0],
    ]) {
      const adapter = attached().toPeft(valuesWith({ [QUERY]: lambda, [VALUE]: lambda }), noInitial);
      expect(adapter?.config.rank_pattern).toBeNull();
      expect(adapter?.tensors.get(`${QUERY}.lora_A`)?.shape).toEqual([RANK, 16]);
    }
  });

  it("says the schedule as peft needs it", () => {
    expect(attached().toPeft(masked, noInitial)?.config).toMatchObject({
      peft_type: "ADALORA",
      init_r: 3,
      target_r: 2,
      tinit: 2,
      tfinal: 9,
      deltaT: 1,
      total_step: 20,
      orth_reg_weight: 0.1,
    });
  });

  it("refuses a pattern that does not fit", () => {
    const adapter = attached().toPeft(masked, noInitial) as PeftAdapter;
    for (const [pattern, message] of [
      [{ [`${VALUE}.lora_E`]: [true, true, true] }, /rank_pattern has nothing for .*query\.lora_E; 3 flags/],
      [{ [`${QUERY}.lora_E`]: [true] }, /rank_pattern has \[true\]/],
    ] as const) {
      const config = { ...adapter.config, rank_pattern: pattern };
      expect(() => attached().fromPeft({ ...adapter, config }, noInitial)).toThrow(message);
    }
  });

  it("counts as ranks the triplets whose Λ is not 0, with their scalars", () => {
    expect(attached().ranks?.at(masked)).toEqual([
      { module: QUERY, rank: 1, parameters: 33 },
      { module: VALUE, rank: 3, parameters: 99 },
    ]);
  });
});
