import { fileURLToPath } from "node:url";
import { loadSuite } from "@peftbench/harness";
import type { ModelShape } from "@peftbench/peft";
import { countParameters } from "@peftbench/peft";
import { elementCount, savePolicies } from "@peftbench/runtime";
import { describe, expect, it } from "vitest";
import { attachPaperMethod, highestPeak, paperModel, planPaperMethod, TOTAL_STEPS } from "./paperCases.ts";

const suite = await loadSuite(fileURLToPath(new URL("../glue/suite.json", import.meta.url)));
const model = await paperModel();

function countsOf(id: string) {
  return countParameters(model, attachPaperMethod(model, id, suite), TOTAL_STEPS);
}

describe("what is planned is what the papers count", () => {
  it("the model is DeBERTa-v3-base: 183,831,552 parameters and a head of 592,130", () => {
    const parameters = model.architecture.parameters(model.config, model.head);
    const sum = parameters.reduce((total, { shape }) => total + elementCount(shape), 0);
    expect(sum).toBe(183_831_552 + 592_130);
    expect(countsOf("linear-probe")).toMatchObject({ trainableInitial: 0, head: 592_130 });
    expect(countsOf("full").trainableFinal).toBe(183_831_552);
  });

  it("LoRA of rank 8 on six matrices trains 1,327,104", () => {
    expect(countsOf("lora")).toMatchObject({ trainableInitial: 1_327_104, trainableFinal: 1_327_104 });
  });

  it("LaMDA of rank 32 goes from 2,727,936 to 73,728", () => {
    const { trainableInitial, trainableFinal } = countsOf("lamda");
    expect([trainableInitial, trainableFinal]).toEqual([2_727_936, 73_728]);
  });

  it("LaMDA++ ends with no more than LaMDA: its budget is the sum of the squares of its ranks", () => {
    const { trainableFinal } = countsOf("lamda-plus-plus");
    expect(trainableFinal).toBeLessThanOrEqual(73_728);
    expect(trainableFinal).toBeGreaterThan(0.9 * 73_728);
  });

  it("AdaLoRA begins with rank 12: r (in + out + 1) for each matrix", () => {
    expect(countsOf("adalora").trainableInitial).toBe(12 * 12 * (4 * 1537 + 2 * 3841));
  });
});

describe("plans of one layer of it", () => {
  const oneLayer: ModelShape = { ...model, config: { ...(model.config as object), layers: 1 } };
  const [lora, lamda, probe] = ["lora", "lamda", "linear-probe"].map((id) =>
    planPaperMethod(oneLayer, id, suite, { rows: 2, length: 16 }),
  );

  it("have every stage under every policy, and roles that sum to the peak", () => {
    for (const policy of savePolicies) {
      const steps = lamda?.stages
        .filter(({ savePolicy }) => savePolicy === policy)
        .map((stage) => stage.fromStep);
      expect(steps).toEqual(attachPaperMethod(model, "lamda", suite).stages.map(({ fromStep }) => fromStep));
    }
    for (const { byRole, peakLiveBytes, peakReservedBytes } of [lora, lamda, probe].flatMap(
      (planned) => planned?.stages ?? [],
    )) {
      expect(Object.values(byRole).reduce((sum, bytes) => sum + bytes, 0)).toBe(peakLiveBytes);
      expect(peakReservedBytes).toBeGreaterThanOrEqual(peakLiveBytes);
    }
  });

  it("need least for the head alone, under every policy", () => {
    for (const policy of savePolicies) {
      const [ofLora, ofProbe] = [lora, probe].map((planned) =>
        planned === undefined ? 0 : highestPeak(planned, policy),
      );
      expect(ofProbe).toBeLessThan(ofLora as number);
    }
  });
});
