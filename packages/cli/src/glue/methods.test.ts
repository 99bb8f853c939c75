import { resolve } from "node:path";
import type { Suite } from "@peftbench/harness";
import { loadSuite, settingsOn } from "@peftbench/harness";
import { methods } from "@peftbench/methods";
import { beforeAll, describe, expect, it } from "vitest";
import { parseOptions } from "../options/parse.ts";
import { UsageError } from "../options/usageError.ts";
import { parseAssignments } from "./assignments.ts";
import { configureMethods } from "./methods.ts";
import { glueOptions } from "./options.ts";
import { suiteFile } from "./sources.ts";

const projectFolder = resolve(import.meta.dirname, "../../../..");
let suites: readonly Suite[];
let glue: Suite;
beforeAll(async () => {
  suites = [
    await loadSuite(suiteFile(projectFolder, "glue")),
    await loadSuite(suiteFile(projectFolder, "bundled")),
  ];
  glue = suites[0]!;
});

function configure(presetName: string, ...words: string[]) {
  const preset = glue.presets[presetName]!;
  const options = parseOptions(words, glueOptions, "glue");
  const chosen = methods.filter(({ id }) => preset.methods.includes(id));
  const assignments = parseAssignments(options.text("set"), chosen);
  const configured = configureMethods(chosen, {
    suite: glue,
    preset,
    tasks: preset.tasks,
    options,
    assignments,
  });
  return new Map(configured.map((method) => [method.id, method]));
}

describe("the settings of methods", () => {
  it("are those of the task where the preset has any, with the methods' defaults filled in", () => {
    const adalora = configure("paper").get("adalora")!;
    expect(settingsOn(adalora, "rte")).toMatchObject({
      training: { learningRate: 1.2e-3, epochs: 50 },
      config: { regularizerWeight: 0.3, beta1: 0.85 },
    });
    expect(settingsOn(adalora, "qnli").training.epochs).toBe(5);
  });

  it("give --set the last word, on every task", () => {
    const configured = configure("paper", "--set", "lora.rank=2,training.epochs=1,adalora.training.epochs=3");
    const [lora, adalora] = [configured.get("lora")!, configured.get("adalora")!];
    for (const task of ["rte", "mnli"]) {
      expect(settingsOn(lora, task)).toMatchObject({ training: { epochs: 1 }, config: { rank: 2 } });
      expect(settingsOn(adalora, task).training.epochs).toBe(3);
    }
  });

  it("are refused with the option's name, what was found and what there is", () => {
    const refused = (...words: string[]) => expect(() => configure("smoke", ...words));
    refused("--set", "lora.rnak=2").toThrow(/lora\.rnak\. Did you mean rank\?.*alpha/);
    refused("--set", "lora.rank=-1").toThrow(/--set: lora\.rank: /);
    refused("--set", "lora.rank=-1").toThrow(UsageError);
    refused("--set", "training.batchSize=4", "--batch-size", "8").toThrow(
      /training\.batchSize.*--batch-size/,
    );
    refused("--set", "training.accumulationSteps=3").toThrow(/do not go together[\s\S]*batchSize/);
  });

  it("of every preset fit every method on every task", () => {
    for (const suite of suites) {
      for (const preset of Object.values(suite.presets)) {
        const sources = {
          suite,
          preset,
          tasks: preset.tasks,
          options: parseOptions([], glueOptions, "glue"),
        };
        const chosen = methods.filter(({ id }) => preset.methods.includes(id));
        expect(chosen).toHaveLength(preset.methods.length);
        const assignments = parseAssignments(undefined, chosen);
        expect(() => configureMethods(chosen, { ...sources, assignments })).not.toThrow();
      }
    }
  });
});
