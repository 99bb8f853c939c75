import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { allTasks, glueTasks, needsDataFolder } from "@peftbench/tasks";
import { describe, expect, test } from "vitest";
import { loadSuite, trainingFor } from "./suite.ts";

const glueFile = resolve(import.meta.dirname, "../../../benchmarks/glue/suite.json");
const bundledFile = resolve(import.meta.dirname, "../../../benchmarks/bundled/suite.json");

describe("the suites", () => {
  test.each([
    { file: glueFile, expected: glueTasks },
    { file: bundledFile, expected: allTasks.filter((task) => !needsDataFolder(task)) },
  ])("are valid, and list the tasks there are", async ({ file, expected }) => {
    const suite = await loadSuite(file);
    expect([...suite.tasks].sort()).toEqual(expected.map((task) => task.id).sort());
    for (const preset of Object.values(suite.presets)) {
      for (const method of preset.methods) expect(() => trainingFor(suite, preset, method, [])).not.toThrow();
    }
  });
});

describe("the GLUE suite", () => {
  test("is refused by the field's name where it asks for a save policy that no graph pass makes", async () => {
    const suite = await loadSuite(glueFile);
    const preset = suite.presets[suite.defaultPreset]!;
    const layer = { savePolicy: "layer" } as unknown as Parameters<typeof trainingFor>[3][number];
    expect(() => trainingFor(suite, preset, "lora", [layer])).toThrow(/savePolicy/);
  });

  test("gives later layers the last word", async () => {
    const suite = await loadSuite(glueFile);
    const preset = { ...suite.presets[suite.defaultPreset]!, training: { epochs: 7, learningRate: 1 } };
    expect(trainingFor(suite, preset, "none", []).learningRate).toBe(1);
    const [method, defaults] = Object.entries(suite.methods)[0]!;
    const training = trainingFor(suite, preset, method, []);
    expect(training.epochs).toBe(7);
    expect(training.learningRate).toBe(defaults.training.learningRate);
    expect(trainingFor(suite, preset, method, [{ learningRate: 2 }, { epochs: 1 }])).toMatchObject({
      learningRate: 2,
      epochs: 1,
    });
  });

  test("with a mistake is refused with the file and the field", async () => {
    const folder = await mkdtemp(join(tmpdir(), "peftbench-suite-"));
    try {
      const path = join(folder, "suite.json");
      const suite = JSON.parse(await readFile(glueFile, "utf8"));
      suite.training.epochs = 0;
      await writeFile(path, JSON.stringify(suite));
      await expect(loadSuite(path)).rejects.toThrow(/suite\.json: training\.epochs: /);
      suite.training.epochs = 1;
      suite.presets.smoke.tasks = ["unknown"];
      await writeFile(path, JSON.stringify(suite));
      await expect(loadSuite(path)).rejects.toThrow(/presets\.smoke\.tasks: the suite has no task unknown/);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
