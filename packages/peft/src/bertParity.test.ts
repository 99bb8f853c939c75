import { attentionKinds } from "@peftbench/models";
import { createCpuExecutor, savePolicies } from "@peftbench/runtime";
import { describe, expect, it } from "vitest";
import { BERT_TOLERANCE, bertFixtures, expectedBert, runBert } from "./parity/bert.ts";
import { largestDifference } from "./parity/differences.ts";

describe.each(bertFixtures)("BERT beside PyTorch on $name", (fixture) => {
  const variants = savePolicies.flatMap((savePolicy) =>
    attentionKinds.map((attention) => ({ savePolicy, attention })),
  );
  it.each(variants)(
    "has its hidden states, logits, loss and all gradients, under $savePolicy with $attention attention",
    async (variant) => {
      const executor = createCpuExecutor({ threads: 1 });
      const found = await runBert(fixture, { ...variant, executor, weights: "f32", trained: "everything" });
      const expected = await expectedBert(fixture);
      expect([...found.keys()].sort()).toEqual([...expected.keys()].sort());
      for (const [name, values] of expected) {
        expect(largestDifference(found.get(name) ?? [], values), name).toBeLessThan(BERT_TOLERANCE);
      }
    },
  );
});
